"""The sandbox IKD refuses what a good server refuses; a lax one would prove nothing about us."""

from __future__ import annotations

from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from chalicelib.domain.person import Begun
from infra.sandboxes.civil_registry_records import Record
from infra.sandboxes.ikd import CODE_S, PAGE_S, PUSHED_S
from tests.ikd import (
    CALLBACK,
    NAME,
    NIK,
    TYPED,
    Running,
    begun,
    in_trouble,
    open_page,
    press,
    refused,
    running,
    seconds,
    sign,
    walk,
)

OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.mark.parametrize(
    ("nik", "name"),
    [
        (f"351015041177{1:04}", "Orang Sungguhan"),  # a serial that Dukcapil gives
        ("351015041177995", "Orang Rekaan"),
        ("9910150411779951", "Orang Rekaan"),
        ("3599150411779951", "Orang Rekaan"),
        ("3510157211779951", "Orang Rekaan"),
        ("3510 1504 1177 9951", "Orang Rekaan"),
        ("", "Orang Rekaan"),
        (TYPED, " "),
    ],
)
def test_only_invented_people_with_numbers_that_can_be(ikd: Running, nik: str, name: str) -> None:
    address = ikd.client().sign_in_address(begun())
    answer = press(address, open_page(address), nik=nik, name=name)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


def test_the_page_shows_living_adults_and_says_that_it_is_not_real() -> None:
    people = {
        NIK: Record(NAME, "1985-03-09", "P", None, deceased=False),
        "3510150411779961": Record("Tiada Lagi", "1977-11-04", "L", None, deceased=True),
        "3510154906149962": Record("Masih Anak", "2024-06-09", "P", None, deceased=False),
    }
    with running(people) as one:
        page = httpx.get(one.client().sign_in_address(begun()), trust_env=False)
    assert NAME in page.text
    assert "Tiada Lagi" not in page.text
    assert "Masih Anak" not in page.text
    assert "bukan IKD yang sebenarnya" in page.text
    assert "<script" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_a_code_works_once(ikd: Running) -> None:
    client, start = ikd.client(), begun()
    answered = walk(client.sign_in_address(start))
    client.person(start, answered, seconds())
    refused(client, start, answered)


def test_a_code_is_of_no_use_without_its_proof_key(ikd: Running) -> None:
    client, start = ikd.client(), begun()
    answered = walk(client.sign_in_address(start))
    other = Begun(start.state, start.nonce, "w" * 64, start.at)
    refused(client, other, answered)
    refused(client, start, answered)  # it was tried, so it is over


def test_a_code_of_somebody_else_cannot_be_put_into_a_sign_in(ikd: Running) -> None:
    """Both are of our client; the verifier and the nonce are those of another browser."""
    client = ikd.client()
    victim, thief = begun(), Begun("state-t", "nonce-t", "t" * 64, seconds())
    stolen = walk(client.sign_in_address(victim))
    own = walk(client.sign_in_address(thief), nik=TYPED, name="Orang Lain")
    refused(client, thief, own | {"code": stolen["code"]})


def test_a_code_ends_after_a_minute(ikd: Running) -> None:
    client, start = ikd.client(), begun()
    answered = walk(client.sign_in_address(start))
    ikd.ahead[0] = CODE_S + 1
    refused(client, start, answered)


def test_a_pushed_request_opens_the_page_once(ikd: Running) -> None:
    address = ikd.client().sign_in_address(begun())
    open_page(address)
    again = httpx.get(address, trust_env=False)
    assert again.status_code == 400
    assert "location" not in again.headers


def test_a_pushed_request_ends_after_a_minute(ikd: Running) -> None:
    address = ikd.client().sign_in_address(begun())
    ikd.ahead[0] = PUSHED_S + 1
    assert httpx.get(address, trust_env=False).status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        "client_id=tepat-tests",
        "client_id=tepat-tests&request_uri=urn:ietf:params:oauth:request_uri:unknown",
        "client_id=tepat-tests&response_type=code&redirect_uri=https://evil.example/&state=s",
        "",
    ],
)
def test_nobody_signs_in_with_a_request_that_was_not_pushed(ikd: Running, query: str) -> None:
    answer = httpx.get(f"{ikd.sandbox.issuer}/authorize?{query}", trust_env=False)
    assert answer.status_code == 400
    assert "location" not in answer.headers


