"""The machines' part of a proposal: freeze, read village by village, compare; later decide anew.

A message names a proposal and a village, or the region for the next step. What is done is noted
once in the same write that counts it, so messages may come twice, late and in any order. Work
that got stuck is sent again by the sweep: only what is left is done.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from chalicelib.domain import adoption, closing, comparison, lottery
from chalicelib.domain.adoption import IDLE_MS, SETTLED_MS, Proposal, Stage
from chalicelib.domain.areas import Village
from chalicelib.domain.audit import Event
from chalicelib.domain.comparison import Proposed
from chalicelib.domain.errors import TryAgain
from chalicelib.domain.pmt import Artefact
from chalicelib.domain.programme import RuleSet
from chalicelib.domain.registration import Ref, Registration, Stamp, State
from chalicelib.usecases import score
from chalicelib.usecases.adoption_ports import Manifests, Proposals
from chalicelib.usecases.ports import CaseStore, Clock, Message, Queue

ACTOR: Final = "system:carry_out"
MOST: Final = 150  # families that one message decides anew; the next ones are the next message's
_READ: Final = 30  # cases in one call (`ports.CaseStore.load`)


@dataclass(frozen=True, slots=True)
class Ports:
    """What carrying out needs.

    Attributes:
        queue: its own, for the next messages.
        manifests: where the manifest of a closed region is published.
        artefact, rules: of a content hash; None when this stage does not carry it.
        villages: of the region, by code.
    """

    clock: Clock
    store: CaseStore
    proposals: Proposals
    queue: Queue
    manifests: Manifests
    artefact: Callable[[str], Artefact | None]
    rules: Callable[[str], RuleSet | None]
    region: str
    villages: Mapping[str, Village]


def carry_out(messages: Sequence[Message], ports: Ports) -> list[Message]:
    """Do what the messages of a batch ask for.

    Returns:
        Those that must come again.
    """
    failed = []
    for message in dict.fromkeys(messages):
        try:
            done = _carry_out(message, ports)
        except TryAgain:
            done = False
        if not done:
            failed.append(message)
    return failed


def _carry_out(message: Message, ports: Ports) -> bool:
    """Do one; False when it must come again."""
    proposal = ports.proposals.load(Ref(ports.region, message.ref.locator))
    if proposal is None or proposal.stage not in adoption.DRIVEN:
        return True
    now = ports.clock.now_ms()
    if proposal.stage is Stage.PROPOSED:
        # A late message of another day finds it frozen already: the step is conditional.
        _keep(adoption.freeze(proposal, _stamp(proposal, now)), ports)
        return True
    if now < (proposal.settled_at or proposal.frozen_at) + SETTLED_MS:
        return False
    if message.ref.village == ports.region:
        return _drive(proposal, now, ports)
    if message.ref.village not in ports.villages or proposal.left == 0:
        return True
    work = _decide_anew if proposal.stage is Stage.ADOPTED else _read_village
    return work(proposal, message, now, ports)


def _drive(proposal: Proposal, now: int, ports: Ports) -> bool:
    """Send a message for each village that is left; when none is, take the next step."""
    if proposal.left:
        done = ports.proposals.finished(proposal)
        left = [code for code in ports.villages if code not in done]
        locator, version = proposal.ref.locator, proposal.version
        ports.queue.send([Message(Ref(code, locator), version) for code in left])
    elif proposal.stage is Stage.COMPARING:
        _compare(proposal, now, ports)
    else:
        _keep(adoption.carried_out(proposal, _stamp(proposal, now)), ports)
    return True


def _read_village(proposal: Proposal, message: Message, now: int, ports: Ports) -> bool:
    """Make a village's part: from decisions in hand where they rest on what is proposed."""
    village, proposed = message.ref.village, _proposed(proposal, ports)
    standing = ports.proposals.standing(village, proposal.frozen_at)
    part = comparison.part_of_standing(village, standing, proposed)
    if part is None:
        cases = ports.proposals.families(village)
        part = comparison.part_of(village, cases, proposal.frozen_at, proposed)
    ports.proposals.finish(proposal, village, part, now, now + IDLE_MS)
    return True


