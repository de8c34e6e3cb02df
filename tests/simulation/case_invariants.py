"""What must be true of a case, its guards, its receipt and its people: a function each, by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from chalicelib.domain import blind_keys, pmt, programme, receipt
from chalicelib.domain.audit import Act
from chalicelib.domain.identity import Identity, Outcome
from chalicelib.domain.registration import ENDED_STATES, Registration, State, is_held
from chalicelib.domain.sealed_identity import apply_correction, unpack
from chalicelib.usecases.reissue import PER_DAY
from chalicelib.usecases.score import basis_of
from tests.fakes import FakeBlindIndex
from tests.simulation.families import families
from tests.simulation.region import INDEX_KEY

if TYPE_CHECKING:
    from tests.simulation.schedule import Schedule

MAC = lru_cache(maxsize=10_000)(FakeBlindIndex(key=INDEX_KEY).mac)
SCORING = frozenset({Act.DECIDED, Act.NEEDS_GROUND_CHECK, Act.NEEDS_OFFICER, Act.SCORED})
NOT_YET = frozenset({State.RECEIVED, State.IDENTITY_CHECKING, State.MATCHED, State.WITHDRAWN})
UNCHECKED = frozenset({State.MATCHED, State.DECIDED, State.NEEDS_GROUND_CHECK})


def a_live_case_holds_its_guards(run: Schedule) -> Iterator[str]:
    """One NIK is in one live application: nobody else can hold what a live case claimed (1)."""
    aws = run.aws
    for (locator, _), item in aws.vault.items():
        for guard in (*item.guards, *item.wanted):
            holder = aws.guards.get(guard)
            if holder is None or holder.ref.locator != locator:
                case = next(c for c in aws.cases.values() if c.ref.locator == locator)
                may_lack = is_held(case) and guard in item.wanted
                if case.state not in ENDED_STATES and not may_lack:
                    owner = holder.ref.locator if holder else "nobody"
                    yield f"{locator} ({case.state}) lives, its guard is held by {owner}"


def a_guard_has_an_owner(run: Schedule) -> Iterator[str]:
    """A guard belongs to a case that is there, under the same request."""
    for guard, holder in run.aws.guards.items():
        case = run.aws.cases.get(holder.ref)
        if case is None or case.request_id != holder.request_id:
            yield f"{guard[:8]} belongs to {holder.ref.locator}, which is not there"


def everything_settles(run: Schedule) -> Iterator[str]:
    """Queues are empty and no case waits for a machine, within the bound of the drain."""
    for case in run.aws.cases.values():
        if case.state in NOT_YET:
            yield f"{case.ref.locator} is still {case.state}"
    for name, queue in run.region.post.items():
        if queue.letters:
            yield f"queue {name} still holds {len(queue.letters)}"


def it_settles_without_the_sweep(run: Schedule) -> Iterator[str]:
    """The sweep is for what was lost; where nothing was lost, nobody waits for it."""
    for ref in run.told.waited_for_sweep:
        yield f"no record and no message of {ref.locator} was lost, and yet it waits for the sweep"


def acknowledged_is_never_lost(run: Schedule) -> Iterator[str]:
    """Whoever was shown a receipt has a case, and one receipt for one request (1)."""
    cases = {case.ref.locator: case for case in run.aws.cases.values()}
    for client in run.told.clients:
        own = blind_keys.request_id(MAC, client.key)
        for paper in client.receipts:
            case = cases.get(paper.locator)
            if case is None or case.request_id != own:
                yield f"client {client.number} holds {paper.locator}, which is not theirs"
            elif case.state is not State.ERASED and not _opens(run, case, paper):
                yield f"the receipt of client {client.number} opens nothing"
        if len({paper.text for paper in client.receipts}) > 1:
            yield f"client {client.number} got two receipts for one request"
        if sum(case.request_id == own for case in run.aws.cases.values()) > 1:
            yield f"client {client.number} has two cases from one request"
        yield from _changes_kept(run, client, cases)


def _opens(run: Schedule, case: Registration, paper: receipt.Receipt) -> bool:
    replaced = any(
        event.act is Act.RECEIPT_REISSUED
        for event in run.aws.events.values()
        if event.chain == case.ref.locator
    )
    return replaced or case.secret_mac == receipt.secret_mac(MAC, paper)


def _changes_kept(run: Schedule, client: Any, cases: dict[str, Registration]) -> Iterator[str]:
    case = cases.get(client.paper.locator) if client.paper else None
    if case is None:
        return
    if client.withdrawn and case.state not in ENDED_STATES:
        yield f"{case.ref.locator} was withdrawn and lives"
    if client.corrected and (
        case.corrections != 1
        or (case.state is not State.ERASED and (case.ref.locator, "1") not in run.aws.vault)
    ):
        yield f"{case.ref.locator} lost its correction"


def an_honest_client_is_answered(run: Schedule) -> Iterator[str]:
    """Whoever sends again after the faults is acknowledged."""
    for client in run.told.clients:
        gone = client.key in run.told.erased_keys or client.number in run.plan.impatient
        if not client.receipts and not gone:
            yield f"client {client.number} never got a receipt"


def one_nik_is_in_one_live_application(run: Schedule) -> Iterator[str]:
    """By the numbers themselves, opened: none is in two live cases that no officer holds (1)."""
    owner: dict[str, str] = {}
    for case, identity in _opened(run):
        parked = any(code.startswith("nik_held") for code in case.concerns)
        if parked or case.state in ENDED_STATES:
            continue
        for nik in {person.nik for person in identity.people} - {None}:
            guard = blind_keys.nik_guard(MAC, "v1", str(nik))
            holder = run.aws.guards.get(guard)
            if holder is None or holder.ref != case.ref:
                yield f"{case.ref.locator} lives and does not hold one of its NIK"
            if owner.setdefault(str(nik), case.ref.locator) != case.ref.locator:
                yield f"one NIK is in {owner[str(nik)]} and {case.ref.locator}"


def nobody_is_refused_because_of_themselves(run: Schedule) -> Iterator[str]:
    """A number is "held by another" only where another request really claimed it."""
    clients = {blind_keys.request_id(MAC, client.key): client for client in run.told.clients}
    requests = {case.ref.locator: case.request_id for case in run.aws.cases.values()}
    for case in run.aws.cases.values():
        own = clients.get(case.request_id)
        if own is None:
            continue
        for code in case.concerns:
            kind, _, locator = code.partition(":")
            if kind != "nik_held":
                continue
            others = [
                client
                for client in run.told.clients
                if client.key != own.key and client.numbers & own.numbers
            ]
            if requests.get(locator) == case.request_id or not others:
                yield f"{case.ref.locator} is held up by {locator or 'its own correction'}"


def nobody_is_held_up_by_a_case_that_has_ended(run: Schedule) -> Iterator[str]:
    """Whose number was free again when the registry had confirmed it need not wait for anybody."""
    for locator in run.aws.held_by_the_ended:
        yield f"{locator} went to an officer because of a case that had ended"


def a_held_case_goes_to_nobody_but_an_officer(run: Schedule) -> Iterator[str]:
    """A case without its guards is neither matched nor scored nor decided by a machine (1)."""
    for case in run.aws.cases.values():
        held = any(code.startswith("nik_held") for code in case.concerns)
        if held and (case.state in UNCHECKED or case.decisions):
            yield f"{case.ref.locator} is held by another and {case.state}"


def nobody_passes_unchecked(run: Schedule) -> Iterator[str]:
    """A case goes on only when the registry has confirmed everybody who has a NIK."""
    for case, identity in _opened(run):
        if case.state not in UNCHECKED:
            continue
        for person, answer in zip(identity.people, case.identity, strict=True):
            if person.nik is None:
                continue
            if answer.outcome is not Outcome.CONFIRMED:
                yield f"{case.ref.locator} passed with {answer.outcome}"
            if (person.nik, person.name) not in run.aws.confirmed:
                yield f"{case.ref.locator} passed, and the registry never said so"


def the_registry_was_asked_about_the_corrected(run: Schedule) -> Iterator[str]:
    """A second mismatch counts only against what the family corrected."""
    yield from run.aws.asked_in_vain


def scored_once(run: Schedule) -> Iterator[str]:
    """One event of a score in a chain, and one more each time that people opened it again (8)."""
    opened = Counter(event.chain for event in run.aws.events.values() if event.act is Act.REOPENED)
    scored = Counter(
        event.chain
        for event in run.aws.events.values()
        if event.act in SCORING and event.actor == "system:score_household"
    )
    for locator, count in scored.items():
        if count > 1 + opened[locator]:
            yield f"{locator} was scored {count} times, opened {opened[locator]} times"


def what_cannot_be_computed_is_never_scored(run: Schedule) -> Iterator[str]:
    """Answers that do not suffice give a visit: no score and no decision (3)."""
    needy = {
        blind_keys.request_id(MAC, client.key)
        for client in run.told.clients
        if not client.family.scorable
    }
    for case in run.aws.cases.values():
        if case.request_id in needy and (case.scored or case.decisions):
            yield f"{case.ref.locator} was scored without its answers"
        if case.state is State.DECIDED and not (case.scored and case.decisions):
            yield f"{case.ref.locator} is decided without a score"


def a_decision_can_be_computed_again(run: Schedule) -> Iterator[str]:
    """The named model and rules on the stored inputs give the stored score and decisions (2)."""
    region, adoptions = run.region, {each.number: each for each in run.aws.adoptions}
    for case in run.aws.cases.values():
        if case.scored is None or case.household is None:
            continue
        basis = basis_of(adoptions.get(case.under), region.artefact, region.rule_set)
        outcome = pmt.score(basis.artefact, case.household)
        if outcome != case.scored or case.scored.model_hash != basis.artefact.sha256:
            yield f"{case.ref.locator}: another score"
        elif isinstance(outcome, pmt.Scored):
            decile = basis.decile(outcome.score, case.ref.locator)
            provisional, month = case.under == 0, case.household.as_of
            again = programme.decide(basis.rules, case.household, decile, provisional, month)
            if case.rules_hash != basis.rules.sha256 or again != case.decisions:
                yield f"{case.ref.locator}: another decision"


def limits_hold(run: Schedule) -> Iterator[str]:
    """Look-ups by number stay within an officer's right, and each is counted."""
    for name, used in run.aws.rights.items():
        if used > PER_DAY:
            yield f"{name} was used {used} times"
    looked = Counter(
        event.actor
        for event in run.aws.events.values()
        if event.act is Act.READ and (event.reason or "").startswith("reissue")
    )
    for actor, count in looked.items():
        used = sum(n for name, n in run.aws.rights.items() if name.split("#")[1] == actor)
        if count > used:
            yield f"{actor} looked up {count} times, {used} were counted"
    if run.told.look_ups > sum(run.aws.rights.values()):
        yield f"{run.told.look_ups} look-ups were answered"


