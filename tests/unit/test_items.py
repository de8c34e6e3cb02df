"""What is stored comes back as it was, and stays within the kilobyte that a write pays for."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stored_values import codes, locators, moments, villages

from chalicelib.adapters import (
    dispute_items,
    dynamo,
    household_items,
    ledger_items,
    registry_items,
    vault_items,
)
from chalicelib.adapters.household_items import pack_answers, unpack_answers
from chalicelib.adapters.packed_locators import pack_locators, unpack_locators
from chalicelib.adapters.packing import deflate, inflate, pack_numbers, unpack_numbers
from chalicelib.domain import reopening
from chalicelib.domain.audit import Event, Head
from chalicelib.domain.household import Household, Member
from chalicelib.domain.identity import MATCHED_FIELDS, IdentityAnswer, Outcome
from chalicelib.domain.pmt import Scored
from chalicelib.domain.programme import Code, Component, ProgrammeDecision, Reason
from chalicelib.domain.receipt import ALPHABET
from chalicelib.domain.registration import (
    Earlier,
    Ref,
    Registration,
    State,
    Step,
    Waiting,
    WayIn,
    Work,
)
from chalicelib.usecases.ports import Holder, InForce, Sealed, VaultItem
from infra.units import item_size
from tests import builders
from tests.fakes import START

hex_hashes = st.binary(min_size=32, max_size=32).map(bytes.hex)
months = st.tuples(st.integers(1, 5460), st.integers(1, 12))
answers = st.dictionaries(codes, st.integers(-(10**9), 10**9) | codes, max_size=8)
reasons = st.lists(
    st.builds(
        Reason,
        st.sampled_from(sorted(set(Code) - {Code.APPEAL})),
        st.lists(st.integers(0, 99), max_size=2).map(tuple),
    ),
    min_size=1,
    max_size=4,
).map(tuple)
decisions = st.builds(
    ProgrammeDecision,
    programme=st.sampled_from(["PKH", "BPNT", "PBI_JK"]),
    eligible=st.booleans(),
    provisional=st.booleans(),
    reasons=reasons,
    would_change=reasons,
    components=st.lists(
        st.builds(Component, st.sampled_from(["preg", "sd"]), st.integers(1, 4)), max_size=2
    ).map(tuple),
    rp_per_year=st.integers(0, 10**8),
)
identities = st.builds(
    lambda outcome, fields: IdentityAnswer(
        outcome, tuple(name for name in MATCHED_FIELDS if name in fields)
    ),
    st.sampled_from(Outcome),
    st.sets(st.sampled_from(MATCHED_FIELDS)),
)


@st.composite
def registrations(draw: st.DrawFn) -> Registration:
    ref = Ref(draw(villages), draw(locators))
    members = st.builds(Member, birth_month=months)
    household = st.builds(
        Household,
        village=st.just(ref.village),
        members=st.lists(members, min_size=1, max_size=4).map(tuple),
        answers=answers,
        as_of=months,
    )
    scored = st.builds(
        Scored,
        score=st.integers(-(10**9), 10**9),
        contributions=st.lists(st.integers(-(10**7), 10**7), max_size=8).map(tuple),
        inputs_hash=hex_hashes,
        model_hash=hex_hashes,
    )
    short = st.binary(min_size=16, max_size=16)
    return Registration(
        ref=ref,
        state=draw(st.sampled_from(State)),
        version=draw(st.integers(1, 9999)),
        way_in=draw(st.sampled_from(WayIn)),
        request_id=draw(short),
        body_digest=draw(short | st.just(b"")),
        secret_mac=draw(st.binary(min_size=32, max_size=32) | st.just(b"")),
        household=draw(household | st.none()),
        consent=draw(st.sampled_from(["", "2025-11"])),
        steps=draw(
            st.lists(st.builds(Step, st.sampled_from(State), moments), max_size=4).map(tuple)
        ),
        head=draw(
            st.builds(Head, st.integers(0, 9999), st.binary(min_size=32, max_size=32), moments)
        ),
        identity=draw(st.lists(identities, max_size=4).map(tuple)),
        last_request=draw(short | st.just(b"")),
        reissues=draw(st.lists(short, max_size=3).map(tuple)),
        corrections=draw(st.integers(0, 1)),
        concerns=draw(
            st.lists(st.from_regex(r"[a-z_]+(:[0-9a-zA-Z_]+)*", fullmatch=True), max_size=6).map(
                tuple
            )
        ),
        scored=draw(scored | st.none()),
        rules_hash=draw(hex_hashes | st.just("")),
        decisions=draw(st.lists(decisions, max_size=2).map(tuple)),
        provisional=draw(st.booleans()),
        under=draw(st.integers(0, 99)),
        earlier=draw(
            st.builds(
                Earlier, moments, hex_hashes, hex_hashes, st.lists(decisions, max_size=1).map(tuple)
            )
            | st.none()
        ),
        waiting=draw(
            st.builds(Waiting, st.sampled_from(Work), st.integers(0, 10**13 - 1)) | st.none()
        ),
        names=draw(st.lists(st.binary(min_size=3, max_size=3), max_size=6).map(b"".join)),
        phone=draw(st.binary(min_size=16, max_size=16) | st.just(b"")),
        disputes=draw(
            st.lists(
                st.text(ALPHABET, min_size=6, max_size=6).map("9K3G".__add__), max_size=12
            ).map(tuple)
        ),
    )


# Each draws a hundred values: the slowest test of the unit suite.
@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(registrations())
def test_a_case_comes_back_as_it_was(case: Registration) -> None:
    wire = dynamo.encode(registry_items.to_item(case))
    assert registry_items.from_item(dynamo.decode(wire)) == case


def test_the_index_entry_is_there_only_while_something_waits() -> None:
    case, _ = builders.unanswered(builders.build().case, retry_at=1_000)
    item = registry_items.to_item(case)
    assert (item["wk"], item["due"]) == ("check#3510", "0000000001000")
    item = registry_items.to_item(builders.checked(case)[0])
    assert "wk" not in item
    assert "due" not in item


@pytest.mark.parametrize(("count", "most"), [(1, 900), (4, 900), (6, 900), (8, 900)])
def test_a_decided_family_stays_within_its_kilobyte(count: int, most: int) -> None:
    case = builders.build(count=count).case
    for move in (builders.checked, builders.decided):
        case, _ = move(case)
    assert item_size(dynamo.encode(registry_items.to_item(case))) <= most


def test_a_family_decided_anew_stays_within_its_kilobyte() -> None:
    """The decision before the last one is kept beside it, those before it in the ledger alone."""
    case = builders.build(count=8).case
    for move in (builders.checked, *[builders.decided] * 5):
        case, _ = move(case)
    assert case.earlier is not None
    assert item_size(dynamo.encode(registry_items.to_item(case))) <= 1_024


def test_a_disputed_family_decided_anew_stays_within_its_kilobyte() -> None:
    case = builders.build(count=6).case
    for move in (builders.checked, builders.decided):
        case, _ = move(case)
    case = replace(case, names=bytes(18), phone=bytes(16))
    for _ in range(3):
        number = f"9K3GZZZZZ{len(case.disputes) + 2}"
        case, _ = reopening.disputed(case, number, builders.stamp())
        assert case.household is not None
        for move in (reopened, builders.decided):
            case, _ = move(case)
    assert (len(case.disputes), case.earlier is not None) == (3, True)
    assert item_size(dynamo.encode(registry_items.to_item(case))) <= 1_024


def reopened(case: Registration) -> tuple[Registration, Event]:
    return reopening.reopen(
        case, case.household, "answers_wrong", builders.stamp(), officer_due=START
    )


def test_a_dispute_costs_a_case_four_bytes() -> None:
    numbers = ("9K3G222222", "9K3GZZZZZZ", "9K3GABC234")
    packed = pack_locators(numbers)
    assert len(packed) == 4 + 12
    assert unpack_locators(packed) == numbers
    assert unpack_locators(pack_locators(())) == ()


@pytest.mark.parametrize("number", ["3M3F222222", "3M3G22222", "3M3G2222222", "3M3G22222O", ""])
def test_a_dispute_of_another_village_is_refused(number: str) -> None:
    with pytest.raises(ValueError, match=r"locator|substring"):
        pack_locators(("3M3GABCDEF", number))


def test_a_case_in_another_village_than_its_household_is_refused() -> None:
    case = builders.build().case
    with pytest.raises(ValueError, match="village"):
        registry_items.to_item(replace(case, ref=Ref("3510152005", case.ref.locator)))


def test_a_concern_that_could_not_be_told_apart_is_refused() -> None:
    case = builders.build().case
    for concern in ("a,b", ""):
        with pytest.raises(ValueError, match="concern"):
            registry_items.to_item(replace(case, concerns=(concern,)))


def test_the_order_of_stored_codes_never_changes() -> None:
    """A code's place is what is stored: new codes go to the end of their list."""
    stored = {
        "states": registry_items.STATES,
        "ways": registry_items.WAYS_IN,
        "outcomes": registry_items.OUTCOMES,
        "fields": MATCHED_FIELDS,
        "sexes": household_items.SEXES,
        "relations": household_items.RELATIONS,
        "disabilities": household_items.DISABILITIES,
        "schoolings": household_items.SCHOOLINGS,
        "attendings": household_items.ATTENDINGS,
        "occupations": household_items.OCCUPATIONS,
        "stages": dispute_items.STAGES,
    }
    known = {
        "states": "received identity_checking matched needs_correction needs_officer "
        "needs_ground_check decided withdrawn released proposed erased",
        "ways": "self agent proposal import",
        "outcomes": "confirmed mismatch not_found deceased not_checked",
        "fields": "name birth_date sex kk",
        "sexes": "L P",
        "relations": "head spouse child child_in_law grandchild parent parent_in_law "
        "other_relative other",
        "disabilities": "none mild severe",
        "schoolings": "none primary_unfinished primary lower_secondary upper_secondary diploma "
        "bachelor postgraduate",
        "attendings": "no preschool primary lower_secondary upper_secondary tertiary",
        "occupations": "not_working housework student farmer fisher labourer self_employed "
        "employer employee family_worker state_employee state_company pensioner",
        "stages": "filed hearing review visit recommended split decided withdrawn",
    }
    for name, places in stored.items():
        before = known[name].split()
        assert list(map(str, places))[: len(before)] == before, name


