"""Close a region of the running local Tepat, as its two administrators do: `make rank`.

One signs in and proposes what holds already, with a quota or two; the functions read the region
village by village and close it; the other adopts; every family is decided anew. Then what was
published is held to the ledger, and ranked a second time by SQL, family by family.
"""

from __future__ import annotations

import argparse
import hashlib
import html
import json
import re
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import httpx
from botocore.exceptions import BotoCoreError
from tqdm import tqdm

from chalicelib.adapters.ledger_table import LedgerTable
from chalicelib.adapters.proposal_table import ProposalTable
from chalicelib.domain import adoption, audit
from chalicelib.domain.adoption import IN_FORCE, Proposal, Stage
from chalicelib.domain.audit import Act, Event
from chalicelib.usecases.adoption_ports import Proposals
from chalicelib.usecases.what_changed import Events
from infra import pilot, smoke, stages
from infra.layer import REPO
from infra.new_pilot import NoPilotError, regencies, regency
from infra.stages import StageError
from infra.visitor import SignInError, Visitor
from modelling import closed_region, rank_check
from modelling.rank_record import RecordError

KEPT: Final = REPO / ".local"
PEOPLE: Final = ("petugas", "penetap")
PATIENCE_S: Final = 1_200
_FORM: Final = re.compile(r'name="(key|model|rules)"\s+value="([^"]+)"')
_FIELD: Final = re.compile(r'id="[^"]*" name="(model|rules)" value="([0-9a-f]{64})"')
_FAULT: Final = re.compile(r'<div class="summary" role="alert">(.*?)</div>', re.DOTALL)
_QUOTA: Final = re.compile(r"([A-Z][A-Z_]{1,9})=([0-9]{1,8})", re.ASCII)
_BEGUN: Final = frozenset({Stage.PROPOSED, Stage.COMPARING, Stage.COMPARED, Stage.ADOPTED})


class RankError(RuntimeError):
    """The region could not be closed; the text says what to do."""


@dataclass(frozen=True, slots=True)
class There:
    """A running Tepat of one region.

    Attributes:
        site: its address.
        proposals, ledger: its tables.
        passwords: of its officers.
        model, rules: that its stage shipped.
        kept: folder for what is taken out.
    """

    region: str
    stage: str
    site: str
    proposals: Proposals
    ledger: Events
    passwords: Mapping[str, str]
    model: str
    rules: str
    kept: Path


def rank(there: There, places: Mapping[str, int]) -> Path:
    """Close the region, adopt what was found, and check it; gives the folder of the record.

    Raises:
        RankError: something stood in the way; nothing is half adopted, and what is begun is gone
            on with by the same command.
    """
    found = there.proposals.of_region(there.region)
    proposal = next((each for each in found if each.stage in _BEGUN), None)
    if proposal is None:
        proposal = _proposed(there, places)
        _say(f"proposed by {PEOPLE[0]}: {proposal.ref.locator}, {_told(places)}")
    else:
        _say(f"going on with {proposal.ref.locator}, which was proposed before")
    proposal = _wait(proposal, there, Stage.COMPARED)
    if proposal.stage is Stage.COMPARED:
        _adopted(there, proposal)
    _say("adopted by the second person; families are being decided anew")
    proposal = _wait(proposal, there, Stage.CARRIED_OUT)
    return _checked(there, proposal)


def _proposed(there: There, places: Mapping[str, int]) -> Proposal:
    visitor = Visitor(there.site)
    try:
        visitor.sign_in_as_staff(PEOPLE[0], there.passwords[PEOPLE[0]])
        page = visitor.get("/staff/adoptions").text
        key = next((text for name, text in _FORM.findall(page) if name == "key"), "")
        offered = set(_FIELD.findall(page))
        if not {("model", there.model), ("rules", there.rules)} <= offered or not key:
            raise RankError("The desk does not offer the stage's own model and rules to propose.")
        fields = {"key": html.unescape(key), "model": there.model, "rules": there.rules}
        fields |= {f"quota.{code}": str(count) for code, count in places.items()}
        answer = visitor.submit("/staff/adoptions", fields)
        if answer.status_code != httpx.codes.SEE_OTHER:
            raise RankError(f"The desk did not take the proposal: {_faults(answer)}")
    finally:
        visitor.close()
    number = answer.headers["location"].rpartition("/")[2]
    return _load(there, number)


