"""A real load on a Tepat of its own: what it asks of AWS beside what was predicted from the counts.

Some requests are refused, by number, at the gateway and at the tables, so that what is sent again
is compared too: a refusal costs one request more, and nothing twice.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

import httpx
from tqdm import tqdm

from infra import local_sandboxes, stages
from infra.chaos.stack import STAGE, Ports, Stack, fresh_folder
from infra.cost.inputs import Inputs
from infra.demo import Api
from infra.load.counting import LOOK, REGISTER, TRANSACTION, Counted, Refusing, with_refusals
from infra.people.forms import Draft, families
from infra.sandboxes.civil_registry_records import Record, read_population

WORLD: Final = 3510  # the seed of the sandbox registry's people
WAIT: Final = 0.5  # seconds until who was refused comes again
WARM_UP: Final = 12  # families before those that count: processes begin, slowly on a busy machine
AGAIN: Final = frozenset({429, 502, 503, 504})  # a phone sends these again, under the same key
AT_ONCE: Final = 4  # the local AWS runs eight functions at once, workers included
REFUSED_EVERY, FAILS_EVERY = 7, 10  # registration at the gateway, transaction at the tables
SETTLED: Final = 20.0  # seconds without a write
PATIENCE: Final = 900.0
AGREES: Final = 0.05

Say = Callable[[str], None]
_Drafted = tuple[str, dict[str, Any]]
"""Key and form of a family."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure as predicted and as measured."""

    name: str
    predicted: float
    measured: float

    @property
    def apart(self) -> float:
        """How far apart, as a share of what was predicted."""
        if not self.predicted:
            return float(bool(self.measured))
        return self.measured / self.predicted - 1

    @property
    def agrees(self) -> bool:
        """Whether within a twentieth."""
        return abs(self.apart) <= AGREES


def forms(count: int, consent: str, known: Mapping[str, Record]) -> list[_Drafted]:
    """Keys and forms of families that the registry confirms, nobody in two of them.

    Args:
        count: how many.
        consent: version of the agreement.
        known: what the sandbox registry holds, by NIK.
    """
    region = stages.read(STAGE)["region"]
    found: list[_Drafted] = []
    seen: set[str] = set()
    for draft in islice(families(WORLD, 3 * count, region=region, consent=consent), 3 * count):
        people = {member["nik"] for member in draft.truth}
        if not _confirmed(draft, known) or people & seen:
            continue
        seen |= people
        found.append((draft.key, _as_on_paper(draft)))
        if len(found) == count:
            break
    return found


def _confirmed(draft: Draft, known: Mapping[str, Record]) -> bool:
    records = [known.get(member["nik"] or "") for member in draft.truth]
    return all(each and not each.deceased and each.kk == draft.kk for each in records)


def _as_on_paper(draft: Draft) -> dict[str, Any]:
    pairs = zip(draft.mended["members"], draft.truth, strict=True)
    return draft.mended | {"kk": draft.kk, "members": [said | true for said, true in pairs]}


def run(count: int, first_port: int, folder: Path, inputs: Inputs, say: Say) -> list[Compared]:
    """Start a Tepat, load it, count, compare.

    Raises:
        LocalRunError: it cannot run here.
    """
    ports = Ports(first_port, "make load LOAD_PORT=...")
    ports.check()
    refusing = Refusing(REFUSED_EVERY, FAILS_EVERY)
    everybody = count + WARM_UP
    stack = Stack(fresh_folder(folder), ports, refusing, 3 * everybody)
    with stack.running():
        api = Api(f"{stack.site}/v1")
        known = read_population(local_sandboxes.population(folder, stages.read(STAGE)["region"]))
        warming, drafts = _parted(forms(everybody, api.consent_version(), known))
        api.close()
        say(f"{WARM_UP} families to warm it up, not counted")
        _counted(stack, warming)
        say(
            f"{count} families, {AT_ONCE} at once; every {REFUSED_EVERY}th registration and every "
            f"{FAILS_EVERY}th transaction is refused once"
        )
        refusing.begin()
        counted, answers = _counted(stack, drafts)
    for status, times in sorted(answers.items()):
        say(f"answered {status}: {times}")
    if others := counted.repeats.total() - counted.repeats[TRANSACTION]:
        say(f"{others} other calls were sent again: the SDK found this machine too slow")
    return compare(drafts, counted, refusing, inputs)


