"""An appeal with a visit on metered tables, and what its officers do with it."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.adapters.ground_check_table import GroundCheckTable
from chalicelib.adapters.review_table import ReviewTable
from chalicelib.domain import adjudication, ground_check, hearing, visit
from chalicelib.domain.dispute import Dispute, Kind, Outcome
from chalicelib.domain.ground_check import Verdict
from chalicelib.domain.registration import Registration, Stamp
from chalicelib.usecases import review_dispute
from chalicelib.usecases.ask_check import visit_of
from tests import disputing
from tests.bench.stage import OwnOpener, Stage, family
from tests.checking import AGENT, MODEL, REQUEST, RULES, asked, finding
from tests.court import terms

ONE, OTHER = "officer-1", "officer-2"


def ports_of(stage: Stage) -> review_dispute.Ports:
    """Reviewing on the stage's tables."""
    made, client, tables = stage.backend.world(), stage.backend.client, stage.backend.tables
    return review_dispute.Ports(
        stage.world.clock,
        stage.world.random,
        OwnOpener(),
        made.store,
        made.disputes,
        made.ledger,
        terms(),
        ReviewTable(client, tables),
        visit=lambda ref, about, number: visit_of(ref, about, number, disputing.mac),
        checked=lambda check: ground_check.checked_household(check) if check else None,
        set_apart=lambda _known, _code: None,
    )


def visited(stage: Stage) -> Dispute:
    """An appeal of a decided family that was visited, drawn for its first officer."""
    case = stage.decide(stage.find(stage.register("k" * 20, *family(4)).receipt.text))
    disputes = stage.backend.world().disputes
    made, event = hearing.file(_blank(case), _stamp(stage), due=_now(stage))
    assert disputes.create(made, event, ()) is None
    made = _drawn(stage, _step(stage, hearing.to_review(made, _stamp(stage), due=_now(stage))), ONE)
    made = _step(stage, adjudication.ask_visit(made, _stamp(stage, ONE), due=_now(stage)))
    _visit(stage, case, made)
    made = _step(stage, hearing.to_review(made, _stamp(stage), due=_now(stage)))
    return _drawn(stage, made, ONE)


def recommended(stage: Stage) -> Dispute:
    """The same after the first officer, drawn for the second."""
    there = visited(stage)
    return _drawn(stage, recommend(stage, there), OTHER)


def open_it(stage: Stage, there: Dispute, about: str) -> review_dispute.OpenDispute:
    """Open it as whoever was drawn."""
    actor = f"staff:{there.officer}"
    return review_dispute.open_dispute(there.ref, actor, ports_of(stage), about=about)


def recommend(stage: Stage, there: Dispute) -> Dispute:
    """Recommend to uphold it."""
    return review_dispute.recommend(_voting(stage, there), ports_of(stage))


def decide(stage: Stage, there: Dispute) -> Dispute:
    """Uphold it: the case is taken up again in the same transaction."""
    return review_dispute.decide(_voting(stage, there), ports_of(stage))


def _voting(stage: Stage, there: Dispute) -> review_dispute.Voting:
    case = stage.store.load([there.case] if there.case else [])
    seen = next(iter(case.values())).case.version
    stage.meter.reset()
    return review_dispute.Voting(
        there.ref,
        f"staff:{there.officer}",
        Outcome.UPHELD,
        "checked_differs",
        there.version,
        seen,
    )


def _visit(stage: Stage, case: Registration, there: Dispute) -> None:
    ref = visit_of(there.ref, case.ref.locator, 1, disputing.mac)
    checks = GroundCheckTable(stage.backend.client, stage.backend.tables)
    check, _ = asked(about=case.ref.locator, declared=case.household)
    blank = replace(check, ref=ref, asked_at=_now(stage), version=0, dispute=there.ref.locator)
    check, event = ground_check.ask(blank, _stamp(stage))
    assert checks.create(check, event) is None
    check, event = ground_check.assign(check, AGENT, _stamp(stage), due=_now(stage))
    assert checks.change(check, event) is None
    stamp = Stamp(_now(stage), f"agent:{AGENT}", check.salt)
    verdict = Verdict(("PKH",), MODEL, RULES)
    seen = finding(_now(stage))
    check, event = visit.find(check, seen, verdict, (), stamp, request=REQUEST)
    assert checks.change(check, event) is None


def _blank(case: Registration) -> Dispute:
    return disputing.blank(Kind.APPEAL, case.ref.locator, pieces=0)


def _drawn(stage: Stage, there: Dispute, officer: str) -> Dispute:
    return _step(stage, adjudication.assign(there, officer, _stamp(stage), level=0))


def _step(stage: Stage, step: tuple[Dispute, object]) -> Dispute:
    moved, event = step
    assert stage.backend.world().disputes.change(moved, event) is None  # type: ignore[arg-type]
    return moved


def _stamp(stage: Stage, officer: str = "") -> Stamp:
    actor = f"staff:{officer}" if officer else "system:tests"
    return Stamp(_now(stage), actor, b"s" * 16)


def _now(stage: Stage) -> int:
    return stage.world.clock.now_ms()
