from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from modelling.monitoring_answers import POORER, RICHER, SAME, Pair, agents, questions
from modelling.monitoring_multiplicity import benjamini_hochberg, holm

p_values = st.lists(st.floats(0, 1), max_size=12)


def declared(
    rng: np.random.Generator, families: int, poorer: dict[str, float], slip: float = 0.06
) -> list[Pair]:
    """Answers with honest slips both ways, and some declared poorer on purpose."""
    pairs = []
    for family in range(families):
        for question, gamed in poorer.items():
            draw = rng.random()
            side = POORER if draw < slip + gamed else RICHER if draw < 2 * slip + gamed else SAME
            pairs.append(Pair(f"f{family}", question, side))
    return pairs


def test_the_gamed_question_is_found_and_honest_ones_are_not() -> None:
    rng = np.random.default_rng(1)
    gamed = {"motorcycle": 0.2} | {f"honest{n}": 0.0 for n in range(9)}
    found, alarms = 0, 0
    for _ in range(60):
        judged = {one.name: one for one in questions(declared(rng, 200, gamed), 10)}
        found += judged["motorcycle"].adjusted < 0.05
        alarms += any(one.adjusted < 0.05 for name, one in judged.items() if name != "motorcycle")
    assert found >= 57
    assert alarms <= 10


def test_without_gaming_false_alarms_are_as_rare_as_promised() -> None:
    rng = np.random.default_rng(2)
    honest = {f"q{n}": 0.0 for n in range(10)}
    alarms = [
        any(one.adjusted < 0.05 for one in questions(declared(rng, 150, honest), 10))
        for _ in range(120)
    ]
    assert np.mean(alarms) <= 0.08


def test_a_question_is_judged_by_the_exact_sign_test() -> None:
    sides = [POORER] * 9 + [RICHER] * 2 + [SAME] * 30
    judged = questions([Pair(f"f{n}", "q", side) for n, side in enumerate(sides)], 10)[0]
    assert (judged.families, judged.poorer, judged.richer) == (41, 9, 2)
    assert judged.p == pytest.approx(stats.binomtest(9, 11, alternative="greater").pvalue)


def test_slips_that_favour_richer_never_alarm() -> None:
    pairs = [Pair(f"f{n}", "q", RICHER) for n in range(50)]
    assert questions(pairs, 10)[0].p == 1.0


def test_what_rests_on_few_families_is_not_told() -> None:
    pairs = [Pair(f"f{n}", "few", POORER) for n in range(9)]
    assert questions(pairs, 10) == []
    assert (
        agents(
            pairs,
            dict.fromkeys((f"f{n}" for n in range(9)), "A"),
            dict.fromkeys((f"f{n}" for n in range(9)), "R"),
            10,
        )
        == []
    )


def recorded(
    rng: np.random.Generator, cheating: dict[str, float], number: int = 12, families: int = 30
) -> tuple[list[Pair], dict[str, str], dict[str, str]]:
    """Agents of three regions; in one region families declare poorer more often everywhere."""
    pairs, agent, region = [], {}, {}
    for n in range(number):
        name = f"A{n}"
        for family in range(families):
            key = f"{name}-{family}"
            agent[key], region[key] = name, f"R{n % 3}"
            chance = cheating.get(name, 0.35 if n % 3 == 0 else 0.1)
            pairs.append(Pair(key, "rooms", POORER if rng.random() < chance else SAME))
            pairs.append(Pair(key, "phone", RICHER if rng.random() < 0.1 else SAME))
    return pairs, agent, region


def test_an_agent_whose_families_differ_is_found() -> None:
    rng = np.random.default_rng(3)
    found, others = 0, 0
    for _ in range(60):
        judged = agents(*recorded(rng, {"A4": 0.6}), 10)
        found += judged[0].name == "A4" and judged[0].adjusted < 0.05
        others += any(one.adjusted < 0.05 for one in judged if one.name != "A4")
    assert found >= 54
    assert others <= 6


def test_honest_agents_are_seldom_named_though_regions_differ() -> None:
    rng = np.random.default_rng(4)
    alarms = [
        any(one.adjusted < 0.05 for one in agents(*recorded(rng, {}), 10)) for _ in range(120)
    ]
    assert np.mean(alarms) <= 0.07


def test_an_agent_of_one_region_is_judged_by_fishers_exact_test() -> None:
    pairs, agent, region = [], {}, {}
    for name, hits, families in (("A", 8, 15), ("B", 5, 40)):
        for family in range(families):
            key = f"{name}{family}"
            agent[key], region[key] = name, "R"
            pairs.append(Pair(key, "q", POORER if family < hits else SAME))
    judged = {one.name: one for one in agents(pairs, agent, region, 10)}
    exact = stats.fisher_exact([[8, 7], [5, 35]], alternative="greater").pvalue
    assert judged["A"].p == pytest.approx(exact)
    assert judged["A"].expected == pytest.approx(15 * 13 / 55)
    assert judged["A"].poorer == 8


def test_an_agent_of_two_regions_is_compared_within_each() -> None:
    """By pooling, the agent of the harder region would look guilty."""
    rng = np.random.default_rng(5)
    pairs, agent, region = [], {}, {}
    for place, chance, own in (("hard", 0.5, 40), ("easy", 0.05, 5)):
        for family in range(200):
            key = f"{place}{family}"
            agent[key] = "A" if family < own else f"other{family % 4}"
            region[key] = place
            pairs.append(Pair(key, "q", POORER if rng.random() < chance else SAME))
    judged = {one.name: one for one in agents(pairs, agent, region, 10)}
    assert judged["A"].p > 0.05
    pooled = stats.binom.sf(judged["A"].poorer - 1, 45, np.mean([p.side == POORER for p in pairs]))
    assert pooled < 0.05


def test_an_agent_alone_in_a_region_cannot_be_told_apart_from_it() -> None:
    pairs = [Pair(f"f{n}", "q", POORER) for n in range(20)]
    keys = [pair.family for pair in pairs]
    judged = agents(pairs, dict.fromkeys(keys, "A"), dict.fromkeys(keys, "R"), 10)
    assert judged[0].p == pytest.approx(1.0)


def test_who_declares_richer_than_found_is_held_against_nobody() -> None:
    pairs = [Pair(f"f{n}", "q", RICHER) for n in range(12)]
    keys = {pair.family for pair in pairs}
    judged = agents(pairs, dict.fromkeys(keys, "A"), dict.fromkeys(keys, "R"), 10)
    assert (judged[0].poorer, judged[0].p) == (0, 1.0)


def test_one_family_counts_once_however_many_answers_differ() -> None:
    pairs = [Pair(f"f{n}", q, POORER) for n in range(12) for q in "abc"]
    keys = {pair.family for pair in pairs}
    judged = agents(pairs, dict.fromkeys(keys, "A"), dict.fromkeys(keys, "R"), 10)
    assert (judged[0].families, judged[0].poorer) == (12, 12)


@given(p_values)
def test_adjusted_values_are_those_of_scipy_and_of_the_step_down(p: list[float]) -> None:
    if p:
        assert benjamini_hochberg(p) == pytest.approx(stats.false_discovery_control(p))
    adjusted = holm(p)
    order = np.argsort(p, kind="stable")
    worst = 0.0
    for place, i in enumerate(order):
        worst = max(worst, min(1.0, p[i] * (len(p) - place)))
        assert adjusted[i] == pytest.approx(worst)
