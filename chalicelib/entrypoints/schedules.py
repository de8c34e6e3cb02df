"""What the clock wakes: the sweep for stuck work, the seal of the finished day, the visits."""

from __future__ import annotations

from typing import Any

from chalice.app import Blueprint, Cron, Rate

from chalicelib import wiring
from chalicelib.telemetry import log

schedules = Blueprint(__name__)


@schedules.schedule(Rate(5, unit=Rate.MINUTES), name="sweep")
def sweep(event: Any) -> None:  # noqa: ANN401 - Chalice's event
    """Put stuck work on its queue again.

    Invoked by hand with `{"detail": {"days": 14}}` it looks at as many days at once.
    """
    from chalicelib.case_wiring import sweep_ports  # noqa: PLC0415 - each its own
    from chalicelib.usecases.sweep import OLDEST  # noqa: PLC0415
    from chalicelib.usecases.sweep import sweep as find_stuck  # noqa: PLC0415

    days = event.to_dict().get("detail", {}).get("days")
    looked_at = None if days is None else range(min(days - 1, OLDEST), -1, -1)
    log("swept", function="sweep", sent=find_stuck(sweep_ports(), looked_at))


@schedules.schedule(Cron(20, 1, "*", "*", "?", "*"), name="seal_day")
def seal_day(_event: Any) -> None:  # noqa: ANN401
    """Seal the days that are over; 01.20 UTC, when nothing of yesterday can still be written."""
    from chalicelib.case_wiring import seal_ports  # noqa: PLC0415
    from chalicelib.usecases.seal_day import seal_day as seal  # noqa: PLC0415

    count = len(seal(wiring.clock.now_ms(), seal_ports()))
    log("sealed", function="seal_day", count=count)


@schedules.schedule(Rate(1, unit=Rate.HOURS), name="send_visits")
def send_visits(_event: Any) -> None:  # noqa: ANN401
    """Ask for the ground checks that nobody asks for, and draw who goes."""
    from chalicelib.check_wiring import send_visits_ports  # noqa: PLC0415 - each its own
    from chalicelib.usecases.send_visits import send_visits as send  # noqa: PLC0415

    done = send(send_visits_ports())
    log("visits", function="send_visits", sent=done.asked, count=done.assigned)
