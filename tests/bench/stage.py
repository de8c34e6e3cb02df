"""A region's use cases on metered tables, and a family whose sealed item is as large as any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from chalicelib.adapters.protection import PublicKeySealer, unlock
from chalicelib.domain.registration import Registration, WayIn
from chalicelib.usecases import check_identity, find_case, register, score
from chalicelib.usecases.ports import Message, Sealed
from tests.bench.meter import Meter
from tests.fakes import FakeBlindIndex, FakeOpener
from tests.stores import Backend
from tests.world import World, child, form, member

if TYPE_CHECKING:
    from chalicelib.usecases.register import Accepted

KEY = rsa.generate_private_key(65537, 2048)
OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)


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


def family(count: int, first: int = 9901) -> Sequence[dict[str, Any]]:
    """Long names, so that the sealed item is as large as such a family's can well be."""
    head = member(first, name="Contoh Sumarni Kusumaningtyas")
    serials = range(first + 1, first + count)
    return [head, *(child(n, name=f"Contoh Muhammad Kurniawan {n}") for n in serials)]
