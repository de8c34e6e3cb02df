"""What is sealed of a family comes back as it was; and the keyed names it is held under."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from dataclasses import replace

import pytest

from chalicelib.domain import blind_keys
from chalicelib.domain.identity import Identity, Person
from chalicelib.domain.registration import Ref
from chalicelib.domain.sealed_identity import apply_correction, pack, pack_correction, unpack
from chalicelib.usecases.open_identity import open_identity
from tests.fakes import FakeOpener
from tests.world import World, form

MOTHER = Person("Contoh Sum\u00e9", "3510154903859901", "1985-03-09", "P")
CHILD = Person("Contoh Budi", None, "2014-06-05", "L")
FAMILY = Identity((MOTHER, CHILD), "3510150101209901", "Dusun", "003", "001", "080000009901")


def mac(purpose: str, data: bytes) -> bytes:
    return hmac.digest(b"key", purpose.encode() + b"|" + data, hashlib.sha256)


def name(purpose: str, text: str) -> str:
    return urlsafe_b64encode(mac(purpose, text.encode())[:16]).decode().rstrip("=")


def test_what_was_packed_is_unpacked() -> None:
    for family in (FAMILY, replace(FAMILY, kk=None, phone=None)):
        assert unpack(pack(family)) == family


def test_the_packed_form_never_changes_since_it_is_stored() -> None:
    assert pack(FAMILY).decode() == (
        '[[["Contoh Sum\u00e9","3510154903859901","1985-03-09","P"],'
        '["Contoh Budi",null,"2014-06-05","L"]],'
        '"3510150101209901","Dusun","003","001","080000009901"]'
    )
    correction = {"members": [{"index": 1, "name": "\u00c9"}], "kk": None}
    assert pack_correction(correction).decode() == (
        '{"members":[{"index":1,"name":"\u00c9"}],"kk":null}'
    )


def test_a_correction_changes_what_it_names() -> None:
    sent = {"members": [{"index": 1, "name": "Contoh Budiman", "nik": "3510150506149902"}]}
    corrected = apply_correction(FAMILY, pack_correction(sent))
    boy = replace(CHILD, name="Contoh Budiman", nik="3510150506149902")
    assert corrected == replace(FAMILY, people=(MOTHER, boy))


@pytest.mark.parametrize(
    ("sent", "kk"),
    [
        ({"members": [], "kk": "3510150101209902"}, "3510150101209902"),
        ({"members": [], "kk": None}, FAMILY.kk),
        ({"members": []}, FAMILY.kk),
    ],
)
def test_a_family_card_is_corrected_only_by_another(sent: dict[str, object], kk: str) -> None:
    assert apply_correction(FAMILY, pack_correction(sent)) == replace(FAMILY, kk=kk)


def test_numbers_are_held_under_keyed_names() -> None:
    nik = f"N#v1#{name('nik', '3510154903859901')}"
    card = f"K#v1#{name('kk', '3510150101209901')}"
    assert blind_keys.nik_guard(mac, "v1", "3510154903859901") == nik
    assert blind_keys.kk_guard(mac, "v1", "3510150101209901") == card
    assert blind_keys.guards_of(mac, "v1", FAMILY) == (nik, card)
    assert blind_keys.guards_of(mac, "v1", replace(FAMILY, kk=None)) == (nik,)
    assert len(nik) == len("N#v1#") + 22


@pytest.mark.parametrize(
    "written",
    ["081234567890", "+62 812-3456-7890", "6281234567890", "81234567890", "(0812) 3456 7890\u0663"],
)
def test_a_telephone_is_one_however_it_is_written(written: str) -> None:
    assert blind_keys.phone(mac, written) == mac("phone", b"081234567890")[:16]
    assert blind_keys.phone(mac, "081234567891") != blind_keys.phone(mac, written)


def test_a_person_and_a_card_are_sixteen_bytes_each_of_its_own_kind() -> None:
    number = "3510154903859901"
    assert blind_keys.person(mac, number) == mac("nik", number.encode())[:16]
    assert blind_keys.card(mac, number) == mac("kk", number.encode())[:16]
    held = blind_keys.guard_of("v1", blind_keys.person(mac, number))
    assert held == blind_keys.nik_guard(mac, "v1", number)
    assert blind_keys.guard_of("v1", mac("nik", number.encode())) == held


def test_a_request_is_known_by_digests_of_its_key_and_body() -> None:
    assert blind_keys.request_id(mac, "key-1") == mac("request", b"key-1")[:16]
    body = {"b": "\u00e9", "a": [1, None]}
    text = '{"a":[1,null],"b":"\u00e9"}'
    assert blind_keys.body_digest(mac, body) == mac("body", text.encode())[:16]
    assert (
        blind_keys.body_digest(mac, dict(reversed(body.items()))) == mac("body", text.encode())[:16]
    )


def test_a_case_is_opened_item_by_item_under_its_own_place() -> None:
    world = World()
    world.register("k" * 20, form(world.model))
    opener, ref = FakeOpener(world.aws), world.only().ref
    loaded = world.store.load([ref])[ref]
    identity = open_identity(loaded, opener)
    assert [person.nik for person in identity.people] == ["3510154903859901", "3510150506149902"]
    elsewhere = replace(loaded.case, ref=Ref(ref.village, "2222222222"))
    with pytest.raises(ValueError, match="context"):
        open_identity(replace(loaded, case=elsewhere), opener)
    with pytest.raises(ValueError, match="no vault item"):
        open_identity(replace(loaded, vault=()), opener)
