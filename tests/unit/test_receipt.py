"""Receipts: derived, read aloud, and safe against slips of the pen."""

from __future__ import annotations

import hashlib
import hmac
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import receipt
from chalicelib.domain.receipt import ALPHABET, Receipt

KEYS = st.text("ABCDEFabcdef0123456789-_", min_size=16, max_size=64)
INDEXES = st.integers(0, 83_761)


def mac(purpose: str, data: bytes) -> bytes:
    return hmac.digest(b"key", purpose.encode() + b"|" + data, hashlib.sha256)


@given(KEYS, INDEXES)
def test_a_receipt_reads_back_and_carries_its_village(key: str, index: int) -> None:
    paper = receipt.derive(mac, key, index)
    assert receipt.parse(paper.text) == paper
    assert receipt.village_index(paper.locator) == index
    assert len(paper.text.replace("-", "")) == 24
    assert not set(paper.text) & set("01ILOU")


@given(KEYS, INDEXES)
def test_a_key_gives_one_receipt_and_other_attempts_others(key: str, index: int) -> None:
    first = receipt.derive(mac, key, index)
    assert first == receipt.derive(mac, key, index)
    assert first.locator != receipt.derive(mac, key, index, 1).locator


@given(KEYS, INDEXES)
def test_any_case_and_any_grouping_is_read(key: str, index: int) -> None:
    paper = receipt.derive(mac, key, index)
    assert receipt.parse(paper.text.lower().replace("-", " ")) == paper
    assert receipt.parse(paper.text.replace("-", "")) == paper


def test_every_wrong_letter_and_every_swap_of_two_is_found() -> None:
    for number in range(20):
        letters = receipt.derive(mac, f"key-{number:020}", number * 4000).text.replace("-", "")
        for place in range(24):
            for letter in set(ALPHABET) - {letters[place]}:
                assert receipt.parse(letters[:place] + letter + letters[place + 1 :]) is None
        for one, two in combinations(range(24), 2):
            if letters[one] != letters[two]:
                swapped = list(letters)
                swapped[one], swapped[two] = swapped[two], swapped[one]
                assert receipt.parse("".join(swapped)) is None


@given(st.text(max_size=40))
def test_no_text_breaks_the_reader(text: str) -> None:
    paper = receipt.parse(text)
    assert paper is None or len(paper.locator) == 10


@pytest.mark.parametrize("text", ["", "A" * 24, "3M3G-6DYA", "³" * 24, "３" * 24])
def test_what_is_no_receipt_is_none(text: str) -> None:
    assert receipt.parse(text) is None


def test_the_stored_digest_is_bound_to_the_locator() -> None:
    paper = receipt.derive(mac, "k" * 20, 5)
    moved = Receipt(receipt.derive(mac, "l" * 20, 5).locator, paper.secret)
    assert receipt.secret_mac(mac, paper) != receipt.secret_mac(mac, moved)


def test_a_receipt_never_changes_since_families_hold_it() -> None:
    key = "a-key-of-the-client"
    assert receipt.derive(mac, key, 83_761).text == "5543-E996-SABB-KXYC-PVZP-6RNW"
    assert receipt.derive(mac, key, 0, 1).text == "2222-A58T-S2N4-J9RJ-WBV6-DGCG"
    paper = receipt.derive(mac, key, 0)
    assert paper == receipt.derive(mac, key, 0, 0)
    stored = mac("receipt", f"{paper.locator}|{paper.secret}".encode())
    assert receipt.secret_mac(mac, paper) == stored


def test_a_secret_without_a_check_letter_is_passed_over() -> None:
    asked: list[bytes] = []

    def counted(purpose: str, data: bytes) -> bytes:
        assert purpose == "secret"
        asked.append(data)
        return mac(purpose, data)

    assert receipt.new_secret(counted, "2" * 10, b"seed-11") == "YJTAE4GEMGDN9"
    assert asked == [b"0|seed-11", b"1|seed-11"]
    asked.clear()
    assert receipt.new_secret(counted, "2" * 10, b"seed-50") == "9DBTSHMZXZNQJ"
    assert asked == [b"0|seed-50", b"1|seed-50", b"2|seed-50"]


def test_a_secret_is_made_for_a_whole_locator_only() -> None:
    with pytest.raises(ValueError, match="zip"):
        receipt.new_secret(mac, "2" * 9, b"seed")


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("3M3GN2X4HV", True), ("3M3GN2X4H", False), ("3M3GN2X4HVV", False), ("3M3GN2X4H0", False)],
)
def test_a_locator_is_ten_letters_of_the_alphabet(text: str, is_one: bool) -> None:
    assert receipt.is_locator(text) is is_one
