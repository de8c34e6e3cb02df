"""What staff read about proposals to adopt a model or rule set: who, what, and how many families.

Numbers and words only; nothing of a single family is in a proposal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.domain.adoption import IN_FORCE, LEAST, UNCONVINCED, Proposal, Stage
from chalicelib.domain.comparison import GROUPINGS, MOVES
from chalicelib.domain.pmt import Artefact
from chalicelib.domain.programme import RuleSet
from chalicelib.usecases import show_status


@dataclass(frozen=True, slots=True)
class Ports:
    """What the words rest on.

    Attributes:
        words: of these pages, by code.
        artefact, rules: of a content hash; None when this stage does not carry it.
        districts: of the region, by code of six digits.
        status: for times in the region's own zone.
    """

    words: Mapping[str, Any]
    artefact: Callable[[str], Artefact | None]
    rules: Callable[[str], RuleSet | None]
    districts: Mapping[str, str]
    status: show_status.Ports


def offer(
    proposals: Sequence[Proposal], models: Iterable[str], rules: Iterable[str], ports: Ports
) -> dict[str, Any]:
    """The list of proposals, what holds now, and what may be proposed.

    Args:
        proposals: of the region, the latest first.
        models, rules: content hashes that this package carries.
    """
    adopted = [each for each in proposals if each.stage in IN_FORCE]
    latest = max(adopted, key=lambda each: each.number, default=None)
    return {
        "now": {
            "model": _model(latest.model if latest else "", ports),
            "rules": _rules(latest.rules if latest else "", ports),
            "number": latest.number if latest else 0,
        },
        "rows": [
            {
                "number": each.ref.locator,
                "at": show_status.moment(each.at, ports.status),
                "stage": _stage(each, ports),
                "model": _model(each.model, ports),
                "rules": _rules(each.rules, ports),
            }
            for each in proposals
        ],
        "models": [(sha256, _model(sha256, ports)) for sha256 in models],
        "rule_sets": [(sha256, _rules(sha256, ports)) for sha256 in rules],
        "programmes": sorted(
            {pair for sha256 in rules for pair in _names(ports.rules(sha256)).items()}
        ),
    }


def sheet(proposal: Proposal, viewer: str, *, may_adopt: bool, ports: Ports) -> dict[str, Any]:
    """Everything about one proposal.

    Args:
        viewer: "staff:<subject>" of the reader.
        may_adopt: whether the reader's role lets them adopt at all.
    """
    done = proposal.villages - proposal.left
    compared = proposal.stage is Stage.COMPARED
    return {
        "number": proposal.ref.locator,
        "stage": _stage(proposal, ports),
        "progress": _progress(proposal, done, ports),
        "facts": _facts(proposal, viewer, ports),
        "reason": ports.words["reasons"].get(proposal.reason, proposal.reason),
        "result": _result(proposal, ports),
        "may_settle": may_adopt and compared and viewer != proposal.proposer,
        "is_own": may_adopt and compared and viewer == proposal.proposer,
        "refusals": [(code, ports.words["reasons"][code]) for code in UNCONVINCED],
    }


def _facts(proposal: Proposal, viewer: str, ports: Ports) -> list[tuple[str, str]]:
    """Label and text, in the order of the steps; the seed is told once it decides nothing more."""
    names = ports.words["facts"]
    ended = proposal.stage in IN_FORCE | {Stage.REFUSED}
    named = _names(ports.rules(proposal.rules))
    found = [
        ("model", _model(proposal.model, ports)),
        ("rules", _rules(proposal.rules, ports)),
        ("old_model", _model(proposal.old_model, ports)),
        ("old_rules", _rules(proposal.old_rules, ports)),
        ("proposed", _signed(proposal.proposer, proposal.at, viewer, ports)),
        ("commitment", proposal.commitment),
        ("frozen", _at(proposal.frozen_at, ports)),
        *(
            ("places", f"{named.get(code, code)}: {_number(places, ports)}")
            for code, places in proposal.places.items()
        ),
        ("population", proposal.population),
        ("manifest", proposal.manifest),
        ("settled", _signed(proposal.settler, proposal.settled_at, viewer, ports)),
        ("seed", proposal.seed.hex() if ended else ""),
    ]
    return [(names[code], text) for code, text in found if text]


def _progress(proposal: Proposal, done: int, ports: Ports) -> str:
    text: str = ports.words["progress"].get(proposal.stage, "")
    return text.format(selesai=done, semua=proposal.villages)


def _result(proposal: Proposal, ports: Ports) -> dict[str, Any] | None:
    result: Any = proposal.result
    if result is None:
        return None
    rules = ports.rules(proposal.rules)
    names = _names(rules)
    return {
        "families": _number(result["families"], ports),
        "unscored": _number(result["unscored"], ports),
        "gone": _number(result["gone"], ports),
        "least": LEAST,
        "programmes": [
            {
                "name": names.get(code, code),
                "all": [(move, _number(counts["all"][move], ports)) for move in MOVES],
                "groupings": [
                    {
                        "name": ports.words["groupings"][grouping],
                        "rows": [
                            [_group(grouping, group, ports), *(_number(n, ports) for n in row)]
                            for group, row in counts[grouping].items()
                        ],
                    }
                    for grouping in GROUPINGS
                ],
            }
            for code, counts in result["programmes"].items()
        ],
    }


def _names(rules: RuleSet | None) -> Mapping[str, str]:
    return {each.code: each.name for each in rules.programmes} if rules else {}


def _group(grouping: str, group: str, ports: Ports) -> str:
    names = ports.districts if grouping == "district" else ports.words["groups"]
    return str(names.get(group, group))


def _number(count: int | None, ports: Ports) -> str:
    """A count as people read it, "1.234"; words where it is too small to be told."""
    return str(ports.words["hidden"]) if count is None else f"{count:,}".replace(",", ".")


def _stage(proposal: Proposal, ports: Ports) -> str:
    return str(ports.words["stages"][proposal.stage])


def _model(sha256: str, ports: Ports) -> str:
    found = ports.artefact(sha256)
    return f"{found.name} {found.version} ({found.sha256[:8]})" if found else sha256[:8]


def _rules(sha256: str, ports: Ports) -> str:
    found = ports.rules(sha256)
    return f"{found.title} ({found.sha256[:8]})" if found else sha256[:8]


def _signed(actor: str, at: int, viewer: str, ports: Ports) -> str:
    if not actor:
        return ""
    kind, _, subject = actor.partition(":")
    names = ports.words["who"]
    who = names["you"] if actor == viewer else names[kind].format(kode=subject[:8])
    return f"{_at(at, ports)}. {who}"


def _at(at: int, ports: Ports) -> str:
    return show_status.moment(at, ports.status) if at else ""
