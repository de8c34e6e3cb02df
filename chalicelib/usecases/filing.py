"""What filing an appeal and filing an objection share: pieces of evidence, and telling a repeat."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Protocol

from chalicelib.domain.dispute import Dispute, Exhibit, Side
from chalicelib.domain.errors import Fault, TooMany
from chalicelib.domain.evidence import FileKind, Piece, PieceState, upload_key
from chalicelib.domain.receipt import Mac
from chalicelib.domain.region_calendar import RegionCalendar
from chalicelib.domain.registration import Ref
from chalicelib.domain.sanggah_rules import Evidence, SanggahRules

if TYPE_CHECKING:
    from chalicelib.usecases.evidence_ports import Grants
    from chalicelib.usecases.ports import Limits

HOUR_MS = 3_600_000
SALT_SIZE = 16
RulesOn = Callable[[date], SanggahRules]
"""The region's rules of a day; raises `SanggahError` for a day that none cover."""


def screened_by(at: int, rules: SanggahRules) -> int:
    """When evidence of what was filed should be there and screened (both ms, UTC)."""
    return at + rules.terms.screening_hours * HOUR_MS


class Owner(Protocol):
    """Whatever keeps evidence."""

    @property
    def ref(self) -> Ref:
        """Where it is kept."""

    @property
    def evidence(self) -> tuple[Exhibit, ...]:
        """What was brought, in order."""


@dataclass(frozen=True, slots=True)
class Photo:
    """A file that somebody wants to send."""

    kind: FileKind
    size: int


@dataclass(frozen=True, slots=True)
class Upload:
    """Leave to send one piece straight to the quarantine bucket.

    Attributes:
        piece: its id.
        url: where to post the file; `fields` come before it in the form.
    """

    piece: str
    url: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Filed:
    """What whoever filed is told.

    Attributes:
        uploads: leave to send each piece that is not there yet, in order.
    """

    dispute: Dispute
    uploads: tuple[Upload, ...]


@dataclass(frozen=True, slots=True)
class Terms:
    """The dated rules of the region and its calendar."""

    rules_on: RulesOn
    calendar: RegionCalendar

    def today(self, now: int) -> SanggahRules:
        """The rules that hold now.

        Raises:
            SanggahError: none do.
        """
        return self.rules_on(self.calendar.day(now))


@dataclass(frozen=True, slots=True)
class Misused:
    """What is said of a belonging that is somebody else's, with an appeal.

    Attributes:
        attribute: code of the question whose answer it is, "" for none.
        stated: whether the family has stated that it is not its own.
    """

    attribute: str = ""
    stated: bool = False


def misused_faults(
    reason: str, said: Misused, rules: SanggahRules, attributes: Callable[[], Collection[str]]
) -> list[Fault]:
    """What is wrong with an appeal as one about somebody else's belonging, or about none.

    Args:
        attributes: codes of what may be disputed so, read only where it is asked for.
    """
    if reason not in rules.misused_identity:
        return [Fault("field_unknown", "attribute")] if said.attribute else []
    faults = []
    if said.attribute not in attributes():
        faults.append(Fault("field_not_an_option", "attribute"))
    if not said.stated:
        faults.append(Fault("field_missing", "stated"))
    return faults


def photo_faults(photos: Sequence[Photo], limits: Evidence, *, least: int = 0) -> list[Fault]:
    """What is wrong with the files that somebody announces."""
    faults = []
    if len(photos) < least:
        faults.append(Fault("evidence_needed", "photos", {"least": least}))
    if len(photos) > limits.at_first:
        faults.append(Fault("evidence_too_many", "photos", {"most": limits.at_first}))
    faults += [
        Fault("evidence_too_large", f"photos.{place}.size", {"mb": limits.bytes // 1024**2})
        for place, photo in enumerate(photos)
        if not 0 < photo.size <= limits.bytes
    ]
    return faults


def exhibits(
    mac: Mac, owner: Ref, key: str, photos: Sequence[Photo], side: Side
) -> tuple[Exhibit, ...]:
    """Pieces for the announced files; the same for the same request, and not to be guessed."""
    return tuple(
        Exhibit(side, Piece(_piece_id(mac, owner, key, place), photo.kind, photo.size))
        for place, photo in enumerate(photos)
    )


def leave(owner: Owner, ids: Sequence[str], grants: Grants, after: str) -> tuple[Upload, ...]:
    """Leave to send those of the pieces that are not there yet.

    Args:
        owner: the dispute or ground check that they belong to.
        after: where a browser without scripts is led when the file is there.
    """
    waited_for = [
        each.piece
        for each in owner.evidence
        if each.piece.id in ids and each.piece.state is PieceState.GRANTED
    ]
    signed = [
        (
            piece,
            grants.grant(upload_key(owner.ref, piece.id), piece.kind, piece.size, after=after),
        )
        for piece in waited_for
    ]
    return tuple(Upload(piece.id, grant.url, grant.fields) for piece, grant in signed)


def take_of_the_hour(
    limits: Limits, kind: str, tag: str, now: int, *, most: int, fault: str
) -> None:
    """Take one of what an address may send within an hour.

    Args:
        kind: letter of what is sent.
        tag: of the address (`find_case.caller_tag`).
        fault: code of what is told when there is none left.

    Raises:
        TooMany: there is none left.
        TryAgain: the store refused for now.
    """
    hour = now // HOUR_MS
    if not limits.take(f"{kind}#{hour}#{tag}", most, (hour + 1) * HOUR_MS):
        rest = -(-(HOUR_MS - now % HOUR_MS) // 1000)
        raise TooMany(Fault(fault), retry_after=rest)


def _piece_id(mac: Mac, owner: Ref, key: str, place: int) -> str:
    return mac("piece", f"{owner.locator}|{key}|{place}".encode())[:SALT_SIZE].hex()
