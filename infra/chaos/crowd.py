"""The families of a run: `make demo`'s, who come one after another and never give up.

Each receipt is written down as it is told, before anything else is done with it.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from infra import demo
from infra.demo import Api, Case

_AT_ONCE: Final = 6
_LOOK_EVERY: Final = 15.0  # seconds between two looks at all cases that still move


@dataclass
class Crowd:
    """Families on their way.

    Attributes:
        printed: file of what was told: number of the family and receipt, a line each.
        cases: those that hold a receipt.
        refused: numbers of those that were told no, with the codes.
        leave: set when they shall go home.
    """

    api: Api
    printed: Path
    cases: list[Case] = field(default_factory=list)
    refused: dict[int, tuple[str, ...]] = field(default_factory=dict)
    leave: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def come(self, cases: Iterable[Case], total: int, seconds: float) -> None:
        """Register all families, spread over so many seconds, each until it is answered."""
        began = time.monotonic()
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for number, case in enumerate(cases):
                time.sleep(max(0.0, began + seconds * number / total - time.monotonic()))
                pool.submit(self._register, case)

    def follow(self) -> None:
        """Look at cases and do what their families do about them, until they leave."""
        while not self.leave.wait(_LOOK_EVERY):
            for case in self.still_moving():
                if self.leave.is_set():
                    return
                demo.look(self.api, case)

    def still_moving(self) -> list[Case]:
        """Cases whose family has not yet seen how they end, or has not yet said what it will."""
        with self._lock:
            known = list(self.cases)
        return [case for case in known if not case.state or _moves(case)]

    def _register(self, case: Case) -> None:
        while not (case.receipt or _told_no(case) or self.leave.is_set()):
            case.refusals = ()
            demo.register(self.api, case)
        with self._lock:
            if not case.receipt:
                self.refused[case.number] = case.refusals
                return
            with self.printed.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"family": case.number, "receipt": case.receipt}) + "\n")
            self.cases.append(case)


def _told_no(case: Case) -> bool:
    return any(code.startswith("http_") for code in case.refusals)


def _moves(case: Case) -> bool:
    will_correct = case.state == "needs_correction" and demo.corrects(case) and not case.acts
    will_withdraw = demo.withdraws(case) and "withdrew" not in case.acts
    return case.state in demo.UNSETTLED or will_correct or will_withdraw
