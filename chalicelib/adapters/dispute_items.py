"""Appeals and objections as items of the registry, and what goes with them in vault and registry.

Few families dispute anything, so these items are readable first: one letter for a name, codes as
they are. Only the list of evidence, which may be long, is deflated.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from typing import Any, Final

from chalicelib.adapters import registry_items, vault_items
from chalicelib.adapters.dynamo import Item, data, number, text
from chalicelib.adapters.packing import deflate, inflate, pack_numbers, unpack_numbers
from chalicelib.domain import dispute
from chalicelib.domain.dispute import (
    Dispute,
    Exhibit,
    Kind,
    Opening,
    Outcome,
    Reached,
    Side,
    Stage,
    Vote,
)
from chalicelib.domain.evidence import FileKind, Piece, PieceState
from chalicelib.domain.registration import Ref, Work
from chalicelib.usecases.dispute_ports import Slot, Statement
from chalicelib.usecases.ports import Sealed

STAGES: Final = tuple(Stage)
"""What is stored of a step is its place here: the list only grows at its end. A test pins it."""

_LARGEST: Final = 20_000  # bytes of the list of evidence, unpacked: more than its most pieces take
_NEVER: Final = 10**13 - 1  # the index of what an officer has to do has no entry without a time
_TEXTS: Final = (("about", "a"), ("follows", "f"), ("why", "g"), ("attribute", "j"))
_BYTES: Final = (
    ("body_digest", "b"),
    ("last_request", "i"),
    ("person", "p"),
    ("names", "z"),
    ("device", "dv"),
    ("street", "st"),
)
_NUMBERS: Final = (
    ("place", "c"),
    ("level", "l"),
    ("answered_at", "n"),
    ("due", "u"),
    ("answer_by", "y"),
)


def dispute_key(ref: Ref) -> tuple[str, str]:
    """Key of a dispute: all of a village are one partition."""
    return f"D#{ref.village}", ref.locator


def officer_key(region: str, officer: str) -> str:
    """Partition of the index of what officers were drawn for."""
    return f"{region}#{officer}"


def dispute_to_item(there: Dispute) -> Item:
    """A dispute as an item; what is empty is left out."""
    pk, sk = dispute_key(there.ref)
    region = there.ref.village[:4]
    item: dict[str, Any] = {
        "pk": pk,
        "sk": sk,
        "v": there.version,
        "s": there.stage.value,
        "k": there.kind.value,
        "w": there.reason,
        "q": there.request_id,
        "t": _pack_steps(there.steps),
        "h": there.head.hash + pack_numbers((there.head.seq, there.head.at)),
        "x": there.salt,
    }
    for name, short in (*_TEXTS, *_BYTES, *_NUMBERS):
        if getattr(there, name):
            item[short] = getattr(there, name)
    if there.evidence:
        item["e"] = deflate(json.dumps([pack_exhibit(each) for each in there.evidence]).encode())
    if there.votes:
        item["d"] = json.dumps([[v.actor, v.outcome, v.reason, v.at] for v in there.votes])
    if there.outcome is not None:
        item["o"] = there.outcome.value
    lists: dict[str, list[Any]] = {
        "m": list(there.concerns),
        "r": list(there.passed),
        "op": [[e.actor, e.reason, e.at, e.note, e.key] for e in there.openings],
    }
    item |= {short: each for short, each in lists.items() if each}
    if there.officer:
        item["of"] = officer_key(region, there.officer)
    if not there.ended:
        item["wk"] = registry_items.work_key(Work.DISPUTE, region)
        item["due"] = registry_items.due_text(dispute.wakes(there) or _NEVER)
    return item


def dispute_from_item(item: Item) -> Dispute:
    """Read what `dispute_to_item` wrote.

    Raises:
        TypeError, ValueError, KeyError: the item is none of ours.
    """
    more: dict[str, Any] = {name: text(item, short) for name, short in _TEXTS if short in item}
    more |= {name: data(item, short) for name, short in _BYTES if short in item}
    more |= {name: number(item, short) for name, short in _NUMBERS if short in item}
    packed = inflate(data(item, "e"), _LARGEST) if "e" in item else b"[]"
    votes = json.loads(text(item, "d")) if "d" in item else ()
    concerns: Any = item.get("m", ())
    passed: Any = item.get("r", ())
    openings: Any = item.get("op", ())
    return Dispute(
        ref=registry_items.ref_of(item),
        kind=Kind(text(item, "k")),
        stage=Stage(text(item, "s")),
        version=number(item, "v"),
        about=more.pop("about", ""),
        reason=text(item, "w"),
        request_id=data(item, "q"),
        body_digest=more.pop("body_digest", b""),
        steps=_unpack_steps(data(item, "t")),
        head=registry_items.head_from_item(item),
        salt=data(item, "x"),
        evidence=tuple(unpack_exhibit(*told) for told in json.loads(packed)),
        officer=text(item, "of").partition("#")[2] if "of" in item else "",
        passed=tuple(passed),
        openings=tuple(Opening(*told) for told in openings),
        votes=tuple(
            Vote(actor, Outcome(outcome), reason, at) for actor, outcome, reason, at in votes
        ),
        outcome=Outcome(text(item, "o")) if "o" in item else None,
        concerns=tuple(concerns),
        **more,
    )


def statement_to_item(locator: str, statement: Statement) -> Item:
    """What somebody wrote in a dispute, as an item of the vault."""
    sealed = statement.sealed
    pk = vault_items.vault_pk(locator)
    return {"pk": pk, "sk": statement.part, "b": sealed.blob, "k": sealed.wrapped_key}


def statement_from_item(item: Item) -> Statement:
    """Read what `statement_to_item` wrote."""
    return Statement(text(item, "sk"), Sealed(data(item, "b"), data(item, "k")))


def slots_pk(person: bytes) -> str:
    """Partition of the places that a person has for open objections.

    The digest is of the key that is in use, so another key's places are other ones.
    """
    return f"B#{urlsafe_b64encode(person).decode().rstrip('=')}"


def slot_to_item(slot: Slot) -> Item:
    """The item by which an objection holds a place, or held it: then it has `f`."""
    pk, sk = slots_pk(slot.person), str(slot.place)
    item: dict[str, Any] = {"pk": pk, "sk": sk, "v": slot.ref.village, "l": slot.ref.locator}
    return item | ({"n": slot.named} if slot.held else {"f": 1})


def slot_from_item(person: bytes, item: Item) -> Slot:
    """Read what `slot_to_item` wrote; how a family was named is forgotten with the place."""
    ref = Ref(text(item, "v"), text(item, "l"))
    named = data(item, "n") if "n" in item else b""
    return Slot(person, int(text(item, "sk")), ref, named, held="f" not in item)


def _pack_steps(steps: tuple[Reached, ...]) -> bytes:
    """Stage and milliseconds since the step before, in turn."""
    numbers: list[int] = []
    before = 0
    for step in steps:
        numbers += (STAGES.index(step.stage), step.at - before)
        before = step.at
    return pack_numbers(numbers)


def _unpack_steps(packed: bytes) -> tuple[Reached, ...]:
    numbers = iter(unpack_numbers(packed))
    steps: list[Reached] = []
    at = 0
    for stage, since in zip(numbers, numbers, strict=True):
        at += since
        steps.append(Reached(STAGES[stage], at))
    return tuple(steps)


def pack_exhibit(exhibit: Exhibit) -> list[str | int]:
    """A piece of evidence as a list for JSON."""
    piece = exhibit.piece
    told = [exhibit.side.value, piece.id, piece.kind.value, piece.state.value, piece.why]
    return [*told, piece.looks, piece.size, piece.tries, piece.pages]


def unpack_exhibit(*told: Any) -> Exhibit:  # noqa: ANN401 - a list as JSON has it
    """Read what `pack_exhibit` gave."""
    side, own_id, kind, state, why, looks, size, tries, pages = told
    piece = Piece(own_id, FileKind(kind), size, PieceState(state), tries, why, pages, looks)
    return Exhibit(Side(side), piece)
