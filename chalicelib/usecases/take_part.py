"""What the parties of a dispute do in it: answer an objection, bring more evidence, withdraw.

The family comes with its receipt, the objector signed in; neither learns who the other is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.domain import blind_keys, dispute, hearing
from chalicelib.domain.dispute import Dispute, Kind, Side
from chalicelib.domain.errors import Fault, InvalidRequest, NotFound, TryAgain, WrongState
from chalicelib.domain.receipt import is_locator
from chalicelib.domain.registration import Ref, Stamp
from chalicelib.usecases import filing
from chalicelib.usecases.dispute_ports import ANSWER, Disputes, Statement, held_slot
from chalicelib.usecases.evidence_ports import Grants
from chalicelib.usecases.filing import Filed, Photo
from chalicelib.usecases.find_case import Caller, find_case
from chalicelib.usecases.find_case import Ports as FindPorts
from chalicelib.usecases.ports import Sealer


@dataclass(frozen=True, slots=True)
class Ports:
    """What taking part needs. `village_of` gives the village that a dispute's locator carries."""

    find: FindPorts
    sealer: Sealer
    disputes: Disputes
    grants: Grants
    terms: filing.Terms
    village_of: Callable[[str], str | None]
    after: str = ""


@dataclass(frozen=True, slots=True)
class Party:
    """Who takes part: a family by its receipt, or an objector who signed in; one of the two.

    Attributes:
        person: 16 bytes that stand for the person, b"" for a family.
    """

    caller: Caller
    receipt: str = ""
    person: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a family answers to an objection, and the files that go with it."""

    key: str
    text: str
    photos: tuple[Photo, ...]
    form: Mapping[str, Any]


def find_dispute(number: str, party: Party, ports: Ports) -> tuple[Dispute, Side]:
    """The dispute of that number, if it is the party's, and which side they are on.

    Raises:
        NotFound: there is none, or it is not theirs: nobody learns which.
        TooMany, TryAgain: as for a status look-up.
    """
    village = ports.village_of(number) if is_locator(number) else None
    ref = Ref(village or "", number)
    case = find_case(party.receipt, party.caller, ports.find).case if party.receipt else None
    if case is not None and number not in case.disputes:
        ref = Ref("", "")
    there = ports.disputes.load([ref]).get(ref) if ref.village else None
    if there is not None and case is not None:
        return there, Side.FILER if there.kind is Kind.APPEAL else Side.FAMILY
    if there is not None and party.person and there.person == party.person:
        return there, Side.FILER
    raise NotFound(Fault("dispute_unknown", "dispute"))


def answer(number: str, party: Party, sent: Answer, ports: Ports) -> Filed:
    """Take the family's answer to an objection.

    Raises:
        InvalidRequest: nothing was written, or too many files.
        WrongState: it has answered, or the officers have begun to decide.
        NotFound, TooMany, TryAgain: as `find_dispute`.
    """
    there, side = find_dispute(number, party, ports)
    mine = blind_keys.request_id(ports.find.index.mac, sent.key)
    pieces = filing.exhibits(ports.find.index.mac, there.ref, sent.key, sent.photos, Side.FAMILY)
    ids = [each.piece.id for each in pieces]
    if there.last_request == mine:
        return Filed(there, filing.leave(there, ids, ports.grants, ports.after))
    if side is not Side.FAMILY:
        raise WrongState(Fault("dispute_not_to_be_heard"))
    now = ports.find.clock.now_ms()
    faults = filing.photo_faults(sent.photos, ports.terms.today(now).evidence)
    if not sent.text.strip():
        faults.append(Fault("field_missing", "text"))
    if faults:
        raise InvalidRequest(*faults)
    digest = blind_keys.body_digest(ports.find.index.mac, sent.form)
    stamp = Stamp(now, "citizen", there.salt)
    moved, event = hearing.answer(there, pieces, mine, stamp, {"answer": digest.hex()})
    context = f"{there.ref.locator}|{ANSWER}"
    statement = Statement(ANSWER, ports.sealer.seal(sent.text.encode(), context))
    if ports.disputes.change(moved, event, statement=statement) is not None:
        raise TryAgain(Fault("busy"))
    return Filed(moved, filing.leave(moved, ids, ports.grants, ports.after))


def add_evidence(
    number: str, party: Party, key: str, photos: tuple[Photo, ...], ports: Ports
) -> Filed:
    """Let a party send more files, or those again whose leave has passed.

    Raises:
        InvalidRequest: too many files, or too large.
        WrongState: the dispute has ended.
        NotFound, TooMany, TryAgain: as `find_dispute`.
    """
    there, side = find_dispute(number, party, ports)
    mac = ports.find.index.mac
    mine = blind_keys.request_id(mac, key)
    pieces = filing.exhibits(mac, there.ref, key, photos, side)
    ids = [each.piece.id for each in pieces]
    if there.last_request == mine:
        return Filed(there, filing.leave(there, ids, ports.grants, ports.after))
    now = ports.find.clock.now_ms()
    faults = filing.photo_faults(photos, ports.terms.today(now).evidence, least=1)
    if faults:
        raise InvalidRequest(*faults)
    stamp = Stamp(now, "citizen", there.salt)
    moved, event = hearing.add_evidence(there, pieces, mine, stamp)
    if ports.disputes.change(moved, event) is not None:
        raise TryAgain(Fault("busy"))
    return Filed(moved, filing.leave(moved, ids, ports.grants, ports.after))


def withdraw(number: str, party: Party, key: str, ports: Ports) -> Dispute:
    """End a dispute at the wish of who filed it; one that is withdrawn stays so.

    Raises:
        WrongState: it was decided.
        NotFound, TooMany, TryAgain: as `find_dispute`; the family cannot withdraw an objection.
    """
    there, side = find_dispute(number, party, ports)
    if side is not Side.FILER:
        raise NotFound(Fault("dispute_unknown", "dispute"))
    if there.stage is dispute.Stage.WITHDRAWN:
        return there
    mine = blind_keys.request_id(ports.find.index.mac, key)
    stamp = Stamp(ports.find.clock.now_ms(), "citizen", there.salt)
    moved, event = hearing.withdraw(there, mine, stamp)
    if ports.disputes.change(moved, event, gives_up=held_slot(there)) is not None:
        raise TryAgain(Fault("busy"))
    return moved
