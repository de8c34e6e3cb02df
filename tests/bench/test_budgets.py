"""The budgets, counted and not timed: calls, units and bytes of what the system does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from moto import mock_aws

from chalicelib.adapters.protection import PublicKeySealer, unlock
from chalicelib.domain.audit import DAY_MS
from chalicelib.domain.errors import NotFound
from chalicelib.domain.registration import Registration, State, WayIn
from chalicelib.usecases import check_identity, find_case, register, score
from chalicelib.usecases.ports import Message, Sealed
from tests.bench.meter import Meter
from tests.fakes import FakeBlindIndex, FakeOpener
from tests.stores import Backend, make_backend
from tests.world import World, child, form, member

if TYPE_CHECKING:
    from chalicelib.usecases.register import Accepted

KEY = rsa.generate_private_key(65537, 2048)
OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
KILOBYTE = 1024


class OwnOpener(FakeOpener):
    """Opens what was sealed to the key of these tests."""

    def open(self, sealed: Sealed, context: str) -> bytes:
        return unlock(sealed.blob, KEY.decrypt(sealed.wrapped_key, OAEP), "pilot", context)


@dataclass
class Stage:
    """The use cases of a region on metered tables."""

    world: World
    backend: Backend
    meter: Meter

    def __post_init__(self) -> None:
        made = self.backend.world()
        self.store, self.limits = made.store, made.limits
        public = KEY.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.register_ports = register.Ports(
            self.world.clock,
            self.world.random,
            FakeBlindIndex(),
            PublicKeySealer(public, "pilot"),
            self.store,
            self.world.form_rules(),
        )
        self.find_ports = replace(
            self.world.find_ports(),
            index=FakeBlindIndex(),
            store=self.store,
            limits=self.limits,
        )

    def register(self, key: str, *members: dict[str, Any], **changes: object) -> Accepted:
        body = form(self.world.model, *members, **changes)
        command = register.Register(key, body, WayIn.SELF, "citizen")
        return register.register(command, self.register_ports)

    def find(self, receipt: str) -> Registration:
        caller = find_case.Caller("203.0.113.7")
        return find_case.find_case(receipt, caller, self.find_ports).case

    def decide(self, case: Registration) -> Registration:
        message = Message(case.ref, case.version)
        clock = self.world.clock
        checking = check_identity.Ports(clock, OwnOpener(), self.store, self.world.registry)
        assert check_identity.check_identities([message], checking) == []
        scoring = score.Ports(clock, self.store, self.world.artefact, self.world.rule_set, "3510")
        assert score.score_households([message], scoring) == []
        return self.store.load([case.ref])[case.ref].case


@pytest.fixture(scope="module")
def backend() -> Iterator[Backend]:
    with mock_aws():
        yield make_backend(None)


@pytest.fixture
def stage(backend: Backend) -> Iterator[Stage]:
    backend.clean()
    meter = Meter()
    stop = meter.listen(backend.client)
    meter.reset()
    yield Stage(World(), backend, meter)
    stop()


def family(count: int, first: int = 9901) -> Sequence[dict[str, Any]]:
    """Long names, so that the sealed item is as large as such a family's can well be."""
    head = member(first, name="Contoh Sumarni Kusumaningtyas")
    serials = range(first + 1, first + count)
    return [head, *(child(n, name=f"Contoh Muhammad Kurniawan {n}") for n in serials)]


class TestRegister:
    @pytest.mark.parametrize(("count", "units"), [(1, 10), (4, 16), (6, 20), (10, 28)])
    def test_one_call_and_its_units(self, stage: Stage, count: int, units: int) -> None:
        stage.register("k" * 20, *family(count))
        assert stage.meter.calls == {"TransactWriteItems": 1}
        assert stage.meter.writes == units
        assert stage.meter.index_writes == 0

    def test_no_item_of_six_is_larger_than_a_kilobyte(self, stage: Stage) -> None:
        line = "Dusun Contoh, jalan Kenanga belakang pasar, rumah nomor 12"
        address = {"line": line, "rt": "003", "rw": "001"}
        stage.register("k" * 20, *family(6), address=address)
        assert max(stage.meter.items) <= KILOBYTE

    def test_two_calls_when_a_nik_is_held(self, stage: Stage) -> None:
        stage.register("k" * 20, *family(4))
        stage.meter.reset()
        stage.register("l" * 20, *family(4))
        assert stage.meter.calls == {"TransactWriteItems": 2}

    def test_a_repeat_is_one_call(self, stage: Stage) -> None:
        first = stage.register("k" * 20, *family(4))
        stage.meter.reset()
        stage.world.clock.advance(1000)
        assert stage.register("k" * 20, *family(4)).receipt == first.receipt
        assert stage.meter.calls == {"TransactWriteItems": 1}


class TestStatus:
    def test_one_call_with_no_write(self, stage: Stage) -> None:
        accepted = stage.register("k" * 20, *family(4))
        stage.meter.reset()
        assert stage.find(accepted.receipt.text).state is State.RECEIVED
        assert stage.meter.calls == {"BatchGetItem": 1}
        assert stage.meter.writes == 0
        assert (
            stage.meter.half_reads == 2 + 2 + 1 + 1
        )  # case and cut-offs consistently, buckets not

    def test_the_same_call_for_a_case_that_is_not_there(self, stage: Stage) -> None:
        accepted = stage.register("k" * 20, *family(4))
        stage.meter.reset()
        stage.find(accepted.receipt.text)
        known = stage.meter.requests[-1]
        stage.backend.clean()
        stage.meter.reset()
        with pytest.raises(NotFound):
            stage.find(accepted.receipt.text)
        assert stage.meter.requests[0] == known

    def test_a_wrong_try_costs_one_write_for_receipt_and_caller_each(self, stage: Stage) -> None:
        accepted = stage.register("k" * 20, *family(4))
        stage.backend.clean()
        stage.meter.reset()
        with pytest.raises(NotFound):
            stage.find(accepted.receipt.text)
        assert stage.meter.calls == {"BatchGetItem": 1, "UpdateItem": 2}
        assert stage.meter.writes == 2


class TestDecide:
    @pytest.mark.parametrize("count", [4, 6, 8])
    def test_check_and_score_cost_eight_units(self, stage: Stage, count: int) -> None:
        accepted = stage.register("k" * 20, *family(count))
        case = stage.find(accepted.receipt.text)
        stage.meter.reset()
        decided = stage.decide(case)
        assert decided.state is State.DECIDED
        assert stage.meter.calls["TransactWriteItems"] == 2
        assert stage.meter.writes == 8
        assert stage.meter.index_writes == 0
        assert max(stage.meter.items) <= 900

    def test_days_without_the_civil_registry_add_nothing_to_the_item(self, stage: Stage) -> None:
        accepted = stage.register("k" * 20, *family(6))
        case = stage.find(accepted.receipt.text)
        stage.world.registry.down = True
        ports = check_identity.Ports(
            stage.world.clock, OwnOpener(), stage.store, stage.world.registry
        )
        for _ in range(24):
            stage.world.clock.advance(DAY_MS // 24)
            version = stage.store.load([case.ref])[case.ref].case.version
            check_identity.check_identities([Message(case.ref, version)], ports)
        stage.world.registry.down = False
        decided = stage.decide(case)
        assert decided.state is State.DECIDED
        assert [step.state for step in decided.steps].count(State.IDENTITY_CHECKING) == 1
        assert max(stage.meter.items) <= KILOBYTE
