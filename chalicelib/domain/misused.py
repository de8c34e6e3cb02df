"""An answer that is somebody else's: a vehicle, land or an account under a family's identity.

The family is not blamed for it, and need not prove that it does not have something. Where the
dispute is upheld the answer is set apart: the family is scored as one that has none of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from chalicelib.domain.household import Household
    from chalicelib.domain.pmt_reads import Question

OTHER: Final = "other"
"""Something that the questions do not ask for: an officer has to see what follows."""

_STEP: Final = "assets"
_NONE: Final = "none"


def attributes(questions: Iterable[Question]) -> tuple[str, ...]:
    """Codes of the questions whose answer may be disputed so, and `OTHER`."""
    return (*(each.code for each in questions if _empty(each) is not None), OTHER)


def set_apart(
    household: Household, attribute: str, questions: Iterable[Question]
) -> Household | None:
    """The family as one that has none of it; None when that cannot be told by an answer."""
    empty = next((_empty(each) for each in questions if each.code == attribute), None)
    if empty is None:
        return None
    return replace(household, answers={**household.answers, attribute: empty})


def _empty(question: Question) -> int | str | None:
    """The answer of a family that has none of it."""
    if question.step != _STEP:
        return None
    if question.kind == "yes_no":
        return question.low
    return _NONE if _NONE in question.option_codes else None
