"""Citizens' sign-in at the sandbox IKD over real HTTP: the way through, and what is refused."""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64encode
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from chalicelib.adapters.ikd import read_endpoints
from chalicelib.adapters.signer import KmsSigner
from chalicelib.adapters.tokens import fetch
from chalicelib.domain.person import Person, Provider
from infra.local_aws.server import LocalAws
from tests.ikd import (
    CALLBACK,
    NAME,
    NIK,
    TYPED,
    Running,
    begun,
    in_trouble,
    refused,
    rs256,
    running,
    seconds,
    walk,
)

OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)


# --- the way through ------------------------------------------------------------------------------


def test_somebody_signs_in_with_one_button(ikd: Running) -> None:
    client, start = ikd.client(), begun()
    answered = walk(client.sign_in_address(start))
    assert answered["state"] == start.state
    person = client.person(start, answered, seconds())
    assert person == Person(NIK, NAME)
    assert NIK not in repr(person)
    assert NAME not in repr(person)


def test_somebody_invented_may_be_typed(ikd: Running) -> None:
    client, start = ikd.client(), begun()
    answered = walk(client.sign_in_address(start), nik=TYPED, name="Harjoyasa Prabawangsa")
    assert client.person(start, answered, seconds()) == Person(TYPED, "Harjoyasa Prabawangsa")


def test_the_browser_carries_nothing_but_the_name_of_the_request(ikd: Running) -> None:
    start = begun()
    address = urlsplit(ikd.client().sign_in_address(start))
    assert f"{address.scheme}://{address.netloc}{address.path}" == (
        f"{ikd.sandbox.issuer}/authorize"
    )
    asked = parse_qs(address.query, strict_parsing=True)
    assert set(asked) == {"client_id", "request_uri"}
    for secret in (start.state, start.nonce, start.verifier, CALLBACK):
        assert secret not in address.query


def test_what_is_asked_for_is_pushed_and_nobody_is_taken_as_signed_in_before(
    ikd: Running,
) -> None:
    start = begun()
    ikd.client().sign_in_address(start)
    *_, (_, pushed) = ikd.sandbox.pushed.things.values()
    proof = {name: pushed.pop(name) for name in ("client_assertion", "client_assertion_type")}
    assert jwt.get_unverified_header(proof["client_assertion"]) == {
        "alg": "ES256",
        "typ": "JWT",
        "kid": "key-1",
    }
    said = jwt.decode(proof["client_assertion"], options={"verify_signature": False})
    assert (said["aud"], said["exp"] - said["iat"]) == (ikd.sandbox.issuer, 60)
    digest = hashlib.sha256(start.verifier.encode()).digest()
    assert pushed == {
        "client_id": "tepat-tests",
        "response_type": "code",
        "redirect_uri": CALLBACK,
        "scope": "openid nik name",
        "state": start.state,
        "nonce": start.nonce,
        "code_challenge": urlsafe_b64encode(digest).decode().rstrip("="),
        "code_challenge_method": "S256",
        "prompt": "login",
    }


@pytest.mark.local_aws
def test_what_the_key_service_signs_is_believed_to_be_us(bare_aws: LocalAws) -> None:
    """Not over moto, which hashes a digest once more."""
    kms = bare_aws.account().client("kms")
    made = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    key_id = made["KeyMetadata"]["KeyId"]
    key = load_der_public_key(kms.get_public_key(KeyId=key_id)["PublicKey"])
    assert isinstance(key, ec.EllipticCurvePublicKey)
    with running(key=key) as one:
        client, start = one.client(sign=KmsSigner(kms, key_id).sign, key_id=key_id), begun()
        assert client.person(start, walk(client.sign_in_address(start)), seconds()).nik == NIK


def test_two_who_sign_in_at_once_get_each_their_own(ikd: Running) -> None:
    client, first, second = ikd.client(), begun(), begun()
    addresses = [client.sign_in_address(start) for start in (first, second)]
    answers = [walk(addresses[1], nik=TYPED, name="Orang Kedua"), walk(addresses[0])]
    assert client.person(second, answers[0], seconds()).nik == TYPED
    assert client.person(first, answers[1], seconds()).nik == NIK


