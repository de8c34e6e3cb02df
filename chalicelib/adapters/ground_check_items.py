"""A ground check, and the draw of a sample, as items of the registry."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import astuple
from typing import TYPE_CHECKING, Any, Final

from chalicelib.adapters import registry_items
from chalicelib.adapters.dynamo import Item, data, number, text
from chalicelib.adapters.packing import deflate, inflate, pack_numbers, unpack_numbers
from chalicelib.domain.dispute import Exhibit, Side
from chalicelib.domain.evidence import FileKind, Piece, PieceState
from chalicelib.domain.finding import Count, Finding
from chalicelib.domain.ground_check import (
    Attempt,
    Check,
    Course,
    Missed,
    Opinion,
    Purpose,
    Stage,
    Verdict,
)
from chalicelib.domain.household import (
    Attending,
    Disability,
    Household,
    Member,
    Occupation,
    Relation,
    Schooling,
    Sex,
)
from chalicelib.domain.registration import Ref

if TYPE_CHECKING:
    from chalicelib.domain.check_sample import Sample

CHECKS: Final = "W#"
SAMPLES: Final = "S#"
_LARGEST: Final = 65_536
_VISITS: Final = "visits"
_TO_SETTLE: Final = "differs"
_NUMBERS: Final = (("asked_at", "as"), ("due", "du"), ("received_at", "rc"))
_TEXTS: Final = (("dispute", "dl"), ("occasion", "oc"), ("officer", "o"), ("agent", "ag"))
_BYTES: Final = (("salt", "x"), ("request_id", "q"), ("body_digest", "b"), ("remark_id", "l"))


def check_key(ref: Ref) -> tuple[str, str]:
    """Key of a check: all of a village are one partition."""
    return checks_pk(ref.village), ref.locator


def checks_pk(village: str) -> str:
    """Partition of a village's checks; of a region's code, that of its samples."""
    return f"{CHECKS}{village}"


def check_ref(item: Item) -> Ref:
    """The check that an item, or its entry in an index, belongs to."""
    return Ref(text(item, "pk").removeprefix(CHECKS), text(item, "sk"))


def work_of(check: Check) -> tuple[str, int] | None:
    """Where a check waits: partition of the index and when it is due; None for nowhere."""
    region = check.ref.village[:4]
    if check.stage is Stage.ASKED:
        return unassigned_key(region), check.due
    if check.stage is Stage.ASSIGNED:
        return officer_key(region, check.officer), check.due
    return (to_settle_key(region), check.received_at) if check.to_settle else None


def unassigned_key(region: str) -> str:
    """Partition of the index: checks for which nobody was drawn."""
    return f"{_VISITS}#{region}"


def officer_key(region: str, officer: str) -> str:
    """Partition of the index: the list of a field officer."""
    return f"{_VISITS}#{region}#{officer}"


def to_settle_key(region: str) -> str:
    """Partition of the index: findings that an officer has to look at."""
    return f"{_TO_SETTLE}#{region}"


def check_to_item(check: Check) -> Item:
    """A check as an item; what is empty is left out."""
    pk, sk = check_key(check.ref)
    item: dict[str, Any] = {
        "pk": pk,
        "sk": sk,
        "v": check.version,
        "s": check.stage.value,
        "p": check.purpose.value,
        "ab": check.about,
        "j": bytes.fromhex(check.model),
        "h": check.head.hash + pack_numbers((check.head.seq, check.head.at)),
        "ch": pack_numbers(check.chance),
    }
    item |= {short: getattr(check, name) for name, short in _NUMBERS}
    kept = {short: getattr(check, name) for name, short in (*_TEXTS, *_BYTES)}
    item |= {short: value for short, value in kept.items() if value}
    lists = {
        "dc": list(check.decided),
        "wy": list(check.why),
        "nb": list(check.not_by),
        "at": [
            [e.at, e.why.value, e.request_id.hex(), e.body_digest.hex()] for e in check.attempts
        ],
        "ev": [_exhibit_out(each) for each in check.evidence],
        "op": [[e.actor, e.course.value, e.reason, e.at] for e in check.opinions],
        "m": None if check.declared is None else _household_out(check.declared),
        "f": None if check.finding is None else _finding_out(check.finding),
        "vd": None if check.verdict is None else astuple(check.verdict),
    }
    item |= {name: _pack(value) for name, value in lists.items() if value}
    if check.to_settle:
        item["ts"] = 1
    if check.level:
        item["lv"] = check.level
    waits = work_of(check)
    if waits is not None:
        item["wk"], item["due"] = waits[0], registry_items.due_text(waits[1])
    return item


def check_from_item(item: Item) -> Check:
    """Read what `check_to_item` wrote."""
    found = {name: _unpack(data(item, name)) for name in ("m", "f", "vd") if name in item}
    lists = {
        name: _unpack(data(item, name)) if name in item else []
        for name in ("dc", "nb", "at", "ev", "wy", "op")
    }
    more: dict[str, Any] = {name: number(item, short) for name, short in _NUMBERS}
    more |= {name: text(item, short) for name, short in _TEXTS if short in item}
    more |= {name: data(item, short) for name, short in _BYTES if short in item}
    drawn, families = unpack_numbers(data(item, "ch"))
    return Check(
        ref=check_ref(item),
        stage=Stage(text(item, "s")),
        version=number(item, "v"),
        about=text(item, "ab"),
        purpose=Purpose(text(item, "p")),
        model=data(item, "j").hex(),
        declared=_household_in(found["m"], text(item, "pk")) if "m" in found else None,
        head=registry_items.head_from_item(item),
        chance=(drawn, families),
        decided=tuple(lists["dc"]),
        not_by=tuple(lists["nb"]),
        level=number(item, "lv") if "lv" in item else 0,
        why=tuple((code, count) for code, count in lists["wy"]),
        attempts=tuple(
            Attempt(at, Missed(why), bytes.fromhex(request), bytes.fromhex(digest))
            for at, why, request, digest in lists["at"]
        ),
        evidence=tuple(map(_exhibit_in, lists["ev"])),
        finding=_finding_in(found["f"]) if "f" in found else None,
        verdict=_verdict_in(found["vd"]) if "vd" in found else None,
        to_settle="ts" in item,
        opinions=tuple(
            Opinion(actor, Course(course), reason, at) for actor, course, reason, at in lists["op"]
        ),
        **{"salt": b"", **more},
    )


def sample_key(ref: Ref) -> tuple[str, str]:
    """Key of the draw of a sample, beside the region's checks."""
    return checks_pk(ref.village), f"{SAMPLES}{ref.locator}"


