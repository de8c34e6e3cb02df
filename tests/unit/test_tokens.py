"""Nobody gets in with a token that the staff pool did not sign for us, now, as an access token."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from jwt.algorithms import RSAAlgorithm

from chalicelib.adapters.tokens import (
    signed_claims,
    verify,
    verify_id,
)
from chalicelib.domain import tokens
from chalicelib.domain.errors import Fault, NotAllowed, NotSignedIn
from tests.minted import KEY, KID, NOW, POOL, SUBJECT, access, id_claims, keys, part, sign

UNLOOKED: Any = {
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
}  # as its own clock says
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)


def check(token: str, now: int = NOW) -> tokens.Claims:
    return verify(token, now, keys, POOL)


def refused(token: str, now: int = NOW) -> None:
    with pytest.raises(NotSignedIn) as caught:
        check(token, now)
    assert [fault.code for fault in caught.value.faults] == ["not_signed_in"]


def hand_signed(header: dict[str, Any], claims: dict[str, Any], secret: bytes) -> str:
    body = f"{part(header)}.{part(claims)}"
    return f"{body}.{part(hmac.digest(secret, body.encode(), hashlib.sha256))}"


def test_a_token_of_the_pool_says_who_signed_in() -> None:
    claims = check(sign(access(**{"cognito:groups": ["reviewer", "supervisor"]})))
    assert claims.subject == SUBJECT
    assert claims.groups == {"reviewer", "supervisor"}
    assert claims.session == "0b1c2d3e-0000-4000-8000-00000000000a"
    assert (claims.expires_at, claims.signed_in_at) == (NOW + 840, NOW - 60)


def test_somebody_without_groups_is_signed_in_and_may_nothing() -> None:
    claims = check(sign(access(**{"cognito:groups": None})))
    assert claims.groups == frozenset()
    with pytest.raises(NotAllowed) as told:
        tokens.require(claims, frozenset({"reviewer"}))
    assert told.value.faults == (Fault("not_allowed"),)


def test_twenty_groups_are_not_too_many() -> None:
    groups = [f"group_{letter}" for letter in "abcdefghijklmnopqrst"]
    assert check(sign(access(**{"cognito:groups": groups}))).groups == set(groups)


@pytest.mark.parametrize(
    ("at", "fresh"),
    [
        (NOW, True),
        (NOW - 300, True),
        (NOW - 301, False),
        (NOW + 30, True),  # the difference of clocks that is forgiven
        (NOW + 31, False),
        (0, False),
        (None, False),
        (str(NOW), False),
        (True, False),
        (-1, False),
    ],
)
def test_a_sign_in_is_fresh_for_five_minutes(at: object, fresh: bool) -> None:
    claims = check(sign(access(auth_time=at)))
    assert claims.signed_in_at == (at if type(at) is int and at > 0 else 0)
    if fresh:
        tokens.require_fresh(claims, NOW)
        return
    with pytest.raises(NotAllowed) as told:
        tokens.require_fresh(claims, NOW)
    assert told.value.faults == (Fault("sign_in_again"),)


def test_half_a_minute_of_clock_difference_is_forgiven() -> None:
    assert check(sign(access(exp=NOW - 30)))
    assert check(sign(access(iat=NOW + 30)))
    assert check(sign(access(nbf=NOW + 30)))


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": NOW - 31},
        {"exp": None},
        {"exp": str(NOW + 840)},
        {"exp": NOW + 840.5},
        {"exp": True},
        {"exp": 2**53},
        {"exp": 2**60},
        {"exp": [NOW + 840]},
        {"iat": NOW + 31},
        {"iat": None},
        {"iat": -1},
        {"nbf": NOW + 31},
        {"nbf": "0"},
        {"iss": "https://cognito-idp.ap-southeast-3.amazonaws.com/pool-2"},
        {"iss": POOL.issuer + "/"},
        {"iss": POOL.issuer.upper()},
        {"iss": [POOL.issuer]},
        {"iss": None},
        {"client_id": "client-2"},
        {"client_id": None, "aud": POOL.client_id},
        {"client_id": [POOL.client_id]},
        {"client_id": ""},
        {"client_id": "\ud800"},
        {"token_use": "id"},
        {"token_use": "refresh"},
        {"token_use": None},
        {"sub": None},
        {"sub": 7},
        {"sub": ""},
        {"sub": "staff:x#y"},
        {"sub": "a" * 65},
        {"sub": "3510154903859901"},
        {"sub": "pe\u0442ugas"},
        {"sub": SUBJECT + "\n"},
        {"cognito:groups": "supervisor"},
        {"cognito:groups": {"supervisor": True}},
        {"cognito:groups": [["supervisor"]]},
        {"cognito:groups": ["supervisor", 1]},
        {"cognito:groups": ["Super Visor"]},
        {"cognito:groups": ["reviewer"] * 21},
        {"origin_jti": None},
        {"origin_jti": 1},
        {"origin_jti": "x y"},
    ],
    # Without backslashes: a second run in one process would escape them once more.
    ids=lambda changes: json.dumps(changes)[:60].replace("\\", "/"),
)
def test_every_claim_must_be_what_it_must_be(changes: dict[str, Any]) -> None:
    try:
        token = sign(access(**changes))
    except TypeError:  # the library refuses to write it, so it is written by hand
        header = {"alg": "RS256", "kid": KID}
        body = f"{part(header)}.{part(access(**changes))}"
        token = f"{body}.{part(jwt.get_algorithm_by_name('RS256').sign(body.encode(), KEY))}"
    refused(token)


def test_an_unsigned_token_is_refused() -> None:
    for name in ("none", "None", "NONE", "nOnE", ""):
        refused(f"{part({'alg': name, 'kid': KID})}.{part(access())}.")
        refused(f"{part({'alg': name, 'kid': KID})}.{part(access())}.AA")


def test_our_public_key_is_no_shared_secret() -> None:
    for name in ("HS256", "HS384", "HS512"):
        refused(hand_signed({"alg": name, "kid": KID}, access(), PEM))


def test_other_algorithms_of_the_same_key_are_refused() -> None:
    for name in ("RS384", "RS512", "PS256"):
        refused(sign(access(), algorithm=name))


def test_no_key_is_looked_for_on_behalf_of_what_is_refused_anyway() -> None:
    def never(kid: str, now: int) -> Any:
        pytest.fail(f"asked for {kid} at {now}")

    for token in (
        sign(access(), algorithm="RS512"),
        sign(access(), crit=["exp"], exp=NOW + 840),
        "A" * 9_000,
    ):
        with pytest.raises(NotSignedIn):
            verify(token, NOW, never, POOL)


def test_times_are_those_of_our_clock_and_not_of_the_library() -> None:
    for then in (NOW - 10**9, NOW + 10**9):
        assert check(sign(access(iat=then, nbf=then, exp=then + 840)), then)


def test_what_we_do_not_ask_for_may_be_anything() -> None:
    assert check(sign(access(jti=7, aud=["somebody"])))


def test_an_elliptic_key_is_refused() -> None:
    refused(sign(access(), ec.generate_private_key(ec.SECP256R1()), "ES256"))


def test_another_key_under_our_name_is_refused() -> None:
    refused(sign(access(), OTHER))


def test_our_key_under_another_name_is_refused() -> None:
    refused(sign(access(), kid="key-2"))


def test_a_token_without_the_name_of_a_key_is_refused() -> None:
    refused(jwt.encode(access(), KEY, algorithm="RS256"))


@pytest.mark.parametrize("name", ["jku", "x5u"])
def test_keys_are_not_fetched_from_where_a_token_says(name: str) -> None:
    refused(sign(access(), OTHER, kid="mine", **{name: "https://example.org/keys"}))


def test_a_key_that_a_token_brings_is_not_used() -> None:
    own = json.loads(RSAAlgorithm.to_jwk(OTHER.public_key()))
    refused(sign(access(), OTHER, jwk=own))
    refused(sign(access(), OTHER, x5c=["AAAA"]))


def test_a_token_that_demands_extensions_is_refused() -> None:
    refused(sign(access(), crit=["exp"], exp=NOW + 840))


def test_a_token_that_demands_an_extension_that_the_library_knows_is_refused_unlooked() -> None:
    said = f"{part({'alg': 'RS256', 'kid': KID, 'crit': ['b64'], 'b64': True})}.{part(access())}"
    signature = KEY.sign(said.encode(), padding.PKCS1v15(), hashes.SHA256())
    token = f"{said}.{part(signature)}"
    assert jwt.decode(token, KEY.public_key(), ["RS256"], options=UNLOOKED)["sub"] == SUBJECT
    asked: list[str] = []
    with pytest.raises(NotSignedIn):
        verify(token, NOW, lambda kid, _now: asked.append(kid), POOL)
    assert asked == []
    refused(token)


def test_what_was_signed_is_given_as_it_stands_and_not_judged_by_the_library() -> None:
    odd = {"sub": 7, "iss": 7, "aud": 7, "exp": 1, "nbf": 2**40, "iat": 2**40, "jti": 7}
    said = f"{part({'alg': 'RS256', 'kid': KID})}.{part(odd)}"
    signature = KEY.sign(said.encode(), padding.PKCS1v15(), hashes.SHA256())
    assert signed_claims(f"{said}.{part(signature)}", NOW, keys) == odd


def test_a_changed_claim_breaks_the_signature() -> None:
    head, _, signature = sign(access()).split(".")
    claims = access(**{"cognito:groups": ["supervisor"]})
    refused(f"{head}.{part(claims)}.{signature}")


def test_a_changed_bit_of_the_signature_is_refused() -> None:
    head, body, signature = sign(access()).split(".")
    swapped = "A" if signature[10] != "A" else "B"
    refused(f"{head}.{body}.{signature[:10]}{swapped}{signature[11:]}")
    refused(f"{head}.{body}.{signature[:-8]}")


@pytest.mark.parametrize(
    "shape",
    [
        "",
        ".",
        "..",
        "{}.",
        ".{}",
        "{}.x",
        "x.{}",
        "{}.{}",
        " {}",
        "{} ",
        "{}\n",
        "{}=",
        "{}\u00e9",
        "Bearer {}",
        "\u0660.\u0661.\u0662",
    ],
)
def test_what_has_not_the_shape_of_a_token_is_refused(shape: str) -> None:
    refused(shape.replace("{}", sign(access())))


def test_parts_that_are_no_json_are_refused() -> None:
    head, body, signature = sign(access()).split(".")
    for broken in (part(b"\xff\xfe"), part(b"[1]"), part(b"{"), part(b'"x"'), "A", part(b"")):
        refused(f"{broken or 'A'}.{body}.{signature}")
        refused(f"{head}.{broken or 'A'}.{signature}")


def test_a_deep_payload_is_refused() -> None:
    deep = b"[" * 3000 + b"]" * 3000
    refused(f"{part({'alg': 'RS256', 'kid': KID})}.{part(deep)}.AAAA")


def test_a_token_is_read_up_to_its_longest_letter() -> None:
    longest, longer = (sign(access(more="x" * size), pad="ab") for size in (5_447, 5_448))
    assert (len(longest), len(longer)) == (8_192, 8_193)
    assert check(longest)
    refused(longer)


def test_a_huge_token_is_refused_before_it_is_read() -> None:
    refused(sign(access(more="x" * 9000)))
    refused("A" * 1_000_000)


def test_an_id_token_does_not_sign_in() -> None:
    refused(sign(id_claims()))


def test_an_id_token_belongs_to_the_sign_in_that_was_begun() -> None:
    verify_id(sign(id_claims()), NOW, keys, POOL, nonce="nonce-1", subject=SUBJECT)


def test_keys_are_asked_for_by_name_as_of_now() -> None:
    asked: list[tuple[str, int]] = []

    def noted(kid: str, now: int) -> Any:
        asked.append((kid, now))
        return keys(kid, now)

    verify(sign(access()), NOW, noted, POOL)
    verify_id(sign(id_claims()), NOW, noted, POOL, nonce="nonce-1", subject=SUBJECT)
    assert asked == [(KID, NOW)] * 2


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": "nonce-2"},
        {"nonce": None},
        {"aud": "client-2"},
        {"aud": ["client-1"]},
        {"aud": None},
        {"token_use": "access"},
        {"sub": "somebody-else"},
        {"exp": NOW - 31},
        {"iss": "https://example.org"},
    ],
    ids=str,
)
def test_any_other_id_token_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(NotSignedIn) as told:
        verify_id(sign(id_claims(**changes)), NOW, keys, POOL, nonce="nonce-1", subject=SUBJECT)
    assert told.value.faults == (Fault("not_signed_in"),)


def test_an_empty_nonce_never_matches() -> None:
    with pytest.raises(NotSignedIn):
        verify_id(sign(id_claims(nonce="")), NOW, keys, POOL, nonce="", subject=SUBJECT)
