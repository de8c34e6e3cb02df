"""Close a region of millions from recorded pages: processor time, memory, calls and writes.

    python -m tests.bench.closing 2000000

Everything between the queue and the wire is the deployed code: `carry_out`, the adapters, botocore
with its signing and its checks. On the other side of botocore stands a recording, which answers a
query of a village with a page as DynamoDB sends it (1 MB of whole items, projected), keeps what is
written, and whose own time is taken off.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from random import Random
from typing import Any

import botocore.session
from botocore.awsrequest import AWSResponse

from chalicelib.adapters import dynamo, proposal_items, registry_items
from chalicelib.adapters.aws import settings, whole_answers_only
from chalicelib.adapters.proposal_table import ProposalTable
from chalicelib.adapters.public_files import PublishedManifests
from chalicelib.adapters.registry_table import Tables
from chalicelib.domain import adoption
from chalicelib.domain.adoption import Proposal, Stage
from chalicelib.domain.areas import Village
from chalicelib.domain.receipt import ALPHABET
from chalicelib.domain.registration import Ref
from chalicelib.usecases import carry_out
from chalicelib.usecases.ports import Message
from infra.units import item_size
from tests.adopting import crowded, example
from tests.fakes import FakeAws, FakeCaseStore, FakeClock, FakeQueue

IN_A_VILLAGE = 1_100  # families of a village, on the average of the country
PAGE = 1_000_000  # bytes of whole items that one query reads
RECORDED = 40  # pages that are unlike; villages take them in turn, under their own locators
BATCH = 10  # messages of one call of the function
REGION, PREFIX = "3510", b"ZZZZ"
READ = proposal_items.OF_STANDING.split(", ")
LEAST_RATIO = 0.06
LEAST_ROWS = 40_000


@dataclass
class Told:
    """What closing took.

    Attributes:
        cpu_s: seconds of the processor in all, without those of the recording; `read_s` of them
            until the parts were made and stored, `parse_s` those of `json.loads` on the same pages.
        rows_a_second: families read, scored and stored for each second of the processor.
        ratio: of the reading alone to `json.loads` of the same pages, in the same run.
        peak_mb: the most memory that the process ever had.
        calls: of AWS, by name; `published` those of the one message that closes.
    """

    families: int
    villages: int
    cpu_s: float = 0
    read_s: float = 0
    parse_s: float = 0
    rows_a_second: int = 0
    ratio: float = 0
    peak_mb: int = 0
    calls: dict[str, int] = field(default_factory=dict)
    published: dict[str, int] = field(default_factory=dict)
    manifest: str = ""


@dataclass
class Recording:
    """The other side of botocore."""

    pages: list[bytes]
    villages: dict[str, bytes]
    proposal: dict[str, Any]
    parts: dict[str, dict[str, Any]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    own_s: float = 0

    def answer(self, request: Any, event_name: str, **_: object) -> AWSResponse:
        start = time.process_time()
        call = event_name.rpartition(".")[2]
        self.calls[call] += 1
        if call == "PutObject":
            content = _unchunked(request.body.read())
            self.files[request.url.partition("/ranking/")[2]] = content
            body = b""
        else:
            body = getattr(self, f"_{call}")(json.loads(request.body))
        answer = AWSResponse(request.url, 200, {"content-length": str(len(body))}, Raw(body))
        self.own_s += time.process_time() - start
        return answer

    def _Query(self, asked: dict[str, Any]) -> bytes:  # noqa: N802 - AWS's name
        pk: str = asked["ExpressionAttributeValues"][":pk"]["S"]
        if pk.startswith("V#"):
            place = list_place(pk[2:])
            return self.pages[place % len(self.pages)].replace(PREFIX, self.villages[pk[2:]])
        after = asked.get("ExclusiveStartKey", {"sk": {"S": ""}})["sk"]["S"]
        size, items = 0, []
        for sk in sorted(self.parts):
            if sk <= after:
                continue
            items.append(self.parts[sk])
            size += len(self.parts[sk]["d"]["B"])
            if size > PAGE * 4 // 3:
                last = {"pk": {"S": pk}, "sk": {"S": sk}}
                return json.dumps({"Items": items, "LastEvaluatedKey": last}).encode()
        return json.dumps({"Items": items}).encode()

    def _GetItem(self, asked: dict[str, Any]) -> bytes:  # noqa: N802
        del asked
        return json.dumps({"Item": self.proposal}).encode()

    def _TransactWriteItems(self, asked: dict[str, Any]) -> bytes:  # noqa: N802
        for action in asked["TransactItems"]:
            if "Update" in action:
                left = int(self.proposal["left"]["N"]) - 1
                self.proposal["left"] = {"N": str(left)}
            elif action["Put"]["TableName"] == "ops":
                item = action["Put"]["Item"]
                assert item["sk"]["S"] not in self.parts
                self.parts[item["sk"]["S"]] = item
            elif action["Put"]["TableName"] == "registry":
                self.proposal = action["Put"]["Item"]
        return b"{}"


@dataclass
class Raw:
    """A body as urllib3 gives it."""

    body: bytes

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        yield self.body


def list_place(village: str) -> int:
    """Which of the region's villages it is."""
    return int(village[4:])


