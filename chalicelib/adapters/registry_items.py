"""A case as an item of the registry table, within 1,024 bytes after the decision.

A write costs two units for each kilobyte begun, and ranking reads every family, so names are one
letter, codes are bytes, hashes are raw and the answers are deflated with a dictionary of their
own words. Every key pattern of the registry stands here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from chalicelib.adapters.dynamo import Item, Value, data, number, text
from chalicelib.adapters.household_items import pack_choice, pack_household, unpack_household
from chalicelib.adapters.packing import (
    pack_cutoffs,
    pack_lines,
    pack_numbers,
    unpack_cutoffs,
    unpack_lines,
    unpack_numbers,
)
from chalicelib.domain.audit import Head
from chalicelib.domain.identity import MATCHED_FIELDS, IdentityAnswer, Outcome
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
from chalicelib.usecases.ports import Holder, InForce

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chalicelib.domain.assignment import Judges
    from chalicelib.domain.pmt_score import Scored
    from chalicelib.domain.programme import ProgrammeDecision

GUARD_SK: Final = "G"
IN_FORCE_PK: Final = "CUTS"
NOWHERE: Final = Ref("0000000000", "2222222222")
"""A key that no case has: read in place of an unknown locator's, so that both cost the same."""

_JUDGES: Final = "J#"
_HASH: Final = 32
_REQUEST: Final = 16
_DUE_DIGITS: Final = 13
_LIST: Final = ","

# What is stored is the place in these lists: they only ever grow at their end. A test pins them.
STATES: Final = tuple(State)
WAYS_IN: Final = tuple(WayIn)
OUTCOMES: Final = tuple(Outcome)


@dataclass(frozen=True, slots=True)
class Changed:
    """What the stream tells of a changed case."""

    ref: Ref
    version: int
    state: State


def state_key(ref: Ref) -> tuple[str, str]:
    """Key of a case."""
    return f"V#{ref.village}", f"R#{ref.locator}"


def ref_of(item: Item) -> Ref:
    """The case, proposal or dispute that an item, or its entry in an index, belongs to."""
    return Ref(text(item, "pk").partition("#")[2], text(item, "sk").rpartition("#")[2])


def is_state(item: Item) -> bool:
    """Tell a case from the guards, proposals and adoptions that share its table."""
    return text(item, "pk").startswith("V#")


def is_proposal(item: Item) -> bool:
    """Tell a proposal to adopt something (`proposal_items`) from all else."""
    return text(item, "pk").startswith("P#")


def is_dispute(item: Item) -> bool:
    """Tell an appeal or an objection (`dispute_items`) from all else."""
    return text(item, "pk").startswith("D#")


def is_report(item: Item) -> bool:
    """Tell a report about an agent (`report_items`) from all else."""
    return text(item, "pk").startswith("M#")


def is_chained(item: Item) -> bool:
    """Tell what has a chain of its own in the ledger."""
    return text(item, "pk").startswith(("V#", "P#", "D#", "W#", "O#", "M#"))


def judges_key(case: Ref) -> tuple[str, str]:
    """Key of who has judged what visits to a family found."""
    return f"{_JUDGES}{case.village}", case.locator


def judges_to_item(judges: Judges) -> Item:
    """Who has judged what visits to a family found, as an item."""
    pk, sk = judges_key(judges.case)
    return {"pk": pk, "sk": sk, "v": judges.version, "l": dict(judges.last)}


def judges_from_item(item: Item) -> Judges:
    """Read what `judges_to_item` wrote."""
    from chalicelib.domain.assignment import Judges  # noqa: PLC0415 - only who draws reads it

    case = Ref(text(item, "pk").removeprefix(_JUDGES), text(item, "sk"))
    last: Any = item["l"]
    return Judges(case, number(item, "v"), dict(last))


def is_judges(item: Item) -> bool:
    """Tell who has judged what visits found from all else of the table."""
    return text(item, "pk").startswith(_JUDGES)


def changed(item: Item) -> Changed:
    """Read of a state item what the relay passes on."""
    return Changed(ref_of(item), number(item, "v"), State(text(item, "s")))


def work_key(work: Work, region: str) -> str:
    """Partition of the index of work: a kind of work in a region."""
    return f"{work.value}#{region}"


def due_text(due: int) -> str:
    """A time (ms) as text that sorts like the time."""
    return f"{due:0{_DUE_DIGITS}}"


def guard_to_item(guard: str, ref: Ref, request_id: bytes) -> Item:
    """The item by which a request holds a guard."""
    return {"pk": guard, "sk": GUARD_SK, "l": ref.locator, "v": ref.village, "r": request_id}


