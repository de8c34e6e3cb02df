"""A region whose AWS has faults: real use cases over the fakes, with queues and a stream.

What differs from `tests.world` is what faults need: queues that deliver again, a stream that may
be read twice or lose a record, machines whose clocks differ, batches of reads that are torn.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from chalicelib import wiring
from chalicelib.adapters import dispute_items, dynamo, ground_check_items
from chalicelib.adapters.area_files import region_villages
from chalicelib.adapters.queues import from_body, to_body
from chalicelib.domain.adoption import Proposal
from chalicelib.domain.application import Rules
from chalicelib.domain.areas import Village
from chalicelib.domain.audit import Act, Event, event_key
from chalicelib.domain.dispute import Dispute
from chalicelib.domain.evidence import Piece
from chalicelib.domain.identity import IdentityAnswer, IdentityClaim, Outcome
from chalicelib.domain.pmt import Artefact
from chalicelib.domain.programme import RuleSet
from chalicelib.domain.registration import ENDED_STATES, Ref, Registration, State
from chalicelib.domain.sealed_identity import apply_correction, unpack
from chalicelib.telemetry import run_batch
from chalicelib.usecases import adopt, conduct_dispute, erase, reissue, seal_day
from chalicelib.usecases.dispute_pieces import DisputePieces
from chalicelib.usecases.ports import InForce, Loaded, Message, VaultItem
from chalicelib.usecases.relay import ADOPTION, CHECK, DISPUTE, RELEASE, SCORE, Moved, relay
from tests.adopting import another_model, other_rules
from tests.court import STAFF, Courtroom, officer
from tests.fakes import (
    FakeBlindIndex,
    FakeCaseStore,
    FakeClock,
    FakeLedger,
    FakeOpener,
    FakePublicFiles,
    FakeRandomness,
    FakeSigner,
)
from tests.fakes_adoption import FakeProposals, item_of
from tests.fakes_disputes import FakeDisputes
from tests.simulation.faulty_aws import Dice, FaultyAws, Run, Trouble
from tests.simulation.patrol import Patrol, RegionCourt, Walk
from tests.world import NOW, REGION, VILLAGE, Registry, World, artefact, rule_set

NEIGHBOUR = replace(officer(11), village=VILLAGE)
"""An officer who lives where all families of a schedule do."""
QUEUES = (CHECK, SCORE, RELEASE, ADOPTION, DISPUTE)
MOST_RECEIVES = 5  # then a message parks in the dead-letter queue
BATCH = 10
INDEX_KEY = b"a key of the tests"
NOBODYS = "3510012001"


@dataclass
class Change:
    """A record of the registry's stream: the item before and after."""

    ref: Ref
    before: State | None
    after: State
    version: int


@dataclass
class Step:
    """A record of the registry's stream about a proposal: the item before and after."""

    before: Proposal | None
    after: Proposal

    @property
    def ref(self) -> Ref:
        """Which proposal."""
        return self.after.ref


@dataclass
class RegionAws(FaultyAws):
    """The fakes' memory, with the stream of the registry beside it.

    Attributes:
        asked: run -> (NIK, name) that it asked the civil registry about.
        confirmed: (NIK, name) that the civil registry has ever confirmed.
        asked_in_vain: checks that were stored and were not about what the family had corrected.
        entries: run -> the entry of the ledger that was acknowledged to it.
        secrets: case -> the secrets that have opened it, in order; all but the last are dead.
        revived: cases that a dead secret opened again.
        seen_ended: run -> locators of the cases that had ended when it last read a batch.
        held_by_the_ended: cases that went to an officer because of those alone.
    """

    stream: list[Change | Step | Turn | Walk] = field(default_factory=list)
    asked: dict[str, set[tuple[str, str]]] = field(default_factory=dict)
    entries: dict[str, tuple[tuple[str, str], bytes]] = field(default_factory=dict)
    confirmed: set[tuple[str, str]] = field(default_factory=set)
    asked_in_vain: list[str] = field(default_factory=list)
    secrets: dict[Ref, list[bytes]] = field(default_factory=dict)
    revived: list[str] = field(default_factory=list)
    seen_ended: dict[str, set[str]] = field(default_factory=dict)
    held_by_the_ended: list[str] = field(default_factory=list)