def _compare(proposal: Proposal, now: int, ports: Ports) -> None:
    """Rank and count the whole population; what cannot be compared is refused with its reason.

    The manifest is published before the step that names it: one that no step names is a file that
    nobody was told of, and the same message makes the same file again.
    """
    proposed, stamp = _proposed(proposal, ports), _stamp(proposal, now)
    gathered = closing.gather(ports.proposals.parts(proposal))
    if len(gathered.villages) != proposal.villages:  # the table that forgets has forgotten
        _keep(adoption.give_up(proposal, adoption.PART_LOST, stamp), ports)
        return
    if len(gathered.scores) < adoption.FEWEST:
        _keep(adoption.give_up(proposal, adoption.NOBODY, stamp), ports)
        return
    key = lottery.key(proposal.seed, gathered.population)
    cuts = proposed.artefact.about["cutoffs"]
    by_persons = isinstance(cuts, Mapping) and cuts.get("weighting") == "persons"
    closed = closing.close(
        gathered, proposed.codes, key, by_persons=by_persons, places=proposal.places
    )
    manifest = adoption.manifest(proposal, gathered, closed, proposed.codes, by_persons=by_persons)
    name = hashlib.sha256(manifest).hexdigest()
    ports.manifests.publish(name, manifest)
    lines = {code: quota.lines for code, quota in closed.quotas.items()}
    found = adoption.Found(gathered.population, closed.cutoffs, lines, name)
    told = comparison.told(gathered, closed, proposed.codes)
    _keep(adoption.compared(proposal, found, told, stamp), ports)


def _decide_anew(proposal: Proposal, message: Message, now: int, ports: Ports) -> bool:
    """Decide the families of a village under what was adopted, each once.

    A family is done when its decision names this adoption, so that any message goes on where the
    last one stopped.
    """
    village = message.ref.village
    cases = ports.proposals.families(village)
    due = list(islice((case.ref for case in cases if _is_due(case, proposal.number)), MOST + 1))
    settled = True
    for start in range(0, min(len(due), MOST), _READ):
        settled &= _decide(due[start : min(start + _READ, MOST)], proposal.number, ports)
    if not settled:
        return False
    if len(due) > MOST:
        ports.queue.send([message])
    else:
        ports.proposals.finish(proposal, village, None, now, now + IDLE_MS)
    return True


def _decide(refs: Sequence[Ref], number: int, ports: Ports) -> bool:
    """Decide some cases anew; False when one was written meanwhile and is still due."""
    loaded, adopted = ports.store.load_for_scoring(refs, ports.region)
    if adopted is None or adopted.number < number:
        return False
    basis = score.basis_of(adopted, ports.artefact, ports.rules)
    settled = True
    for found in loaded.values():
        case = found.case
        if case.household is None or not _is_due(case, number):
            continue
        if found.torn:
            settled = False
            continue
        stamp = Stamp(ports.clock.now_ms(), ACTOR, found.vault[0].salt)
        moved, event = score.decided(case, case.household, basis, stamp)
        conflict = ports.store.change(moved, event)
        if conflict is not None and conflict.case is not None:
            settled &= not _is_due(conflict.case, number)
    return settled


def _is_due(case: Registration, number: int) -> bool:
    return case.state is State.DECIDED and case.under < number


def _proposed(proposal: Proposal, ports: Ports) -> Proposed:
    """Model, rules, and the programmes that are counted: those of now and those proposed."""
    artefact, rules = ports.artefact(proposal.model), ports.rules(proposal.rules)
    old = ports.rules(proposal.old_rules)
    if artefact is None or rules is None or old is None:
        raise score.NotCarriedError
    return Proposed(artefact, rules, comparison.programmes(rules, old))


def _keep(step: tuple[Proposal, Event], ports: Ports) -> None:
    """Store a step; whoever came first has done it, and that is as good."""
    ports.proposals.change(*step)


def _stamp(proposal: Proposal, now: int) -> Stamp:
    return Stamp(now, ACTOR, proposal.salt)