def guard_from_item(item: Item) -> Holder:
    """Who holds the guard."""
    ref = Ref(text(item, "v"), text(item, "l"))
    return Holder(text(item, "pk"), ref, data(item, "r"))


def in_force_to_item(region: str, adopted: InForce) -> Item:
    """What a region has adopted; what is empty is left out."""
    more: dict[str, Value] = {
        "g": pack_lines(adopted.lines),
        "f": bytes.fromhex(adopted.manifest),
    }
    return {
        "pk": IN_FORCE_PK,
        "sk": region,
        "v": adopted.number,
        "j": bytes.fromhex(adopted.model + adopted.rules),
        "y": adopted.key,
        "b": pack_cutoffs(adopted.cutoffs),
        **{name: value for name, value in more.items() if value},
    }


def in_force_from_item(item: Item) -> InForce:
    """Read what `in_force_to_item` wrote."""
    hashes = data(item, "j").hex()
    return InForce(
        number=number(item, "v"),
        model=hashes[: 2 * _HASH],
        rules=hashes[2 * _HASH :],
        cutoffs=unpack_cutoffs(text(item, "b")),
        key=data(item, "y"),
        lines=unpack_lines(_optional_text(item, "g")),
        manifest=_optional_data(item, "f").hex(),
    )


def head_from_item(item: Item) -> Head:
    """End of the case's ledger chain."""
    packed = data(item, "h")
    seq, at = unpack_numbers(packed[_HASH:])
    return Head(seq, packed[:_HASH], at)


def to_item(case: Registration) -> Item:
    """A case as an item; what is empty is left out.

    Raises:
        ValueError: the case holds something that its form does not allow.
    """
    pk, sk = state_key(case.ref)
    item: dict[str, Value] = {
        "pk": pk,
        "sk": sk,
        "v": case.version,
        "s": case.state.value,
        "w": pack_choice(case.way_in, WAYS_IN),
        "q": case.request_id,
        "t": _pack_steps(case.steps),
        "h": case.head.hash + pack_numbers((case.head.seq, case.head.at)),
    }
    optional: dict[str, Value] = {
        "b": case.body_digest,
        "c": _pack_concerns(case.concerns),
        "d": _pack_decisions(case.decisions),
        "g": case.consent,
        "i": b"".join(map(_pack_identity, case.identity)),
        "k": bytes.fromhex(case.rules_hash),
        "l": case.last_request,
        "n": case.corrections,
        "o": 0 if case.provisional else 1,
        "u": case.under,
        "x": case.secret_mac,
        "y": b"".join(case.reissues),
        "z": case.names,
        "ph": case.phone,
        "dp": _pack_disputes(case.disputes),
    }
    item |= {name: value for name, value in optional.items() if value}
    if case.household is not None:
        item |= pack_household(case.household, case.ref.village)
    if case.scored is not None:
        item["r"] = case.scored.score
        item["e"] = pack_numbers(case.scored.contributions)
        item["j"] = bytes.fromhex(case.scored.model_hash + case.scored.inputs_hash)
    if case.earlier is not None:
        hashes = bytes.fromhex(case.earlier.model_hash + case.earlier.rules_hash)
        item["f"] = hashes + pack_numbers((case.earlier.at,))
        item["p"] = _pack_decisions(case.earlier.decisions)
        if case.earlier.why:
            item["fw"] = case.earlier.why
    if case.waiting is not None:
        item["wk"] = work_key(case.waiting.work, case.ref.village[:4])
        item["due"] = due_text(case.waiting.due)
    return item


def from_item(item: Item) -> Registration:
    """Read what `to_item` wrote.

    Raises:
        TypeError, ValueError, KeyError: the item is none of ours.
    """
    ref = ref_of(item)
    concerns = _optional_text(item, "c")
    return Registration(
        ref=ref,
        state=State(text(item, "s")),
        version=number(item, "v"),
        way_in=WAYS_IN[number(item, "w")],
        request_id=data(item, "q"),
        body_digest=_optional_data(item, "b"),
        secret_mac=_optional_data(item, "x"),
        household=unpack_household(item, ref.village),
        consent=_optional_text(item, "g"),
        steps=_unpack_steps(data(item, "t")),
        head=head_from_item(item),
        identity=tuple(map(_unpack_identity, _optional_data(item, "i"))),
        last_request=_optional_data(item, "l"),
        reissues=_unpack_requests(_optional_data(item, "y")),
        corrections=number(item, "n") if "n" in item else 0,
        concerns=tuple(concerns.split(_LIST)) if concerns else (),
        scored=_unpack_scored(item),
        rules_hash=_optional_data(item, "k").hex(),
        decisions=tuple(_unpack_decisions(_optional_text(item, "d"))),
        provisional="o" not in item,
        under=number(item, "u") if "u" in item else 0,
        earlier=_unpack_earlier(item),
        waiting=_unpack_waiting(item),
        names=_optional_data(item, "z"),
        phone=_optional_data(item, "ph"),
        disputes=_unpack_disputes(_optional_data(item, "dp")),
    )


