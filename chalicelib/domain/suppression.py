"""Which counts may not be told: too few families, or enough told to reckon the few.

Told are the parts of a total, and the total. A part below the least number is hidden; so many of
the next smallest are hidden with it that those hidden are at least two and together reach the
least number, so that the total less the told parts gives no small number away (primary and
complementary suppression; Hundepool and others, Statistical Disclosure Control, 2012, chapter 4).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hidden:
    """The names of the parts to hide, and whether the total must be hidden as well."""

    parts: frozenset[str]
    total: bool


def hide(counts: Mapping[str, int], least: int) -> Hidden:
    """What to hide of the parts of a total.

    Args:
        counts: part -> families. A part of none tells of nobody and is told.
        least: the smallest number that may be told.
    """
    order = sorted((n, name) for name, n in counts.items() if n > 0)
    hidden = [name for n, name in order if n < least]
    covered = sum(n for n, _ in order if n < least)
    rest = [(n, name) for n, name in order if n >= least]
    while hidden and (len(hidden) < 2 or covered < least) and rest:  # noqa: PLR2004 - one alone is the total less the others
        n, name = rest.pop(0)
        hidden.append(name)
        covered += n
    return Hidden(frozenset(hidden), 0 < sum(counts.values()) < least)
