"""How many families are visited without anybody asking, and how: dated data of a region."""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass
from datetime import date

from chalicelib.domain.strict_json import Node, parse

FORMAT = 1
_WHOLE = {
    "sample_per_10000": (0, 10_000),
    "sample_least": (0, 10_000),
    "sample_most": (0, 10_000),
    "near_percent": (0, 100),
    "near_most_a_day": (0, 10_000),
    "hours_between_attempts": (0, 240),
    "photos": (0, 20),
}


class CheckRulesError(LookupError):
    """No rules of ground checks hold on a day."""


@dataclass(frozen=True, slots=True)
class CheckRules:
    """What holds in one period.

    Attributes:
        effective_from, effective_to: first and last day; the last is None until superseded.
        sample_per_10000: families in 10,000 decided of a month that are drawn at random; never
            fewer than `sample_least` while there are as many, never more than `sample_most`.
        near_percent: part of the model's interval in which a score counts as near a cut-off.
        near_most_a_day: most checks that are asked for because of that, of a day's decisions.
        hours_between_attempts: before a second "nobody met" counts.
        photos: most with one finding.
    """

    effective_from: date
    effective_to: date | None
    sample_per_10000: int
    sample_least: int
    sample_most: int
    near_percent: int
    near_most_a_day: int
    hours_between_attempts: int
    photos: int

    def sample_of(self, families: int) -> int:
        """How many of so many decided families are drawn."""
        wanted = max(families * self.sample_per_10000 // 10_000, self.sample_least)
        return min(wanted, self.sample_most, families)


@dataclass(frozen=True, slots=True)
class DatedCheckRules:
    """All periods of one file, in the order of time; `sha256` of the file in 64 hex digits."""

    sha256: str
    periods: tuple[CheckRules, ...]

    def on(self, day: date) -> CheckRules:
        """The rules of a day.

        Raises:
            CheckRulesError: no period covers it.
        """
        for period in self.periods:
            last = period.effective_to
            if period.effective_from <= day and (last is None or day <= last):
                return period
        raise CheckRulesError(f"no rules of ground checks are known for {day}")


def load_check_rules(data: bytes) -> DatedCheckRules:
    """Read a file of rules.

    Raises:
        ShapeError: a field is missing, unknown, of the wrong kind or out of range; two periods
            hold on one day.
    """
    fields = parse(data).fields("format title known_on choices periods")
    fields["format"].whole(FORMAT, FORMAT)
    periods = tuple(_period(node) for node in fields["periods"].sequence(1))
    for earlier, later in itertools.pairwise(periods):
        if earlier.effective_to is None or earlier.effective_to >= later.effective_from:
            fields["periods"].refuse(f"has two rules for {later.effective_from}")
    return DatedCheckRules(hashlib.sha256(data).hexdigest(), periods)


def _period(node: Node) -> CheckRules:
    fields = node.fields(f"effective_from effective_to {' '.join(_WHOLE)}")
    last = fields["effective_to"]
    found = CheckRules(
        effective_from=fields["effective_from"].day(),
        effective_to=None if last.is_null else last.day(),
        **{name: fields[name].whole(*ends) for name, ends in _WHOLE.items()},
    )
    if found.effective_to is not None and found.effective_to < found.effective_from:
        last.refuse("is before the first day")
    if found.sample_least > found.sample_most:
        fields["sample_least"].refuse("is more than the most")
    return found
