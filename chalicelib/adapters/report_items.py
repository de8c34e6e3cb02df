"""Reports about agents and officers as items of the registry; what was written is in the vault."""

from __future__ import annotations

import json
from typing import Any, Final

from chalicelib.adapters import registry_items
from chalicelib.adapters.dispute_items import pack_exhibit, unpack_exhibit
from chalicelib.adapters.dynamo import Item, data, number, text
from chalicelib.adapters.packing import deflate, inflate, pack_numbers
from chalicelib.domain import misconduct
from chalicelib.domain.misconduct import Reached, Report, Stage
from chalicelib.domain.registration import Ref, Work

_LARGEST: Final = 20_000  # bytes of the list of photos, unpacked: more than its most take


def report_key(ref: Ref) -> tuple[str, str]:
    """Key of a report: all of a village are one partition."""
    return f"M#{ref.village}", ref.locator


def officer_key(region: str, officer: str) -> str:
    """Partition of the index of what supervisors were drawn for; disputes have their own."""
    return f"{region}#report#{officer}"


def report_to_item(report: Report) -> Item:
    """A report as an item; what is empty is left out."""
    pk, sk = report_key(report.ref)
    region = report.ref.village[:4]
    item: dict[str, Any] = {
        "pk": pk,
        "sk": sk,
        "v": report.version,
        "s": report.stage.value,
        "w": report.reason,
        "q": report.request_id,
        "b": report.body_digest,
        "r": report.secret_mac,
        "t": json.dumps([[step.stage, step.at] for step in report.steps]),
        "h": report.head.hash + pack_numbers((report.head.seq, report.head.at)),
        "x": report.salt,
    }
    if report.evidence:
        packed = json.dumps([pack_exhibit(each) for each in report.evidence])
        item["e"] = deflate(packed.encode())
    if report.passed:
        item["p"] = list(report.passed)
    more = {"u": report.due, "l": report.level, "o": report.outcome}
    item |= {short: value for short, value in more.items() if value}
    if report.officer and not report.ended:
        item["of"] = officer_key(region, report.officer)
    elif report.officer:
        item["f"] = report.officer
    if not report.ended:
        item["wk"] = registry_items.work_key(Work.REPORT, region)
        item["due"] = registry_items.due_text(misconduct.wakes(report))
    return item


def report_from_item(item: Item) -> Report:
    """Read what `report_to_item` wrote.

    Raises:
        TypeError, ValueError, KeyError: the item is none of ours.
    """
    packed = inflate(data(item, "e"), _LARGEST) if "e" in item else b"[]"
    passed: Any = item.get("p", ())
    drawn = text(item, "of").rpartition("#")[2] if "of" in item else ""
    return Report(
        ref=registry_items.ref_of(item),
        stage=Stage(text(item, "s")),
        version=number(item, "v"),
        reason=text(item, "w"),
        request_id=data(item, "q"),
        body_digest=data(item, "b"),
        secret_mac=data(item, "r"),
        steps=tuple(Reached(Stage(stage), at) for stage, at in json.loads(text(item, "t"))),
        head=registry_items.head_from_item(item),
        salt=data(item, "x"),
        evidence=tuple(unpack_exhibit(*told) for told in json.loads(packed)),
        officer=text(item, "f") if "f" in item else drawn,
        passed=tuple(passed),
        due=number(item, "u") if "u" in item else 0,
        level=number(item, "l") if "l" in item else 0,
        outcome=text(item, "o") if "o" in item else "",
    )