@dataclass
class MachineClock(FakeClock):
    """The true time, seen through the clock of the machine that asks."""

    aws: RegionAws = field(default_factory=RegionAws)

    def now_ms(self) -> int:
        run = self.aws.running
        return self.aws.now + (run.skew_ms if run is not None else 0)

    def advance(self, ms: int) -> None:
        self.aws.now += ms


class RegionStore(FakeCaseStore):
    """The fake store, with a stream behind it and reads that may be torn."""

    aws: RegionAws

    def load_for_scoring(
        self, refs: Sequence[Ref], region: str
    ) -> tuple[Mapping[Ref, Loaded], InForce | None]:
        """Every item as last written, but not all at one instant."""
        if not refs:
            return {}, None
        aws = self.aws

        if aws.running is not None:
            aws.seen_ended[aws.running.name] = set()

        def read() -> tuple[Mapping[Ref, Loaded], InForce | None]:
            if aws.trouble is Trouble.TORN_STATES:
                sealed = {ref: _vault(aws, ref) for ref in refs}
                aws.tear()
                cases = {ref: aws.cases[ref] for ref in refs if ref in aws.cases}
            else:
                cases = {ref: aws.cases[ref] for ref in refs if ref in aws.cases}
                aws.tear()
                sealed = {ref: _vault(aws, ref) for ref in refs}
            if aws.running is not None:
                ended = {case.ref.locator for case in aws.cases.values() if _has_ended(case)}
                aws.seen_ended[aws.running.name] = ended
            return {ref: Loaded(case, sealed[ref]) for ref, case in cases.items()}, (
                aws.adopted.get(region)
            )

        return aws.call("BatchGetItem", read)

    def _put(self, case: Registration, event: Event, guards: Sequence[str]) -> None:
        self.stream(case)
        self._note_secret(case)
        if event.act is Act.CHECKED and case.state is State.NEEDS_OFFICER:
            self._was_held(case)
        if event.act is Act.CHECKED and case.corrections and self.aws.running is not None:
            self._was_asked(case, self.aws.running)
        super()._put(case, event, guards)

    def _note_secret(self, case: Registration) -> None:
        """The receipt that opens a case is its newest one, whatever comes again."""
        secrets = self.aws.secrets.setdefault(case.ref, [])
        if case.secret_mac in secrets[:-1]:
            self.aws.revived.append(case.ref.locator)
        elif case.secret_mac and case.secret_mac not in secrets:
            secrets.append(case.secret_mac)

    def _was_held(self, case: Registration) -> None:
        """Whom an officer has to look at only because of cases that had ended before the check."""
        aws = self.aws
        seen = aws.seen_ended.get(aws.running.name, set()) if aws.running is not None else set()
        named = {code.partition(":")[2] for code in case.concerns if code.startswith("nik_held")}
        others = {code.partition(":")[0] for code in case.concerns} - HARMLESS
        head = case.household is not None and case.household.head.has_nik
        wanted = [guard for item in _vault(aws, case.ref) for guard in item.wanted]
        holders = {aws.guards[guard].ref for guard in wanted if guard in aws.guards}
        live = any(not _has_ended(aws.cases[ref]) for ref in holders)
        if named and named <= seen and not others and head and not live:
            aws.held_by_the_ended.append(case.ref.locator)

    def stream(self, case: Registration) -> None:
        """Note the change that is about to be stored."""
        old = self.aws.cases.get(case.ref)
        self.aws.stream.append(
            Change(case.ref, old.state if old else None, case.state, case.version)
        )

    def _was_asked(self, case: Registration, run: Run) -> None:
        """The registry's answer must be about what the family corrected."""
        sealed = _vault(self.aws, case.ref)
        opened = [
            FakeOpener().open(item.sealed, f"{case.ref.locator}|{order}")
            for order, item in enumerate(sealed)
        ]
        head = apply_correction(unpack(opened[0]), opened[-1]).people[0]
        if head.nik and (head.nik, head.name) not in self.aws.asked.get(run.name, set()):
            self.aws.asked_in_vain.append(f"{case.ref.locator} by {run.name}")


