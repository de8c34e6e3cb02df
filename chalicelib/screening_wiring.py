"""Hands the screening of evidence its ports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib import wiring
from chalicelib.settings import needed, settings

if TYPE_CHECKING:
    from chalicelib.usecases import screen_evidence


def screening_ports() -> screen_evidence.Ports:
    """Ports of screening a file that somebody sent."""
    from chalicelib.adapters.evidence_bucket import EvidenceBucket
    from chalicelib.adapters.image_remaking import ImageRemaker
    from chalicelib.adapters.virus_scan import ClamScan
    from chalicelib.domain.region_calendar import RegionCalendar
    from chalicelib.usecases.check_pieces import CheckPieces, PiecesOfAll
    from chalicelib.usecases.dispute_pieces import DisputePieces
    from chalicelib.usecases.report_pieces import ReportPieces
    from chalicelib.usecases.screen_evidence import Ports

    today = RegionCalendar({}, settings().hours_east).day(wiring.clock.now_ms())
    limits = wiring.sanggah().on(today).evidence
    buckets = needed("TEPAT_QUARANTINE_BUCKET"), needed("TEPAT_RELEASED_BUCKET")
    return Ports(
        EvidenceBucket(wiring.client("s3"), *buckets),
        PiecesOfAll(
            DisputePieces(wiring.clock, wiring.disputes()),
            CheckPieces(wiring.clock, wiring.ground_checks()),
            ReportPieces(wiring.clock, wiring.reports()),
        ),
        ClamScan(needed("TEPAT_CLAMSCAN"), str(wiring.DATA / "screening")),
        ImageRemaker(limits.pixels, limits.pages),
        limits,
    )