@cache
def recorded(count: int) -> list[bytes]:
    """Pages of decided families as DynamoDB sends them; their locators begin with `PREFIX`."""
    cases = list(crowded(110).aws.cases.values())
    items = [dynamo.encode(registry_items.to_item(case)) for case in cases]
    size = sum(map(item_size, items)) / len(items)
    assert size * IN_A_VILLAGE < PAGE, "a village of the average size is one page"
    wires = [{name: _sent(item[name]) for name in READ} for item in items]
    chance = Random(52)  # noqa: S311 - invented families
    pages = []
    for _ in range(count):
        rows = []
        for number in range(IN_A_VILLAGE):
            wire = dict(wires[(number * 7 + len(pages)) % len(wires)])
            wire["sk"] = {"S": "R#" + PREFIX.decode() + "".join(chance.choices(ALPHABET, k=6))}
            members = chance.choices(range(1, 8), (8, 18, 24, 26, 14, 6, 4))[0]
            wire["m"] = _sent({"B": chance.randbytes(2 + 6 * members)})
            wire["r"] = {"N": str(int(chance.gauss(12_000_000, 400_000)))}
            rows.append(wire)
        rows.sort(key=lambda wire: wire["sk"]["S"])
        told = {"Count": len(rows), "Items": rows, "ScannedCount": len(rows)}
        pages.append(json.dumps(told, separators=(",", ":")).encode())
    return pages


def _unchunked(body: bytes) -> bytes:
    """What an upload says, without the frames of its chunks and its checksum."""
    whole = b""
    while (size := int(body.partition(b"\r\n")[0], 16)) > 0:
        start = body.index(b"\r\n") + 2
        whole += body[start : start + size]
        body = body[start + size + 2 :]
    return whole


def _sent(value: dict[str, Any]) -> dict[str, Any]:
    return {"B": b64encode(value["B"]).decode()} if "B" in value else value


def close(families: int, *, pages: int = RECORDED) -> Told:
    """Close a region of so many families, as the queue would have it done."""
    known = [f"{REGION}{number:06}" for number in range(max(1, families // IN_A_VILLAGE))]
    alphabet = ALPHABET.encode()
    prefixes = {
        code: bytes((alphabet[3], *(alphabet[n // 30**p % 30] for p in (2, 1, 0))))
        for n, code in enumerate(known)
    }
    world = crowded(110)
    made = frozen(known, world.clock.now_ms())
    wire = json.loads(
        json.dumps(dynamo.encode(item_of(made)), default=lambda b: b64encode(b).decode())
    )
    recording = Recording(recorded(pages), prefixes, wire)
    ports = _ports(recording, known, made)
    told = Told(len(known) * IN_A_VILLAGE, len(known))
    letters = [Message(Ref(code, made.ref.locator), made.version) for code in known]

    start = time.process_time()
    for first in range(0, len(letters), BATCH):
        assert carry_out.carry_out(letters[first : first + BATCH], ports) == []
    told.read_s = time.process_time() - start - recording.own_s
    before = Counter(recording.calls)
    assert carry_out.carry_out([Message(Ref(REGION, made.ref.locator), 9)], ports) == []
    told.cpu_s = time.process_time() - start - recording.own_s
    told.published = dict(recording.calls - before)
    told.calls = dict(recording.calls)
    ((name, content),) = recording.files.items()
    told.manifest = name.removesuffix(".json")
    assert json.loads(content)["families"] == told.families
    assert recording.proposal["s"]["S"] == Stage.COMPARED
    assert b64decode(recording.proposal["m"]["B"]).hex() == told.manifest

    told.rows_a_second = round(told.families / told.read_s)
    told.ratio, told.parse_s = _ratio(recording, ports, known[: min(len(known), 60)])
    told.peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return told


def frozen(villages: list[str], now: int) -> Proposal:
    """A proposal of the model and rules in force whose population was frozen just now."""
    made = example("ZZZZAAAAAA", "staff:admin-1", now, Stage.COMPARING)
    return replace(made, villages=len(villages), left=len(villages), frozen_at=now)


def item_of(proposal: Proposal) -> dynamo.Item:
    """A proposal as it is stored."""
    return proposal_items.proposal_to_item(proposal)


def _ports(recording: Recording, known: list[str], made: Proposal) -> carry_out.Ports:
    core = botocore.session.get_session()
    core.set_credentials("test", "test")
    clients = {}
    for service in ("dynamodb", "s3"):
        client = core.create_client(
            service, region_name="ap-southeast-3", config=settings(validate=False)
        )
        whole_answers_only(client)
        client.meta.events.register(f"before-send.{service}", recording.answer)
        clients[service] = client
    world = crowded(110)
    memory = FakeAws()
    return carry_out.Ports(
        FakeClock(made.frozen_at + adoption.SETTLED_MS + 1),
        FakeCaseStore(memory),
        ProposalTable(clients["dynamodb"], Tables("registry", "vault", "ledger", "ops")),
        FakeQueue(memory),
        PublishedManifests(lambda: clients["s3"], "site"),
        world.artefact,
        world.rule_set,
        REGION,
        {code: Village(code, code, code[:6], number) for number, code in enumerate(known)},
    )


def _ratio(
    recording: Recording, ports: carry_out.Ports, villages: list[str]
) -> tuple[float, float]:
    """Speed of reading beside that of `json.loads` on the same pages, in turns; the median."""
    ratios, parsed = [], 0.0
    for code in villages:
        page = recording.pages[list_place(code) % len(recording.pages)]
        own, start = recording.own_s, time.process_time()
        rows = sum(1 for _ in ports.proposals.standing(code, ports.clock.now_ms()))
        took = time.process_time() - start - (recording.own_s - own)
        start = time.process_time()
        assert len(json.loads(page)["Items"]) == rows
        alone = time.process_time() - start
        parsed += alone
        ratios.append(alone / took)
    return sorted(ratios)[len(ratios) // 2], parsed * len(recording.villages) / len(villages)


def main() -> int:
    """Run it, and print what it took."""
    sys.stdout.write(json.dumps(asdict(close(int(sys.argv[1]))), indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