def sample_to_item(sample: Sample) -> Item:
    """A draw as an item."""
    pk, sk = sample_key(sample.ref)
    item: dict[str, Any] = {
        "pk": pk,
        "sk": sk,
        "v": sample.version,
        "oc": sample.occasion,
        "l": sample.commitment,
        "h": sample.head.hash + pack_numbers((sample.head.seq, sample.head.at)),
        "x": sample.salt,
    }
    if sample.at:
        item |= {
            "y": sample.seed,
            "j": bytes.fromhex(sample.population),
            "n": sample.families,
            "d": sample.drawn,
            "a": sample.at,
        }
    return item


def sample_from_item(item: Item) -> Sample:
    """Read what `sample_to_item` wrote."""
    from chalicelib.domain.check_sample import Sample  # noqa: PLC0415 - once a day, by a clock

    drawn: dict[str, Any] = {}
    if "a" in item:
        drawn = {
            "seed": data(item, "y"),
            "population": data(item, "j").hex(),
            "families": number(item, "n"),
            "drawn": number(item, "d"),
            "at": number(item, "a"),
        }
    return Sample(
        ref=Ref(text(item, "pk").removeprefix(CHECKS), text(item, "sk").removeprefix(SAMPLES)),
        version=number(item, "v"),
        occasion=text(item, "oc"),
        commitment=text(item, "l"),
        head=registry_items.head_from_item(item),
        salt=data(item, "x"),
        **drawn,
    )


def _pack(value: object) -> bytes:
    return deflate(json.dumps(value, separators=(",", ":")).encode())


def _unpack(packed: bytes) -> Any:  # noqa: ANN401 - JSON
    return json.loads(inflate(packed, _LARGEST))


def _household_out(household: Household) -> list[Any]:
    members = [
        [
            each.relation.value,
            *each.birth_month,
            each.sex.value,
            each.disability.value,
            int(each.pregnant),
            each.schooling.value,
            each.attending.value,
            each.occupation.value,
            int(each.has_nik),
        ]
        for each in household.members
    ]
    return [*household.as_of, members, dict(household.answers)]


def _household_in(packed: list[Any], pk: str) -> Household:
    year, month, members, answers = packed
    return Household(
        village=pk.removeprefix(CHECKS),
        members=tuple(_member_in(*each) for each in members),
        answers=answers,
        as_of=(year, month),
    )


def _member_in(  # noqa: PLR0917 - the fields of a member in order
    relation: str,
    year: int,
    month: int,
    sex: str,
    disability: str,
    pregnant: int,
    schooling: str,
    attending: str,
    occupation: str,
    has_nik: int,
) -> Member:
    return Member(
        relation=Relation(relation),
        birth_month=(year, month),
        sex=Sex(sex),
        disability=Disability(disability),
        pregnant=bool(pregnant),
        schooling=Schooling(schooling),
        attending=Attending(attending),
        occupation=Occupation(occupation),
        has_nik=bool(has_nik),
    )


def _finding_out(finding: Finding) -> list[Any]:
    counts = {code.value: number for code, number in finding.counts.items()}
    head = [finding.schooling, finding.occupation]
    return [finding.taken_at, dict(finding.answers), counts, *head]


def _finding_in(packed: list[Any]) -> Finding:
    taken_at, answers, counts, schooling, occupation = packed
    return Finding(
        taken_at=taken_at,
        answers=answers,
        counts={Count(code): number for code, number in counts.items()},
        schooling=None if schooling is None else Schooling(schooling),
        occupation=None if occupation is None else Occupation(occupation),
    )


def _verdict_in(packed: list[Any]) -> Verdict:
    eligible, model, rules = packed
    return Verdict(None if eligible is None else tuple(eligible), model, rules)


def _exhibit_out(exhibit: Exhibit) -> list[Any]:
    return [exhibit.side.value, *astuple(exhibit.piece)]


def _exhibit_in(packed: list[Any]) -> Exhibit:
    side, key, kind, size, state, *rest = packed
    return Exhibit(Side(side), Piece(key, FileKind(kind), size, PieceState(state), *rest))


def is_check(item: Mapping[str, Any]) -> bool:
    """Tell a check or a sample from all else in the registry."""
    return text(item, "pk").startswith(CHECKS)
