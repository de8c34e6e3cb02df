"""A proposal to adopt a model or rule set as an item of the registry, and its parts in ops."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from chalicelib.adapters import registry_items
from chalicelib.adapters.dynamo import Item, data, number, text
from chalicelib.adapters.packing import deflate, inflate, pack_numbers
from chalicelib.domain.adoption import Proposal, Stage
from chalicelib.domain.registration import Ref, Work

if TYPE_CHECKING:
    from chalicelib.domain.comparison import Part

_SHA: Final = 32
_LARGEST: Final = 10_000_000  # bytes of a part, unpacked: a village of 200,000 families
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
    if proposal.cutoffs:
        item["b"] = registry_items.pack_cutoffs(proposal.cutoffs)
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
        cutoffs=registry_items.unpack_cutoffs(text(item, "b")) if "b" in item else (),
        result=json.loads(inflate(data(item, "r"), _LARGEST)) if "r" in item else None,
        due=int(text(item, "due")) if "due" in item else 0,
        **more,
    )


def pack_part(part: Part) -> bytes:
    """A village's part, in few bytes: differences of rising ids would not be fewer."""
    columns = [part.ids, part.scores, part.sizes, part.held, part.limits]
    told = [*columns, part.unscored, part.gone]
    return deflate(json.dumps(told, separators=(",", ":")).encode())


def unpack_part(village: str, packed: bytes) -> Part:
    """Read what `pack_part` wrote."""
    from chalicelib.domain.comparison import Part  # noqa: PLC0415 - staff read no parts

    *columns, unscored, gone = json.loads(inflate(packed, _LARGEST))
    ids, scores, sizes, held, limits = map(tuple, columns)
    return Part(village, ids, scores, sizes, held, limits, unscored, gone)
