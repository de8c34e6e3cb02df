r"""Export a pilot's finished sample checks for analysts, as the tables that `tepat monitor` reads.

    python -m infra.checks_export --stage banyuwangi --programme PKH --out FOLDER
    tepat monitor report --checks FOLDER/checks.csv --answers FOLDER/answers.csv \
        --questions questions.csv

A row is a family that chance chose and somebody met, with its probability; families are numbered
in the order of a hash, so that no number leads back to one. Whom nobody met, and who could not be
decided on what was found, are counted on the screen and left out. Who was erased since stays in the
estimate of errors, without an answer.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from chalicelib.adapters import dynamo, ground_check_items
from chalicelib.domain.finding import counts_of
from chalicelib.domain.ground_check import Check, Purpose, Stage
from infra import pilot
from infra.account import Account

CHECKS = ("hh_id", "region", "stratum", "probability", "agent", "decided", "eligible")
ANSWERS = ("hh_id", "question", "declared", "checked")
_SELF = "self"


@dataclass
class Tables:
    """What is exported.

    Attributes:
        checks, answers: the files' text.
        left_out: why -> checks that are not in them.
    """

    checks: str
    answers: str
    rows: int
    left_out: dict[str, int] = field(default_factory=dict)


def tables(checks: Iterable[Check], programme: str) -> Tables:
    """Make both tables of the sample's checks for one programme.

    Args:
        programme: code, as the rules have it.
    """
    left_out: dict[str, int] = {}
    kept: list[Check] = []
    for check in checks:
        why = _left_out(check)
        if why is None:
            kept.append(check)
        elif check.purpose is Purpose.SAMPLE:
            left_out[why] = left_out.get(why, 0) + 1
    kept.sort(key=lambda check: hashlib.sha256(check.ref.locator.encode()).digest())
    numbered = list(enumerate(kept, start=1))
    return Tables(
        _csv(CHECKS, (_check_row(number, check, programme) for number, check in numbered)),
        _csv(ANSWERS, (row for number, check in numbered for row in _answer_rows(number, check))),
        len(kept),
        left_out,
    )


def read(account: Account, given: dict[str, str]) -> Iterator[Check]:
    """Every ground check of a pilot, page by page.

    Args:
        account: where the tables are.
        given: outputs of the pilot's resources.
    """
    scan = (
        account.client("dynamodb")
        .get_paginator("scan")
        .paginate(
            TableName=pilot.tables(given).registry,
            FilterExpression="begins_with(pk, :checks) AND attribute_exists(ab)",
            ExpressionAttributeValues={":checks": {"S": ground_check_items.CHECKS}},
            ConsistentRead=True,
        )
    )
    for page in scan:
        for item in page["Items"]:
            yield ground_check_items.check_from_item(dynamo.decode(item))


def _left_out(check: Check) -> str | None:
    """Why a check is not exported; None when it is."""
    if check.purpose is not Purpose.SAMPLE:
        return "not_of_the_sample"
    if check.stage is not Stage.DONE:
        return check.stage.value
    decided = check.verdict is not None and check.verdict.eligible is not None
    return None if decided else "not_decided_on_it"


def _check_row(number: int, check: Check, programme: str) -> tuple[object, ...]:
    drawn, families = check.chance
    eligible = (check.verdict.eligible if check.verdict else None) or ()
    return (
        number,
        check.ref.village[:4],
        check.occasion,
        f"{drawn / families:.8f}",
        check.agent or _SELF,
        "in" if programme in check.decided else "out",
        "yes" if programme in eligible else "no",
    )


def _answer_rows(number: int, check: Check) -> Iterator[tuple[object, ...]]:
    if check.finding is None or check.declared is None:
        return
    for question, found in sorted(check.finding.answers.items()):
        yield number, question, check.declared.answers.get(question, ""), found
    # Ages move on: both are counted on the day that the family was decided by.
    counted = counts_of(check.declared)
    for code, count in sorted(check.finding.counts.items()):
        yield number, code.value, counted[code], count


def _csv(header: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(header)
    table.writerows(rows)
    return out.getvalue()


def main() -> None:
    """Export from the account of the caller's AWS settings, or from the local AWS."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        prog="python -m infra.checks_export",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    pilot.add_arguments(parser)
    parser.add_argument("--programme", required=True, help="code of a programme, such as PKH")
    parser.add_argument("--out", required=True, type=Path, help="a folder; it is made")
    options = parser.parse_args()
    account, given = pilot.opened(options.stage, options.local)
    made = tables(read(account, given), options.programme)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "checks.csv").write_text(made.checks, "utf-8")
    (options.out / "answers.csv").write_text(made.answers, "utf-8")
    told = ", ".join(f"{why} {count}" for why, count in sorted(made.left_out.items()))
    print(f"{made.rows} families; left out: {told or 'none'}", file=sys.stderr)


if __name__ == "__main__":
    main()
