"""Whom a dispute concerns: what the drawing of officers compares, from what is stored anyway."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import Iterable
from typing import TYPE_CHECKING

from chalicelib.domain import audit
from chalicelib.domain.assignment import Interests
from chalicelib.domain.dispute import Dispute
from chalicelib.domain.sanggah_rules import SanggahRules
from chalicelib.usecases.ports import Loaded

if TYPE_CHECKING:
    from chalicelib.domain.ground_check import Check


def interests_of(
    there: Dispute,
    loaded: Loaded | None,
    others: Iterable[Dispute],
    agent: str,
    since: int,
    *,
    judged: frozenset[str] = frozenset(),
) -> Interests:
    """The people, cards and officers that a dispute concerns.

    Args:
        loaded: the disputed case; None while the family has not been found, and then only the
            village and whoever filed it signed in are known to keep away from.
        others: all disputes about that case.
        agent: subject of the agent who registered it, "" when it came by itself.
        since: from when on a vote for this household counts (ms, UTC).
        judged: subjects who have judged what a visit to it found since then.
    """
    guards = loaded.guards if loaded else ()
    return Interests(
        village=there.ref.village,
        people=digests(guards, "N#"),
        kks=digests(guards, "K#"),
        contacts=contacts_of(loaded),
        agent=agent,
        objector=there.person,
        decided=judged
        | decided_of_late((other for other in others if other.ref != there.ref), since),
        acted=frozenset(_subject(vote.actor) for vote in there.votes)
        | frozenset(_subject(opening.actor) for opening in there.openings),
    )


def decided_since(now: int, rules: SanggahRules) -> int:
    """From when on who has decided for a household does not act on it again (ms, UTC)."""
    return now - rules.decided_before_months * 31 * audit.DAY_MS


def decided_of_late(disputes: Iterable[Dispute], since: int) -> frozenset[str]:
    """Subjects who have voted in disputes of a household since then (ms, UTC)."""
    votes = (vote for each in disputes for vote in each.votes)
    return frozenset(_subject(vote.actor) for vote in votes if vote.at >= since)


def interests_of_check(
    there: Check,
    loaded: Loaded | None,
    others: Iterable[Dispute],
    since: int,
    *,
    judged: frozenset[str] = frozenset(),
) -> Interests:
    """The people, cards and officers that a finding concerns.

    Args:
        loaded: the visited family's case.
        others: all disputes about that case.
        since: from when on a vote for this household counts (ms, UTC).
        judged: subjects who have judged what a visit to it found since then, this one included.
    """
    guards = loaded.guards if loaded else ()
    went = {there.officer, *there.not_by} - {""}
    own = frozenset(_subject(each.actor) for each in there.opinions)
    return Interests(
        village=there.ref.village,
        people=digests(guards, "N#"),
        kks=digests(guards, "K#"),
        contacts=contacts_of(loaded),
        agent=there.agent,
        decided=decided_of_late(others, since) | (judged - own),
        acted=own | went,
    )


def contacts_of(loaded: Loaded | None) -> frozenset[bytes]:
    """The family's telephone, if it gave one; whose it is besides is compared with officers'."""
    return frozenset({loaded.case.phone} - {b""}) if loaded else frozenset()


def digests(guards: Iterable[str], kind: str) -> frozenset[bytes]:
    """What the guards of a kind hold: "N#" of people, "K#" of family cards."""
    found = (guard.rpartition("#")[2] for guard in guards if guard.startswith(kind))
    return frozenset(urlsafe_b64decode(each + "=" * (-len(each) % 4)) for each in found)


def _subject(actor: str) -> str:
    return actor.partition(":")[2]