def _optional_text(item: Item, name: str) -> str:
    return text(item, name) if name in item else ""


def _optional_data(item: Item, name: str) -> bytes:
    return data(item, name) if name in item else b""


def _unpack_requests(packed: bytes) -> tuple[bytes, ...]:
    return tuple(packed[start : start + _REQUEST] for start in range(0, len(packed), _REQUEST))


def _pack_disputes(disputes: tuple[str, ...]) -> bytes:
    if not disputes:  # few cases are disputed, and the others load nothing for it
        return b""
    from chalicelib.adapters.packed_locators import pack_locators  # noqa: PLC0415 - see above

    return pack_locators(disputes)


def _unpack_disputes(packed: bytes) -> tuple[str, ...]:
    if not packed:
        return ()
    from chalicelib.adapters.packed_locators import unpack_locators  # noqa: PLC0415 - as in packing

    return unpack_locators(packed)


def _pack_concerns(concerns: tuple[str, ...]) -> str:
    if any(_LIST in code or not code for code in concerns):
        raise ValueError("a concern is a code")
    return _LIST.join(concerns)


def _pack_steps(steps: tuple[Step, ...]) -> bytes:
    """State and milliseconds since the step before, in turn."""
    numbers: list[int] = []
    before = 0
    for step in steps:
        numbers += (pack_choice(step.state, STATES), step.at - before)
        before = step.at
    return pack_numbers(numbers)


def _unpack_steps(packed: bytes) -> tuple[Step, ...]:
    numbers = iter(unpack_numbers(packed))
    steps: list[Step] = []
    at = 0
    for state, since in zip(numbers, numbers, strict=True):
        at += since
        steps.append(Step(STATES[state], at))
    return tuple(steps)


def _pack_identity(answer: IdentityAnswer) -> bytes:
    """One byte: the outcome, and a bit for each field that differs."""
    differs = sum(1 << MATCHED_FIELDS.index(name) for name in set(answer.fields))
    return bytes([pack_choice(answer.outcome, OUTCOMES) << 4 | differs])


def _unpack_identity(packed: int) -> IdentityAnswer:
    fields = (name for place, name in enumerate(MATCHED_FIELDS) if packed >> place & 1)
    return IdentityAnswer(OUTCOMES[packed >> 4], tuple(fields))


def _pack_decisions(decisions: tuple[ProgrammeDecision, ...]) -> str:
    if not decisions:  # a worker that checks identities loads neither rules nor model
        return ""
    from chalicelib.domain.programme import to_compact  # noqa: PLC0415 - see above

    return " ".join(map(to_compact, decisions))


def _unpack_decisions(packed: str) -> Iterator[ProgrammeDecision]:
    if packed:
        from chalicelib.domain.programme import from_compact  # noqa: PLC0415 - as in packing

        yield from map(from_compact, packed.split(" "))


def _unpack_scored(item: Item) -> Scored | None:
    if "r" not in item:
        return None
    from chalicelib.domain.pmt_score import Scored  # noqa: PLC0415 - a score, and no model

    hashes = data(item, "j")
    return Scored(
        score=number(item, "r"),
        contributions=tuple(unpack_numbers(data(item, "e"))),
        model_hash=hashes[:_HASH].hex(),
        inputs_hash=hashes[_HASH:].hex(),
    )


def _unpack_earlier(item: Item) -> Earlier | None:
    if "f" not in item:
        return None
    packed = data(item, "f")
    hashes, (at,) = packed[: 2 * _HASH].hex(), unpack_numbers(packed[2 * _HASH :])
    decisions = tuple(_unpack_decisions(text(item, "p")))
    why = _optional_text(item, "fw")
    return Earlier(at, hashes[: 2 * _HASH], hashes[2 * _HASH :], decisions, why)


def _unpack_waiting(item: Mapping[str, Value]) -> Waiting | None:
    if "wk" not in item:
        return None
    return Waiting(Work(text(item, "wk").partition("#")[0]), int(text(item, "due")))