def test_whoever_stops_comes_back_and_is_not_signed_in(ikd: Running) -> None:
    client, start = ikd.client(), begun()
    answered = walk(client.sign_in_address(start), stop="1")
    assert answered["error"] == "access_denied"
    refused(client, start, answered)


# --- answers that a browser brings from elsewhere -------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://ikd.evil.example"},
        {"iss": ""},
        {"iss": None},
        {"code": "x"},
        {"code": ""},
        {"code": None},
        {"code": "a b"},
        {"code": "é"},
        {"code": "a\r\nX: y"},
        {"code": "c" * 5_000},
    ],
    ids=lambda changes: ascii(changes)[:40].replace("\\", "/"),
)
def test_an_answer_that_was_changed_on_its_way_is_refused(
    ikd: Running, changes: dict[str, str | None]
) -> None:
    client, start = ikd.client(), begun()
    brought = walk(client.sign_in_address(start)) | changes
    refused(client, start, {name: text for name, text in brought.items() if text is not None})


def test_two_issuers_cannot_be_mixed_up() -> None:
    """An answer of one server that names the other, or none, is not taken to the token endpoint."""
    with running() as honest, running() as hostile:
        client, start = honest.client(), begun()
        client.sign_in_address(start)
        other = walk(hostile.client().sign_in_address(start))
        refused(client, start, other)
        refused(client, start, {name: text for name, text in other.items() if name != "iss"})
        refused(client, start, other | {"iss": honest.sandbox.issuer})


def test_an_issuer_that_does_not_name_itself_need_not_and_may_not_be_another(
    ikd: Running,
) -> None:
    def silent(url: str) -> bytes:
        name = b'"authorization_response_iss_parameter_supported":true'
        raw = fetch(url).replace(b": ", b":")
        return raw.replace(name, name.replace(b"true", b"false"))

    client = ikd.client(fetch=silent)
    for changes in ({"iss": "https://ikd.evil.example"}, {"iss": ""}):
        start = begun()
        refused(client, start, walk(client.sign_in_address(start)) | changes)
    start = begun()
    answered = walk(client.sign_in_address(start))
    del answered["iss"]
    assert client.person(start, answered, seconds()).nik == NIK


# --- bad days -------------------------------------------------------------------------------------


def test_an_ikd_that_is_down_is_told_as_such_and_comes_back(ikd: Running) -> None:
    start = begun()
    fresh, warm = ikd.client(), ikd.client()
    answered = walk(warm.sign_in_address(start))
    ikd.sandbox.down = True
    in_trouble(lambda: fresh.sign_in_address(begun()), "ikd_busy")
    in_trouble(lambda: warm.sign_in_address(begun()), "ikd_busy")
    in_trouble(lambda: warm.person(start, answered, seconds()), "ikd_busy")
    ikd.sandbox.down = False
    assert warm.person(start, answered, seconds()).nik == NIK
    assert fresh.sign_in_address(begun())


def test_an_ikd_that_is_not_there_is_told_as_such(ikd: Running) -> None:
    nowhere = ikd.client(provider=Provider("http://127.0.0.1:1", "tepat-tests"))
    in_trouble(lambda: nowhere.sign_in_address(begun()), "ikd_busy")


def test_keys_are_fetched_once_and_again_for_a_new_name_after_five_minutes(ikd: Running) -> None:
    asked: list[str] = []

    def counting(url: str) -> bytes:
        asked.append(url.rpartition("/")[2])
        return fetch(url)

    client = ikd.client(fetch=counting)
    for _ in range(2):
        start = begun()
        client.person(start, walk(client.sign_in_address(start)), seconds())
    assert asked == ["openid-configuration", "jwks"]
    ikd.sandbox.sign = lambda claims: rs256(ikd, claims, kid="key-9")
    for _ in range(3):
        start = begun()
        refused(client, start, walk(client.sign_in_address(start)))
    assert asked.count("jwks") == 1
    ikd.sandbox.sign = ikd.sandbox.id_token


