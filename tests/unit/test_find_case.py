"""A receipt opens its case; wrong tries cost both the receipt and the caller, and tell nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.domain import receipt
from chalicelib.domain.errors import Fault, NotFound, TooMany
from chalicelib.domain.receipt import Receipt
from chalicelib.domain.registration import State
from chalicelib.usecases.find_case import Caller, Found, find_case
from chalicelib.usecases.ports import InForce
from tests.world import CALLER, REGION, World, form

UNKNOWN = (Fault("receipt_unknown", "receipt"),)


@pytest.fixture
def world() -> World:
    made = World()
    made.register("k" * 20, form(made.model))
    made.aws.calls.clear()
    return made


def find(world: World, text: str, caller: Caller = CALLER) -> Found:
    return find_case(text, caller, world.find_ports())


def refused(world: World, text: str, caller: Caller = CALLER) -> None:
    with pytest.raises(NotFound) as told:
        find(world, text, caller)
    assert told.value.faults == UNKNOWN


def paper_of(world: World) -> Receipt:
    return receipt.derive(world.index.mac, "k" * 20, receipt.village_index(locator(world)))


def locator(world: World) -> str:
    return world.only().ref.locator


def other_secret(world: World, seed: bytes = b"guess") -> str:
    mac = world.index.mac
    return Receipt(locator(world), receipt.new_secret(mac, locator(world), seed)).text


def other_locator(world: World, number: int) -> str:
    place = receipt.village_index(locator(world))
    return receipt.derive(world.index.mac, f"unknown-{number:020}", place).text


def test_the_receipt_opens_its_case_with_what_its_region_adopted(world: World) -> None:
    paper = paper_of(world)
    assert find(world, paper.text) == Found(world.only(), paper, None)
    borders = tuple((score, "") for score in range(9))
    world.aws.adopted[REGION] = adopted = InForce(1, "a" * 64, "b" * 64, borders, bytes(32))
    assert find(world, paper.text.lower()).in_force == adopted
    assert not world.aws.buckets


@pytest.mark.parametrize("text", ["", "3M3G", "0" * 24])
def test_what_is_no_receipt_costs_no_call(world: World, text: str) -> None:
    refused(world, text)
    assert world.aws.calls == []


def test_a_wrong_secret_and_an_unknown_receipt_are_the_same_work(world: World) -> None:
    outside = receipt.derive(world.index.mac, "u" * 20, 5)
    assert world.village_of(outside.locator) is None
    for text in (other_secret(world), other_locator(world, 1), outside.text):
        world.aws.calls.clear()
        refused(world, text)
        assert world.aws.calls == ["BatchGetItem", "UpdateItem", "UpdateItem"]


def test_a_receipt_has_ten_wrong_tries_and_one_more_each_minute(world: World) -> None:
    for number in range(10):
        refused(world, other_secret(world), Caller(f"203.0.113.{number}"))
    for waited, left in ((0, 60), (1, 60), (1_998, 59), (1, 58), (57_999, 1)):
        world.clock.advance(waited)
        with pytest.raises(TooMany) as told:
            find(world, paper_of(world).text)
        assert told.value.faults == (Fault("too_many_tries", "receipt"),)
        assert told.value.retry_after == left
    world.clock.advance(1)
    assert find(world, paper_of(world).text)


def test_a_caller_has_sixty_wrong_tries_on_all_receipts_together(world: World) -> None:
    for number in range(60):
        refused(world, other_locator(world, number))
    with pytest.raises(TooMany) as told:
        find(world, paper_of(world).text)
    assert told.value.retry_after == 60
    assert find(world, paper_of(world).text, Caller("203.0.113.8"))
    world.clock.advance(60_000)
    assert find(world, paper_of(world).text)


def test_the_longer_of_two_waits_is_told(world: World) -> None:
    for _ in range(10):
        refused(world, other_secret(world), Caller("203.0.113.8"))
    world.clock.advance(20_000)
    for number in range(60):
        refused(world, other_locator(world, number))
    for caller, seconds in ((CALLER, 60), (Caller("203.0.113.9"), 40)):
        with pytest.raises(TooMany) as told:
            find(world, paper_of(world).text, caller)
        assert told.value.retry_after == seconds


def test_buckets_are_named_by_locator_and_by_a_digest_of_the_address(world: World) -> None:
    refused(world, other_secret(world))
    digest = world.index.mac("caller", CALLER.address.encode())[:12].hex()
    assert set(world.aws.buckets) == {f"L#{locator(world)}", f"C#{digest}"}
    assert CALLER.address not in repr(world.aws.buckets)


def test_a_receipt_of_another_region_names_no_case_of_this_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, asked = world.store.look, []

    def look(ref, buckets, region):  # noqa: ANN001, ANN202 - as the store's
        asked.append((ref, region))
        return real(ref, buckets, region)

    monkeypatch.setattr(world.store, "look", look)
    refused(world, receipt.derive(world.index.mac, "u" * 20, 5).text)
    find(world, paper_of(world).text)
    assert asked == [(None, REGION), (world.only().ref, REGION)]


def test_a_store_that_forgets_a_bucket_lets_nobody_in(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = world.store.look

    def look(ref, buckets, region):  # noqa: ANN001, ANN202 - as the store's
        found = real(ref, buckets, region)
        return replace(found, buckets=found.buckets[:1])

    monkeypatch.setattr(world.store, "look", look)
    with pytest.raises(ValueError, match="shorter"):
        find(world, paper_of(world).text)


def test_an_erased_case_is_not_found_and_costs_its_family_nothing(world: World) -> None:
    case = world.only()
    world.aws.cases[case.ref] = replace(case, state=State.ERASED)
    refused(world, paper_of(world).text)
    assert not world.aws.buckets
