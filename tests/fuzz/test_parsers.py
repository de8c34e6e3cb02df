"""Every reader of what somebody else wrote: any text at all, and never an error nobody expects."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from chalicelib import telemetry, wiring
from chalicelib.adapters.area_files import area_codes
from chalicelib.adapters.cookies import CookieSealer
from chalicelib.adapters.queues import from_body, to_body
from chalicelib.adapters.tokens import read_keys, verify, verify_id
from chalicelib.domain import receipt
from chalicelib.domain.errors import NotSignedIn, TryAgain
from chalicelib.domain.nik import LENGTH, check_kk, check_nik
from chalicelib.domain.pmt import ArtefactError, load_artefact
from chalicelib.domain.programme import RulesError, load_rules
from chalicelib.domain.registration import Ref
from chalicelib.domain.strict_json import ShapeError, parse
from chalicelib.domain.tokens import Claims
from chalicelib.entrypoints.form_fields import nested
from chalicelib.usecases.ports import Message
from tests.fakes import FakeBlindIndex
from tests.minted import KEY, KID, NOW, POOL, SUBJECT, access, id_claims, jwks, keys, part
from tests.world import DATA

often = settings(
    max_examples=300, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
seldom = settings(often, max_examples=100)
TEXT = st.text(st.characters(exclude_categories=()))  # half letters, too
DIGITS = st.text("0123456789 .-\t\n\u200b१", min_size=14, max_size=20)
VALUE = st.none() | st.booleans() | st.integers() | st.floats() | TEXT
JSON = st.recursive(
    VALUE, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner), max_leaves=5
)
ON = date(2026, 11, 21)


class TestNumbers:
    @often
    @given(TEXT | DIGITS, st.none() | st.dates(), st.sampled_from((None, "L", "P", "X")), DIGITS)
    @example("३५१०१५४९०३८५९९०१", None, None, "")
    def test_nik(self, text: str, birth: date | None, sex: str | None, kk: str) -> None:
        found = check_nik(
            text, on=ON, areas=area_codes(), declared_birth=birth, declared_sex=sex, kk=kk
        )
        if not found.errors:
            assert len(found.normalized) == LENGTH
            assert found.normalized.isascii()
            assert 1 <= len(found.birth_dates) <= 2
            assert found.sex in ("L", "P")
        assert text not in repr(found) or len(text) < LENGTH

    @often
    @given(TEXT | DIGITS)
    def test_family_card(self, text: str) -> None:
        found = check_kk(text, on=ON, areas=area_codes())
        assert found.errors or (len(found.normalized) == LENGTH and found.normalized.isdecimal())


class TestReceipt:
    @often
    @given(TEXT | st.text(receipt.ALPHABET + "abc -ßı", min_size=20, max_size=30))
    def test_any_text(self, text: str) -> None:
        found = receipt.parse(text)
        assert found is None or receipt.parse(found.text) == found

    @often
    @given(st.binary(min_size=16, max_size=16), st.integers(0, 83_761), st.randoms())
    def test_one_wrong_letter_is_never_another_receipt(
        self, key: bytes, village: int, random: Any
    ) -> None:
        paper = receipt.derive(FakeBlindIndex().mac, key.hex(), village)
        assert (
            receipt.parse(paper.text.lower().replace("-", random.choice(("", " ", "-")))) == paper
        )
        at = random.choice([n for n, letter in enumerate(paper.text) if letter != "-"])
        other = random.choice([letter for letter in receipt.ALPHABET if letter != paper.text[at]])
        assert receipt.parse(paper.text[:at] + other + paper.text[at + 1 :]) is None
        assert receipt.village_index(paper.locator) == village


def signed(claims: Mapping[str, Any]) -> str:
    """A token with claims that no library would sign."""
    body = f"{part({'alg': 'RS256', 'kid': KID})}.{part(claims)}"
    return f"{body}.{part(KEY.sign(body.encode(), PKCS1v15(), SHA256()))}"


CLAIMS = (
    "sub",
    "iss",
    "client_id",
    "token_use",
    "cognito:groups",
    "origin_jti",
    "iat",
    "exp",
    "nbf",
)


class TestTokens:
    @often
    @given(TEXT | st.lists(st.binary().map(part), min_size=3, max_size=3).map(".".join))
    @example("..")
    @example(f"{part([])}.{part({})}.{part(b'x')}")
    @example(f"{part({'alg': 'RS256', 'kid': 'key-1'})}.{part(b'[' * 3000)}.{part(b'x')}")
    def test_any_text_is_refused(self, text: str) -> None:
        with pytest.raises(NotSignedIn):
            verify(text, NOW, keys, POOL)

    @seldom
    @given(
        st.dictionaries(st.sampled_from(("alg", "kid", "crit", "jku", "typ", "b64")), JSON), JSON
    )
    def test_any_header_is_refused(self, header: Mapping[str, Any], claims: Any) -> None:
        text = f"{part(header)}.{part(claims)}.{part(b'signature')}"
        with pytest.raises(NotSignedIn):
            verify(text, NOW, keys, POOL)

    @seldom
    @given(st.dictionaries(st.sampled_from(CLAIMS), JSON, min_size=1))
    @example({"iss": "\ud800"})
    @example({"client_id": "\ud800"})
    @example({"sub": "a" * 65})
    @example({"cognito:groups": [{}]})
    def test_any_claims_are_read_or_refused(self, changes: Mapping[str, Any]) -> None:
        token = signed({**access(), **changes})
        try:
            found = verify(token, NOW, keys, POOL)
        except NotSignedIn:
            return
        assert isinstance(found, Claims)
        assert len(found.subject) <= 64

    @seldom
    @given(st.dictionaries(st.sampled_from(("nonce", "aud", "token_use")), JSON, min_size=1))
    @example({"nonce": "\ud800"})
    def test_any_id_token(self, changes: Mapping[str, Any]) -> None:
        with pytest.raises(NotSignedIn):
            verify_id(
                signed({**id_claims(), **changes}),
                NOW,
                keys,
                POOL,
                nonce="nonce-1",
                subject=SUBJECT,
            )

    @often
    @given(
        st.binary()
        | JSON.map(lambda value: json.dumps(value).encode())
        | st.dictionaries(st.sampled_from(("kty", "use", "alg", "n", "e", "kid", "d")), JSON).map(
            lambda changes: jwks(**changes)
        )
    )
    @example(b"[" * 60_000)
    def test_any_key_set(self, raw: bytes) -> None:
        try:
            found = read_keys(raw)
        except TryAgain:
            return
        assert all(isinstance(name, str) for name in found)


class TestForms:
    @often
    @given(
        st.dictionaries(
            TEXT
            | st.lists(st.sampled_from(("members", "0", "1", "²", "१", "name", "", "9" * 5_000)))
            .map(".".join),
            TEXT,
        )
    )  # fmt: skip
    def test_any_fields(self, fields: Mapping[str, str]) -> None:
        body = nested(fields)
        json.dumps(body)
        assert not any(isinstance(value, list) and len(value) > 40 for value in body.values())

    @often
    @given(TEXT, TEXT | st.binary().map(bytes.hex))
    def test_any_cookie(self, name: str, value: str) -> None:
        assert CookieSealer(FakeBlindIndex().mac).open("session", value + name) is None


def current(name: str) -> Any:
    folder = DATA / name
    return json.loads((folder / f"{(folder / 'current').read_text().strip()}.json").read_bytes())


def changed(value: Any, draw: Callable[[Any], Any]) -> Any:
    """The same document with one place, at any depth, replaced or taken out."""
    whole = value = json.loads(json.dumps(value))
    while True:
        place = draw(st.sampled_from(list(value) if isinstance(value, dict) else range(len(value))))
        inner = value[place]
        if not (isinstance(inner, dict | list) and inner) or draw(st.booleans()):
            break
        value = inner
    act = draw(st.sampled_from(("replace", "drop", "add")))
    if act == "drop":
        del value[place]
    elif act == "add" and isinstance(value, dict):
        value[draw(TEXT)] = draw(JSON)
    else:
        value[place] = draw(JSON)
    return whole


class TestArtefacts:
    @pytest.mark.parametrize(
        ("name", "load", "refusal"),
        [("models", load_artefact, ArtefactError), ("rules", load_rules, RulesError)],
    )
    def test_a_changed_artefact_is_read_or_refused(
        self, name: str, load: Callable[[bytes, str], Any], refusal: type[ValueError]
    ) -> None:
        document = current(name)

        @settings(seldom, max_examples=100)
        @given(st.data())
        def tried(data: st.DataObject) -> None:
            raw = json.dumps(changed(document, data.draw)).encode()
            try:
                load(raw, hashlib.sha256(raw).hexdigest())
            except refusal:
                return

        tried()

    @often
    @given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
    @example(b"[" * 60_000)
    @example(b'{"a":1,"a":2}')
    @example(b"9" * 5_000)
    def test_strict_json(self, raw: bytes) -> None:
        try:
            parse(raw)
        except ShapeError:
            return


MESSAGE = Message(Ref("3510152004", "3M3GABCDEF"), 1)
FIELDS = st.dictionaries(st.sampled_from(("village", "locator", "version", "more")), JSON)
BODIES = TEXT | FIELDS.map(json.dumps)


class TestMessages:
    @often
    @given(BODIES | FIELDS.map(lambda more: json.dumps({**json.loads(to_body(MESSAGE)), **more})))
    @example("[" * 60_000)
    @example(json.dumps({"village": [], "locator": "3M3GABCDEF", "version": 1}))
    @example(json.dumps({"village": "3510152004", "locator": "3M3GABCDEF", "version": True}))
    def test_a_body_is_ours_or_refused(self, body: str) -> None:
        try:
            found = from_body(body)
        except (ValueError, KeyError, TypeError):
            return
        assert from_body(to_body(found)) == found
        assert type(found.version) is int

    @seldom
    @given(st.lists(BODIES | st.just(to_body(MESSAGE)), max_size=10))
    @example(["[" * 60_000, to_body(MESSAGE)])
    @example(['{"village":[],"locator":[],"version":[]}', to_body(MESSAGE)])
    def test_bad_messages_never_hold_the_good_ones_back(self, bodies: Sequence[str]) -> None:
        records = [{"messageId": str(place), "body": body} for place, body in enumerate(bodies)]
        good = {str(place) for place, body in enumerate(bodies) if body == to_body(MESSAGE)}
        worked: list[Message] = []

        def work(messages: Sequence[Message]) -> Sequence[Message]:
            if any(message != MESSAGE for message in messages):
                raise LookupError
            worked.extend(messages)
            return []

        answer = telemetry.run_batch(records, "work", work, from_body)
        failed = {each["itemIdentifier"] for each in answer["batchItemFailures"]}
        assert failed == {str(place) for place in range(len(bodies))} - good
        assert bool(worked) == bool(good)


WIRE = st.dictionaries(
    st.sampled_from(("pk", "sk", "s", "v", "x")),
    st.dictionaries(
        st.sampled_from(("S", "N", "B", "BOOL")), TEXT | st.just("7"), min_size=1, max_size=1
    ),
)


class TestStream:
    @often
    @given(st.none() | WIRE, st.none() | WIRE)
    def test_a_record_is_a_change_or_refused(
        self, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None
    ) -> None:
        try:
            change = wiring.state_change(old, new)
        except (TypeError, ValueError):
            return
        assert change is None or change[1].version == int(str(new and new["v"]["N"]))
