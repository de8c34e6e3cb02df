"""One registration from the form to the decision, counted: what the bill is made of."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

from moto import mock_aws

from chalicelib import telemetry
from chalicelib.adapters.queues import from_body, to_body
from chalicelib.usecases import check_identity, score
from chalicelib.usecases.ports import Message, Sealed
from tests.bench.meter import Meter
from tests.bench.stage import OwnOpener, Stage, family
from tests.fuzz.hostile import JSON, Sent
from tests.fuzz.judge import Fuzzed, fuzzed
from tests.stores import make_backend
from tests.world import World, form

BATCH = 5


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted for a family of four.

    Attributes:
        calls: calls to the tables in the request itself.
        writes_register, writes_decide: write units, those of indexes with them.
        reads_check, reads_score: read units of a family alone.
        reads_in_batch: read units of both, for each family of a batch.
        state_bytes, vault_bytes: the largest item of each kind.
        decrypts: calls to the key service.
        log_request, log_worker: bytes of a line of our own.
    """

    calls: int
    writes_register: int
    writes_decide: int
    reads_check: float
    reads_score: float
    reads_in_batch: float
    state_bytes: int
    vault_bytes: int
    decrypts: int
    log_request: int
    log_worker: int

    @property
    def writes(self) -> int:
        """Write units together."""
        return self.writes_register + self.writes_decide


@contextmanager
def metered() -> Iterator[Stage]:
    """A stage on metered tables."""
    with mock_aws():
        backend, meter = make_backend(None), Meter()
        stop = meter.listen(backend.client)
        stage = Stage(World(), backend, meter)
        stage.register("w" * 20, *family(1, 9990))  # the strict tables ask once what they are like
        backend.clean()
        meter.reset()
        yield stage
        stop()


class CountingOpener(OwnOpener):
    """Counts how often the key service is asked."""

    asked = 0

    def open(self, sealed: Sealed, context: str) -> bytes:
        self.asked += 1
        return super().open(sealed, context)


def count() -> Counted:
    """Register, check and score a family of four, and count."""
    in_batch = _reads_in_batch(BATCH)
    with metered() as stage:
        accepted = stage.register("k" * 20, *family(4))
        meter = stage.meter
        calls, registered = meter.calls.total(), meter.writes + meter.index_writes
        vault = max(meter.items)
        case = stage.find(accepted.receipt.text)
        meter.reset()
        clock, message = stage.world.clock, Message(case.ref, case.version)
        opener = CountingOpener()
        check_identity.check_identities(
            [message], check_identity.Ports(clock, opener, stage.store, stage.world.registry)
        )
        read_check = meter.half_reads / 2
        ports = score.Ports(clock, stage.store, stage.world.artefact, stage.world.rule_set, "3510")
        score.score_households([message], ports)
        line, worker = log_lines()
        return Counted(
            calls=calls,
            writes_register=registered,
            writes_decide=meter.writes + meter.index_writes,
            reads_check=read_check,
            reads_score=meter.half_reads / 2 - read_check,
            reads_in_batch=in_batch,
            state_bytes=max(meter.items),
            vault_bytes=vault,
            decrypts=opener.asked,
            log_request=line,
            log_worker=worker,
        )


def _reads_in_batch(size: int) -> float:
    """Read units of checking and scoring so many families at once, for each of them."""
    with metered() as stage:
        world, messages = stage.world, []
        for number in range(size):
            people, kk = family(4, 9901 + 4 * number), f"351015010120{9901 + number}"
            accepted = stage.register(f"{number:020}", *people, kk=kk)
            case = stage.find(accepted.receipt.text)
            messages.append(Message(case.ref, case.version))
        stage.meter.reset()
        checking = check_identity.Ports(world.clock, OwnOpener(), stage.store, world.registry)
        assert check_identity.check_identities(messages, checking) == []
        scoring = score.Ports(world.clock, stage.store, world.artefact, world.rule_set, "3510")
        assert score.score_households(messages, scoring) == []
        return stage.meter.half_reads / 2 / size


def log_lines() -> tuple[int, int]:
    """Bytes of a request's line and of a worker's."""
    with fuzzed() as surface:
        line = _registered(surface)
        _renew(surface)
        batch = [Message(case.ref, 1) for case in surface.world.aws.cases.values()][:5]
        records = [{"messageId": str(uuid4()), "body": to_body(message)} for message in batch]
        telemetry.run_batch(records, "score_household", _nothing_fails, from_body)
        return line, len(surface.lines.getvalue())


def _registered(surface: Fuzzed) -> int:
    _renew(surface)
    headers = {"content-type": JSON, "accept": JSON, "idempotency-key": "k" * 32}
    body = json.dumps(form(surface.world.model, *family(4))).encode()
    assert surface.call(Sent("/v1/registrations", headers, body))["statusCode"] == 201
    return len(surface.lines.getvalue())


def _renew(surface: Fuzzed) -> None:
    surface.lines.seek(0)
    surface.lines.truncate()


def _nothing_fails(_messages: Sequence[Message]) -> Sequence[Message]:
    return []
