"""The steps of a family's way, each metered alone: by operation, and by operation and table."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from chalicelib.domain.errors import NotFound
from chalicelib.usecases import check_identity, score
from chalicelib.usecases.ports import Message
from tests.bench import living, queueing, reviewing
from tests.bench.registration import metered
from tests.bench.stage import OwnOpener, Stage, family

Rows = dict[str, dict[str, int]]
"""Operation, or operation and table -> what -> how much."""


def metered_steps() -> dict[str, Rows]:
    """Each step on clean tables, with what came before it done and not counted."""
    with metered() as stage:
        return {name: _alone(stage, step) for name, step in STEPS.items()}


def _alone(stage: Stage, step: Callable[[Stage], None]) -> Rows:
    stage.backend.clean()
    stage.meter.reset()
    step(stage)
    return stage.meter.rows()


def _register(members: int) -> Callable[[Stage], None]:
    return lambda stage: void(stage.register("k" * 20, *family(members)))


def _held(stage: Stage) -> None:
    stage.register("k" * 20, *family(4))
    stage.meter.reset()
    stage.register("l" * 20, *family(4))


def _status(stage: Stage) -> None:
    accepted = stage.register("k" * 20, *family(4))
    stage.meter.reset()
    stage.find(accepted.receipt.text)


def _wrong(stage: Stage) -> None:
    accepted = stage.register("k" * 20, *family(4))
    stage.backend.clean()
    stage.meter.reset()
    with pytest.raises(NotFound):
        stage.find(accepted.receipt.text)


def _check(stage: Stage) -> None:
    message = _received(stage)
    stage.meter.reset()
    _checked(stage, message)


def _score(stage: Stage) -> None:
    message = _received(stage)
    _checked(stage, message)
    stage.meter.reset()
    ports = score.Ports(
        stage.world.clock, stage.store, stage.world.artefact, stage.world.rule_set, "3510"
    )
    assert score.score_households([message], ports) == []


def _received(stage: Stage) -> Message:
    accepted = stage.register("k" * 20, *family(4))
    case = stage.find(accepted.receipt.text)
    return Message(case.ref, case.version)


def _checked(stage: Stage, message: Message) -> None:
    world = stage.world
    ports = check_identity.Ports(world.clock, OwnOpener(), stage.store, world.registry)
    assert check_identity.check_identities([message], ports) == []


def _open(stage: Stage) -> None:
    there = reviewing.visited(stage)
    stage.meter.reset()
    reviewing.open_it(stage, there, there.about)


def _mine(stage: Stage) -> None:
    queueing.queued(stage, 60)
    queueing.mine(stage)


def _of_region(stage: Stage) -> None:
    queueing.queued(stage, 60)
    queueing.of_region(stage)


def void(_: object) -> None:
    """Let a result go."""


STEPS: Mapping[str, Callable[[Stage], None]] = {
    "register, 4 members": _register(4),
    "register, 6 members": _register(6),
    "register, a NIK is held": _held,
    "status": _status,
    "status, wrong receipt": _wrong,
    "check": _check,
    "score": _score,
    "an appeal filed, 3 photos": lambda stage: void(living.appealed(stage)),
    "a photo screened": living.screened,
    "an appeal handed over and drawn": living.handed_over,
    "an objection filed": lambda stage: void(living.objected(stage)),
    "a family found and told of an objection": lambda stage: void(living.told_of_it(stage)),
    "an objection answered": living.answered,
    "a visit asked for and drawn": lambda stage: void(living.sent(stage)),
    "an agent opens a family": living.opened,
    "a finding sent": living.found,
    "officer opens an appeal": _open,
    "officer recommends": lambda stage: void(reviewing.recommend(stage, reviewing.visited(stage))),
    "officer's queue, 60 disputes": _mine,
    "region's disputes, 60": _of_region,
    "a dispute drawn anew": lambda stage: void(queueing.redraw(stage, queueing.drawn(stage))),
    "officer upholds": lambda stage: void(reviewing.decide(stage, reviewing.recommended(stage))),
}
