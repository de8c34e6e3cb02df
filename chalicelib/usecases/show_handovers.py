"""What cases and disputes have left for others to take up, as a list shows it; nobody's name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.domain.areas import Village
from chalicelib.domain.handover import Handover, Kind
from chalicelib.domain.pmt_reads import Question
from chalicelib.usecases.ports import Handovers
from chalicelib.usecases.show_status import Ports as StatusPorts
from chalicelib.usecases.show_status import moment

_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Ports:
    """What the list rests on.

    Attributes:
        words: of this list (data/words/staff, "handovers").
        questions: of the model in force.
    """

    handovers: Handovers
    words: Mapping[str, Any]
    questions: Sequence[Question]
    villages: Mapping[str, Village]
    status: StatusPorts


def latest(region: str, ports: Ports) -> list[dict[str, str]]:
    """One row for each of a region's, the latest first, so many as a page has room for.

    Raises:
        TryAgain: the store refused for now.
    """
    return rows(ports.handovers.of_region(region, _SHOWN), ports)


def rows(handovers: Sequence[Handover], ports: Ports) -> list[dict[str, str]]:
    """One row for each, in the order given."""
    texts = {each.code: each.text for each in ports.questions}
    found = []
    for each in handovers:
        village = ports.villages.get(each.ref.village)
        register = each.kind is Kind.REGISTER
        names = [texts.get(c, ports.words["other"]) if register else c for c in each.codes]
        found.append(
            {
                "at": moment(each.at, ports.status),
                "kind": ports.words["kinds"][each.kind],
                "what": ", ".join(names),
                "number": each.ref.locator,
                "village": f"{village.name}, {village.district}" if village else "",
                "why": ports.words["why"].get(each.why, ports.words["dispute"].format(n=each.why)),
            }
        )
    return found
