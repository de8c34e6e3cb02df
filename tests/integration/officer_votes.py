"""An officer at a desk, and the vote that the page of a dispute sends."""

from __future__ import annotations

from chalicelib import wiring
from chalicelib.domain.dispute import Dispute
from chalicelib.domain.registration import Registration


def case_of(there: Dispute) -> Registration:
    assert there.case is not None
    return wiring.store().load([there.case])[there.case].case


def voting(there: Dispute, step: str, vote: str = "upheld:claim_confirmed") -> dict[str, str]:
    seen = f"{there.version}.{case_of(there).version}"
    return {"vote": vote, "step": step, "kind": "appeal", "seen": seen}
