"""A region in memory: the fakes wired to the use cases, with the real artefacts and areas."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from chalicelib.adapters.area_files import area_codes, region_villages, village_at
from chalicelib.domain.application import Rules
from chalicelib.domain.areas import Village
from chalicelib.domain.identity import IdentityAnswer, IdentityClaim, Outcome
from chalicelib.domain.pmt import Artefact, load_artefact
from chalicelib.domain.programme import RuleSet, load_rules
from chalicelib.domain.reasons import load_words
from chalicelib.domain.receipt import village_index
from chalicelib.domain.registration import Ref, Registration, WayIn, Work
from chalicelib.domain.working_days import load_holidays
from chalicelib.usecases import (
    adopt,
    carry_out,
    check_identity,
    correct,
    erase,
    find_case,
    propose,
    read_case,
    register,
    release_guards,
    review_queue,
    score,
    show_status,
    sweep,
    withdraw,
)
from chalicelib.usecases.ports import Message
from chalicelib.usecases.relay import ADOPTION, CHECK, DISPUTE, RELEASE, SCORE, relay
from tests.fakes import (
    FakeAws,
    FakeBlindIndex,
    FakeCaseStore,
    FakeClock,
    FakeLimits,
    FakeOpener,
    FakeQueue,
    FakeRandomness,
    FakeSealer,
)
from tests.fakes_adoption import FakeManifests, FakeProposals
from tests.fakes_checks import FakeGroundChecks
from tests.fakes_disputes import FakeDisputes
from tests.fakes_evidence import FakeCopies
from tests.fakes_ledger import FakeLedger

DATA = Path(__file__).parent.parent / "chalicelib" / "data"
REGION = "3510"
VILLAGE = "3510152004"
NOW = int(datetime(2026, 11, 21, 3, tzinfo=UTC).timestamp() * 1000)
CONSENT = json.loads((DATA / "consent.id.json").read_bytes())["version"]
CALLER = find_case.Caller("203.0.113.7")


def artefact() -> Artefact:
    """The model in force."""
    current = (DATA / "models" / "current").read_text().strip()
    return load_artefact((DATA / "models" / f"{current}.json").read_bytes(), current)


def rule_set() -> RuleSet:
    """The rules in force."""
    current = (DATA / "rules" / "current").read_text().strip()
    return load_rules((DATA / "rules" / f"{current}.json").read_bytes(), current)


def answers(model: Artefact) -> dict[str, int | str]:
    """An answer to every question: the first option, the lowest number."""
    return {
        question.code: question.options[0][0] if question.options else question.low
        for question in model.questions
    }


def member(serial: int, **changes: Any) -> dict[str, Any]:
    """A head of 41 years; the NIK is invented (serial 9901 or above)."""
    person = {
        "name": f"Contoh Sumarni {serial}",
        "nik": f"351015490385{serial}",
        "birth_date": "1985-03-09",
        "sex": "P",
        "relation": "head",
        "disability": "none",
        "pregnant": False,
        "schooling": "primary",
        "attending": "no",
        "occupation": "labourer",
    }
    return person | changes


def child(serial: int, **changes: Any) -> dict[str, Any]:
    """A boy of 12 years who goes to primary school."""
    person = member(serial, relation="child", birth_date="2014-06-05", sex="L")
    person |= {"nik": f"351015050614{serial}", "attending": "primary", "occupation": "student"}
    return person | changes


def form(model: Artefact, *members: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """A form without faults."""
    body = {
        "way_in": "self",
        "village": VILLAGE,
        "address": {"line": "Dusun Contoh", "rt": "003", "rw": "001"},
        "phone": "080000009901",
        "kk": "3510150101209901",
        "members": list(members) or [member(9901), child(9902)],
        "answers": answers(model),
        "consent": {"version": CONSENT, "agreed": True},
    }
    return body | changes


@dataclass
class Registry:
    """A civil registry that answers what the test says; everyone is confirmed otherwise."""

    said: dict[str, IdentityAnswer] = field(default_factory=dict)
    down: bool = False
    asked: list[IdentityClaim] = field(default_factory=list)

    def check(self, claims: Sequence[IdentityClaim]) -> Sequence[IdentityAnswer]:
        self.asked += claims
        if self.down:
            return [IdentityAnswer(Outcome.NOT_CHECKED) for _ in claims]
        confirmed = IdentityAnswer(Outcome.CONFIRMED)
        return [self.said.get(claim.nik, confirmed) for claim in claims]


@dataclass
class World:
    """One stage, with everything that happens in it."""

    aws: FakeAws = field(default_factory=FakeAws)
    clock: FakeClock = field(default_factory=lambda: FakeClock(NOW))
    random: FakeRandomness = field(default_factory=FakeRandomness)
    registry: Registry = field(default_factory=Registry)
    model: Artefact = field(default_factory=artefact)
    rules: RuleSet = field(default_factory=rule_set)
    relayed: set[tuple[str, int]] = field(default_factory=set)
    models: dict[str, Artefact] = field(default_factory=dict)  # carried besides the one in force
    rule_sets: dict[str, RuleSet] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.index = FakeBlindIndex(self.aws)
        self.store = FakeCaseStore(self.aws)
        self.ledger = FakeLedger(self.aws)
        self.limits = FakeLimits(self.aws)
        self.proposals = FakeProposals(self.aws)
        self.disputes = FakeDisputes(self.aws)
        names = (CHECK, SCORE, RELEASE, ADOPTION, DISPUTE)
        self.queues = {name: FakeQueue(self.aws) for name in names}

    def form_rules(self) -> Rules:
        on = datetime.fromtimestamp(self.clock.now_ms() / 1000, tz=UTC).date()
        return Rules(on, region_villages(REGION), area_codes(), self.model, CONSENT)

    def register(
        self, key: str, body: Mapping[str, Any], way_in: WayIn = WayIn.SELF, actor: str = "citizen"
    ) -> register.Accepted:
        ports = register.Ports(
            self.clock, self.random, self.index, FakeSealer(), self.store, self.form_rules()
        )
        return register.register(register.Register(key, body, way_in, actor), ports)

    def propose(self, key: str, body: Mapping[str, Any]) -> None:
        ports = propose.Ports(
            self.clock, self.random, self.index, FakeSealer(), self.store, self.form_rules()
        )
        propose.propose(key, body, ports)

    def find_ports(self) -> find_case.Ports:
        return find_case.Ports(
            self.clock, self.index, self.store, self.limits, REGION, self.village_of
        )

    def find(self, receipt: str, caller: find_case.Caller = CALLER) -> Registration:
        return find_case.find_case(receipt, caller, self.find_ports()).case

    def correct(
        self, key: str, receipt: str, *members: Mapping[str, Any], kk: str | None = None
    ) -> Registration:
        ports = correct.Ports(self.find_ports(), self.random, FakeSealer(), self.form_rules())
        return correct.correct(correct.Correct(key, receipt, members, kk, CALLER), ports)

    def withdraw(self, key: str, receipt: str) -> Registration:
        return withdraw.withdraw(
            key, receipt, CALLER, withdraw.Ports(self.find_ports(), self.random)
        )

    def erase(self, ref: Ref, actor: str = "staff:officer-1") -> Registration:
        return erase.erase(ref, actor, "family_request", self.erase_ports())

    def erase_ports(self) -> erase.Ports:
        return erase.Ports(
            self.clock,
            self.random,
            self.store,
            lambda: self.disputes,
            FakeCopies(self.aws),
            FakeGroundChecks(self.aws),
        )

    def read(self, case: Registration, actor: str = "staff:officer-1") -> read_case.OpenCase:
        return read_case.read_case(case.ref, actor, "queue", self.read_ports())

    def read_ports(self) -> read_case.Ports:
        opener = FakeOpener(self.aws)
        return read_case.Ports(self.clock, self.random, opener, self.store, self.ledger, REGION)

    def queue(self, work: Work = Work.OFFICER, number: int = 1) -> review_queue.QueuePage:
        return review_queue.list_cases(
            work, number, review_queue.Ports(self.clock, self.store, REGION)
        )

    def status(self, receipt: str) -> dict[str, Any]:
        return show_status.status(self.find(receipt), self.status_ports())

    def status_ports(self) -> show_status.Ports:
        words = DATA / "words"
        return show_status.Ports(
            words=load_words((words / "reasons.id.json").read_bytes()),
            states=json.loads((words / "states.id.json").read_bytes()),
            concerns=json.loads((words / "concerns.id.json").read_bytes()),
            artefact=self.artefact,
            rules=self.rule_set,
            holidays=load_holidays(p.read_bytes() for p in (DATA / "holidays").glob("*.json")),
            hours_east=7,
        )

    def artefact(self, sha256: str) -> Artefact | None:
        return self.model if sha256 in ("", self.model.sha256) else self.models.get(sha256)

    def rule_set(self, sha256: str) -> RuleSet | None:
        return self.rules if sha256 in ("", self.rules.sha256) else self.rule_sets.get(sha256)

    def adopt_ports(self) -> adopt.Ports:
        return adopt.Ports(
            self.clock,
            self.random,
            self.index,
            self.proposals,
            self.artefact,
            self.rule_set,
            REGION,
            len(self.villages()),
        )

    def villages(self) -> Mapping[str, Village]:
        """Villages that are read for a comparison: of the region, those that tests use."""
        return region_villages(REGION)

    def carry_out(self, *messages: Message) -> list[Message]:
        ports = carry_out.Ports(
            self.clock,
            self.store,
            self.proposals,
            self.queues[ADOPTION],
            FakeManifests(self.aws),
            self.artefact,
            self.rule_set,
            REGION,
            self.villages(),
        )
        return carry_out.carry_out(messages, ports)

    def check(self, *messages: Message) -> list[Message]:
        ports = check_identity.Ports(self.clock, FakeOpener(self.aws), self.store, self.registry)
        return check_identity.check_identities(messages, ports)

    def score(self, *messages: Message) -> list[Message]:
        ports = score.Ports(self.clock, self.store, self.artefact, self.rule_set, REGION)
        return score.score_households(messages, ports)

    def release(self, *messages: Message) -> list[Message]:
        return release_guards.release_guards(messages, release_guards.Ports(self.clock, self.store))

    def sweep(self, looked_at: Sequence[int] | None = None) -> int:
        ports = sweep.Ports(
            self.clock, self.store, self.ledger, self.queues, REGION, self.village_of
        )
        return sweep.sweep(ports, looked_at)

    def village_of(self, locator: str) -> str | None:
        village = village_at(REGION, village_index(locator))
        return None if village is None else village.code

    def stream(self) -> Iterator[tuple[Any, Message]]:
        """Each state that a case has come to since the last time, as the table's stream tells."""
        for ref, case in list(self.aws.cases.items()):
            if (ref.locator, case.version) not in self.relayed:
                self.relayed.add((ref.locator, case.version))
                yield case.state, Message(ref, case.version)
        for ref, proposal in list(self.aws.proposals.items()):
            # Each step has a version; that the last village is done raises none.
            told = f"{ref.locator} {proposal.left == 0}", proposal.version
            if told not in self.relayed:
                self.relayed.add(told)
                yield proposal.stage, Message(ref, proposal.version)

    def settle(self, rounds: int = 6) -> None:
        """Relay and work until nothing moves; a second passes with each round."""
        for _ in range(rounds):
            relay(list(self.stream()), self.queues)
            for name, work in (
                (CHECK, self.check),
                (SCORE, self.score),
                (RELEASE, self.release),
                (ADOPTION, self.carry_out),
            ):
                messages = list(self.queues[name].sent)
                self.queues[name].sent.clear()
                if messages:
                    self.queues[name].sent += work(*messages)  # what failed comes again
            self.clock.advance(1000)

    def only(self) -> Registration:
        """The one case there is."""
        (case,) = self.aws.cases.values()
        return case