@pytest.mark.parametrize(
    "answer",
    [
        (200, {"request_uri": "urn:x"}),
        (302, {"request_uri": "urn:x"}),
        (400, {"error": "invalid_request"}),
        (401, None),
        (201, None),
        (201, {}),
        *((201, {"request_uri": wrong}) for wrong in (7, "", "a b", "\u00e9", "a\nb", "u" * 2_049)),
    ],
    ids=lambda answer: ascii(answer)[:40].replace("\\", "/"),
)
def test_a_push_that_is_not_taken_is_our_own_fault_and_not_the_persons(
    ikd: Running, monkeypatch: pytest.MonkeyPatch, answer: Any
) -> None:
    monkeypatch.setattr("chalicelib.adapters.ikd.send_form", lambda *_: answer)
    in_trouble(lambda: ikd.client().sign_in_address(begun()), "ikd_refused")


@pytest.mark.parametrize("name", ["u", "u" * 2_048], ids=len)
def test_the_name_of_what_was_pushed_may_be_short_and_may_be_long(
    ikd: Running, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(
        "chalicelib.adapters.ikd.send_form", lambda *_: (201, {"request_uri": name})
    )
    asked = parse_qs(urlsplit(ikd.client().sign_in_address(begun())).query)
    assert asked["request_uri"] == [name]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((400, {"error": "invalid_grant"}), ""),
        ((200, None), ""),
        ((200, {}), ""),
        ((200, {"id_token": 7}), ""),
        ((302, {"id_token": "a.b.c"}), ""),
        ((400, {"error": "invalid_request"}), "ikd_refused"),
        ((401, {"error": "invalid_client"}), "ikd_refused"),
        ((403, None), "ikd_refused"),
    ],
    ids=ascii,
)
def test_a_code_that_becomes_no_token_signs_nobody_in(
    ikd: Running, monkeypatch: pytest.MonkeyPatch, answer: Any, code: str
) -> None:
    client, start = ikd.client(), begun()
    answered = walk(client.sign_in_address(start))
    monkeypatch.setattr("chalicelib.adapters.ikd.send_form", lambda *_: answer)
    if code:
        in_trouble(lambda: client.person(start, answered, seconds()), code)
    else:
        refused(client, start, answered)


SAID = {
    "issuer": "https://ikd.example",
    "pushed_authorization_request_endpoint": "https://ikd.example/par",
    "authorization_endpoint": "https://ikd.example/authorize",
    "token_endpoint": "https://ikd.example/token",
    "jwks_uri": "https://ikd.example/jwks",
    "code_challenge_methods_supported": ["S256"],
}


def test_the_issuers_own_document_is_read() -> None:
    found = read_endpoints(json.dumps(SAID).encode(), "https://ikd.example")
    assert (found.push, found.names_itself) == ("https://ikd.example/par", False)


def test_the_connection_is_the_one_that_the_issuers_address_begins_with() -> None:
    issuer = "https://ikd.example/of/http://realm"
    said = json.dumps(SAID | {"issuer": issuer}).encode()
    assert read_endpoints(said, issuer).token == SAID["token_endpoint"]


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "https://evil.example"},
        {"issuer": "https://ikd.example/"},
        {"token_endpoint": "http://ikd.example/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "https://ikd.example/a b"},
        {"token_endpoint": 7},
        {"code_challenge_methods_supported": ["plain"]},
        {"code_challenge_methods_supported": None},
        *({name: ...} for name in SAID),
    ],
    ids=str,
)
def test_a_document_that_leads_elsewhere_is_not_followed(changes: dict[str, Any]) -> None:
    said = {name: value for name, value in (SAID | changes).items() if value is not ...}
    in_trouble(
        lambda: read_endpoints(json.dumps(said).encode(), "https://ikd.example"), "ikd_refused"
    )


@pytest.mark.parametrize("raw", [b"", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"issuer": 1}'])
def test_what_is_no_document_is_not_read(raw: bytes) -> None:
    in_trouble(lambda: read_endpoints(raw, "https://ikd.example"), "ikd_refused")
