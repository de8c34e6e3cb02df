"""A proposal to adopt a model or rule set as an item of the registry, and its parts in ops."""

from __future__ import annotations

import json
from binascii import a2b_base64
from collections.abc import Mapping
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any, Final

from chalicelib.adapters import household_items, packing, registry_items
from chalicelib.adapters.dynamo import Item, data, number, text
from chalicelib.adapters.packing import deflate, inflate, pack_numbers
from chalicelib.domain.adoption import Proposal, Stage
from chalicelib.domain.registration import Ref, State, Work

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from chalicelib.adapters.dynamo import Wire
    from chalicelib.domain.comparison import Part, Standing

OF_STANDING: Final = "sk, s, t, r, m, d, j, k"
"""What `standing` reads of a case."""

_SHA: Final = 32
_OF_SHA: Final = 44  # signs of base64 whose first bytes are a hash
_LARGEST: Final = 10_000_000  # bytes of a part, unpacked: a village of 200,000 families
_QUICK: Final = 3  # a third of the time of 9 for 5 % more bytes
_NUMBERS: Final = (
    ("basis", "n"),
    ("at", "a"),
    ("villages", "c"),
    ("left", "left"),
    ("frozen_at", "f"),
    ("settled_at", "e"),
)
_TEXTS: Final = (
    ("proposer", "o"),
    ("commitment", "l"),
    ("population", "q"),
    ("settler", "d"),
    ("reason", "g"),
)


def proposal_key(ref: Ref) -> tuple[str, str]:
    """Key of a proposal: all of a region are one partition."""
    return proposals_pk(ref.village), f"A#{ref.locator}"


def proposals_pk(region: str) -> str:
    """Partition of a region's proposals."""
    return f"P#{region}"


def part_key(proposal: Proposal, village: str) -> tuple[str, str]:
    """Key of what was done of a proposal for a village, in the ops table."""
    return parts_pk(proposal), village


def parts_pk(proposal: Proposal) -> str:
    """Partition of what was done of a proposal in its stage."""
    return f"A#{proposal.ref.locator}#{proposal.stage}"


def proposal_to_item(proposal: Proposal) -> Item:
    """A proposal as an item; what is empty is left out."""
    pk, sk = proposal_key(proposal.ref)
    item: dict[str, Any] = {
        "pk": pk,
        "sk": sk,
        "v": proposal.version,
        "s": proposal.stage.value,
        "h": proposal.head.hash + pack_numbers((proposal.head.seq, proposal.head.at)),
        "j": bytes.fromhex(
            proposal.model + proposal.rules + proposal.old_model + proposal.old_rules
        ),
        "y": proposal.seed,
        "x": proposal.salt,
    }
    item |= {short: getattr(proposal, name) for name, short in _NUMBERS}
    item |= {short: getattr(proposal, name) for name, short in _TEXTS if getattr(proposal, name)}
    if proposal.places:
        item["u"] = dict(proposal.places)
    if proposal.lines:
        item["z"] = packing.pack_lines(proposal.lines)
    if proposal.manifest:
        item["m"] = bytes.fromhex(proposal.manifest)
    if proposal.cutoffs:
        item["b"] = packing.pack_cutoffs(proposal.cutoffs)
    if proposal.result is not None:
        item["r"] = deflate(json.dumps(proposal.result).encode())
    if proposal.due:
        item["wk"] = registry_items.work_key(Work.ADOPTION, proposal.ref.village)
        item["due"] = registry_items.due_text(proposal.due)
    return item


def proposal_from_item(item: Item) -> Proposal:
    """Read what `proposal_to_item` wrote."""
    hashes = data(item, "j").hex()
    model, rules, old_model, old_rules = (
        hashes[start : start + 2 * _SHA] for start in range(0, len(hashes), 2 * _SHA)
    )
    more: dict[str, Any] = {name: number(item, short) for name, short in _NUMBERS}
    more |= {name: text(item, short) if short in item else "" for name, short in _TEXTS}
    return Proposal(
        ref=registry_items.ref_of(item),
        stage=Stage(text(item, "s")),
        version=number(item, "v"),
        model=model,
        rules=rules,
        old_model=old_model,
        old_rules=old_rules,
        seed=data(item, "y"),
        salt=data(item, "x"),
        head=registry_items.head_from_item(item),
        cutoffs=packing.unpack_cutoffs(text(item, "b")) if "b" in item else (),
        places=_places(item),
        lines=packing.unpack_lines(text(item, "z") if "z" in item else ""),
        manifest=data(item, "m").hex() if "m" in item else "",
        result=json.loads(inflate(data(item, "r"), _LARGEST)) if "r" in item else None,
        due=int(text(item, "due")) if "due" in item else 0,
        **more,
    )


