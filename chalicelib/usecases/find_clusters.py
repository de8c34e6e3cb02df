"""Find out whether an objection looks as if one hand made it and others, and flag those too.

It weighs nothing and ends nothing: whatever is flagged goes to an officer of another district.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from chalicelib.domain import cluster_index, clusters, hearing
from chalicelib.domain.clusters import Sent
from chalicelib.domain.dispute import Dispute, Side
from chalicelib.domain.errors import Fault, TryAgain
from chalicelib.domain.receipt import Mac
from chalicelib.domain.registration import Ref, Stamp
from chalicelib.domain.sanggah_rules import ClusterLimits
from chalicelib.usecases.dispute_ports import Disputes, Traces

_LOADED: Final = 60  # in one call


@dataclass(frozen=True, slots=True)
class Ports:
    """What comparing needs. `mac` makes keyed digests."""

    disputes: Disputes
    traces: Traces
    mac: Mac


def flags_of(there: Dispute, limits: ClusterLimits, stamp: Stamp, ports: Ports) -> tuple[str, ...]:
    """Why an objection is flagged, as codes that are not noted yet; its like are flagged here.

    Done again it does nothing more, so whoever is interrupted begins anew.

    Args:
        stamp: of whoever does it, now.

    Raises:
        TryAgain: the store refused for now, or somebody wrote one of the others meanwhile.
    """
    sent = cluster_index.shortened(_sent(there))
    ports.traces.keep(cluster_index.rows(sent, limits, ports.mac))
    kept = ports.traces.found(cluster_index.names(sent, limits, ports.mac))
    others = cluster_index.others(sent, kept, limits, ports.mac)
    found = clusters.flags(sent, others, limits)
    villages = {each.locator: each.village for each in others}
    codes: dict[Ref, list[str]] = defaultdict(list)
    for code, members in found.items():
        for locator in members - {sent.locator}:
            codes[Ref(villages[locator], locator)].append(code)
    for other in _loaded(codes, ports):
        own = Stamp(stamp.at, stamp.actor, other.salt)
        step = hearing.flag(other, tuple(sorted(codes[other.ref])), own)
        if step is not None and ports.disputes.change(*step) is not None:
            raise TryAgain(Fault("busy"))
    return tuple(code for code in sorted(found) if code not in there.concerns)


def _sent(there: Dispute) -> Sent:
    brought = (each.piece for each in there.evidence if each.side is Side.FILER)
    return Sent(
        locator=there.ref.locator,
        village=there.ref.village,
        person=there.person,
        device=there.device,
        street=there.street,
        looks=tuple(piece.looks for piece in brought if piece.looks),
        at=there.steps[0].at,
    )


def _loaded(codes: Mapping[Ref, object], ports: Ports) -> Iterator[Dispute]:
    refs = sorted(codes, key=lambda ref: ref.locator)
    for start in range(0, len(refs), _LOADED):
        yield from ports.disputes.load(refs[start : start + _LOADED]).values()