def _parted(found: Sequence[_Drafted]) -> tuple[Sequence[_Drafted], Sequence[_Drafted]]:
    return found[:WARM_UP], found[WARM_UP:]


def compare(
    drafts: Sequence[tuple[str, Mapping[str, Any]]],
    counted: Counted,
    refusing: Refusing,
    inputs: Inputs,
) -> list[Compared]:
    """What the counts say of these families, beside what was counted at the wire."""
    count, told = len(drafts), inputs.counts["registration"]
    four, six = (inputs.step(f"register, {n} members")["ddb_wru"] for n in (4, 6))
    each = (six - four) / 2
    registering = sum(four + each * (len(form["members"]) - 4) for _, form in drafts)
    behind = sum(inputs.step(step)["ddb_wru"] for step in ("check", "score"))
    requests, sent_again = with_refusals(count, REFUSED_EVERY)
    _, repeats = with_refusals(3 * count, FAILS_EVERY)
    # A batch reads the cut-offs once, however many families it is of.
    for_each = told["read units, check"] + told["read units, score"] - 1
    reads = count * (inputs.step("status")["ddb_rru"] + for_each) + counted.batches["score"]
    return [
        Compared("requests to register", requests, refusing.asked[REGISTER]),
        Compared("refused at the gateway and sent again", sent_again, refusing.refused[REGISTER]),
        Compared("families registered", count, counted.calls[REGISTER]),
        Compared("looks at a result", count, counted.calls[LOOK]),
        Compared("transactions", 3 * count, counted.calls[TRANSACTION]),
        Compared("transactions sent again by the SDK", repeats, counted.repeats[TRANSACTION]),
        Compared("openings by the key service", count, counted.calls["Decrypt"]),
        Compared("write units", registering + count * behind, counted.write_units),
        Compared("read units", reads, counted.read_halves / 2),
    ]


def _counted(stack: Stack, drafts: Sequence[_Drafted]) -> tuple[Counted, Counter[int]]:
    """Let families come, and wait until nothing is written any more; what was counted meanwhile."""
    counted = Counted()
    stack.proxy.watch = counted.watch
    answers = _load(stack.site, drafts)
    _settle(stack, counted)
    stack.proxy.watch = None
    return counted, answers


def _load(site: str, drafts: Sequence[_Drafted]) -> Counter[int]:
    """Send all families, a few at a time; the answers by status."""
    with (
        httpx.Client(base_url=f"{site}/v1", timeout=120, trust_env=False) as http,
        ThreadPoolExecutor(AT_ONCE) as pool,
        tqdm(total=len(drafts), desc="  Sending", unit=" families", dynamic_ncols=True) as bar,
    ):
        answers: Counter[int] = Counter()
        for statuses in pool.map(lambda draft: _family(http, *draft), drafts):
            answers.update(statuses)
            bar.update()
    return answers


def _family(http: httpx.Client, key: str, form: dict[str, Any]) -> list[int]:
    """One family comes, comes again when it is refused, and looks once; its answers by status."""
    statuses: list[int] = []
    headers = {"Idempotency-Key": key}
    while not statuses or statuses[-1] in AGAIN:
        if statuses:
            time.sleep(WAIT)
        answer = http.post("/registrations", json=form, headers=headers)
        statuses.append(answer.status_code)
    if answer.status_code == httpx.codes.CREATED:
        looked = http.post("/status", json={"receipt": answer.json()["receipt"]})
        statuses.append(looked.status_code)
    return statuses


def _settle(stack: Stack, counted: Counted) -> None:
    """Wait until queues are empty and nothing has been written for a while."""
    until, still, last = time.monotonic() + PATIENCE, time.monotonic(), -1
    while time.monotonic() < until and time.monotonic() - still <= SETTLED:
        now = counted.calls[TRANSACTION]
        waiting = sum(stack.waiting(stack.queue_url(queue)) for queue in ("Check", "Score"))
        if now != last or waiting:
            last, still = now, time.monotonic()
        time.sleep(2)
