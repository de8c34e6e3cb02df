"""Five thousand schedules of faults, and not one broken invariant (docs/reliability.md)."""

from __future__ import annotations

import pytest

from tests.simulation.faulty_aws import Trouble, troubles_of
from tests.simulation.plans import plan_of
from tests.simulation.schedule import Schedule
from tests.simulation.shrinking import shrink, story
from tests.simulation.told import digest_of

SEEDS = 5_000
PARTS = 20
OF_THE_SEAL = {"GetPublicKey", "PutObject", "Sign"}
"""Once in many schedules; all their faults are met in `test_simulation_exhaustive`."""


@pytest.mark.parametrize("part", range(PARTS))
def test_no_schedule_of_faults_breaks_an_invariant(part: int) -> None:
    for seed in range(part, SEEDS, PARTS):
        plan = plan_of(seed)
        if Schedule(plan).go().violations:
            pytest.fail(story(shrink(plan)))


def test_the_same_seed_gives_the_same_state_and_another_gives_another() -> None:
    digests = [digest_of(Schedule(plan_of(seed)).go().region) for seed in range(40)]
    again = [digest_of(Schedule(plan_of(seed)).go().region) for seed in range(40)]
    assert digests == again
    assert len(set(digests)) == len(digests)


def test_every_kind_of_fault_happens_at_every_kind_of_call() -> None:
    """A simulation whose faults never fire would be green for ever."""
    met: set[tuple[str, Trouble]] = set()
    for seed in range(400):
        met |= Schedule(plan_of(seed)).go().region.aws.met
    daily = {call for call, _ in met} - OF_THE_SEAL
    assert daily >= {"TransactWriteItems", "BatchGetItem", "PutItem", "SendMessageBatch", "Query"}
    assert not {(call, trouble) for call in daily for trouble in troubles_of(call)} - met
