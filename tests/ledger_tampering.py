"""Random tampers of a ledger export; every one must be found by the verifier.

Three hands do it. The clumsy one edits lines of the file. The cunning one may write to the ledger:
after its tamper it makes hashes, chains, places and counts fit again, but has no hand in the
registry. The insider has one, and seals again with a key of its own, or leaves seals out; what it
lacks is the region's signing key and the seals that were published.

`make prove` does a hundred thousand of them.
"""

from __future__ import annotations

import hashlib
import json
import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from chalicelib.domain.audit import DAY_MS
from chalicelib.domain.day_seal import (
    first_seal_prev,
    merkle_root,
    seal_record,
    unsigned_seal,
)
from chalicelib.usecases.seal_day import MARGIN_MS, seal_day
from modelling.audit_records import canonical, day_of, parse_record, place_of
from modelling.audit_verify import Report, verify
from tests.ledger_world import (
    REGION,
    START,
    MemoryFiles,
    export,
    locator,
    make_ledger,
    seal_ports,
    signer,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

Record = dict[str, Any]
_HEAD: Record = {"type": "head", "v": 1}
DAYS = 4
SEALED_DAYS = 3
MIDNIGHT = START + DAYS * DAY_MS
MORNING = MIDNIGHT + DAY_MS // 4  # a day after the last seal was due, so it must be there


@dataclass
class World:
    """An export, and what an auditor has collected elsewhere."""

    records: list[Record]
    published: dict[str, dict[str, str | int]]
    keys: frozenset[str]


def make_world(seed: int, until: int = MORNING) -> World:
    ledger, files = make_ledger(seed, days=DAYS, changes=30, reads=10, families=7), MemoryFiles()
    seal_day(START + SEALED_DAYS * DAY_MS + MARGIN_MS, seal_ports(ledger, files))
    records = [json.loads(line) for line in export(ledger, until)]
    seals = [parse_record(content) for content in files.files.values()]
    key = hashlib.sha256(signer().public_key()).hexdigest()
    return World(records, {str(seal["day"]): seal for seal in seals}, frozenset([key]))


def check(world: World, records: list[Record], *, alone: bool = False) -> Report:
    """Verify a tampered export; alone: with nothing but the export."""
    lines = [canonical(record) + b"\n" for record in records]
    if alone:
        return verify(lines)
    return verify(lines, published=world.published, keys=world.keys)


# The clumsy hand


def clumsy(rng: random.Random, records: list[Record]) -> str:
    """Edit the file in one place, without repairing anything; says what was done."""
    kind = rng.choice(("change", "change", "change", "drop", "insert", "swap", "cut", "days"))
    place = rng.randrange(len(records))
    if kind == "change":
        return f"change {_change(rng, rng.choice(records))}"
    if kind == "drop":
        return f"drop {records.pop(place)['type']}"
    if kind == "insert":
        copy = dict(rng.choice(records))
        if rng.random() < 0.5:
            _change(rng, copy)
        records.insert(place, copy)
        return f"insert {copy['type']}"
    if kind == "swap":
        other = rng.choice([each for each in range(len(records)) if each != place])
        records[place], records[other] = records[other], records[place]
        return f"swap {records[place]['type']} and {records[other]['type']}"
    if kind == "cut":
        del records[max(place, 1) :]
        return "cut"
    return _swap_days(rng, records)


def _swap_days(rng: random.Random, records: list[Record]) -> str:
    dated = [each for each in records if each["type"] in ("event", "read")]
    one, two = sorted(rng.sample(sorted({day_of(each["at"]) for each in dated}), 2))
    days = {one: two, two: one}
    dated.sort(key=lambda each: days.get(day_of(each["at"]), day_of(each["at"])))
    first = next(i for i, each in enumerate(records) if each["type"] in ("event", "read"))
    records[first : first + len(dated)] = dated
    return f"swap days {one} and {two}"


def _change(rng: random.Random, record: Record) -> str:
    """Change one field; the instant of the export is a statement that no record contradicts."""
    name = rng.choice([each for each in sorted(record) if each != "until"])
    value = record[name]
    how = rng.random()
    if how < 0.1 and name != "type":
        del record[name]
    elif isinstance(value, int):
        record[name] = value + rng.choice((-1, 1, 2, 10, 1000, DAY_MS, -DAY_MS))
    else:
        place = rng.randrange(len(value))
        letters = "0123456789abcdef" if set(value) <= set("0123456789abcdef") else "ABCxyz_:#2"
        others = [each for each in letters if each != value[place]]
        record[name] = value[:place] + rng.choice(others) + value[place + 1 :]
    return f"{record.get('type')}.{name}"


# The cunning hands


def cunning(rng: random.Random, records: list[Record]) -> str:
    """Tamper with the ledger, and make fit what an insider without the registry can."""
    events = [each for each in records if each["type"] in ("event", "read")]
    done = _tamper(rng, events, rng.choice(events))
    _fit(records, events, relink=rng.random() < 0.7)
    return f"cunning {done}"


def insider(rng: random.Random, records: list[Record]) -> str:
    """Tamper with a sealed day, and make fit what an insider with the registry can."""
    seals = [each for each in records if each["type"] == "seal"]
    last = seals[-1]["day"]
    events = [each for each in records if each["type"] in ("event", "read")]
    done = _tamper(rng, events, rng.choice([e for e in events if day_of(e["at"]) <= last]))
    _fit(records, events, relink=True)
    heads = {each["chain"]: each for each in events if "#" not in each["chain"]}
    heads |= {each["chain"]: each for each in events if each["chain"][-8:] > last}
    remade = [
        {
            "type": "head",
            "v": 1,
            "chain": chain,
            **{n: heads[chain][n] for n in ("seq", "hash", "at")},
        }
        for chain in sorted(heads)
    ]
    how = rng.choice(("old seals", "fewer seals", "own seals"))
    if how == "fewer seals":
        del seals[rng.randrange(len(seals)) :]
    elif how == "own seals":
        seals = _own_seals(seals, events)
    end = {**records[-1], "heads": len(remade), "seals": len(seals)}
    records[:] = [*seals, *events, *remade, end]
    return f"insider {done}, {how}"


def _tamper(rng: random.Random, events: list[Record], victim: Record) -> str:
    kind = rng.choice(("change", "drop", "insert", "tail", "move", "family", "forge"))
    if kind == "change":
        kind = f"change {_change_event(rng, victim)}"
    elif kind == "drop":
        events.remove(victim)
    elif kind == "insert":
        place = events.index(victim)
        events.insert(place + rng.randrange(2), {**victim, "at": victim["at"] + 1})
    elif kind == "tail":
        gone = {
            id(e) for e in events if e["chain"] == victim["chain"] and e["seq"] >= victim["seq"]
        }
        events[:] = [each for each in events if id(each) not in gone]
    elif kind == "move":
        victim["at"] += rng.choice((-1, 1)) * rng.choice((1, 3_600_000, DAY_MS))
        victim["chain"] = _chain_of(victim)
    else:
        free = locator(rng)
        renamed = {"actor": f"staff:{free}"} if victim["type"] == "read" else {"chain": free}
        if kind == "forge":
            events.append({**victim, **renamed, "seq": 1})
            events[-1]["chain"] = _chain_of(events[-1])
        else:
            for each in [e for e in events if e["chain"] == victim["chain"]]:
                each.update(renamed)
                each["chain"] = _chain_of(each)
    return f"{kind} {victim['type']}"


def _change_event(rng: random.Random, event: Record) -> str:
    names = ("actor", "act", "to", "commitment", "at", "ref", "reason")
    name = rng.choice([n for n in names if n in event and event[n] not in ("read", "citizen")])
    if name == "at":
        event["at"] += rng.choice((-1, 1))
    elif name == "commitment":
        event["commitment"] = hashlib.sha256(event["commitment"].encode()).hexdigest()
    elif name == "ref":
        event["ref"] = locator(rng)
    else:
        event[name] += "x"
        event["chain"] = _chain_of(event)
    return name


def _chain_of(event: Record) -> str:
    read = event["type"] == "read"
    return f"{event['actor']}#{day_of(event['at'])}" if read else str(event["chain"])


def _fit(records: list[Record], events: list[Record], *, relink: bool) -> None:
    """Hash, sort and count again; with relink, also number and chain again."""
    chains: dict[str, list[Record]] = {}
    for each in sorted(events, key=lambda e: (e["seq"], e["at"])):
        chains.setdefault(each["chain"], []).append(each)
    for chain, links in chains.items():
        prev = hashlib.sha256(f"tepat chain 1\n{chain}".encode()).hexdigest()
        prev_at = 0
        for seq, each in enumerate(links, start=1):
            if relink:
                each.update(seq=seq, prev=prev, prev_at=prev_at, at=max(prev_at, each["at"]))
            body = {name: value for name, value in each.items() if name != "hash"}
            text = json.dumps(body, sort_keys=True, separators=(",", ":"))
            each["hash"] = prev = hashlib.sha256(text.encode()).hexdigest()
            prev_at = each["at"]
    events.sort(key=lambda each: place_of(each, day_of(each["at"])))
    rest = {kind: [r for r in records if r["type"] == kind] for kind in ("seal", "head", "end")}
    (end,) = rest["end"]
    for kind in ("event", "read"):
        end[f"{kind}s"] = sum(each["type"] == kind for each in events)
    records[:] = [*rest["seal"], *events, *rest["head"], end]


def _own_seals(seals: list[Record], events: list[Record]) -> list[Record]:
    """Seal the days again, with the writer's code and another key."""
    prev, made = first_seal_prev(REGION), []
    forger = signer(9902)
    for seal in seals:
        day = [bytes.fromhex(e["hash"]) for e in events if day_of(e["at"]) == seal["day"]]
        count, root = merkle_root(day)
        new = unsigned_seal(
            region=REGION,
            day=seal["day"],
            count=count,
            root=root,
            prev=prev,
            public_key=forger.public_key(),
        )
        prev = new.hash
        made.append(seal_record(replace(new, signature=forger.sign(new.hash))))
    return made


def missed(seed: int, tampers: int) -> Iterator[str]:
    """Do random tampers; yields those that were not found (none, if the verifier is good)."""
    rng = random.Random(seed)  # noqa: S311 - invented data, no secret
    for number in range(tampers):
        if number % 500 == 0:
            world = make_world(rng.randrange(10**9), rng.choice((MIDNIGHT, MORNING)))
            assert check(world, world.records).sound
        records = [dict(record) for record in world.records]
        hand = rng.choice((clumsy, cunning, insider))
        done = hand(rng, records)
        if records != world.records and check(world, records, alone=hand is clumsy).sound:
            yield f"seed {seed}, tamper {number}: {done}"
