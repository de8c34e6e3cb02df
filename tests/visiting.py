"""A region in memory whose families are visited: the ports of ground checks over a `World`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from chalicelib.domain import assignment
from chalicelib.domain.assignment import Officer
from chalicelib.domain.check_rules import CheckRules, load_check_rules
from chalicelib.domain.evidence import FileKind
from chalicelib.domain.finding import Count, Finding
from chalicelib.domain.ground_check import Check, Missed, Purpose
from chalicelib.domain.region_calendar import RegionCalendar
from chalicelib.domain.registration import Registration, WayIn
from chalicelib.domain.sanggah_rules import load_sanggah
from chalicelib.domain.working_days import load_holidays
from chalicelib.usecases import (
    ask_check,
    carry_out_check,
    filing,
    list_checks,
    send_visits,
    uncovered_visits,
)
from chalicelib.usecases.ask_check import Need, new_check
from chalicelib.usecases.filing import Photo
from tests.fakes import FakeOpener, FakeSealer
from tests.fakes_checks import FakeGroundChecks
from tests.fakes_disputes import FakeDisputes
from tests.fakes_evidence import FakeGrants
from tests.world import DATA, REGION, VILLAGE, World, child, form, member

HOUR = 3_600_000
ELSEWHERE = "3510152005"
RICH: Mapping[str, Any] = {
    "rooms": 9,
    "tenure": "owned",
    "toilet": "flush_tank",
    "laptop": 1,
    "computer": 1,
    "internet": "fixed",
    "fuel": "electric",
}
"""What nobody has whom the programmes are for."""
POOR: Mapping[str, Any] = {
    "rooms": 1,
    "tenure": "rented",
    "toilet": "none",
    "water": "well_open",
    "lighting": "none",
    "fuel": "solid",
    "internet": "none",
    "mobile": 0,
    "laptop": 0,
    "computer": 0,
    "landline": 0,
    "land": "none",
}
"""What those have whom the programmes are for."""
RULES = load_check_rules((DATA / "checks" / "default.json").read_bytes()).on(date(2026, 11, 22))


def officer(sub: str, village: str = ELSEWHERE, **changes: Any) -> Officer:
    """A field officer of the district, of whom everything is known."""
    own = sub.encode()
    known = {
        "sub": sub,
        "roles": frozenset({"agent"}),
        "person": own.ljust(16, b"p"),
        "kk": own.ljust(16, b"k"),
        "phone": own.ljust(16, b"t"),
        "village": village,
        "districts": frozenset({VILLAGE[:6]}),
        "kin_at": 1,
    }
    return Officer(**(known | changes))


@dataclass
class Field:
    """A world, its ground checks, and who may be drawn to go."""

    world: World = field(default_factory=World)
    officers: list[Officer] = field(default_factory=lambda: [officer("agent-1")])
    rules: CheckRules = RULES

    def __post_init__(self) -> None:
        self.checks = FakeGroundChecks(self.world.aws)
        self.disputes = FakeDisputes(self.world.aws)
        dated = load_sanggah((DATA / "sanggah" / "default.json").read_bytes())
        holidays = load_holidays(p.read_bytes() for p in (DATA / "holidays").glob("*.json"))
        self.terms = filing.Terms(dated.on, RegionCalendar(holidays, 7))

    def family(
        self,
        serial: int = 9901,
        *,
        way_in: WayIn = WayIn.SELF,
        actor: str = "citizen",
        **answers: Any,
    ) -> Registration:
        """A family that registered and went as far as it goes by itself; None leaves one out."""
        body = form(self.world.model, member(serial), child(serial + 1), way_in=way_in.value)
        body |= {"kk": f"351015010120{serial}", "answers": body["answers"] | answers}
        body["answers"] = {code: told for code, told in body["answers"].items() if told is not None}
        key = f"family-{serial}-0000000000"
        paper = self.world.register(key, body, way_in, actor).receipt
        self.world.settle()
        return self.world.find(paper.text)

    def sampled(self, decided: Registration, name: str = "sample x") -> Check:
        """A check of a decided family that chance asked for, with somebody drawn to go."""
        need = Need(Purpose.SAMPLE, name, occasion="sample 3510 2026-11", chance=(1, 9))
        check, event = new_check(decided, need, None, "system:send_visits", self.ask_ports())
        assert self.checks.create(check, event) is None
        self.send()
        return self.checks.load([check.ref])[check.ref]

    def case(self, there: Registration | Check) -> Registration:
        """A family's case as it stands."""
        ref = there.case if isinstance(there, Check) else there.ref
        return self.world.aws.cases[ref]

    def ask_ports(self) -> ask_check.Ports:
        world = self.world
        return ask_check.Ports(
            world.clock,
            world.random,
            world.index,
            world.store,
            self.checks,
            self.disputes,
            world.ledger,
            self.terms,
            world.artefact,
            world.rule_set,
            REGION,
        )

    def send(self) -> send_visits.Done:
        """What the clock does."""
        mac = self.world.index.mac
        return send_visits.send_visits(
            send_visits.Ports(
                self.ask_ports(),
                self.world.ledger,
                self.checks,
                lambda: self.officers,
                lambda day: assignment.day_key(mac, day),
                lambda: self.rules,
                self.world.village_of,
            )
        )

    def uncovered_ports(self) -> uncovered_visits.Ports:
        words = DATA / "words"
        return uncovered_visits.Ports(
            self.checks,
            json.loads((words / "staff.id.json").read_bytes())["officers"]["visits"],
            json.loads((words / "sanggah.id.json").read_bytes())["excluded"],
            self.world.villages(),
            self.world.status_ports(),
            REGION,
        )

    def carry_ports(self) -> carry_out_check.Ports:
        world = self.world
        return carry_out_check.Ports(
            world.clock,
            world.index,
            FakeSealer(),
            world.store,
            self.checks,
            FakeGrants(),
            self.terms,
            lambda: self.rules,
            world.artefact,
            world.rule_set,
            REGION,
        )

    def list_ports(self) -> list_checks.Ports:
        world = self.world
        opener = FakeOpener(world.aws)
        return list_checks.Ports(
            world.clock, world.random, opener, world.store, self.checks, world.ledger, REGION
        )

    def visit(
        self,
        check: Check,
        *,
        key: str = "v" * 24,
        who: str = "",
        seen: Mapping[str, Any] | None = None,
        missed: Missed | None = None,
        at: int | None = None,
        photos: int = 0,
        remark: str = "",
        place: Mapping[str, Any] | None = None,
    ) -> carry_out_check.Kept:
        """Send a visit, as met with these answers unless nobody was met."""
        taken = self.world.clock.now if at is None else at
        finding = None if missed else Finding(taken, dict(seen or {}), {Count.PEOPLE: 2})
        told = {"taken_at": taken, "seen": dict(seen or {}), "missed": missed, "photos": photos}
        command = carry_out_check.Visit(
            ref=check.ref,
            key=key,
            officer=who or check.officer,
            seen=finding,
            missed=missed,
            taken_at=taken,
            place=place,
            remark=remark,
            photos=(Photo(FileKind.JPEG, 200_000),) * photos,
            form=told | {"remark": remark},
        )
        return carry_out_check.findings(command, self.carry_ports())

    def only_check(self) -> Check:
        """The one check there is."""
        (check,) = self.world.aws.checks.values()
        return check


def moment(text: str) -> int:
    """A time in ms, from ISO text in UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)