def a_replaced_receipt_stays_dead(run: Schedule) -> Iterator[str]:
    """Whatever form comes again, the last receipt that was given is the one that opens."""
    for locator in run.aws.revived:
        yield f"a receipt of {locator} that was replaced opened it again"


def guards_of_ended_cases_are_released(run: Schedule) -> Iterator[str]:
    """After the drain no guard is held by a case that has ended."""
    for guard, holder in run.aws.guards.items():
        case = run.aws.cases.get(holder.ref)
        if case is not None and case.state in ENDED_STATES:
            yield f"{guard[:8]} is held by {holder.ref.locator}, {case.state}"


def the_erased_opens_nothing(run: Schedule) -> Iterator[str]:
    """Of an erased family nothing can be opened, and it stays erased."""
    for ref in run.told.erased:
        if run.aws.cases[ref].state is not State.ERASED:
            yield f"{ref.locator} was erased and is {run.aws.cases[ref].state}"
    for case in run.aws.cases.values():
        if case.state is State.ERASED and (
            case.household or case.secret_mac or case.scored or case.concerns
            or any(locator == case.ref.locator for locator, _ in run.aws.vault)
        ):  # fmt: skip
            yield f"{case.ref.locator} is erased and something of it is left"
    for locator, _ in run.aws.vault:
        if not any(case.ref.locator == locator for case in run.aws.cases.values()):
            yield f"a sealed identity of {locator}, and no case"