HARMLESS = frozenset({"nik_held", "warning", "without_nik"})
"""Concerns that stop nobody, and the one that is asked about."""


def _has_ended(case: Registration) -> bool:
    return case.state in ENDED_STATES


def _vault(aws: RegionAws, ref: Ref) -> tuple[Any, ...]:
    items = (aws.vault.get((ref.locator, order)) for order in ("0", "1"))
    return tuple(item for item in items if item is not None)


class RegionProposals(FakeProposals):
    """The fake proposals, with a stream behind them."""

    aws: RegionAws

    def progress(self, before: Proposal | None, after: Proposal) -> None:
        self.aws.stream.append(Step(before, after))


@dataclass
class Turn:
    """A record of the registry's stream about a dispute: the item after a step."""

    after: Dispute

    @property
    def ref(self) -> Ref:
        """Which dispute."""
        return self.after.ref


class RegionDisputes(FakeDisputes):
    """The fake disputes, with a stream behind them."""

    aws: RegionAws

    def _put_beside(self, dispute: Dispute, parts: Any) -> None:
        self.aws.stream.append(Turn(dispute))
        if parts.case is not None:
            after = parts.case[0]
            old = self.aws.cases.get(after.ref)
            before = old.state if old else None
            self.aws.stream.append(Change(after.ref, before, after.state, after.version))
        super()._put_beside(dispute, parts)


class RegionLedger(FakeLedger):
    """The fake ledger, read by partitions that are kept apart."""

    aws: RegionAws

    def put_read(self, event: Event) -> bool:
        done = super().put_read(event)
        if done and self.aws.running is not None:
            self.aws.entries[self.aws.running.name] = event_key(event), event.hash
        return done

    def _partition(self, pk: str) -> list[Event]:
        items = self.aws.events.partitions.get(pk)
        return [items[sk] for sk in sorted(items)] if items else []


@dataclass
class Letter:
    """A message of a queue."""

    number: int
    body: str
    receives: int = 0
    in_flight: int = 0


