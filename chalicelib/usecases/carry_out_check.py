"""Take what a field officer found, or that nobody was met: once, however late and often it comes.

A family that could not be scored goes on in the same write: to be scored on what was seen, or to
an officer. For a dispute what was seen waits with the check until two officers decide. Where a
decision stands nothing of it changes: if it would be another, an officer looks (invariant 4).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.domain import blind_keys, ground_check, pmt, registration, reopening
from chalicelib.domain import visit as visits
from chalicelib.domain.audit import Event
from chalicelib.domain.check_rules import CheckRules
from chalicelib.domain.dispute import Exhibit, Side
from chalicelib.domain.errors import (
    Fault,
    InvalidRequest,
    NotAllowed,
    NotFound,
    TryAgain,
    WrongState,
)
from chalicelib.domain.finding import Finding
from chalicelib.domain.ground_check import (
    Attempt,
    Check,
    Missed,
    Purpose,
    Stage,
    Verdict,
)
from chalicelib.domain.household import Household
from chalicelib.domain.pmt import Artefact, CannotScore
from chalicelib.domain.programme import RuleSet
from chalicelib.domain.registration import Ref, Stamp, State
from chalicelib.usecases import filing
from chalicelib.usecases.check_ports import AFTER, GroundChecks, visit_part
from chalicelib.usecases.dispute_ports import CaseStep, Statement
from chalicelib.usecases.evidence_ports import Grants
from chalicelib.usecases.filing import Photo, Upload
from chalicelib.usecases.ports import BlindIndex, CaseStore, Clock, Loaded, Sealer
from chalicelib.usecases.score import Basis, basis_of, decisions_at

VISITED: Final = "visited"
STILL_OPEN: Final = "visited_not_scored"
NOT_MET: Final = "visit_not_met"
_TRIES: Final = 3  # beside somebody else who writes the check or the case
_HOUR_MS: Final = 3_600_000


@dataclass(frozen=True, slots=True)
class Ports:
    """What keeping a finding needs.

    Attributes:
        rules_of_checks: the region's numbers of ground checks, today.
        artefact, rules: of a content hash; None when this stage does not carry it.
    """

    clock: Clock
    index: BlindIndex
    sealer: Sealer
    store: CaseStore
    checks: GroundChecks
    grants: Grants
    terms: filing.Terms
    rules_of_checks: Callable[[], CheckRules]
    artefact: Callable[[str], Artefact | None]
    rules: Callable[[str], RuleSet | None]
    region: str


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit as sent.

    Attributes:
        key: the phone's own, made when the visit was written down.
        officer: subject of who sends it.
        seen: what was found; None when nobody was met.
        missed: then why.
        taken_at: when (ms, UTC), by the phone.
        place: {"lat", "lon", "metres"} or None; sealed, and never stored in clear.
        form: the whole body, to tell a repeat from another finding.
    """

    ref: Ref
    key: str
    officer: str
    seen: Finding | None
    missed: Missed | None
    taken_at: int
    place: Mapping[str, Any] | None
    remark: str
    photos: tuple[Photo, ...]
    form: Mapping[str, Any]

    @property
    def actor(self) -> str:
        """As the ledger names who sends it."""
        return f"agent:{self.officer}"


@dataclass(frozen=True, slots=True)
class Kept:
    """What whoever went is told.

    Attributes:
        uploads: leave to send each photo that is not there yet, in order.
        attempts_left: how often somebody may still go.
    """

    check: Check
    uploads: tuple[Upload, ...]
    attempts_left: int


def findings(visit: Visit, ports: Ports) -> Kept:
    """Keep a visit.

    Raises:
        NotFound: there is no such check.
        NotAllowed: by who was not drawn for it.
        WrongState: it has ended otherwise.
        InvalidRequest: answers that the model does not ask, a time that cannot be, too many
            photos, or the key was used for another visit.
        TryAgain: the store refused for now; nothing was kept.
    """
    for _ in range(_TRIES):
        there = _load(visit.ref, visit.actor, ports)
        request = _request(visit.key, visit.form, ports)
        pieces = filing.exhibits(ports.index.mac, there.ref, visit.key, visit.photos, Side.FIELD)
        if _is_repeat(there, request):
            return _kept(there, pieces, ports)
        if there.ended:
            raise WrongState(Fault("check_ended"))
        moved = _keep(there, visit, request, pieces, ports)
        if moved is not None:
            return _kept(moved, pieces, ports)
    raise TryAgain(Fault("busy"))


def remark(ref: Ref, key: str, officer: str, text: str, ports: Ports) -> Check:
    """Keep what whoever went says to the differences; the finding stays as it is.

    Raises:
        NotFound, NotAllowed, WrongState, TryAgain: as `findings`; or it was remarked on.
    """
    for _ in range(_TRIES):
        actor = f"agent:{officer}"
        there = _load(ref, actor, ports)
        own, digest = _request(key, {"text": text}, ports)
        if there.remark_id == own:
            return there
        stamp = Stamp(ports.clock.now_ms(), actor, there.salt)
        moved, event = visits.remark(there, own, stamp, {"remark": digest.hex()})
        sealed = ports.sealer.seal(text.encode(), f"{ref.locator}|{AFTER}")
        statements = (Statement(AFTER, sealed),)
        if ports.checks.change(moved, event, statements=statements) is None:
            return moved
    raise TryAgain(Fault("busy"))