def _adopted(there: There, proposal: Proposal) -> None:
    """The second person adopts; whoever of the two did not propose it."""
    path = f"/staff/adoptions/{proposal.ref.locator}/adopt"
    for name in reversed(PEOPLE):
        visitor = Visitor(there.site)
        try:
            visitor.sign_in_as_staff(name, there.passwords[name])
            answer = visitor.submit(path, {"sure": "true"})
        finally:
            visitor.close()
        if answer.status_code == httpx.codes.SEE_OTHER:
            return
    raise RankError(f"The desk did not let the second person adopt: {_faults(answer)}")


def _wait(proposal: Proposal, there: There, until: Stage) -> Proposal:
    """Look until it stands there; a bar on a terminal tells the villages."""
    end = time.monotonic() + PATIENCE_S
    with tqdm(total=proposal.villages, unit=" villages", disable=None, leave=False) as bar:
        while True:
            now = _load(there, proposal.ref.locator)
            bar.n = now.villages - now.left
            bar.refresh()
            if now.stage is until or (until is Stage.COMPARED and now.stage in IN_FORCE):
                return now
            if now.stage is Stage.REFUSED:
                raise RankError(_why_refused(now, there))
            if time.monotonic() > end:
                raise RankError(
                    f"After {PATIENCE_S // 60} minutes it is still {now.stage}, {now.left} of "
                    f"{now.villages} villages left. Is `make run STAGE={there.stage}` still "
                    "running? The same command goes on where it stands."
                )
            time.sleep(1)


def _why_refused(proposal: Proposal, there: There) -> str:
    if proposal.reason != adoption.NOBODY:
        return f"The proposal {proposal.ref.locator} was refused: {proposal.reason}."
    return (
        f"Fewer than {adoption.FEWEST} families have a decision in {there.region}, and so few are "
        f"not ranked: borders would tell of single families.\n"
        f"Send some first:  make demo STAGE={there.stage} N=400"
    )


def _checked(there: There, proposal: Proposal) -> Path:
    """Hold the site, the region's item and the ledger to each other, and tell what was done."""
    site = f"{there.site}/ranking/{proposal.manifest}.json"
    content = httpx.get(site, timeout=60, trust_env=False).content
    if hashlib.sha256(content).hexdigest() != proposal.manifest:
        raise RankError(f"{site} is not the manifest that was adopted.")
    manifest: dict[str, Any] = json.loads(content)
    in_force = there.proposals.in_force(there.region)
    if in_force is None or (in_force.number, in_force.manifest) != (
        proposal.number,
        proposal.manifest,
    ):
        raise RankError("The region's item does not name this adoption: another came after it.")
    events = _events(there, proposal)
    _committed(events[Act.COMPARED], proposal, population=proposal.population)
    _committed(events[Act.ADOPTED], proposal, number=proposal.number, seed=proposal.seed.hex())
    _tell(manifest, site, len(content), proposal, events)

    folder = there.kept / f"{there.region}-{proposal.number}-{proposal.manifest[:8]}"
    if not folder.exists():
        parts = there.proposals.parts(replace(proposal, stage=Stage.COMPARING))
        closed_region.write(folder, content, proposal.seed, parts)
    agreed = rank_check.compare(closed_region.read(folder))
    _say(f"ranked again by SQL: all {agreed.families} rows agree")
    return folder


def _tell(
    manifest: Mapping[str, Any],
    site: str,
    size: int,
    proposal: Proposal,
    events: Mapping[Act, Event],
) -> None:
    weight = f", {manifest['weight']:,} persons" if manifest["by"] == "persons" else ""
    _say(
        f"closed: {manifest['families']:,} families{weight} of {len(manifest['villages'])} villages"
    )
    for decile, (score, draw) in enumerate(manifest["cutoffs"], 1):
        _say(f"  decile {decile:2} ends at {score:>11,}  draw {draw}")
    for code, quota in manifest["quotas"].items():
        last = (
            f"ends at {quota['last'][0]:,}  draw {quota['last'][1]}" if quota["last"] else "no line"
        )
        given = "fewer than 10" if quota["given"] is None else quota["given"]
        _say(f"  {code}: {given} of {quota['places']} places given; {last}")
    _say(f"manifest: {proposal.manifest} ({size:,} bytes)")
    _say(f"  at {site}")
    for act in (Act.COMPARED, Act.ADOPTED):
        event = events[act]
        _say(f"ledger: {act}, event {event.seq} of {event.chain}, {event.hash.hex()}")
    _say("  both commit to the manifest: opened, and it is so")


def _events(there: There, proposal: Proposal) -> dict[Act, Event]:
    """The proposal's chain, walked back from its head."""
    found: dict[Act, Event] = {}
    at, chain = proposal.head.at, proposal.ref.locator
    for seq in range(proposal.head.seq, 0, -1):
        event = there.ledger.event(chain, at, seq)
        if event is None:
            raise RankError(f"The ledger has no event {seq} of {chain}.")
        found[event.act], at = event, event.prev_at
    return found


