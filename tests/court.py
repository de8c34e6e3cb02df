"""What tests of appeals and objections share: a decided family, officers, a desk, and a mailbox."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from chalicelib.adapters.area_files import village_at
from chalicelib.domain import assignment, blind_keys, dispute, hearing, misused
from chalicelib.domain.assignment import Officer
from chalicelib.domain.dispute import Dispute, Exhibit, Outcome, Stage
from chalicelib.domain.evidence import FileKind, Piece, PieceState
from chalicelib.domain.household import Household
from chalicelib.domain.region_calendar import RegionCalendar
from chalicelib.domain.registration import Ref, Registration, Stamp
from chalicelib.domain.sanggah_rules import DatedRules, load_sanggah
from chalicelib.domain.working_days import load_holidays
from chalicelib.usecases import (
    conduct_dispute,
    file_appeal,
    file_objection,
    file_outcome_appeal,
    file_own_appeal,
    filing,
    redraw_disputes,
    review_dispute,
    show_dispute,
    take_part,
)
from chalicelib.usecases.ask_check import visit_of
from chalicelib.usecases.filing import Filed, Misused, Photo
from chalicelib.usecases.ports import Message
from tests.fakes import FakeOpener, FakeSealer
from tests.fakes_disputes import FakeTraces
from tests.fakes_evidence import FakeGrants
from tests.fakes_reviews import FakeReviews
from tests.world import CALLER, DATA, REGION, VILLAGE, World, form, member

KEY = "family-0000000000000001"
HEAD = member(9901)
PHOTO = Photo(FileKind.JPEG, 180_000)
TEXT = "Kami tidak punya motor lagi."
NEIGHBOUR = "3510152003809903"  # invented; another village
DISTRICT, ELSEWHERE = VILLAGE[:6], "351001"
DAY_MS = 86_400_000


def officer(number: int, *, district: str = DISTRICT, roles: str = "reviewer") -> Officer:
    """An officer without any tie to the families of the tests."""
    own = bytes([number]) * assignment.MAC_SIZE
    home = "3510202001" if district == DISTRICT else f"{ELSEWHERE}2001"
    return Officer(
        sub=f"officer-{number}",
        roles=frozenset({roles}),
        person=own,
        kk=own[::-1],
        phone=bytes([200 + number % 50]) * assignment.MAC_SIZE,
        village=home,
        districts=frozenset({district}),
        kin_at=1,
    )


STAFF = (
    *(officer(number) for number in range(1, 6)),
    *(officer(number, district=ELSEWHERE) for number in range(6, 9)),
    officer(9, roles="supervisor"),
    officer(10, district=ELSEWHERE, roles="supervisor"),
)


def sanggah_rules() -> DatedRules:
    """The region's dated rules."""
    return load_sanggah((DATA / "sanggah" / "default.json").read_bytes())


@cache
def terms() -> filing.Terms:
    """The region's rules and calendar, read once."""
    holidays = load_holidays(path.read_bytes() for path in (DATA / "holidays").glob("*.json"))
    return filing.Terms(sanggah_rules().on, RegionCalendar(holidays, 7))


