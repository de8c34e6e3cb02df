"""Invented appeals, objections and reports, complete enough to be stored and moved on."""

from __future__ import annotations

from chalicelib.domain import audit, dispute, hearing, misconduct, name_tags
from chalicelib.domain.audit import Event
from chalicelib.domain.dispute import Dispute, Exhibit, Kind, Side, Stage
from chalicelib.domain.evidence import FileKind, Piece
from chalicelib.domain.misconduct import Report
from chalicelib.domain.registration import Ref, Stamp
from chalicelib.usecases.dispute_ports import CLAIM, FILER, Slot, Statement
from tests.builders import SALT, VILLAGE, VILLAGE_INDEX
from tests.fakes import START, FakeBlindIndex, FakeSealer

HOUR = 3_600_000
DAY = 24 * HOUR
PERSON = bytes(range(16))
OFFICER, OTHER, THIRD = "officer-1", "officer-2", "officer-3"

mac = FakeBlindIndex().mac


def at(when: int, actor: str = "system:tests") -> Stamp:
    """Who, and when; a dispute's own salt is used whatever the stamp says."""
    return Stamp(when, actor, b"")


def piece(number: int, kind: FileKind = FileKind.JPEG) -> Piece:
    """A piece that may be uploaded."""
    return Piece(f"{number:032x}", kind, 300_000)


def exhibits(count: int, side: Side = Side.FILER, first: int = 0) -> tuple[Exhibit, ...]:
    """So many pieces that may be uploaded."""
    return tuple(Exhibit(side, piece(first + number)) for number in range(count))


def blank(
    kind: Kind, about: str = "", key: str = "a dispute's key", pieces: int = 2, place: int = 1
) -> Dispute:
    """A dispute that has not been filed yet."""
    locator = dispute.locator_of(mac, key, VILLAGE_INDEX)
    objects = kind is Kind.OBJECTION
    return Dispute(
        ref=Ref(VILLAGE, locator),
        kind=kind,
        stage=Stage.FILED,
        version=0,
        about=about,
        reason="not_poor" if objects else "data_wrong",
        request_id=mac("request", key.encode())[:16],
        body_digest=mac("body", key.encode())[:16],
        steps=(),
        head=audit.first_head(locator),
        salt=mac("salt", key.encode())[:16],
        person=PERSON if objects else b"",
        place=place if objects else 0,
        names=name_tags.tags_of(mac, VILLAGE, "Contoh Sumarni") if objects else b"",
        evidence=exhibits(pieces),
    )


def filed(
    kind: Kind,
    about: str = "",
    *,
    key: str = "a dispute's key",
    pieces: int = 2,
    when: int = START,
    place: int = 1,
) -> tuple[Dispute, Event]:
    """A dispute as filed, with its first event."""
    made = blank(kind, about, key, pieces, place)
    return hearing.file(made, at(when, "citizen"), due=when + DAY)


def reported(
    locator: str = "W5ABC22222",
    *,
    pieces: int = 1,
    when: int = START,
    due: int = START + DAY,
    salt: bytes = SALT,
) -> tuple[Report, Event]:
    """A report about an agent as filed, with its first event."""
    blank = Report(
        ref=Ref(VILLAGE, locator),
        stage=misconduct.Stage.FILED,
        version=0,
        reason="money_asked",
        request_id=b"q" * 16,
        body_digest=b"d" * 16,
        secret_mac=b"s" * 32,
        steps=(),
        head=audit.first_head(locator),
        salt=salt,
        evidence=exhibits(pieces),
    )
    return misconduct.file(blank, at(when, "citizen"), due=due)


def statements(made: Dispute) -> list[Statement]:
    """What its filer wrote, and who that is."""
    parts = (CLAIM, FILER) if made.kind is Kind.OBJECTION else (CLAIM,)
    return [statement(made, part) for part in parts]


def statement(made: Dispute, part: str) -> Statement:
    """Something that was written, sealed."""
    context = f"{made.ref.locator}|{part}"
    return Statement(part, FakeSealer().seal(part.encode(), context))


def slot(made: Dispute) -> Slot:
    """The place that an objection holds."""
    return Slot(made.person, made.place, made.ref, b"a named family..")
