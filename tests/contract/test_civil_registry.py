"""One suite for the fake and the real client with the sandbox; then what only a network does."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

import pytest

from chalicelib.adapters.registers import civil_registry
from chalicelib.adapters.registers.civil_registry import Patience
from chalicelib.domain.identity import IdentityAnswer, Outcome
from infra.sandboxes.civil_registry_records import read_population
from tests.civil_registry_parts import (
    CONFIRMED,
    DECEASED,
    GONE,
    HASTY,
    NOT_CHECKED,
    NOT_FOUND,
    SITI,
    TONO,
    UNKNOWN,
    Client,
    SandboxProcess,
    changed,
    running_sandbox,
)
from tests.fakes_civil_registry import FakeCivilRegistry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalicelib.usecases.ports import CivilRegistry


@pytest.fixture(scope="module")
def sandbox_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    with running_sandbox(tmp_path_factory.mktemp("registry")) as running:
        yield running


@pytest.fixture
def sandbox(sandbox_process: SandboxProcess) -> SandboxProcess:
    sandbox_process.be("ok")
    return sandbox_process


@pytest.fixture
def client(sandbox: SandboxProcess) -> Client:
    return Client(sandbox.url)


# The suite of the port: the fake and the real one.


@pytest.fixture(params=["fake", "http"])
def registry(request: pytest.FixtureRequest, sandbox: SandboxProcess) -> CivilRegistry:
    if request.param == "http":
        return Client(sandbox.url).registry
    return FakeCivilRegistry(read_population(sandbox.population_file))


def test_confirms_who_is_as_claimed(registry: CivilRegistry) -> None:
    assert list(registry.check([SITI])) == [CONFIRMED]


@pytest.mark.parametrize(
    ("fields", "differing"),
    [
        ({"name": "Siti Wulandira"}, ("name",)),
        ({"birth_date": "1985-09-03"}, ("birth_date",)),
        ({"sex": "L"}, ("sex",)),
        ({"kk": "3510150101209902"}, ("kk",)),
        (
            {"name": "Rukmi", "birth_date": "1985-03-10", "sex": "L", "kk": "3510150101209902"},
            ("name", "birth_date", "sex", "kk"),
        ),
    ],
)
def test_names_the_fields_that_differ(
    registry: CivilRegistry, fields: dict[str, str], differing: tuple[str, ...]
) -> None:
    assert list(registry.check([changed(SITI, **fields)])) == [
        IdentityAnswer(Outcome.MISMATCH, differing)
    ]


@pytest.mark.parametrize("name", ["moh. tonoraga", "Muh Tono Raga", "H. Mochamad Tonoraga, S.Pd."])
def test_a_name_written_another_way_is_the_same(registry: CivilRegistry, name: str) -> None:
    assert list(registry.check([changed(TONO, name=name)])) == [CONFIRMED]


def test_a_family_without_a_card_is_not_asked_for_it(registry: CivilRegistry) -> None:
    assert list(registry.check([changed(SITI, kk=None)])) == [CONFIRMED]


def test_unknown_and_deceased_people(registry: CivilRegistry) -> None:
    assert list(registry.check([UNKNOWN, GONE])) == [NOT_FOUND, DECEASED]


def test_nobody_asked_nobody_answered(registry: CivilRegistry) -> None:
    assert list(registry.check([])) == []


@pytest.mark.parametrize("size", [99, 100, 101, 250])
def test_a_large_bulk_keeps_its_order(registry: CivilRegistry, size: int) -> None:
    expected = {SITI: CONFIRMED, GONE: DECEASED, UNKNOWN: NOT_FOUND}
    claims = [(SITI, GONE, UNKNOWN, SITI, UNKNOWN)[i * i % 5] for i in range(size)]
    assert list(registry.check(claims)) == [expected[claim] for claim in claims]


# What only a network does.


def test_one_request_for_a_hundred_people(sandbox: SandboxProcess, client: Client) -> None:
    before = sandbox.checks()
    client.check(*[SITI] * 100)
    assert sandbox.checks() - before == 1
    client.check(*[SITI] * 101)
    assert sandbox.checks() - before == 3


def test_nothing_is_counted_when_all_is_well(client: Client) -> None:
    client.check(SITI, GONE, UNKNOWN)
    assert client.counted == {}


@pytest.mark.parametrize("how", ["503", "429", "closed"])
def test_a_short_failure_is_tried_again(sandbox: SandboxProcess, client: Client, how: str) -> None:
    sandbox.be("down", how=how, times=2)
    before = sandbox.checks()
    assert client.check(SITI) == [CONFIRMED]
    assert sandbox.checks() - before == 3
    assert client.time.slept == [0.05, 0.1]
    assert civil_registry.PEOPLE_NOT_CHECKED not in client.counted


@pytest.mark.parametrize(
    ("how", "counter"),
    [
        ("503", civil_registry.BUSY),
        ("429", civil_registry.BUSY),
        ("closed", civil_registry.UNREACHABLE),
    ],
)
def test_down_leaves_everyone_unchecked(
    sandbox: SandboxProcess, client: Client, how: str, counter: str
) -> None:
    sandbox.be("down", how=how)
    assert client.check(SITI, UNKNOWN) == [NOT_CHECKED, NOT_CHECKED]
    assert client.counted == {counter: 3, civil_registry.PEOPLE_NOT_CHECKED: 2}


def test_waits_as_long_as_the_registry_asks(sandbox: SandboxProcess) -> None:
    client = Client(sandbox.url, patience=Patience(deadline=60, backoff=0.1))
    sandbox.be("down", how="429", seconds=7, times=1)
    assert client.check(SITI) == [CONFIRMED]
    assert client.time.slept == [7]


def test_does_not_wait_beyond_its_deadline(sandbox: SandboxProcess, client: Client) -> None:
    sandbox.be("down", how="503", seconds=600, times=1)
    assert client.check(SITI) == [NOT_CHECKED]
    assert client.time.slept == []


def test_nobody_listens() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        client = Client(f"http://127.0.0.1:{held.getsockname()[1]}/check")
        assert client.check(SITI) == [NOT_CHECKED]
    assert client.counted[civil_registry.UNREACHABLE] == 3


def test_a_slow_answer_is_none(sandbox: SandboxProcess) -> None:
    client = Client(sandbox.url, patience=HASTY)
    sandbox.be("slow", seconds=20)
    began = time.monotonic()
    assert client.check(SITI) == [NOT_CHECKED]
    assert time.monotonic() - began < HASTY.deadline + 1
    assert client.counted[civil_registry.UNREACHABLE] >= 1


def test_an_answer_that_drips_is_cut_at_the_deadline(sandbox: SandboxProcess) -> None:
    client = Client(sandbox.url, patience=HASTY)
    sandbox.be("slow", how="drip")
    began = time.monotonic()
    assert client.check(SITI) == [NOT_CHECKED]
    assert time.monotonic() - began < HASTY.deadline + 1


def test_a_bulk_in_parts_keeps_one_deadline(sandbox: SandboxProcess) -> None:
    client = Client(sandbox.url, patience=HASTY)
    sandbox.be("slow", seconds=20)
    began = time.monotonic()
    assert client.check(*[SITI] * 1000) == [NOT_CHECKED] * 1000
    assert time.monotonic() - began < HASTY.deadline + 1


def test_a_refused_token_is_loud_and_not_tried_again(sandbox: SandboxProcess) -> None:
    client = Client(sandbox.url, token="another")
    before = sandbox.checks()
    assert client.check(SITI) == [NOT_CHECKED]
    assert client.counted == {
        civil_registry.TOKEN_REFUSED: 1,
        civil_registry.PEOPLE_NOT_CHECKED: 1,
    }
    assert sandbox.checks() - before == 1


def test_another_refusal_is_not_tried_again(sandbox: SandboxProcess) -> None:
    client = Client(sandbox.url + "/elsewhere")
    assert client.check(SITI) == [NOT_CHECKED]
    assert client.counted[civil_registry.REFUSED] == 1


def test_the_breaker_spares_a_registry_that_is_down(sandbox: SandboxProcess) -> None:
    client = Client(sandbox.url, threshold=5)
    sandbox.be("down")
    before = sandbox.checks()
    for _ in range(10):
        assert client.check(SITI) == [NOT_CHECKED]
    assert sandbox.checks() - before == 5
    assert client.counted[civil_registry.BREAKER_OPEN] == 9
    assert client.counted[civil_registry.PEOPLE_NOT_CHECKED] == 10


def test_the_breaker_probes_and_recovers(sandbox: SandboxProcess) -> None:
    client = Client(sandbox.url, threshold=5)
    sandbox.be("down")
    client.check(SITI)
    client.check(SITI)

    before = sandbox.checks()
    client.time.ahead += 31
    assert client.check(SITI) == [NOT_CHECKED]
    assert sandbox.checks() - before == 1, "a failed probe is not tried again"

    sandbox.be("ok")
    assert client.check(SITI) == [NOT_CHECKED], "still resting"
    client.time.ahead += 31
    assert client.check(SITI) == [CONFIRMED]
    assert client.check(SITI) == [CONFIRMED]
