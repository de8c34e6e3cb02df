"""A region whose AWS has faults: real use cases over the fakes, with queues and a stream.

What differs from `tests.world` is what faults need: queues that deliver again, a stream that may
be read twice or lose a record, machines whose clocks differ, batches of reads that are torn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from chalicelib.adapters.area_files import region_villages
from chalicelib.adapters.queues import from_body
from chalicelib.domain import misconduct
from chalicelib.domain.adoption import Proposal
from chalicelib.domain.application import Rules
from chalicelib.domain.areas import Village
from chalicelib.domain.evidence import Piece
from chalicelib.domain.pmt import Artefact
from chalicelib.domain.programme import RuleSet
from chalicelib.domain.registration import Ref
from chalicelib.telemetry import run_batch
from chalicelib.usecases import adopt, conduct_dispute, erase, reissue, seal_day
from chalicelib.usecases.dispute_pieces import DisputePieces
from chalicelib.usecases.ports import Message, VaultItem
from chalicelib.usecases.relay import ADOPTION, CHECK, DISPUTE, RELEASE, SCORE, relay
from tests.adopting import another_model, other_rules
from tests.court import ELSEWHERE, STAFF, Courtroom, officer
from tests.fakes import (
    FakeBlindIndex,
    FakeClock,
    FakeOpener,
    FakePublicFiles,
    FakeRandomness,
    FakeSigner,
)
from tests.simulation.bureau import Bureau
from tests.simulation.faulty_aws import Dice
from tests.simulation.patrol import Patrol, RegionCourt
from tests.simulation.region_aws import MachineClock, RegionAws
from tests.simulation.region_queue import Letter, RegionQueue
from tests.simulation.region_registry import RegionRegistry
from tests.simulation.region_stores import (
    RegionDisputes,
    RegionLedger,
    RegionProposals,
    RegionStore,
)
from tests.simulation.stream import Record, as_relayed
from tests.world import NOW, REGION, VILLAGE, World, artefact, rule_set

NEIGHBOUR = replace(officer(11), village=VILLAGE)
"""An officer who lives where all families of a schedule do."""
MORE_STAFF = (
    *(officer(number) for number in (12, 13)),
    *(officer(number, district=ELSEWHERE) for number in (14, 15)),
)
"""Second looks need many, since nobody decides twice for one family."""
QUEUES = (CHECK, SCORE, RELEASE, ADOPTION, DISPUTE)
INDEX_KEY = b"a key of the tests"
NOBODYS = "3510012001"


@cache
def in_force() -> tuple[Artefact, RuleSet]:
    """Model and rules, read once for all schedules."""
    return artefact(), rule_set()


@cache
def candidates() -> tuple[dict[str, Artefact], dict[str, RuleSet]]:
    """Another model and other rules that the package carries."""
    model, rules = another_model(), other_rules()
    return {model.sha256: model}, {rules.sha256: rules}


@cache
def _villages() -> Mapping[str, Village]:
    every = region_villages(REGION)
    return {code: every[code] for code in (VILLAGE, NOBODYS)}


@cache
def _rules(day: int) -> Rules:
    model, rules = in_force()
    return World(model=model, rules=rules, clock=FakeClock(day * 86_400_000)).form_rules()


class Region(World):
    """One stage and its handlers. Known mistakes are made by overriding (`mistakes`)."""

    aws: RegionAws
    registry: RegionRegistry

    def __init__(self, seed: int = 0) -> None:
        aws = RegionAws(now=NOW)
        registry = RegionRegistry(aws=aws, dice=Dice(seed, "lies"))
        model, rules = in_force()
        super().__init__(aws, MachineClock(aws=aws), FakeRandomness(seed), registry, model, rules)
        self.index = FakeBlindIndex(aws, key=INDEX_KEY)
        self.store = self.make_store()
        self.ledger = self.make_ledger()
        self.proposals = self.make_proposals()
        self.disputes = self.make_disputes()
        self.court = self.make_court()
        self.patrol = self.make_patrol()
        self.bureau = self.make_bureau()
        self.models, self.rule_sets = candidates()
        self.post = {name: RegionQueue(aws, name) for name in QUEUES}
        self.queues = self.post  # type: ignore[assignment]
        self.signer = FakeSigner(aws)
        self.position = 0  # of the relay in the stream
        self.lost: set[Ref] = set()  # cases of which nobody will see a record
        self.relaying = False

    def make_store(self) -> RegionStore:
        """The store; mistakes bring their own."""
        return RegionStore(self.aws)

    def make_proposals(self) -> RegionProposals:
        """The proposals; mistakes bring their own."""
        return RegionProposals(self.aws)

    def villages(self) -> Mapping[str, Village]:
        """The village of all families, and one where nobody lives."""
        return _villages()

    def suggest(self, key: str, actor: str, *, same: bool) -> Proposal:
        """Propose the other model and rules, or the region's own borders for those in force."""
        model = self.model.sha256 if same else next(iter(self.models))
        rules = self.rules.sha256 if same else next(iter(self.rule_sets))
        return adopt.propose(adopt.Propose(key, model, rules, actor), self.adopt_ports())

    def adopt(self, number: str, actor: str) -> Proposal:
        return adopt.adopt(number, actor, self.adopt_ports())

    def refuse(self, number: str, actor: str) -> Proposal:
        return adopt.refuse(number, actor, "mistaken", self.adopt_ports())

    def make_disputes(self) -> RegionDisputes:
        """The disputes; mistakes bring their own."""
        return RegionDisputes(self.aws)

    def make_court(self) -> Courtroom:
        """Officers, and what moves disputes; mistakes bring their own."""
        return RegionCourt(self, (*STAFF, NEIGHBOUR, *MORE_STAFF))

    def erase_ports(self) -> erase.Ports:
        """As of the world; what it does to a visit is told by the stream too."""
        return replace(super().erase_ports(), checks=self.patrol.checks)

    def make_patrol(self) -> Patrol:
        """Ground checks and who may go; mistakes bring their own."""
        return Patrol(self)

    def make_bureau(self) -> Bureau:
        """Reports about agents and who may have them; mistakes bring their own."""
        return Bureau(self)

    def conduct_all(self, *messages: Message) -> list[Message]:
        """What the worker does: reports apart from disputes, as their numbers tell."""
        reports = [each for each in messages if misconduct.village_index(each.ref.locator) >= 0]
        if not reports:
            return self.conduct(*messages)
        disputes = [each for each in messages if each not in reports]
        failed = self.conduct(*disputes) if disputes else []
        return failed + self.bureau.conduct(reports)

    def conduct(self, *messages: Message) -> list[Message]:
        """Take disputes as far as a machine may."""
        return conduct_dispute.conduct(messages, self.court.conduct_ports())

    def screen(self, owner: Ref, piece: Piece) -> bool:
        """Keep what screening found of a piece."""
        return DisputePieces(self.clock, self.disputes).settle(owner, piece)

    def make_ledger(self) -> RegionLedger:
        """The ledger; mistakes bring their own."""
        return RegionLedger(self.aws)

    def form_rules(self) -> Rules:
        return _rules(self.clock.now_ms() // 86_400_000)

    def fresh_process(self) -> None:
        """The next run has to ask for the key of the index again."""
        self.index = FakeBlindIndex(self.aws)

    def reissue(self, key: str, nik: str, actor: str) -> Any:
        ports = reissue.Ports(
            self.clock,
            self.random,
            self.index,
            self.store,
            self.ledger,
            self.limits,
            self.form_rules(),
        )
        return reissue.reissue(reissue.Reissue(key, nik, "lost", actor), ports)

    def seal(self) -> tuple[str, ...]:
        ports = seal_day.Ports(REGION, self.ledger, self.signer, FakePublicFiles(self.aws))
        return seal_day.seal_day(self.clock.now_ms(), ports)

    def opened(self, locator: str, order: str, item: VaultItem) -> bytes:
        """What is sealed in a vault item, for those who judge."""
        return FakeOpener().open(item.sealed, f"{locator}|{order}")

    def work(self, queue: str, batch: Sequence[Letter]) -> set[int]:
        """What Lambda does with a batch: the worker's answer says which letters come again."""
        work = {
            CHECK: self.check,
            SCORE: self.score,
            RELEASE: self.release,
            ADOPTION: self.carry_out,
            DISPUTE: self.conduct_all,
        }[queue]
        records = [{"messageId": str(letter.number), "body": letter.body} for letter in batch]
        answer = run_batch(records, queue, lambda messages: work(*messages), from_body)
        return {int(failed["itemIdentifier"]) for failed in answer["batchItemFailures"]}

    def relay(self, records: Sequence[Record]) -> int:
        """What the relay does with records of the stream, from their images on."""
        return relay(list(as_relayed(records)), self.queues)