@given(answers)
def test_answers_come_back_and_equal_answers_are_equal_bytes(
    given_answers: dict[str, int | str],
) -> None:
    packed = pack_answers(given_answers)
    assert unpack_answers(packed) == given_answers
    assert pack_answers(dict(reversed(given_answers.items()))) == packed


def test_the_dictionary_that_answers_are_stored_with_never_changes() -> None:
    """Answers of families that registered long ago are read with it."""
    assert unpack_answers(bytes.fromhex(STORED)) == builders.ANSWERS
    assert len(pack_answers(builders.ANSWERS)) <= 64


STORED = "0143770ac437581d8314c424bbc8083554311325b6a40200"


@pytest.mark.parametrize("answer", [{"a": "b\nc:d"}, {"a=b": "c"}, {"": 1}, {"a": "x:y"}])
def test_answers_that_could_be_read_as_others_are_refused(answer: dict[str, int | str]) -> None:
    with pytest.raises(ValueError, match="answers"):
        pack_answers(answer)


@given(st.lists(st.integers()))
def test_numbers_come_back(numbers: list[int]) -> None:
    assert unpack_numbers(pack_numbers(numbers)) == numbers


def test_cut_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="cut"):
        unpack_numbers(pack_numbers([1_000_000])[:-1])


def test_what_is_inflated_has_a_limit() -> None:
    packed = deflate(bytes(10_000))
    assert len(inflate(packed, 10_000)) == 10_000
    for broken, limit in ((packed, 9_999), (packed[:-1], 10_000), (packed + b"x", 10_000)):
        with pytest.raises(ValueError, match="compressed"):
            inflate(broken, limit)


