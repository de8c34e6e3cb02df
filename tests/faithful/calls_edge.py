"""Calls at the edges: AWS's limits, met and passed by one, and answers that are lost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from chalicelib.adapters import dynamo, ledger_items, registry_items, vault_items
from chalicelib.domain.registration import Ref
from chalicelib.usecases.ports import Sealed, VaultItem
from infra.units import item_size
from tests.builders import SALT, VILLAGE, Built, build
from tests.faithful.calls import CASES, Call, Deed, Play
from tests.faithful.outcomes import outcome
from tests.faithful.sides import Side
from tests.fakes_refusals import MAX_ITEM


@dataclass(frozen=True)
class Oversize:
    """A request whose case, vault item or event has exactly `over` bytes more than an item may."""

    request: int
    part: str
    over: int
    parts: ClassVar = CASES

    def deed(self, play: Play) -> Deed:
        sent = _filled(build(f"large {self.request}", count=1), self.part, self.over)
        return lambda side: side.ports.store.create(sent.case, sent.vault, sent.event, ())


@dataclass(frozen=True)
class Claim:
    """A request that claims `count` guards whose names are `size` bytes long, one of them twice."""

    request: int
    count: int
    size: int = 50
    twice: bool = False
    parts: ClassVar = CASES

    def deed(self, play: Play) -> Deed:
        sent = build(f"claims {self.request}", count=1)
        guards = [
            f"N#v1#{number:03}".ljust(self.size, "x")[: self.size] for number in range(self.count)
        ]
        guards += guards[:1] if self.twice else []
        return lambda side: side.ports.store.create(sent.case, sent.vault, sent.event, guards)


@dataclass(frozen=True)
class Digits:
    """A case whose version is a number of so many digits, ones with an 8 in front or all nines."""

    request: int
    digits: int
    nines: bool = False
    parts: ClassVar = CASES

    def deed(self, play: Play) -> Deed:
        sent = build(f"digits {self.request}", count=1)
        version = int("9" * self.digits) if self.nines else 8 * 10 ** (self.digits - 1) + 1
        case = replace(sent.case, version=version)
        return lambda side: side.ports.store.create(case, sent.vault, sent.event, ())


@dataclass(frozen=True)
class Named:
    """Cases under locators of this text so many times, all with one and the same first event."""

    text: str
    times: tuple[int, ...]
    parts: ClassVar = CASES

    def deed(self, play: Play) -> Deed:
        sent = build(f"named {self.text}", count=1)
        blank = replace(sent.case, household=None)
        cases = [replace(blank, ref=Ref(VILLAGE, self.text * times)) for times in self.times]

        def create(side: Side) -> list[object]:
            store = side.ports.store
            answers = [
                outcome(lambda: store.create(case, sent.vault, sent.event, ()))  # noqa: B023 - runs at once
                for case in cases
            ]
            side.asked.clear()  # the strict fixture sends nothing of what is refused
            return answers

        return create


@dataclass(frozen=True)
class Lost:
    """A call whose every answer is lost once: the SDK sends each again and hears the second."""

    call: Call

    @property
    def parts(self) -> frozenset[str]:
        return self.call.parts

    def deed(self, play: Play) -> Deed:
        deed = self.call.deed(play)

        def losing(side: Side) -> object:
            side.losing = True
            try:
                return deed(side)
            finally:
                side.losing = False

        return losing


def _filled(sent: Built, part: str, over: int) -> Built:
    """The family with one of its items filled to 400 KB and so many bytes more."""
    locator = sent.case.ref.locator
    if part == "vault":
        empty = VaultItem(Sealed(b"", b"k"), SALT, ())
        size = item_size(dynamo.encode(vault_items.to_item(locator, "0", empty)))
        return replace(
            sent, vault=replace(empty, sealed=Sealed(bytes(MAX_ITEM - size + over), b"k"))
        )
    if part == "case":
        size = item_size(dynamo.encode(registry_items.to_item(replace(sent.case, consent="x"))))
        consent = "x" * (MAX_ITEM - size + 1 + over)
        return replace(sent, case=replace(sent.case, consent=consent))
    size = item_size(dynamo.encode(ledger_items.event_to_item(replace(sent.event, reason="x"))))
    return replace(sent, event=replace(sent.event, reason="x" * (MAX_ITEM - size + 1 + over)))
