from __future__ import annotations

import hashlib
import hmac
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import audit
from chalicelib.domain.audit import Act, Event, Head
from chalicelib.domain.day_seal import merkle_root

if TYPE_CHECKING:
    from collections.abc import Sequence

REF = "ABCDEFGHJK"
NOON = 1_793_534_400_000  # 2026-11-01T12:00:00Z
NIK_SHAPED = "3510" + "010101" + "009901"
COMMITMENT = audit.commit(bytes(16), {})


def change(head: Head, **other: Any) -> tuple[Event, Head]:
    fields = {"chain": REF, "at": NOON, "actor": "citizen", "act": Act.RECEIVED}
    return audit.append(head, **{**fields, "commitment": COMMITMENT, **other})


# Canonical form and commitments


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({}, "{}"),
        ({"b": 1, "a": "x"}, '{"a":"x","b":1}'),
        ({"B": 1, "a": 2, "Z": 3}, '{"B":1,"Z":3,"a":2}'),
        ({"a": [1, None, True, -5]}, '{"a":[1,null,true,-5]}'),
        ({"a": (1, "b")}, '{"a":[1,"b"]}'),
        ({"a": {"y": 1, "x": 2}}, '{"a":{"x":2,"y":1}}'),
        ({"n": 'Siti é \n " \\ /'}, '{"n":"Siti \\u00e9 \\n \\" \\\\ /"}'),
        ({"n": "\U0001f600"}, '{"n":"\\ud83d\\ude00"}'),
        ({"n": 2**53 - 1}, '{"n":9007199254740991}'),
        ({"act": Act.READ}, '{"act":"read"}'),
    ],
)
def test_canonical_form(value: object, text: str) -> None:
    assert audit.canonical(value) == text.encode()


@pytest.mark.parametrize(
    "value", [1.0, float("nan"), b"x", {1}, {"a": [0.5]}, {"a": {"b": 2.0}}, {1: 2}]
)
def test_what_has_two_forms_has_none(value: object) -> None:
    with pytest.raises(TypeError):
        audit.canonical(value)


@pytest.mark.parametrize("number", [2**53, -(2**53)])
def test_numbers_that_others_would_round_are_refused(number: int) -> None:
    with pytest.raises(ValueError, match="too large"):
        audit.canonical({"n": number})


def test_commitment_is_the_hmac_of_the_canonical_form() -> None:
    salt = bytes(range(16))
    expected = hmac.new(salt, b'{"kk":null,"members":4}', hashlib.sha256).digest()
    assert audit.commit(salt, {"members": 4, "kk": None}) == expected
    assert audit.commit(bytes(16), {"members": 4, "kk": None}) != expected


@pytest.mark.parametrize("size", [0, 15, 17, 32])
def test_a_salt_of_another_length_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="salt"):
        audit.commit(bytes(size), {})


# Chains


def test_event_and_its_hash_follow_the_published_format() -> None:
    event, head = change(audit.first_head(REF), to_state="received", model="0a" * 32)
    prev = hashlib.sha256(b"tepat chain 1\n" + REF.encode()).hexdigest()
    text = (
        f'{{"act":"received","actor":"citizen","at":{NOON},"chain":"{REF}",'
        f'"commitment":"{COMMITMENT.hex()}","model":"{"0a" * 32}","prev":"{prev}","prev_at":0,'
        '"seq":1,"to":"received","type":"event","v":1}'
    )
    assert event.hash == hashlib.sha256(text.encode()).digest()
    assert head == Head(1, event.hash, NOON)
    assert head.day == "20261101"
    assert audit.event_record(event)["hash"] == event.hash.hex()


def test_a_chain_links_each_event_to_the_one_before() -> None:
    head = audit.first_head(REF)
    assert head.seq == 0
    events = []
    for step in range(5):
        event, head = change(head, at=NOON + step)
        events.append(event)
    assert [event.seq for event in events] == [1, 2, 3, 4, 5]
    for before, after in pairwise(events):
        assert (after.prev, after.prev_at) == (before.hash, before.at)
    assert len({event.hash for event in events}) == 5


def test_a_clock_that_is_behind_never_turns_a_chain_back() -> None:
    _, head = change(audit.first_head(REF))
    event, head = change(head, at=NOON - 5_000)
    assert event.at == head.at == NOON


def test_chains_begin_apart() -> None:
    assert audit.first_head(REF) != audit.first_head("ABCDEFGHJM")
    with pytest.raises(ValueError, match="another chain"):
        change(audit.first_head("ABCDEFGHJM"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"chain": "ABCDEFGHJ"},
        {"chain": "ABCDEFGHJ0"},
        {"chain": "ABCDEFGHJK\n"},
        {"actor": "siti aminah"},
        {"actor": "citizen:x"},
        {"actor": f"staff:{NIK_SHAPED}"},
        {"actor": f"agent:x{NIK_SHAPED}y"},
        {"actor": "staff:"},
        {"reason": NIK_SHAPED},
        {"reason": "Jalan Mawar 5"},
        {"from_state": ""},
        {"to_state": "Received"},
        {"model": "0a"},
        {"rules": "0A" * 32},
        {"act": Act.READ},
        {"commitment": b""},
    ],
)
def test_nothing_but_codes_and_hashes_gets_in(wrong: dict[str, Any]) -> None:
    head = audit.first_head(wrong.get("chain", REF))
    with pytest.raises(ValueError, match=r"^[a-z]") as refused:
        change(head, **wrong)
    assert not any(word in str(refused.value) for word in ("siti", "Mawar", NIK_SHAPED))