def a_repeat_changes_nothing(run: Schedule) -> Iterator[str]:
    """Every message that ever was, once more, changes nothing (8)."""
    if run.told.changed_by_repeats:
        yield "messages that came again changed something"


def nothing_personal_in_the_open(run: Schedule) -> Iterator[str]:
    """No number and no name stands in a key, a message, an event or a line of the log (6)."""
    aws = run.aws
    letters = (body for queue in run.region.post.values() for body in queue.bodies)
    open_text = "\n".join(
        (
            *aws.guards, *aws.buckets, *aws.rights, *aws.files, *letters, *run.told.logged,
            *(f"{ref.village} {ref.locator}" for ref in aws.cases),
            *(f"{key} {event.actor} {event.reason} {event.ref}"
              for key, event in aws.events.items()),
        )
    )  # fmt: skip
    for word in _personal():
        if word in open_text:
            yield "a person's number or name stands in the open"


@cache
def _personal() -> tuple[str, ...]:
    numbers = {number for family in families() for number in family.numbers}
    return (*sorted(numbers), "Contoh", "Dusun", "080000009901")


def _opened(run: Schedule) -> Iterator[tuple[Registration, Identity]]:
    vault, opened = run.aws.vault, run.region.opened
    for case in run.aws.cases.values():
        first = vault.get((case.ref.locator, "0"))
        if first is None or case.household is None:
            continue
        identity = unpack(opened(case.ref.locator, "0", first))
        second = vault.get((case.ref.locator, "1"))
        if second is not None:
            identity = apply_correction(identity, opened(case.ref.locator, "1", second))
        yield case, identity