@dataclass
class Courtroom:
    """Officers, and everything that moves disputes in a world."""

    world: World = field(default_factory=World)
    staff: Sequence[Officer] = STAFF
    checked: Household | None = None
    visits_done: bool = False

    def __post_init__(self) -> None:
        self.disputes = self.world.disputes
        self.terms = terms()

    def appeal_by(
        self, receipt: str, key: str, *photos: Photo, agent: str = "", **changes: Any
    ) -> Filed:
        """File an appeal of the result that a receipt opens, with an agent or without."""
        body: dict[str, Any] = {"receipt": receipt, "reason": "data_wrong", "text": TEXT}
        said = changes.pop("misused", Misused())
        body |= changes
        form = {**body, "photos": len(photos), "attribute": said.attribute}
        if agent:
            form["agreed"] = True
        command = file_appeal.Appeal(
            key=key,
            **body,
            photos=photos,
            form=form,
            caller=CALLER,
            actor=f"agent:{agent}" if agent else file_appeal.CITIZEN,
            misused=said,
        )
        return file_appeal.file_appeal(command, self.appeal_ports())

    def own(
        self, nik: str = HEAD["nik"], name: str = HEAD["name"], *photos: Photo, **changes: Any
    ) -> Filed:
        """File an appeal without a receipt, as somebody who signed in."""
        told: dict[str, Any] = {"key": "own-000000000000000001", "village": VILLAGE}
        told |= {"reason": "data_wrong", "text": TEXT} | changes
        person = file_objection.Person(self.person(nik), name, nik)
        said = told.pop("misused", Misused())
        form = {**told, "photos": len(photos), "attribute": said.attribute}
        command = file_own_appeal.OwnAppeal(
            person=person, photos=photos, form=form, caller=CALLER, misused=said, **told
        )
        return file_own_appeal.file_own_appeal(command, self.own_ports())

    def own_ports(self) -> file_own_appeal.Ports:
        world = self.world
        return file_own_appeal.Ports(
            world.clock,
            world.random,
            world.index,
            FakeSealer(),
            self.disputes,
            world.limits,
            FakeGrants(),
            self.terms,
            self.attributes,
            world.villages(),
        )

    def second(self, number: str, *photos: Photo, **changes: Any) -> Filed:
        """Ask, as who objected, that the outcome is looked at again."""
        told: dict[str, Any] = {"key": "second-000000000000001", "text": "Mobilnya masih ada."}
        told |= changes
        party = told.pop("party", None) or self.neighbour()
        form = {**told, "photos": len(photos)}
        wish = file_outcome_appeal.Second(told["key"], number, party, told["text"], photos, form)
        ports = file_outcome_appeal.Ports(self.part_ports(), self.world.random)
        return file_outcome_appeal.appeal_outcome(wish, ports)

    def appeal_ports(self) -> file_appeal.Ports:
        return file_appeal.Ports(
            self.world.find_ports(),
            self.world.random,
            FakeSealer(),
            self.disputes,
            FakeGrants(),
            self.terms,
            self.attributes,
        )

    def attributes(self) -> tuple[str, ...]:
        """What may be disputed as somebody else's."""
        return misused.attributes(self.world.model.questions)

    def object(
        self,
        key: str = "object-000000000000001",
        *photos: Photo,
        nik: str = NEIGHBOUR,
        device: str = "",
        **changes: Any,
    ) -> Filed:
        """File an objection, as a neighbour who signed in."""
        body: dict[str, Any] = {
            "village": VILLAGE,
            "name": HEAD["name"],
            "place": "Rumah hijau di sebelah musala",
            "reason": "owns_assets",
            "text": "Punya dua mobil.",
        } | changes
        person = file_objection.Person(self.person(nik), "Contoh Tetangga", nik)
        command = file_objection.Objection(
            key=key,
            person=person,
            **body,
            photos=photos or (PHOTO,),
            form={**body, "photos": len(photos)},
            caller=CALLER,
            device=device,
        )
        return file_objection.file_objection(command, self.objection_ports())

    def objection_ports(self) -> file_objection.Ports:
        world = self.world
        return file_objection.Ports(
            world.clock,
            world.random,
            world.index,
            FakeSealer(),
            world.store,
            self.disputes,
            world.limits,
            FakeGrants(),
            self.terms,
            world.villages(),
        )

    def person(self, nik: str) -> bytes:
        """What stands for a person."""
        return self.world.index.mac("nik", nik.encode())[: assignment.MAC_SIZE]

    def part_ports(self) -> take_part.Ports:
        return take_part.Ports(
            self.world.find_ports(),
            FakeSealer(),
            self.disputes,
            FakeGrants(),
            self.terms,
            self.village_of,
        )

    def village_of(self, locator: str) -> str | None:
        village = village_at(REGION, dispute.village_index(locator))
        return None if village is None else village.code

    def neighbour(self, nik: str = NEIGHBOUR) -> take_part.Party:
        """An objector who signed in."""
        return take_part.Party(CALLER, person=self.person(nik))

    def answer_by(self, receipt: str, number: str, key: str, *photos: Photo) -> Filed:
        """Answer an objection, as the family that holds a receipt."""
        sent = take_part.Answer(key, "Mobil itu milik majikan.", photos, {"n": len(photos)})
        party = take_part.Party(CALLER, receipt=receipt)
        return take_part.answer(number, party, sent, self.part_ports())

    def screen(
        self, there: Dispute, state: PieceState = PieceState.RELEASED, why: str = ""
    ) -> Dispute:
        """Settle all pieces that wait, as the screening does."""
        for each in there.evidence:
            if not each.piece.settled:
                there = self._settle(self.now(there), each, state, why)
        return there

    def _settle(self, there: Dispute, each: Exhibit, state: PieceState, why: str) -> Dispute:
        piece: Piece = replace(each.piece, state=state, why=why, pages=1)
        stamp = Stamp(self.world.clock.now_ms(), "system:screen_evidence", there.salt)
        step = hearing.screened(there, piece, stamp)
        assert step is not None
        assert self.disputes.change(*step) is None
        return step[0]

    def conduct_ports(self) -> conduct_dispute.Ports:
        world = self.world
        return conduct_dispute.Ports(
            world.clock,
            world.random,
            self.disputes,
            world.store,
            world.ledger,
            lambda: self.staff,
            lambda day: assignment.day_key(world.index.mac, day),
            lambda person: blind_keys.guard_of(world.index.version, person),
            lambda: FakeTraces(world.aws),
            world.index.mac,
            lambda _dispute: self.visits_done,
            self.terms,
        )

    def redraw_ports(self) -> redraw_disputes.Ports:
        own = self.conduct_ports()
        return redraw_disputes.Ports(
            own.clock,
            own.disputes,
            own.store,
            own.ledger,
            own.officers,
            own.day_key,
            own.terms,
        )

    def conduct(self, *refs: Ref) -> list[Message]:
        """Let the machine take disputes as far as it may; all of them without names."""
        messages = [Message(ref, 0) for ref in (refs or tuple(self.world.aws.disputes))]
        return conduct_dispute.conduct(messages, self.conduct_ports())

    def now(self, there: Dispute) -> Dispute:
        """A dispute as it stands."""
        return self.disputes.load([there.ref])[there.ref]

    def review_ports(self) -> review_dispute.Ports:
        world = self.world
        return review_dispute.Ports(
            world.clock,
            world.random,
            FakeOpener(world.aws),
            world.store,
            self.disputes,
            world.ledger,
            self.terms,
            FakeReviews(world.aws),
            lambda ref, about, number: visit_of(ref, about, number, world.index.mac),
            lambda _check: self.checked,
            lambda known, code: misused.set_apart(known, code, world.model.questions),
        )

    def vote(
        self,
        there: Dispute,
        outcome: Outcome = Outcome.UPHELD,
        reason: str = "claim_confirmed",
        actor: str = "",
    ) -> Dispute:
        """Vote as whoever was drawn, and let the machine go on."""
        there = self.now(there)
        voting = review_dispute.Voting(
            there.ref, actor or f"staff:{there.officer}", outcome, reason, there.version
        )
        act = review_dispute.recommend if there.stage is Stage.REVIEW else review_dispute.decide
        act(voting, self.review_ports())
        self.conduct(there.ref)
        return self.now(there)

    def show_ports(self) -> show_dispute.Ports:
        words = DATA / "words"
        return show_dispute.Ports(
            json.loads((words / "disputes.id.json").read_bytes()),
            json.loads((words / "sanggah.id.json").read_bytes()),
            json.loads((words / "faults.id.json").read_bytes()),
            self.world.status_ports(),
            self.terms,
        )


@dataclass
class Court(Courtroom):
    """A courtroom with one decided family."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.receipt = self.world.register(KEY, form(self.world.model)).receipt.text
        self.world.settle()

    def case(self) -> Registration:
        """The family's case."""
        return self.world.find(self.receipt)

    def appeal(self, key: str = "appeal-000000000000001", *photos: Photo, **changes: Any) -> Filed:
        """File an appeal of the family's result."""
        return self.appeal_by(self.receipt, key, *photos, **changes)

    def family(self) -> take_part.Party:
        """The family, by its receipt."""
        return take_part.Party(CALLER, receipt=self.receipt)

    def answer(self, number: str, *photos: Photo, key: str = "answer-00000000000000001") -> Filed:
        """Answer an objection, as the family."""
        return self.answer_by(self.receipt, number, key, *photos)

    def decided(self, outcome: Outcome, reason: str, filed: Filed | None = None) -> Dispute:
        """An appeal that two officers decided alike."""
        there = (filed or self.appeal()).dispute
        self.conduct(there.ref)
        self.vote(there, outcome, reason)
        return self.vote(there, outcome, reason)
