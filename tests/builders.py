"""Invented families, complete enough to be stored, scored and decided."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from chalicelib.domain import audit, identity_check, receipt, registration
from chalicelib.domain.audit import Act, Event
from chalicelib.domain.blind_keys import kk_guard, nik_guard, request_id
from chalicelib.domain.household import (
    Attending,
    Disability,
    Household,
    Member,
    Occupation,
    Relation,
    Schooling,
    Sex,
)
from chalicelib.domain.identity import IdentityAnswer, Outcome
from chalicelib.domain.pmt import Scored
from chalicelib.domain.programme import Code, Component, ProgrammeDecision, Reason
from chalicelib.domain.registration import Ref, Registration, Stamp, State, Step, WayIn
from chalicelib.usecases.ports import VaultItem
from tests.fakes import START, FakeBlindIndex, FakeSealer

VILLAGE = "3510152004"
REGION = VILLAGE[:4]
VILLAGE_INDEX = 43_210
SALT = bytes(range(16))
MINUTE = 60_000

ANSWERS: Mapping[str, int | str] = {
    "tenure": "free",
    "rooms": 2,
    "toilet": "flush_drain",
    "water": "well_protected",
    "lighting": "meter",
    "fuel": "solid",
    "internet": "mobile",
    "mobile": 1,
    "laptop": 0,
    "computer": 0,
    "landline": 0,
    "land": "under_1ha",
}


@dataclass(frozen=True)
class Built:
    """A case as `CaseStore.create` takes it."""

    case: Registration
    event: Event
    vault: VaultItem
    guards: tuple[str, ...]


def stamp(at: int = START, actor: str = "system:tests") -> Stamp:
    """Who, when, and under which salt."""
    return Stamp(at, actor, SALT)


def nik(family: int, member: int) -> str:
    """The NIK of an invented person: a real region code, a serial of 9901 or above."""
    day, serial = divmod(family * 20 + member, 99)
    return f"351015{day % 28 + 1:02}0390{9901 + serial:04}"


def members(count: int) -> tuple[Member, ...]:
    """A head, a spouse, then children."""
    grown = Member(
        relation=Relation.HEAD,
        birth_month=(1985, 3),
        sex=Sex.MALE,
        disability=Disability.NONE,
        pregnant=False,
        schooling=Schooling.PRIMARY,
        attending=Attending.NO,
        occupation=Occupation.LABOURER,
        has_nik=True,
    )
    spouse = replace(
        grown,
        relation=Relation.SPOUSE,
        birth_month=(1988, 11),
        sex=Sex.FEMALE,
        occupation=Occupation.HOUSEWORK,
    )
    child = replace(
        grown,
        relation=Relation.CHILD,
        birth_month=(2015, 7),
        sex=Sex.FEMALE,
        schooling=Schooling.PRIMARY_UNFINISHED,
        attending=Attending.PRIMARY,
        occupation=Occupation.STUDENT,
    )
    return (grown, spouse, *([child] * count))[:count]


def household(count: int = 4, answers: Mapping[str, int | str] = ANSWERS) -> Household:
    """A family that answered in November 2025."""
    return Household(VILLAGE, members(count), answers, (2025, 11))


def build(
    key: str = "a request's key",
    *,
    family: int = 1,
    count: int = 4,
    at: int = START,
    plain: bytes = b"who the family is",
) -> Built:
    """A family as received: `key` makes its receipt, `family` its NIKs and family card."""
    mac = FakeBlindIndex().mac
    paper = receipt.derive(mac, key, VILLAGE_INDEX)
    blank = Registration(
        ref=Ref(VILLAGE, paper.locator),
        state=State.RECEIVED,
        version=1,
        way_in=WayIn.SELF,
        request_id=request_id(mac, key),
        body_digest=mac("body", key.encode())[:16],
        secret_mac=receipt.secret_mac(mac, paper),
        household=household(count),
        consent="2025-11",
        steps=(Step(State.RECEIVED, at),),
        head=audit.first_head(paper.locator),
    )
    case, event = registration.open_case(
        blank, Act.RECEIVED, stamp(at, "citizen"), {"members": count}
    )
    guards = tuple(nik_guard(mac, "v1", nik(family, member)) for member in range(count))
    guards = (*guards, kk_guard(mac, "v1", nik(family, 19)))
    sealed = FakeSealer().seal(plain, f"{paper.locator}|0")
    return Built(case, event, VaultItem(sealed, SALT, guards), guards)


def checked(case: Registration, at: int = START + MINUTE) -> tuple[Registration, Event]:
    """The case after the civil registry confirmed everybody."""
    count = len(case.household.members) if case.household else 0
    return identity_check.check_identity(
        case,
        (IdentityAnswer(Outcome.CONFIRMED),) * count,
        stamp(at),
        retry_at=at + MINUTE,
        officer_due=at + MINUTE,
    )


def unanswered(
    case: Registration, retry_at: int, at: int = START + MINUTE
) -> tuple[Registration, Event]:
    """The case after the civil registry did not answer."""
    count = len(case.household.members) if case.household else 0
    return identity_check.check_identity(
        case,
        (IdentityAnswer(Outcome.NOT_CHECKED),) * count,
        stamp(at),
        retry_at=retry_at,
        officer_due=retry_at,
    )


def corrected(case: Registration, at: int = START + MINUTE) -> tuple[Registration, Event]:
    """The case after the family's correction."""
    assert case.household is not None
    return identity_check.correct(case, case.household, b"c" * 16, stamp(at, "citizen"))


def decided(case: Registration, at: int = START + 2 * MINUTE) -> tuple[Registration, Event]:
    """The case after its decision: refused by one programme, eligible for the others."""
    scored = Scored(
        score=13_123_400,
        contributions=tuple((-1) ** place * (place * 7_919 % 310_000) for place in range(30)),
        inputs_hash=hashlib.sha256(b"inputs").hexdigest(),
        model_hash=hashlib.sha256(b"model").hexdigest(),
    )
    return registration.decide(
        case,
        scored,
        _decisions(),
        hashlib.sha256(b"rules").hexdigest(),
        stamp(at),
        provisional=True,
        officer_due=at,
    )


def a_read(actor: str, locator: str, at: int = START) -> Event:
    """An officer's first read of the day."""
    head = audit.first_head(audit.read_chain(actor, audit.day_of(at)))
    return audit.append_read(
        head, at=at, actor=actor, ref=locator, reason="queue", own_id=b"a look!!"
    )[0]


def _decisions() -> tuple[ProgrammeDecision, ...]:
    within = (Reason(Code.DECILE_WITHIN, (2, 4)), Reason(Code.HAS_COMPONENT))
    changes = (Reason(Code.REPORT_CHANGES),)
    components = (Component("preg", 1), Component("sd", 2))
    eligible = ProgrammeDecision("PKH", True, True, within, changes, components, 4_800_000)
    refused = ProgrammeDecision(
        "PIP",
        False,
        True,
        (Reason(Code.DECILE_ABOVE, (5, 4)), Reason(Code.NO_COMPONENT)),
        (Reason(Code.CORRECT_ANSWERS), Reason(Code.BACK_TO_SCHOOL)),
    )
    return (
        eligible,
        replace(eligible, programme="BPNT", components=(), rp_per_year=2_400_000),
        replace(eligible, programme="PBI_JK", components=(), rp_per_year=0),
        refused,
    )
