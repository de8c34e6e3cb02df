"""A pilot as it is before its disaster: families, reads by staff, seals, and what comes later.

Families go through the same use cases and adapters as by HTTP, in this process, for an HTTP call
each would take hours. The civil registry is the one thing that is played: it says yes to everybody.
"""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Final, TypeVar

from chalicelib import case_wiring, staff_wiring, wiring
from chalicelib.domain.errors import Fault, InvalidRequest, TryAgain
from chalicelib.domain.identity import IdentityAnswer, IdentityClaim, Outcome
from chalicelib.domain.registration import Ref, WayIn
from chalicelib.usecases.check_identity import Ports as CheckPorts
from chalicelib.usecases.check_identity import check_identities
from chalicelib.usecases.erase import erase
from chalicelib.usecases.ports import Message
from chalicelib.usecases.read_case import Ports as ReadPorts
from chalicelib.usecases.read_case import read_case
from chalicelib.usecases.register import Register, register
from chalicelib.usecases.score import score_households
from chalicelib.usecases.seal_day import seal_day
from infra.people.forms import Draft, families

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Result = TypeVar("Result")

DAY_MS: Final = 86_400_000
OFFICER: Final = "staff:drill"
_SEED: Final = 3510
_NO_DIGIT: Final = re.compile(r"[^0-9]")
_TRIES: Final = 60
_PAUSE_S: Final = 0.5
_TOGETHER: Final = 10  # as the queues hand families to the workers
AT_ONCE: Final = 4


@dataclass(frozen=True, slots=True)
class Family:
    """One that registered.

    Attributes:
        niks: of its people who have one.
        state: where its case stood once the machine had done its part.
    """

    ref: Ref
    receipt: str
    niks: frozenset[str]
    state: str = ""


class Yes:
    """A civil registry that confirms everybody."""

    def check(self, claims: Sequence[IdentityClaim]) -> list[IdentityAnswer]:
        """Confirm."""
        return [IdentityAnswer(Outcome.CONFIRMED) for _ in claims]


@dataclass(frozen=True, slots=True)
class Earlier:
    """The clock of some days ago."""

    days: int

    def now_ms(self) -> int:
        """Milliseconds since the epoch, UTC."""
        return wiring.clock.now_ms() - self.days * DAY_MS


def settle_in(
    count: int, region: str, told: Callable[[int], object], at_once: int = AT_ONCE
) -> list[Family]:
    """Let families register, be checked and be scored: half two days ago, half yesterday.

    Args:
        count: how many; a family that is refused although it mended its form is left out.
        told: hears how many more are done.
        at_once: threads; a stand-in for AWS may bear one only.
    """
    drafts = families(_SEED, count, region=region, consent=case_wiring.consent()["version"])
    wiring.index().mac("warm", b"")  # one key for all threads
    settled: list[Family] = []
    batches = _batches(drafts)
    with ThreadPoolExecutor(at_once) as pool:
        while part := list(islice(batches, at_once * 4)):
            for done in pool.map(lambda b: _live(b[1], 2 if b[0] % 2 else 1), part):
                settled += done
                told(len(done))
    return settled


def come_late(count: int, region: str, start: int) -> list[Family]:
    """Let families register now, after the backup."""
    consent = case_wiring.consent()["version"]
    drafts = families(_SEED, count, region=region, consent=consent, start=start)
    return [family for _, batch in _batches(drafts) for family in _live(batch, 0)]


def look_at(seen: Sequence[Family], region: str) -> None:
    """Let an officer open cases, yesterday; each read is in the ledger before it is shown."""
    ports = ReadPorts(
        Earlier(1), wiring.random, wiring.opener(), wiring.store(), wiring.ledger(), region
    )
    for family in seen:
        patiently(partial(read_case, family.ref, OFFICER, "queue", ports))


def seal() -> tuple[str, ...]:
    """Seal the days that are over, and publish the seals."""
    return seal_day(wiring.clock.now_ms(), case_wiring.seal_ports())


def forget(gone: Sequence[Family]) -> None:
    """Erase families at their wish."""
    ports = staff_wiring.erase_ports()
    for family in gone:
        patiently(partial(erase, family.ref, OFFICER, "family_request", ports))


def _batches(drafts: Iterator[Draft]) -> Iterator[tuple[int, list[Draft]]]:
    number = 0
    while batch := list(islice(drafts, _TOGETHER)):
        yield number, batch
        number += 1


def patiently(deed: Callable[[], Result]) -> Result:
    """Do something that may be done twice, again as long as AWS refuses for now.

    Raises:
        TryAgain: it refused to the end.
    """
    for _ in range(_TRIES):
        try:
            return deed()
        except TryAgain:
            time.sleep(_PAUSE_S)
    return deed()


def _live(batch: Sequence[Draft], days_ago: int) -> list[Family]:
    clock = Earlier(days_ago)
    came = [family for draft in batch if (family := _registered(draft, clock))]
    messages = [Message(family.ref, 1) for family in came]
    asked = CheckPorts(clock, wiring.opener(), wiring.store(), Yes())
    _worked(lambda left: check_identities(left, asked), messages)
    scored = replace(case_wiring.score_ports(), clock=clock)
    _worked(lambda left: score_households(left, scored), messages)
    refs = [family.ref for family in came]
    cases = patiently(lambda: wiring.store().load(refs))
    return [replace(family, state=cases[family.ref].case.state.value) for family in came]


def _registered(draft: Draft, clock: Earlier) -> Family | None:
    ports = replace(case_wiring.register_ports(), clock=clock)
    for form in (draft.form, draft.mended):
        command = Register(draft.key, form, WayIn.SELF, "citizen")
        try:
            paper = patiently(partial(register, command, ports))
        except InvalidRequest:
            continue
        typed = [each["nik"] for each in form["members"] if each.get("nik")]
        niks = frozenset(_NO_DIGIT.sub("", nik) for nik in typed)  # some type it in groups
        return Family(Ref(form["village"], paper.receipt.locator), paper.receipt.text, niks)
    return None


def _worked(work: Callable[[list[Message]], list[Message]], messages: list[Message]) -> None:
    """Let a worker have messages until none comes again."""
    left = messages
    for _ in range(_TRIES):
        left = patiently(partial(work, left))
        if not left:
            return
        time.sleep(_PAUSE_S)
    raise TryAgain(Fault("busy"))