def _committed(event: Event, proposal: Proposal, **more: object) -> None:
    details = {**more, "manifest": proposal.manifest}
    if event.commitment != audit.commit(proposal.salt, details):
        raise RankError(f"The ledger's event `{event.act}` does not commit to the manifest.")


def _load(there: There, number: str) -> Proposal:
    found = next(
        (p for p in there.proposals.of_region(there.region) if p.ref.locator == number), None
    )
    if found is None:
        raise RankError(f"There is no proposal {number}.")
    return found


def _faults(answer: httpx.Response) -> str:
    found = _FAULT.search(answer.text)
    text = re.sub(r"<[^>]+>", " ", found[1]) if found else f"status {answer.status_code}"
    return " ".join(html.unescape(text).split())


def _told(places: Mapping[str, int]) -> str:
    return ", ".join(f"{count} places of {code}" for code, count in places.items()) or "no quota"


def _say(text: str) -> None:
    tqdm.write(text)


def opened(region: str, site: str, aws_port: int, kept: Path = KEPT) -> There:
    """Find the running Tepat of a region.

    Raises:
        RankError: there is no such region, no pilot of it, or none is running here.
    """
    named = {stages.read(name)["region"]: name for name in stages.names()}
    if not region:
        known = ", ".join(f"{code[:2]}.{code[2:]} ({named[code]})" for code in sorted(named))
        raise RankError(f"Which region? Pilots: {known}. Such as:  make rank REGION=52.71")
    try:
        code = regency(region)
    except NoPilotError as error:
        raise RankError(str(error)) from None
    stage = named.get(code)
    if stage is None:
        raise RankError(
            f"There is no pilot of {region}. Make one first:  make pilot REGION={region}"
        )
    start = f"Start it in another terminal:  make run STAGE={stage}"
    try:
        smoke.knock(site, code, lambda _name, _seen: None)
    except smoke.SmokeError as error:
        raise RankError(f"No Tepat of {region} answers at {site} ({error}).\n{start}") from None
    staff = kept / "staff.json"
    if not staff.is_file():
        raise RankError(f"{staff} is not there: this Tepat was not started here.\n{start}")
    account, given = pilot.opened(stage, aws_port)
    tables, client = pilot.tables(given), account.client("dynamodb")
    return There(
        code,
        stage,
        site,
        ProposalTable(client, tables),
        LedgerTable(client, tables.ledger),
        json.loads(staff.read_text()),
        given["Model"],
        given["Rules"],
        kept / "ranking",
    )


def places_of(text: str) -> dict[str, int]:
    """Read quotas as they are typed, "PKH=40,SEMBAKO=60".

    Raises:
        RankError: it is nothing of the kind.
    """
    found: dict[str, int] = {}
    for each in filter(None, text.replace(" ", "").split(",")):
        match = _QUOTA.fullmatch(each)
        if match is None or match[1] in found:
            raise RankError(f"QUOTAS={text}: write each programme once, such as PKH=40,SEMBAKO=60.")
        found[match[1]] = int(match[2])
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Close a region from the command line; 0, or 1 with one message."""
    parser = argparse.ArgumentParser(prog="python -m infra.rank", description=__doc__)
    parser.add_argument("--region", default="", help="the regency's code, such as 52.71")
    parser.add_argument("--quotas", default="", help="places, such as PKH=40,SEMBAKO=60")
    parser.add_argument("--url", default="http://127.0.0.1:8080", help="of the running site")
    parser.add_argument("--aws-port", type=int, default=4566, help="of the local AWS")
    given = parser.parse_args(argv)
    try:
        places = places_of(given.quotas)
        there = opened(given.region, given.url.rstrip("/"), given.aws_port)
        _say(f"Region {there.region}, {regencies()[there.region]}, stage {there.stage}")
        folder = rank(there, places)
    except (RankError, SignInError, StageError, RecordError, BotoCoreError) as error:
        print(error, file=sys.stderr)
        return 1
    except httpx.HTTPError as error:
        print(f"The site stopped answering ({type(error).__name__}).", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. The same command goes on where it stands.", file=sys.stderr)
        return 1
    shown = folder.relative_to(REPO) if folder.is_relative_to(REPO) else folder
    print(f"Next: .venv/bin/tepat rank check-sql {shown}   (anybody with the folder can)")
    print(f"      {there.site}/staff/adoptions shows both sheets to the two who decided")
    return 0


if __name__ == "__main__":
    sys.exit(main())