guards = st.lists(
    st.builds(
        lambda kind, version, mac: f"{kind}#{version}#{mac}",
        st.sampled_from("NK"),
        st.sampled_from(["v1", "v2"]),
        st.binary(min_size=1, max_size=32).map(
            lambda raw: urlsafe_b64encode(raw).decode().rstrip("=")
        ),
    ),
    max_size=8,
).map(tuple)


@given(guards, guards, st.binary(max_size=99), locators, st.sampled_from("01"))
def test_a_vault_item_comes_back_as_it_was(
    held: tuple[str, ...], wanted: tuple[str, ...], blob: bytes, locator: str, order: str
) -> None:
    vault = VaultItem(Sealed(blob, b"key"), builders.SALT, held, wanted)
    wire = dynamo.encode(vault_items.to_item(locator, order, vault))
    assert vault_items.from_item(dynamo.decode(wire)) == (locator, vault)


def test_a_guard_of_another_form_is_refused() -> None:
    for guard in ("N#v1#not base64!", "N#v1#AAAA=", "AAAA", "N#v1#AB"):
        with pytest.raises(ValueError, match=r"guard|base64"):
            vault_items.pack_guards((guard,))


def test_guards_and_adoptions_come_back() -> None:
    case = builders.build().case
    item = registry_items.guard_to_item("N#v1#abc", case.ref, case.request_id)
    held = registry_items.guard_from_item(dynamo.decode(dynamo.encode(item)))
    assert held == Holder("N#v1#abc", case.ref, case.request_id)
    assert item_size(dynamo.encode(item)) <= 100
    cutoffs = tuple((score * -7, "0f" * 16) for score in range(9))
    adopted = InForce(3, "a" * 64, "b" * 64, cutoffs, bytes(range(32)))
    item = dynamo.encode(registry_items.in_force_to_item("3510", adopted))
    assert registry_items.in_force_from_item(dynamo.decode(item)) == adopted
    assert item_size(item) <= 1024  # it comes with every look-up


def test_events_and_reads_come_back_under_their_keys() -> None:
    built = builders.build()
    _, event = builders.decided(builders.checked(built.case)[0])
    read = builders.a_read("staff:abc", built.case.ref.locator)
    for each in (built.event, event, read):
        item = dynamo.decode(dynamo.encode(ledger_items.event_to_item(each)))
        assert ledger_items.event_from_item(item) == each
        assert ("ref" in item) == (each is read)
        assert item_size(dynamo.encode(item)) <= 512


@pytest.mark.parametrize("value", [1.5, True, None, {1, 2}])
def test_what_has_no_exact_form_is_not_stored(value: object) -> None:
    with pytest.raises(TypeError):
        dynamo.encode({"a": value})  # type: ignore[dict-item]  # that is the point
