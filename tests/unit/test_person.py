"""What an ID token of IKD must say, claim by claim, and who somebody is to us."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from typing import Any

import pytest

from chalicelib.domain.blind_keys import nik_guard, person
from chalicelib.domain.errors import Fault, NotSignedIn
from chalicelib.domain.person import Begun, Person, Provider, read_id
from tests.fakes import FakeBlindIndex

NOW = 1_795_230_000
PROVIDER = Provider("https://ikd.example", "tepat")
BEGUN = Begun("state", "nonce", "verifier", NOW - 60)
NIK = "3510154903859901"
SAID: dict[str, Any] = {
    "iss": "https://ikd.example",
    "aud": "tepat",
    "sub": "s",
    "nonce": "nonce",
    "iat": NOW,
    "exp": NOW + 300,
    "auth_time": NOW - 10,
    "nik": NIK,
    "name": " Wulanira Kinandira ",
}


def refused(said: dict[str, Any], begun: Begun = BEGUN) -> None:
    with pytest.raises(NotSignedIn) as told:
        read_id(said, PROVIDER, NOW, begun)
    assert told.value.faults == (Fault("ikd_not_finished"),)


def test_a_sound_token_says_who_it_is() -> None:
    assert read_id(SAID, PROVIDER, NOW, BEGUN) == Person(NIK, "Wulanira Kinandira")


@pytest.mark.parametrize("name", SAID)
def test_every_claim_is_needed(name: str) -> None:
    refused({each: value for each, value in SAID.items() if each != name})
    for wrong in (None, 7.5, [], {}, "", "\ud800", True, -1):
        refused(SAID | {name: wrong})


@pytest.mark.parametrize(
    ("claim", "last", "over"),
    [
        ("exp", NOW - 30, NOW - 31),
        ("exp", 2**53 - 1, 2**53),
        ("iat", NOW + 30, NOW + 31),
        ("iat", NOW - 90, NOW - 91),
        ("nbf", NOW + 30, NOW + 31),
        ("auth_time", NOW + 30, NOW + 31),
        ("auth_time", NOW - 90, NOW - 91),
        ("sub", "s" * 255, "s" * 256),
        ("name", "a" * 160, "a" * 161),
        ("aud", ["tepat"], ["tepat", "tepat"]),
        ("azp", "tepat", "tepat "),
        ("nbf", 0, -1),
    ],
)
def test_limits_are_where_they_are_said_to_be(claim: str, last: object, over: object) -> None:
    assert read_id(SAID | {claim: last}, PROVIDER, NOW, BEGUN).nik == NIK
    refused(SAID | {claim: over})


def test_a_sign_in_without_a_nonce_is_none() -> None:
    refused(SAID | {"nonce": ""}, Begun("state", "", "verifier", NOW - 60))


def test_a_person_is_the_digest_that_guards_the_nik() -> None:
    mac = FakeBlindIndex().mac
    found = person(mac, NIK)
    assert len(found) == 16
    guard = nik_guard(mac, "v1", NIK)
    assert guard == f"N#v1#{urlsafe_b64encode(found).decode().rstrip('=')}"
    assert person(mac, "3510154903859902") != found
