"""ID tokens that IKD did not make for us, now, about this sign-in: none signs anybody in."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import RSAAlgorithm

from chalicelib.adapters.tokens import fetch, read_keys
from tests.ikd import CALLBACK, NAME, NIK, TYPED, Running, begun, refused, rs256, seconds, walk
from tests.minted import part

OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)

Forgery = Callable[[Running, dict[str, Any]], str]


def changed(**changes: Any) -> Forgery:
    """Sound but for these claims; None takes one away, a function is given the present second."""

    def forge(ikd: Running, claims: dict[str, Any]) -> str:
        made = {name: v(seconds()) if callable(v) else v for name, v in changes.items()}
        kept = {name: value for name, value in (claims | made).items() if value is not None}
        return rs256(ikd, kept)

    return forge


def unsigned(name: str, tail: str = "") -> Forgery:
    return lambda ikd, claims: (
        f"{part({'alg': name, 'kid': ikd.sandbox.kid})}.{part(claims)}.{tail}"
    )


def by_shared_secret(ikd: Running, claims: dict[str, Any]) -> str:
    """HS256 with the public key, which everybody has."""
    secret = ikd.sandbox.key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    body = f"{part({'alg': 'HS256', 'kid': ikd.sandbox.kid})}.{part(claims)}"
    return f"{body}.{part(hmac.digest(secret, body.encode(), hashlib.sha256))}"


def by_jwks_in_the_token(ikd: Running, claims: dict[str, Any]) -> str:
    own = json.loads(RSAAlgorithm.to_jwk(OTHER.public_key()))
    return rs256(ikd, claims, OTHER, jwk=own)


def with_other_algorithm(ikd: Running, claims: dict[str, Any]) -> str:
    return jwt.encode(claims, ikd.sandbox.key, algorithm="PS256", headers={"kid": ikd.sandbox.kid})


def without_kid(ikd: Running, claims: dict[str, Any]) -> str:
    return jwt.encode(claims, ikd.sandbox.key, algorithm="RS256")


def nested(ikd: Running, claims: dict[str, Any]) -> str:
    return rs256(ikd, {"token": rs256(ikd, claims)})


def with_a_changed_claim(ikd: Running, claims: dict[str, Any]) -> str:
    head, _, signature = rs256(ikd, claims).split(".")
    return f"{head}.{part(claims | {'nik': TYPED})}.{signature}"


ARABIC = "٣٥١٠١٥٤٩٠٣٨٥٩٩٠١"
FORGED: dict[str, Forgery] = {
    "alg none": unsigned("none"),
    "alg None": unsigned("None", "AA"),
    "alg empty": unsigned(""),
    "HS256 with the public key": by_shared_secret,
    "PS256 instead": with_other_algorithm,
    "another key": lambda ikd, claims: rs256(ikd, claims, OTHER),
    "another kid": lambda ikd, claims: rs256(ikd, claims, kid="key-9"),
    "no kid": without_kid,
    "kid a number": lambda ikd, claims: (
        f"{part({'alg': 'RS256', 'kid': 7})}.{part(claims)}.{part(b'x' * 256)}"
    ),
    "jku": lambda ikd, claims: rs256(ikd, claims, OTHER, kid="mine", jku=f"{CALLBACK}/keys"),
    "jku beside our kid": lambda ikd, claims: rs256(ikd, claims, OTHER, jku=f"{CALLBACK}/keys"),
    "x5u": lambda ikd, claims: rs256(ikd, claims, OTHER, kid="mine", x5u=f"{CALLBACK}/keys"),
    "jwk in the header": by_jwks_in_the_token,
    "crit": lambda ikd, claims: rs256(ikd, claims, crit=["exp"]),
    "a token in a token": nested,
    "a changed claim": with_a_changed_claim,
    "not a token": lambda _ikd, _claims: "a.b.c",
    "empty": lambda _ikd, _claims: "",
    "endless": lambda _ikd, _claims: "A" * 20_000,
    "iss another": changed(iss="https://ikd.evil.example"),
    "iss with a slash": lambda ikd, claims: rs256(ikd, claims | {"iss": claims["iss"] + "/"}),
    "iss missing": changed(iss=None),
    "iss a list": changed(iss=["http://127.0.0.1"]),
    "aud another": changed(aud="another-client"),
    "aud ours among others": changed(aud=["tepat-tests", "another-client"]),
    "aud missing": changed(aud=None),
    "aud empty": changed(aud=[]),
    "azp another": changed(azp="another-client"),
    "azp a number": changed(azp=7),
    "nonce another": changed(nonce="another"),
    "nonce missing": changed(nonce=None),
    "nonce empty": changed(nonce=""),
    "nonce a list": changed(nonce=["nonce"]),
    "expired": changed(exp=lambda now: now - 60),  # well past the leeway: we ask before it signs
    "exp missing": changed(exp=None),
    "exp text": changed(exp=lambda now: str(now + 60)),
    "exp true": changed(exp=True),
    "exp endless": changed(exp=2**53),
    "from the future": changed(iat=lambda now: now + 120),
    "iat missing": changed(iat=None),
    "iat before we asked": changed(iat=lambda now: now - 3_600),
    "not yet": changed(nbf=lambda now: now + 120),
    "nbf text": changed(nbf="0"),
    "proved before we asked": changed(auth_time=lambda now: now - 3_600),
    "proved in the future": changed(auth_time=lambda now: now + 120),
    "auth_time missing": changed(auth_time=None),
    "auth_time text": changed(auth_time=str),
    "sub a number": changed(sub=7),
    "sub missing": changed(sub=None),
    "sub empty": changed(sub=""),
    "sub endless": changed(sub="s" * 256),
    "NIK missing": changed(nik=None),
    "NIK a number": changed(nik=3510154903859901),
    "NIK short": changed(nik="351015490385990"),
    "NIK long": changed(nik="35101549038599011"),
    "NIK with a line end": changed(nik=NIK + "\n"),
    "NIK in other digits": changed(nik=ARABIC),
    "NIK with spaces": changed(nik="3510 1549 0385 9901"),
    "NIK a list": changed(nik=[NIK]),
    "NIK a letter": changed(nik="351015490385990O"),
    "name missing": changed(name=None),
    "name empty": changed(name=""),
    "name of spaces": changed(name="   "),
    "name in two lines": changed(name="Wulan\nira"),
    "name with half a letter": changed(name="Wulan\ud800"),
    "name turned round": changed(name="Wulan\u202eira"),
    "name endless": changed(name="a" * 161),
    "name a list": changed(name=[NAME]),
}


@pytest.mark.parametrize("forgery", FORGED)
def test_a_forged_id_token_signs_nobody_in(ikd: Running, forgery: str) -> None:
    client, start = ikd.client(), begun()
    answered = walk(client.sign_in_address(start))
    ikd.sandbox.sign = lambda claims: FORGED[forgery](ikd, claims)
    refused(client, start, answered)


SOUND: dict[str, Forgery] = {
    "aud a list of us": changed(aud=["tepat-tests"]),
    "azp us": changed(azp="tepat-tests"),
    "half a minute late": changed(exp=lambda now: now - 20),
    "half a minute early": changed(iat=lambda now: now + 20),
    "nbf now": changed(nbf=lambda now: now),
    "more than we asked for": changed(address={"street": "x"}, phone="x", groups=["admin"]),
    "the longest name": changed(name="a" * 160),
}


@pytest.mark.parametrize("forgery", SOUND)
def test_what_is_sound_is_believed_though_it_looks_odd(ikd: Running, forgery: str) -> None:
    client, start = ikd.client(), begun()
    answered = walk(client.sign_in_address(start))
    ikd.sandbox.sign = lambda claims: SOUND[forgery](ikd, claims)
    assert client.person(start, answered, seconds()).nik == NIK


# --- other algorithms -----------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ["PS256", "ES256"])
def test_the_algorithm_is_a_setting_and_only_its_own_keys_count(
    ikd: Running, algorithm: str
) -> None:
    key: Any = OTHER if algorithm == "PS256" else ec.generate_private_key(ec.SECP256R1())
    maker = jwt.get_algorithm_by_name(algorithm)
    public = maker.to_jwk(key.public_key(), as_dict=True) | {"kid": "k", "use": "sig"}
    both = {"keys": [*ikd.sandbox.jwks()["keys"], public]}
    assert list(read_keys(json.dumps(both).encode(), algorithm)) == ["k"]
    assert "k" not in read_keys(json.dumps({"keys": [public | {"alg": "RS512"}]}).encode())

    def fetched(url: str) -> bytes:
        return json.dumps(both).encode() if url.endswith("/jwks") else fetch(url)

    client, start = ikd.client(algorithm=algorithm, fetch=fetched), begun()
    ikd.sandbox.sign = lambda claims: jwt.encode(claims, key, algorithm, headers={"kid": "k"})
    assert client.person(start, walk(client.sign_in_address(start)), seconds()).nik == NIK
    ikd.sandbox.sign = ikd.sandbox.id_token
    refused(client, start := begun(), walk(client.sign_in_address(start)))


def test_curves_and_private_halves_are_left_out(ikd: Running) -> None:
    maker = jwt.get_algorithm_by_name("ES384")
    other = ec.generate_private_key(ec.SECP384R1())
    public = maker.to_jwk(other.public_key(), as_dict=True) | {"kid": "k"}
    assert read_keys(json.dumps({"keys": [public]}).encode(), "ES256") == {}
    own = ec.generate_private_key(ec.SECP256R1())
    private = jwt.get_algorithm_by_name("ES256").to_jwk(own, as_dict=True) | {"kid": "k"}
    assert read_keys(json.dumps({"keys": [private]}).encode(), "ES256") == {}