def test_a_pushed_request_is_for_its_own_client(ikd: Running) -> None:
    address = ikd.client().sign_in_address(begun()).replace("client_id=tepat-tests", "client_id=x")
    assert httpx.get(address, trust_env=False).status_code == 400


def test_the_page_is_used_once_and_ends(ikd: Running) -> None:
    client = ikd.client()
    address = client.sign_in_address(begun())
    transaction = open_page(address)
    assert press(address, transaction, nik=NIK).status_code == 303
    assert press(address, transaction, nik=NIK).status_code == 400
    address = client.sign_in_address(begun())
    transaction = open_page(address)
    ikd.ahead[0] = PAGE_S + 1
    assert press(address, transaction, nik=NIK).status_code == 400
    assert press(address, "unknown", nik=NIK).status_code == 400


@pytest.mark.parametrize("place", ["par", "token"])
def test_only_our_own_key_is_believed_to_be_us(ikd: Running, place: str) -> None:
    stranger = ec.generate_private_key(ec.SECP256R1())
    start = begun()
    answered = walk(ikd.client().sign_in_address(start))
    forger = ikd.client(sign=lambda digest: sign(digest, stranger))
    if place == "par":
        in_trouble(lambda: forger.sign_in_address(start), "ikd_refused")
    else:
        in_trouble(lambda: forger.person(start, answered, seconds()), "ikd_refused")


def test_an_assertion_is_used_once(ikd: Running) -> None:
    client = ikd.client(new_id=lambda: "always-the-same")
    client.sign_in_address(begun())
    in_trouble(lambda: client.sign_in_address(begun()), "ikd_refused")


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "x"},
        {"sub": "x"},
        {"aud": "https://x"},
        {"jti": None},
        {"exp": None},
        {"exp": 1},
        {"exp": 2**40},
    ],
    ids=str,
)
def test_an_assertion_must_say_what_it_must(ikd: Running, changes: dict[str, Any]) -> None:
    from tests.ikd import KEY

    now = seconds()
    claims = {"iss": "tepat-tests", "sub": "tepat-tests", "aud": ikd.sandbox.issuer} | {
        "jti": f"hand-made-{changes}", "iat": now, "exp": now + 60} | changes  # fmt: skip
    said = {name: value for name, value in claims.items() if value is not None}
    form = {
        "client_id": "tepat-tests",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": jwt.encode(said, KEY, algorithm="ES256"),
    }
    answer = httpx.post(f"{ikd.sandbox.issuer}/par", data=form, trust_env=False)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": "https://evil.example/callback"},
        {"redirect_uri": CALLBACK + "/"},
        {"response_type": "token"},
        {"code_challenge_method": "plain"},
        {"code_challenge": ""},
        {"scope": "nik"},
        {"state": ""},
        {"nonce": ""},
        {"request_uri": "urn:x"},
    ],
    ids=str,
)
def test_a_request_that_is_not_ours_to_make_is_not_taken(
    ikd: Running, changes: dict[str, str]
) -> None:
    client = ikd.client()
    said = {
        "response_type": "code", "redirect_uri": CALLBACK, "scope": "openid", "state": "s",
        "nonce": "n", "code_challenge": "c" * 43, "code_challenge_method": "S256",
    }  # fmt: skip
    push = f"{ikd.sandbox.issuer}/par"
    assert client._ask(push, seconds(), **said)[0] == 201
    assert client._ask(push, seconds(), **said | changes)[0] == 400


def test_a_code_is_given_for_the_address_that_was_asked_for(ikd: Running) -> None:
    start = begun()
    answered = walk(ikd.client().sign_in_address(start))
    refused(ikd.client(callback="https://evil.example/"), start, answered)
