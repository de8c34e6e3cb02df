"""The keys of the staff pool are fetched seldom, kept, and taken only where they are strong."""

from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from chalicelib.adapters.tokens import REFETCH_S, KeySet, read_keys
from chalicelib.domain.errors import Fault, TryAgain
from tests.minted import KID, NOW, jwks

OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Publisher:
    """The pool's address of keys, which counts how often it is asked."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.asked = 0
        self.down = False

    def __call__(self, url: str) -> bytes:
        assert url == "https://pool.example/keys"
        self.asked += 1
        if self.down:
            raise TryAgain(Fault("busy"))
        return self.answer


def test_keys_are_fetched_once_and_kept() -> None:
    publisher = Publisher(jwks())
    kept = KeySet("https://pool.example/keys", publisher)
    assert publisher.asked == 0
    for later in range(3):
        assert kept(KID, NOW + later * 86_400) is not None
    assert publisher.asked == 1


def test_unknown_names_ask_again_at_most_once_in_five_minutes() -> None:
    publisher = Publisher(jwks())
    kept = KeySet("https://pool.example/keys", publisher)
    for second in range(REFETCH_S):
        assert kept(f"forged-{second}", NOW + second) is None
    assert publisher.asked == 1
    assert kept("forged", NOW + REFETCH_S) is None
    assert publisher.asked == 2


def test_a_new_key_is_found_after_a_rotation() -> None:
    publisher = Publisher(jwks())
    kept = KeySet("https://pool.example/keys", publisher)
    assert kept(KID, NOW) is not None
    publisher.answer = jwks(kid="key-2")
    assert kept("key-2", NOW + REFETCH_S) is not None


def test_known_keys_serve_while_the_pool_is_down() -> None:
    publisher = Publisher(jwks())
    kept = KeySet("https://pool.example/keys", publisher)
    assert kept(KID, NOW) is not None
    publisher.down = True
    assert kept("key-2", NOW + REFETCH_S) is None
    assert kept(KID, NOW + REFETCH_S + 1) is not None


def test_without_any_keys_it_is_to_be_tried_again() -> None:
    publisher = Publisher(jwks())
    publisher.down = True
    kept = KeySet("https://pool.example/keys", publisher)
    with pytest.raises(TryAgain):
        kept(KID, NOW)
    publisher.down = False
    assert kept(KID, NOW + 1) is not None


@pytest.mark.parametrize("raw", [b"", b"{}", b"[]", b'{"keys": 1}', b'{"keys": [1]}', b"\xff"])
def test_what_is_no_list_of_keys_is_refused(raw: bytes) -> None:
    with pytest.raises(TryAgain) as told:
        read_keys(raw)
    assert told.value.faults == (Fault("busy"),)


@pytest.mark.parametrize("unsaid", ["use", "alg"])
def test_what_a_key_does_not_say_is_what_we_need(unsaid: str) -> None:
    (good,) = json.loads(jwks())["keys"]
    said = {name: value for name, value in good.items() if name != unsaid}
    assert set(read_keys(json.dumps({"keys": [said]}).encode())) == {KID}


def test_only_strong_rsa_keys_for_signing_are_taken() -> None:
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - the test is that it is refused
    weak_key = json.loads(RSAAlgorithm.to_jwk(weak.public_key())) | {"kid": "weak"}
    private = json.loads(RSAAlgorithm.to_jwk(OTHER)) | {"kid": "private"}
    (good,) = json.loads(jwks())["keys"]
    listed = [
        good,
        weak_key,
        private,
        good | {"kid": "to-encrypt", "use": "enc"},
        good | {"kid": "other-algorithm", "alg": "RS512"},
        {"kty": "oct", "k": "AAAA", "kid": "secret"},
        {"kty": "EC", "kid": "curve"},
    ]
    assert set(read_keys(json.dumps({"keys": listed}).encode())) == {KID}
