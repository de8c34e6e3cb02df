"""The drill from its first family to its verdict, whatever AWS it is on."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from chalicelib import case_wiring
from infra import backup
from infra.drill import before, steps
from infra.drill.steps import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from infra.account import Account
    from infra.drill.before import Family
    from infra.drill.served import Asked

    Serve = Callable[[dict[str, str], Sequence[Family], Sequence[Family], Sequence[Family]], Asked]
    """Serves the restored tables (as outputs name them) and asks for the known, gone and late."""
    Bar = Callable[[int], AbstractContextManager[Callable[[int], object]]]
    """Shows progress to a number: what it gives is told how many more there are."""

MILLION: Final = 1_000_000
_SHARE: Final = 100  # one family in so many is looked at, erased, late, opened
_ASKED: Final = 5  # receipts of each kind that are looked up in the end
_GROWS: Final = ("back up", "put back", "compare", "ledger")
"""Steps whose time grows with the families and which a real restore has too."""


@dataclass(frozen=True, slots=True)
class Pilot:
    """Where the drill is held.

    Attributes:
        given: outputs of the pilot's resources, and the parameters of its stage.
        at_once: families that register at a time.
    """

    stage: str
    account: Account
    given: dict[str, str]
    at_once: int = before.AT_ONCE

    @property
    def tables(self) -> dict[str, str]:
        """Names of its tables."""
        return backup.names(self.given)


@dataclass
class Story:
    """Tells each step with its time, and remembers the times.

    Attributes:
        seconds: of each step, by its short name.
    """

    say: Callable[[str], None]
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str, title: str) -> Iterator[list[str]]:
        """Time a step; what is put into the list is told below its title."""
        told: list[str] = []
        begun = time.monotonic()
        yield told
        self.seconds[name] = time.monotonic() - begun
        self.say(f"{len(self.seconds):>3}  {title:<58} {self.seconds[name]:8.1f} s")
        for line in told:
            self.say(f"       {line}")


def rehearse(
    pilot: Pilot,
    count: int,
    folder: Path,
    story: Story,
    serve: Serve,
    *,
    bar: Bar,
) -> Verdict:
    """Lose a pilot and bring it back.

    Args:
        pilot: empty.
        count: families that register before the backup.
        folder: for the files; empty.
        story: is told each step.
        serve: as `infra.drill.served` does.
        bar: shows how many families have registered.

    Returns:
        What is wrong.
    """
    verdict, client = Verdict(), pilot.account.client("dynamodb")
    region, few = pilot.given["Region"], max(3, count // _SHARE)
    settled = _live(pilot, count, few, story, bar)
    gone, stay = settled[:: max(1, len(settled) // few)][:few], settled[1:]
    stay = [family for family in stay if family not in gone]
    _back_up(pilot, folder, story, verdict)
    with story.step("after", "erased and registered after the backup") as lines:
        guards = steps.guards_of(gone)
        before.forget(gone)
        late = before.come_late(few, region, count)
        before.forget(late[:1])
        records = steps.export_ledger(pilot.account, pilot.given, folder / "before.jsonl")
        lines.append(f"{len(gone)} families erased; {len(late)} more came, and one of them went")
        lines.append(f"the ledger as it is: {records:,} records")
    with story.step("destroy", "all tables destroyed"):
        steps.destroy(client, pilot.tables)
        left = set(client.list_tables()["TableNames"]) & set(pilot.tables.values())
        verdict.hold(not left, f"tables that should be gone: {', '.join(sorted(left))}")
    made = _put_back(pilot, folder, story, verdict)
    with story.step("replay", "erased again whom the ledger calls erased") as lines:
        done = steps.forget_again(folder / "before.jsonl", region)
        lines.append(f"{done.erased} erased again, {done.unknown} had come after the backup")
        verdict.hold(done.erased == len(gone), f"{done.erased} of {len(gone)} were erased again")
    _compare(pilot, folder, gone, story, verdict)
    _people(stay[: 2 * few], gone, guards, story, verdict)
    _ledger(pilot, folder, story, verdict)
    with story.step("serve", "served, and asked over HTTP") as lines:
        asked = serve(pilot.given | made, stay[-_ASKED:], gone[:_ASKED], late[:_ASKED])
        lines.append(f"{asked.known} receipts from before stand as they stood")
        lines.append(f"{asked.forgotten} of the erased and {asked.late} of the late open nothing")
        lines.append("a family that comes now is registered")
        verdict.wrong += asked.wrong
    return verdict


def estimate(count: int, seconds: dict[str, float], size: int) -> list[str]:
    """What a million families would take, by proportion.

    Args:
        count: families of this run.
        seconds: of its steps.
        size: bytes of its files.
    """
    by = MILLION / count
    minutes = {name: seconds[name] * by / 60 for name in _GROWS}
    each = ", ".join(f"{name} {value:.0f}" for name, value in minutes.items())
    return [
        f"For a million families, by proportion (an estimate, not a run): {each};",
        f"together {sum(minutes.values()):.0f} minutes, and {size * by / 1e9:.1f} GB of files.",
    ]


def _live(pilot: Pilot, count: int, few: int, story: Story, bar: Bar) -> list[Family]:
    with story.step("live", f"{count:,} families sent to a new pilot") as lines:
        with bar(count) as told:
            settled = before.settle_in(count, pilot.given["Region"], told, pilot.at_once)
        before.look_at(settled[: 2 * few : 2], pilot.given["Region"])
        states = Counter(family.state for family in settled)
        each = ", ".join(f"{n:,} {state}" for state, n in states.most_common())
        lines.append(f"{len(settled):,} registered, checked and scored: {each}")
        lines.append(f"{few} of them read by an officer; sealed: {', '.join(before.seal())}")
    return settled


def _back_up(pilot: Pilot, folder: Path, story: Story, verdict: Verdict) -> None:
    with story.step("back up", "backed up to files, which were read through") as lines:
        client = pilot.account.client("dynamodb")
        manifest = backup.write(client, pilot.given, folder / "backup")
        for each in manifest.tables:
            lines.append(f"{each.file:<18} {each.items:>9,} rows {each.size / 1e6:9.2f} MB")
        days = steps.collect_seals(
            pilot.account.client("s3"), pilot.given["SiteBucket"], folder / "seals"
        )
        steps.save_key(case_wiring.seal_ports().signer.public_key(), folder / "seals.pem")
        lines.append(f"outside of it: {days} published seals, and the key that signs them")
        verdict.hold(days > 0, "no day was sealed")


def _put_back(pilot: Pilot, folder: Path, story: Story, verdict: Verdict) -> dict[str, str]:
    client = pilot.account.client("dynamodb")
    with story.step("fresh", "fresh tables, and spoilt copies of the backup tried") as lines:
        made = steps.fresh_tables(pilot.account, pilot.stage)
        refused = steps.break_copies(
            client, folder / "backup", folder / "spoilt", pilot.tables["vault"]
        )
        lines.extend(refused)
        verdict.wrong += [f"a spoilt backup was taken: {r}" for r in refused if "TAKEN" in r]
    with story.step("put back", "put back, each table compared with its file") as lines:
        manifest = backup.restore(client, pilot.given, folder / "backup")
        lines.append(f"{sum(file.items for file in manifest.tables):,} rows")
    return made


def _compare(
    pilot: Pilot, folder: Path, gone: Sequence[Family], story: Story, verdict: Verdict
) -> None:
    with story.step("compare", "every row compared with the backup") as lines:
        client, erased = pilot.account.client("dynamodb"), [f.ref.locator for f in gone]
        for one in steps.compare(client, pilot.tables, folder / "backup", erased):
            lines.append(
                f"{one.name:<9} {one.before:>9,} rows, now {one.after:>9,};"
                f" {one.kept[1].items:,} untouched: {one.kept[1].digest[:12]}"
                f" {'=' if one.equal else 'IS NOT'} {one.kept[0].digest[:12]}"
            )
            verdict.hold(one.equal, f"rows of {one.name} differ from the backup")
            if one.name == "ledger":
                verdict.hold(one.added == len(gone), f"{one.added} rows were added to the ledger")
            elif one.name == "vault":
                verdict.hold(one.after == one.before - one.changed, "erased people are sealed in")


def _people(
    stay: Sequence[Family],
    gone: Sequence[Family],
    guards: dict[str, tuple[str, ...]],
    story: Story,
    verdict: Verdict,
) -> None:
    with story.step("people", "people looked for: who stays opens, who was erased does not") as on:
        unlike = steps.can_be_opened(stay)
        left = steps.are_forgotten(gone, guards)
        on.append(f"{len(stay) - len(unlike)} of {len(stay)} identities open to what was sent")
        numbers = sum(len(held) for held in guards.values())
        on.append(f"{len(gone)} erased: no case, no seal, none of their {numbers} numbers is known")
        verdict.wrong += [f"{locator} does not open to what was sent" for locator in unlike]
        verdict.wrong += [f"of an erased family there is {what}" for what in left]


def _ledger(pilot: Pilot, folder: Path, story: Story, verdict: Verdict) -> None:
    with story.step("ledger", "ledger exported, `tepat audit verify` with the seals") as lines:
        export = folder / "ledger.jsonl"
        records = steps.export_ledger(pilot.account, pilot.given, export)
        sound, said = steps.verify_ledger(export, folder / "seals", folder / "seals.pem")
        lines.append(f"{records:,} records: {said.splitlines()[-1] if said else 'nothing said'}")
        verdict.hold(sound, f"the ledger does not verify: {said}")
