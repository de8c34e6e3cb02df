"""How much of a warm call is our own code, in puts of a bare SDK: `python -m tests.bench.warm`.

The handlers run whole over the wire of `wire.py`; the time that passes inside botocore's clients is
taken off and the rest is ours: Chalice, reading, checks, sealing, the log line. Every round runs
each step and one bare `put_item` in turn, so that whatever else the machine does falls on all of
them; each has the quick quarter of its rounds, and what is told is the ratio to the put's.
"""

from __future__ import annotations

import gc
import io
import json
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from statistics import quantiles
from typing import Any

ROUNDS = 300
WARM_UP = 20
PUT = "put_item"


@dataclass
class Stopwatch:
    """Time of a call, all of it and without what passed inside the SDK (ns of this thread).

    Attributes:
        clock: where time is read.
        rounds: step -> (all, own) of each round.
    """

    clock: Callable[[], int] = time.thread_time_ns
    rounds: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    inside: int = 0
    deep: int = 0

    def time(self, step: str, call: Callable[[], object]) -> None:
        """Run a step once."""
        self.inside = 0
        started = self.clock()
        call()
        whole = self.clock() - started
        self.rounds.setdefault(step, []).append((whole, whole - self.inside))

    def around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap the SDK's one way in, so that what passes there is known; once, if nested."""

        def timed(*given: Any, **named: Any) -> Any:
            started = self.clock()
            self.deep += 1
            try:
                return call(*given, **named)
            finally:
                self.deep -= 1
                if not self.deep:
                    self.inside += self.clock() - started

        return timed

    def ratios(self) -> dict[str, dict[str, float]]:
        """Step -> "all" and "own" as multiples of a bare put's whole time."""
        put = _quick([whole for whole, _ in self.rounds[PUT]])
        return {
            step: {
                "all": _quick([whole for whole, _ in rounds]) / put,
                "own": _quick([own for _, own in rounds]) / put,
            }
            for step, rounds in self.rounds.items()
            if step != PUT
        }


def _quick(times: list[int]) -> float:
    """The quick quarter: what the machine's other work disturbed least."""
    return quantiles(times, n=4)[0]


def steps() -> dict[str, Callable[[], object]]:
    """A bare put and the four steps, each to be run over and over on the same case."""
    from tests.bench import functions, journey

    wire, _ = journey.begin()
    from chalicelib import wiring

    api = functions.handler("public_api")
    body = journey.family()
    answer = json.loads(api(functions.register(body, journey.KEY), None)["body"])
    receipt: str = answer["receipt"]
    received = dict(wire.items)
    check, score = functions.handler("check_identity"), functions.handler("score_household")
    check(functions.batch(journey.message_of(wire, receipt, 1)), None)
    matched = dict(wire.items)
    wire.keeps = False
    messages = [journey.message_of(wire, receipt, version) for version in (1, 2)]
    table = wiring.client("dynamodb")
    item = {"pk": {"S": "V#3510152004"}, "sk": {"S": "R#2222222222"}, "b": {"B": b"x" * 500}}

    def on(items: dict[str, Any], call: Callable[[], object]) -> Callable[[], object]:
        def run() -> object:
            wire.items = items
            return call()

        return run

    return {
        PUT: lambda: table.put_item(TableName="registry_table", Item=item),
        "register": on(received, lambda: api(functions.register(body, "n" * 32), None)),
        "status": on(received, lambda: api(functions.status(receipt), None)),
        "check": on(received, lambda: check(functions.batch(messages[0]), None)),
        "score": on(matched, lambda: score(functions.batch(messages[1]), None)),
    }


def measure(rounds: int = ROUNDS) -> dict[str, dict[str, float]]:
    """Run everything in turn; in a process of its own, since it changes botocore in its place."""
    from botocore.client import BaseClient

    watch = Stopwatch()
    BaseClient._make_api_call = watch.around(BaseClient._make_api_call)  # type: ignore[attr-defined]
    with redirect_stdout(io.StringIO()):
        all_steps = steps()
        for number in range(WARM_UP + rounds):
            if number == WARM_UP:
                watch.rounds.clear()
                gc.collect()
                gc.freeze()
            for step, call in all_steps.items():
                watch.time(step, call)
    return watch.ratios()


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)))  # noqa: T201 - a program
