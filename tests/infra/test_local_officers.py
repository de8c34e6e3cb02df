"""The local run's officers: for whatever comes of any district there is somebody to be drawn."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from chalicelib.adapters.area_files import area_codes, region_districts
from chalicelib.domain import assignment, misconduct
from chalicelib.domain.assignment import Drawn, Interests, Officer, Role
from chalicelib.usecases import keep_officers
from infra.local_aws.officers import OFFICERS, declare_all
from infra.local_aws.staff import ACCOUNTS
from tests.fakes_officers import FakeOfficers
from tests.world import REGION, World

DISTRICTS = tuple(region_districts(REGION))


@pytest.fixture(scope="module")
def officers() -> Sequence[Officer]:
    """As `make run` declares them; an officer's subject is the user name here."""
    world = World()
    ports = keep_officers.Ports(
        world.clock,
        world.random,
        world.index,
        FakeOfficers(world.aws),
        world.form_rules().on,
        area_codes(),
        DISTRICTS,
        REGION,
    )
    for _ in range(2):  # a second start changes nothing
        declare_all({name: name for name in ACCOUNTS}, ports)
    assert {each.officer.sub for each in world.aws.officers.values()} == set(ACCOUNTS)
    return [each.officer for each in world.aws.officers.values()]


def drawn(
    officers: Sequence[Officer], district: str, role: Role, *acted: str, number: str = "first"
) -> str:
    """Who is drawn for a matter of a village of a district; "" for nobody."""
    nobody: frozenset[bytes] = frozenset()
    interests = Interests(f"{district}2004", nobody, nobody, nobody, acted=frozenset(acted))
    found = assignment.draw(b"key of the day", number, officers, interests, role)
    return found.sub if isinstance(found, Drawn) else ""


def test_each_account_has_the_roles_that_it_is_drawn_by(officers: Sequence[Officer]) -> None:
    for officer in officers:
        assert officer.complete
        assert officer.roles == OFFICERS[officer.sub].roles
        assert officer.roles <= set(ACCOUNTS[officer.sub])


@pytest.mark.parametrize("district", DISTRICTS)
def test_a_report_about_an_agent_goes_to_a_supervisor_of_other_districts(
    officers: Sequence[Officer], district: str
) -> None:
    far = misconduct.from_elsewhere(f"{district}2004", officers)
    first = drawn(far, district, Role.SUPERVISOR)
    supervisor = next(each for each in officers if each.sub == first)
    agents = [each for each in officers if "agent" in each.roles and district in each.districts]
    assert agents
    for near in (frozenset({district}), *(agent.districts for agent in agents)):
        assert not (supervisor.districts | {supervisor.village[:6]}) & near


@pytest.mark.parametrize("district", DISTRICTS)
def test_each_district_has_who_judges_a_dispute_and_who_goes(
    officers: Sequence[Officer], district: str
) -> None:
    assert drawn(officers, district, Role.FIELD).startswith("pendamping")
    acted: list[str] = []
    for role in (Role.RECOMMENDER, Role.DECIDER, Role.THIRD):
        acted.append(drawn(officers, district, role, *acted))
    assert all(each.startswith("petugas") for each in acted)
    assert len(set(acted)) == len(acted)