@dataclass
class RegionQueue:
    """A queue that delivers at least once, in any order (`ports.Queue`)."""

    aws: RegionAws
    name: str
    letters: dict[int, Letter] = field(default_factory=dict)
    parked: list[Letter] = field(default_factory=list)
    bodies: dict[str, None] = field(default_factory=dict)
    taken: int = 0

    def send(self, messages: Sequence[Message], *, delay_s: int = 0) -> None:
        for start in range(0, len(messages), BATCH):
            bodies = [to_body(message) for message in messages[start : start + BATCH]]
            self.aws.call("SendMessageBatch", lambda: self._take(bodies))  # noqa: B023 - runs at once

    def _take(self, bodies: Sequence[str]) -> None:
        if self.aws.trouble is Trouble.PARTLY:
            bodies = bodies[: len(bodies) // 2]
        for body in bodies:
            self.taken += 1
            self.letters[self.taken] = Letter(self.taken, body)
            self.bodies[body] = None

    def come_again(self) -> None:
        """Every message that ever was in it is delivered once more."""
        self._take(list(self.bodies))

    def receive(self, dice: Dice) -> list[Letter]:
        """Up to ten letters in any order; now and then one that another run holds already."""
        free = [
            letter for letter in self.letters.values() if not letter.in_flight or dice.chance(500)
        ]
        count = min(len(free), 1 + dice.below(BATCH))
        batch = [free.pop(dice.below(len(free))) for _ in range(count)]
        for letter in batch:
            letter.receives += 1
            letter.in_flight += 1
        return batch

    def settle(self, batch: Sequence[Letter], failed: set[int], dice: Dice) -> None:
        """Forget what was worked on, but for some that will come again; park what never works."""
        for letter in batch:
            letter.in_flight -= 1
            if letter.number in failed:
                if letter.receives >= MOST_RECEIVES and letter.number in self.letters:
                    self.parked.append(self.letters.pop(letter.number))
            elif letter.receives >= MOST_RECEIVES or not dice.chance(200):
                self.letters.pop(letter.number, None)


@dataclass
class RegionRegistry(Registry):
    """A civil registry that may be down, and may lie: other answers each time it is asked."""

    aws: RegionAws = field(default_factory=RegionAws)
    dice: Dice = field(default_factory=lambda: Dice(0))
    lies: bool = False
    says: IdentityAnswer | None = None  # of everybody, if it does not lie

    def check(self, claims: Sequence[IdentityClaim]) -> Sequence[IdentityAnswer]:
        if not claims:
            return []
        if self.aws.running is not None:
            asked = self.aws.asked.setdefault(self.aws.running.name, set())
            asked.update((claim.nik, claim.name) for claim in claims)
        return self.aws.call("CivilRegistry", lambda: self._answers(claims))

    def _answers(self, claims: Sequence[IdentityClaim]) -> Sequence[IdentityAnswer]:
        if self.down or self.aws.trouble is Trouble.SILENT:
            return [NOT_CHECKED for _ in claims]
        if self.lies:
            answers = [self.dice.pick(LIES) for _ in claims]
        else:
            answers = [self.says or CONFIRMED for _ in claims]
        self.aws.confirmed.update(
            (claim.nik, claim.name)
            for claim, answer in zip(claims, answers, strict=True)
            if answer is CONFIRMED
        )
        return answers


CONFIRMED = IdentityAnswer(Outcome.CONFIRMED)
MISMATCH = IdentityAnswer(Outcome.MISMATCH, ("name",))
NOT_CHECKED = IdentityAnswer(Outcome.NOT_CHECKED)
LIES = (
    CONFIRMED,
    CONFIRMED,
    NOT_CHECKED,
    MISMATCH,
    IdentityAnswer(Outcome.MISMATCH, ("birth_date", "sex")),
    IdentityAnswer(Outcome.NOT_FOUND),
    IdentityAnswer(Outcome.DECEASED),
)


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
        return RegionCourt(self, (*STAFF, NEIGHBOUR))

    def erase_ports(self) -> erase.Ports:
        """As of the world; what it does to a visit is told by the stream too."""
        return replace(super().erase_ports(), checks=self.patrol.checks)

    def make_patrol(self) -> Patrol:
        """Ground checks and who may go; mistakes bring their own."""
        return Patrol(self)

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
            DISPUTE: self.conduct,
        }[queue]
        records = [{"messageId": str(letter.number), "body": letter.body} for letter in batch]
        told = run_batch(records, queue, lambda messages: work(*messages), from_body)
        return {int(failed["itemIdentifier"]) for failed in told["batchItemFailures"]}

    def relay(self, changes: Sequence[Change | Step | Turn | Walk]) -> int:
        """What the relay does with records of the stream, from their images on."""
        return relay(list(_told(changes)), self.queues)


def _told(changes: Sequence[Change | Step | Turn | Walk]) -> Iterator[tuple[Moved, Message]]:
    for change in changes:
        told: tuple[Any, Message] | None
        if isinstance(change, Turn):
            item = dispute_items.dispute_to_item(change.after)
            told = wiring.state_change(None, dynamo.encode(item))
        elif isinstance(change, Walk):
            item = ground_check_items.check_to_item(change.after)
            told = wiring.state_change(None, dynamo.encode(item))
        elif isinstance(change, Step):
            before = item_of(change.before) if change.before is not None else None
            told = wiring.state_change(before, item_of(change.after))
        else:
            told = wiring.state_change(_image(change, change.before), _image(change, change.after))
        if told is not None:
            yield told


def _image(change: Change, state: State | None) -> Mapping[str, Any] | None:
    if state is None:
        return None
    return {
        "pk": {"S": f"V#{change.ref.village}"},
        "sk": {"S": f"R#{change.ref.locator}"},
        "s": {"S": state.value},
        "v": {"N": str(change.version)},
    }