def verdict_of(household: Household, case: str, basis: Basis) -> Verdict:
    """What a family would be decided on these answers.

    Args:
        case: its locator, which parts equal scores.
    """
    outcome = pmt.score(basis.artefact, household)
    eligible: tuple[str, ...] | None = None
    if not isinstance(outcome, CannotScore):
        decile = basis.decile(outcome.score, case)
        decisions = decisions_at(household, decile, basis.adopted is None, basis.rules)
        if decisions:
            eligible = tuple(each.programme for each in decisions if each.eligible)
    return Verdict(eligible, basis.artefact.sha256, basis.rules.sha256)


def _keep(
    there: Check,
    visit: Visit,
    request: tuple[bytes, bytes],
    pieces: tuple[Exhibit, ...],
    ports: Ports,
) -> Check | None:
    """Store the visit with all that follows; None when somebody wrote meanwhile."""
    now = ports.clock.now_ms()
    rules = ports.terms.today(now)
    _refuse(visit, there, ports)
    loaded, in_force = ports.store.load_for_scoring([there.case], ports.region)
    found = loaded.get(there.case)
    if found is not None and found.torn:
        return None
    stamp = Stamp(now, visit.actor, there.salt)
    if visit.seen is None:
        missed = Attempt(visit.taken_at, visit.missed or Missed.NOT_HOME)
        moved, event = visits.attempt(
            there,
            missed,
            pieces,
            stamp,
            request=request,
            most=rules.terms.visit_attempts,
            apart=ports.rules_of_checks().hours_between_attempts * _HOUR_MS,
        )
    else:
        basis = basis_of(in_force, ports.artefact, ports.rules)
        household = ground_check.checked_household(there, visit.seen)
        if household is None:
            raise NotFound(Fault("check_unknown"))
        verdict = verdict_of(household, there.about, basis)
        moved, event = visits.find(there, visit.seen, verdict, pieces, stamp, request=request)
    officer_due = ports.terms.calendar.term(now, rules.terms.recommend, rules.terms).at
    case = _case_goes_on(moved, found, stamp, officer_due)
    statements = _sealed(there, visit, ports)
    if ports.checks.change(moved, event, statements=statements, case=case) is not None:
        return None
    return moved


def _case_goes_on(
    moved: Check, found: Loaded | None, stamp: Stamp, officer_due: int
) -> CaseStep | None:
    """The step of a family that could not be scored and waits for this visit."""
    waits = found is not None and found.case.state is State.NEEDS_GROUND_CHECK
    if not waits or found is None or moved.purpose is not Purpose.CANNOT_SCORE or not moved.ended:
        return None
    household: Household | None = None
    reason = NOT_MET
    if moved.verdict is not None:
        scored = moved.verdict.eligible is not None
        household = ground_check.checked_household(moved) if scored else None
        reason = VISITED if scored else STILL_OPEN
    own = Stamp(stamp.at, stamp.actor, found.vault[0].salt)
    step: tuple[registration.Registration, Event] = reopening.reopen(
        found.case, household, reason, own, officer_due=officer_due
    )
    return step


def _refuse(visit: Visit, there: Check, ports: Ports) -> None:
    """Raise with all that is wrong with what was sent."""
    rules = ports.terms.today(ports.clock.now_ms())
    faults: Sequence[Fault] = filing.photo_faults(visit.photos, rules.evidence)
    if visit.seen is not None:
        model = ports.artefact(there.model) or ports.artefact("")
        faults = [
            *faults,
            *(
                Fault(f"answer_{fault.code}", f"answers.{fault.question}".rstrip("."))
                for fault in (pmt.check_answers(model, visit.seen.answers) if model else ())
            ),
        ]
    if faults:
        raise InvalidRequest(*faults)


def _sealed(there: Check, visit: Visit, ports: Ports) -> tuple[Statement, ...]:
    if visit.place is None and not visit.remark:
        return ()
    part = visit_part(len(there.attempts))
    told = json.dumps(
        {"place": visit.place and dict(visit.place), "remark": visit.remark}, ensure_ascii=False
    )
    return (Statement(part, ports.sealer.seal(told.encode(), f"{there.ref.locator}|{part}")),)


def _load(ref: Ref, actor: str, ports: Ports) -> Check:
    there = ports.checks.load([ref]).get(ref)
    if there is None:
        raise NotFound(Fault("check_unknown"))
    if actor != f"agent:{there.officer}":
        raise NotAllowed(Fault("check_not_yours"))
    return there


def _request(key: str, form: Mapping[str, Any], ports: Ports) -> tuple[bytes, bytes]:
    mac = ports.index.mac
    return blind_keys.request_id(mac, key), blind_keys.body_digest(mac, form)


def _is_repeat(there: Check, request: tuple[bytes, bytes]) -> bool:
    """Whether this very request was kept before.

    Raises:
        InvalidRequest: its key was used for another visit.
    """
    kept = {each.request_id: each.body_digest for each in there.attempts}
    kept[there.request_id] = there.body_digest
    digest = kept.get(request[0])
    if digest is not None and digest != request[1]:
        raise InvalidRequest(Fault("key_reused", "key"))
    return digest is not None


def _kept(there: Check, pieces: Sequence[Exhibit], ports: Ports) -> Kept:
    ids = [each.piece.id for each in pieces]
    most = ports.terms.today(ports.clock.now_ms()).terms.visit_attempts
    left = max(most - len(there.attempts), 0) if there.stage is Stage.ASSIGNED else 0
    return Kept(there, filing.leave(there, ids, ports.grants, ""), left)