def test_a_full_chain_takes_no_more() -> None:
    event, head = change(Head(9_998, bytes(32), NOON))
    assert audit.event_key(event)[1] == f"{REF}#9999"
    with pytest.raises(ValueError, match="full"):
        change(head)


def look(head: Head, **other: Any) -> tuple[audit.Event, Head]:
    """An officer's look at noon."""
    usual = {"at": NOON, "actor": "staff:a-1", "ref": REF, "reason": "desk", "own_id": b"one look"}
    return audit.append_read(head, **(usual | other))


def test_reads_chain_by_actor_and_day() -> None:
    chain = audit.read_chain("staff:a-1", "20261101")
    assert chain == "staff:a-1#20261101"
    head = audit.first_head(chain)
    one, head = look(head, reason="assigned_case")
    two, head = look(head, at=NOON - 1)
    assert (one.chain, one.seq, two.seq, two.prev, two.at) == (chain, 1, 2, one.hash, NOON)
    assert one.act is Act.READ
    assert one.commitment is None
    assert audit.event_record(one)["type"] == "read"
    next_day = NOON + audit.DAY_MS
    with pytest.raises(ValueError, match="another day"):
        look(head, at=next_day)
    with pytest.raises(ValueError, match="another chain"):
        look(audit.first_head(chain), at=next_day)
    with pytest.raises(ValueError, match="names the locator"):
        look(head, ref=NIK_SHAPED)
    with pytest.raises(ValueError, match="codes"):
        look(head, reason="")
    with pytest.raises(ValueError, match="full"):
        look(Head(99_999_999, bytes(32), NOON))
    with pytest.raises(ValueError, match="8 bytes"):
        look(head, own_id=b"")


def test_two_looks_in_one_millisecond_are_two() -> None:
    head = audit.first_head(audit.read_chain("staff:a-1", "20261101"))
    one, _ = look(head)
    again, _ = look(head)
    other, _ = look(head, own_id=bytes(8))
    assert one == again
    assert one.hash != other.hash
    assert audit.event_record(one)["v"] == 2
    assert audit.event_record(one)["id"] == b"one look".hex()


# Keys and days


def test_events_are_kept_by_day_and_shard() -> None:
    event, head = change(audit.first_head(REF))
    shard = hashlib.sha256(REF.encode()).hexdigest()[0]
    assert audit.event_key(event) == (f"20261101#{shard}", f"{REF}#0001")
    assert audit.key_of(REF, head.at, head.seq) == audit.event_key(event)
    read, _ = look(audit.first_head("staff:a#20261101"), actor="staff:a")
    assert audit.event_key(read) == ("20261101#reads", "staff:a#00000001")


def test_partitions_of_a_day_are_in_the_order_of_the_seal() -> None:
    partitions = audit.day_partitions("20261101")
    assert len(partitions) == 17
    assert list(partitions) == sorted(partitions)
    assert (partitions[0], partitions[-1]) == ("20261101#0", "20261101#reads")


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (0, "19700101"),
        (NOON, "20261101"),
        (NOON + audit.DAY_MS // 2 - 1, "20261101"),
        (NOON + audit.DAY_MS // 2, "20261102"),
        (1_835_395_200_000, "20280229"),
    ],
)
def test_days_are_utc(at: int, day: str) -> None:
    assert audit.day_of(at) == day


def test_days_follow_each_other() -> None:
    assert audit.day_after("20261231") == "20270101"
    assert audit.day_after("20270101", -1) == "20261231"
    assert audit.day_after("20280228") == "20280229"


# Merkle tree

# Leaves and roots of the test data of Certificate Transparency (RFC 6962).
CT_LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
CT_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def oracle(leaves: Sequence[bytes]) -> bytes:
    """The definition of RFC 9162 2.1.1, word by word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + oracle(leaves[:split]) + oracle(leaves[split:])).digest()


@pytest.mark.parametrize("count", range(9))
def test_merkle_root_of_known_trees(count: int) -> None:
    assert merkle_root(CT_LEAVES[:count]) == (count, bytes.fromhex(CT_ROOTS[count]))


@given(st.lists(st.binary(max_size=3), max_size=70))
def test_merkle_root_is_the_defined_one(leaves: list[bytes]) -> None:
    assert merkle_root(iter(leaves)) == (len(leaves), oracle(leaves))


@given(
    st.lists(st.integers(0, 3 * audit.DAY_MS), min_size=1, max_size=12),
    st.sampled_from(["citizen", "agent:a_1", "staff:b-2", "system:check_identity"]),
)
def test_any_chain_can_be_walked_back_from_its_head(steps: list[int], actor: str) -> None:
    head, kept, at = audit.first_head(REF), {}, NOON
    for step in steps:
        at += step - audit.DAY_MS
        event, head = change(head, at=max(at, 0), actor=actor)
        kept[audit.event_key(event)] = event
    while head.seq:
        event = kept.pop(audit.key_of(REF, head.at, head.seq))
        assert event.hash == head.hash
        head = Head(event.seq - 1, event.prev, event.prev_at)
    assert head == audit.first_head(REF)
    assert not kept
