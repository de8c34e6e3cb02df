"""What may be proposed for adoption, and what a proposal names that it would replace."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.domain.errors import Fault, InvalidRequest, WrongState
from chalicelib.usecases import adopt
from chalicelib.usecases.ports import InForce
from tests.adopting import (
    ONE,
    adopted,
    carried_out,
    copy_of,
    crowded,
    proposed,
    with_candidates,
)
from tests.world import REGION, World

CROWD = 110


@pytest.fixture
def world() -> World:
    return copy_of(crowded(CROWD))


def test_nothing_is_proposed_while_the_last_is_carried_out(world: World) -> None:
    adopted(world)
    with pytest.raises(WrongState) as refused:
        proposed(world, key="q" * 20)
    assert refused.value.faults[0].code == "adoption_running"
    carried_out(world)
    assert proposed(world, key="q" * 20).basis == 1


def test_a_form_sent_twice_is_one_proposal(world: World) -> None:
    first = proposed(world)
    world.clock.advance(5_000)
    assert proposed(world).at == first.at
    with pytest.raises(InvalidRequest) as reused:
        proposed(world, same=True)
    assert reused.value.faults == (Fault("key_reused"),)
    assert len(world.aws.proposals) == 1


@pytest.mark.parametrize(
    ("model", "rules", "fields"),
    [
        ("", "f", ["model", "rules"]),
        ("f", "", ["model", "rules"]),
        ("f", "f", ["model", "rules"]),
        ("", "", ["model", "rules"]),
        ("", None, ["model"]),
        ("f", None, ["model"]),
        (None, "", ["rules"]),
        (None, "f", ["rules"]),
    ],
)
def test_what_the_package_does_not_carry_is_not_proposed(
    world: World, model: str | None, rules: str | None, fields: list[str]
) -> None:
    """A hash of one letter, none at all, or (None) one that is carried."""
    model = next(iter(world.models)) if model is None else model * 64
    rules = next(iter(world.rule_sets)) if rules is None else rules * 64
    with pytest.raises(InvalidRequest) as refused:
        adopt.propose(adopt.Propose("p" * 20, model, rules, ONE), world.adopt_ports())
    assert refused.value.faults == tuple(Fault("adoption_unknown", field) for field in fields)
    assert not world.aws.proposals


@pytest.mark.parametrize("with_model", [True, False])
@pytest.mark.parametrize("with_rules", [True, False])
def test_a_proposal_names_what_it_would_replace(with_model: bool, with_rules: bool) -> None:
    """What the region has adopted; before that what the stage shipped, as far as it carries it."""
    world = with_candidates(World())
    model, rules = next(iter(world.models)), next(iter(world.rule_sets))
    ports = replace(
        world.adopt_ports(),
        artefact={**world.models, **({"": world.model} if with_model else {})}.get,
        rules={**world.rule_sets, **({"": world.rules} if with_rules else {})}.get,
    )
    made = adopt.propose(adopt.Propose("p" * 20, model, rules, ONE), ports)
    assert made.old_model == (world.model.sha256 if with_model else "")
    assert made.old_rules == (world.rules.sha256 if with_rules else "")
    world.aws.adopted[REGION] = InForce(7, "a" * 64, "b" * 64, (), bytes(32))
    made = adopt.propose(adopt.Propose("q" * 20, model, rules, ONE), ports)
    assert (made.old_model, made.old_rules, made.basis) == ("a" * 64, "b" * 64, 7)


def test_a_model_that_asks_what_the_form_does_not_is_not_proposed(world: World) -> None:
    (model,) = world.models.values()
    asked = model.questions[0]
    for other in (
        replace(asked, code="of_another_form"),
        replace(asked, high=asked.high + 1),
        replace(asked, options=(*asked.options, ("of_another_form", "x"))),
    ):
        world.models[model.sha256] = replace(model, questions=(other, *model.questions[1:]))
        with pytest.raises(InvalidRequest) as refused:
            proposed(world)
        assert refused.value.faults == (Fault("adoption_asks_more", "model"),)
