"""Which disputes of a list are asked for: what a form or an address may say, and what it means."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

from chalicelib.domain.dispute import ENDED, HIGHEST_LEVEL, WITH_OFFICER, Dispute, Kind, Stage
from chalicelib.domain.errors import Fault
from chalicelib.domain.registration import Ref

LATE, SOON = "late", "soon"
NOBODY, SOMEBODY = "nobody", "somebody"
FLAGGED = "yes"
STAGES: Final = tuple(stage for stage in Stage if stage not in ENDED)
LEVELS: Final = tuple(map(str, range(HIGHEST_LEVEL + 1)))
OPTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "kind": tuple(Kind),
    "stage": STAGES,
    "due": (LATE, SOON),
    "level": LEVELS,
    "held": (NOBODY, SOMEBODY),
    "flagged": (FLAGGED,),
}
_PLACES: Final = {"district": re.compile(r"[0-9]{6}"), "village": re.compile(r"[0-9]{10}")}


@dataclass(frozen=True, slots=True)
class Filter:
    """What is asked for; "" leaves a question open.

    Attributes:
        district, village: codes of six and ten digits.
        due: `LATE`, or `SOON`: within two working days.
        level: of escalation, as a digit.
        held: `SOMEBODY` was drawn, or an officer is needed and `NOBODY` was.
        flagged: `FLAGGED` for those with something that an officer should see.
    """

    kind: str = ""
    stage: str = ""
    district: str = ""
    village: str = ""
    due: str = ""
    level: str = ""
    held: str = ""
    flagged: str = ""

    def told(self) -> dict[str, str]:
        """What it asks for, by field, as an address or a form says it."""
        return {name: value for name, value in asdict(self).items() if value}

    def is_there(self, ref: Ref) -> bool:
        """Whether a dispute lies where it asks for: told without reading the dispute."""
        return ref.village.startswith(self.village or self.district)

    def matches(self, there: Dispute, *, late: bool, soon: bool) -> bool:
        """Whether a dispute is asked for."""
        nobody = NOBODY if there.stage in WITH_OFFICER else ""
        is_due = {"": True, LATE: late, SOON: soon}[self.due]
        same = (
            (self.kind, there.kind),
            (self.stage, there.stage),
            (self.level, str(there.level)),
            (self.held, SOMEBODY if there.officer else nobody),
        )
        return (
            is_due
            and self.is_there(there.ref)
            and all(asked in ("", stands) for asked, stands in same)
            and (not self.flagged or bool(there.concerns))
        )


def read(query: Mapping[str, str]) -> tuple[Filter, tuple[Fault, ...]]:
    """The filter that an address or a form tells, and what of it cannot be.

    A village of another district than the one asked for is left out: the list of villages is that
    of the district which was asked for before. Other fields are not ours and are not looked at.
    """
    told = {name: query.get(name, "").strip() for name in Filter.__slots__}
    faults = [
        Fault("field_not_an_option", name)
        for name, value in told.items()
        if value and not _may_be(name, value)
    ]
    for fault in faults:
        told[fault.field] = ""
    if not told["village"].startswith(told["district"]) or not told["district"]:
        told["village"] = ""
    return Filter(**told), tuple(faults)


def _may_be(name: str, value: str) -> bool:
    place = _PLACES.get(name)
    return bool(place.fullmatch(value)) if place else value in OPTIONS[name]