def _places(item: Item) -> dict[str, int]:
    kept = item.get("u", {})
    if not isinstance(kept, Mapping):
        raise TypeError("attribute u is not a map")
    return {code: number(kept, code) for code in kept}


def pack_part(part: Part) -> bytes:
    """A village's part, in about eight bytes a family: 50,000 fit into an item.

    Ids are written sign by sign, since those of a village begin alike; scores as what each has
    more than the one before; what else there is of a family as a number in a list of its kinds.
    """
    kinds: dict[tuple[int, int, str], int] = {}
    columns = zip(part.sizes, part.held, part.limits, strict=True)
    numbers = [kinds.setdefault(kind, len(kinds)) for kind in columns]
    ids = list(map("".join, zip(*part.ids, strict=True)))
    steps = [after - before for before, after in pairwise((0, *part.scores))]
    told = [ids, steps, list(kinds), numbers, part.unscored, part.gone]
    return deflate(json.dumps(told, separators=(",", ":")).encode(), level=_QUICK)


def unpack_part(village: str, packed: bytes) -> Part:
    """Read what `pack_part` wrote."""
    from chalicelib.domain.comparison import Part  # noqa: PLC0415 - staff read no parts

    ids, steps, kinds, numbers, unscored, gone = json.loads(inflate(packed, _LARGEST))
    rows = [kinds[number] for number in numbers]
    sizes, held, limits = zip(*rows, strict=True) if rows else ((),) * 3
    return Part(
        village,
        ids=tuple(map("".join, zip(*ids, strict=True))),
        scores=tuple(accumulate(steps)),
        sizes=sizes,
        held=held,
        limits=limits,
        unscored=unscored,
        gone=gone,
    )


def standing(page: Iterable[Wire], at: int) -> Iterator[Standing]:
    """Families of a page, as DynamoDB sent them, that were decided at an instant.

    Nothing is read that a ranking does not need: this is where the time of ranking a region goes
    (docs/ranking.md).
    """
    from chalicelib.domain.comparison import Standing  # noqa: PLC0415 - staff rank nothing

    members = household_items.MEMBER.size
    decided, text_of_it = registry_items.STATES.index(State.DECIDED), State.DECIDED.value
    read: dict[str, bytes] = {}  # hashes: all families of a village have the same few
    for wire in page:
        if state_at(a2b_base64(wire["t"]["B"]), at) != decided:
            continue
        locator = wire["sk"]["S"][2:]
        if "m" not in wire:
            yield Standing(locator, None, 0, "", b"", b"")
        elif wire["s"]["S"] != text_of_it or "k" not in wire:
            yield Standing(locator, 0, 0, "", b"", b"")
        else:
            score, size = int(wire["r"]["N"]), len(wire["m"]["B"]) * 3 // 4 // members
            model, rules = wire["j"]["B"][:_OF_SHA], wire["k"]["B"]
            if model not in read:
                read[model] = a2b_base64(model)[:_SHA]
            if rules not in read:
                read[rules] = a2b_base64(rules)
            told = wire["d"]["S"] if "d" in wire else ""
            yield Standing(locator, score, size, told, read[model], read[rules])


def state_at(packed: bytes, at: int) -> int:
    """The last state of a case until a time.

    It reads what `registry_items` packs by itself, in a quarter of the time: every family of a
    region comes here.

    Args:
        packed: the steps of a case as its item holds them: a state and the milliseconds since the
            step before, a pair of numbers (`packing.pack_numbers`) for each.
        at: milliseconds since 1970; a step at that instant counts.

    Returns:
        The state's place in `registry_items.STATES`; -1 when the first step came later.
    """
    last = state = -1
    value = shift = 0
    for byte in packed:
        value += (byte & 127) << shift
        if byte > 127:  # noqa: PLR2004 - more of this number follows (`pack_numbers`)
            shift += 7
            continue
        number = value >> 1 if value % 2 == 0 else -(value >> 1) - 1
        value = shift = 0
        if state < 0:
            state = number
            continue
        at -= number
        if at < 0:
            break
        last, state = state, -1
    return last
