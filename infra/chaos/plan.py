"""What is killed, stopped and repeated in a run, and when: the same seed gives the same plan."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Final

from infra.sandboxes.civil_registry_lies import LIES

if TYPE_CHECKING:
    from infra.chaos.stack import Stack

_BATCH: Final = 10  # messages that SQS takes in one call


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that is done to the stack.

    Attributes:
        at: when it begins, as a share of the time of chaos.
        name: of an entry of `DEEDS`.
        seconds: how long it lasts, where it lasts.
    """

    at: float
    name: str
    seconds: float


Do = Callable[["Stack", float, Random], str]


def plan(seed: int) -> list[Deed]:
    """All deeds of a run in order. What only the sweep mends comes early, since it waits long."""
    random = Random(f"{seed}/plan")  # noqa: S311 - must repeat, guards nothing
    deeds = [
        Deed(random.uniform(start, end), name, random.uniform(5, 12))
        for name, when in _WHEN.items()
        for start, end in when
    ]
    return sorted(deeds, key=lambda deed: deed.at)


def carry_out(
    deeds: list[Deed], stack: Stack, seed: int, seconds: float, say: Callable[[str], None]
) -> Counter[str]:
    """Do all deeds, each at its time; returns how often each was done.

    Args:
        seconds: the time of chaos that the deeds' shares are of.
        say: is told of each.
    """
    began = time.monotonic()
    random = Random(f"{seed}/deeds")  # noqa: S311 - must repeat, guards nothing
    done: Counter[str] = Counter()
    for deed in deeds:
        time.sleep(max(0.0, began + seconds * deed.at - time.monotonic()))
        told = DEEDS[deed.name](stack, deed.seconds, random)
        say(f"{time.monotonic() - began:4.0f} s  {deed.name}{': ' if told else ''}{told}")
        done[deed.name] += 1
    return done


def _kill_functions(stack: Stack, _seconds: float, _random: Random) -> str:
    return f"{stack.aws.kill_functions()} processes"


def _power_cut(stack: Stack, _seconds: float, _random: Random) -> str:
    stack.power_cut()
    return "on again"


def _kill_registry(stack: Stack, seconds: float, _random: Random) -> str:
    stack.kill_registry()
    time.sleep(seconds)
    stack.start_registry()
    return f"back after {seconds:.0f} s"


def _registry_lies(stack: Stack, seconds: float, random: Random) -> str:
    how = random.choice(list(LIES))
    stack.set_registry_mood(mode="wrong", how=how)
    time.sleep(seconds)
    stack.set_registry_mood(mode="ok")
    return how


def _registry_slow(stack: Stack, seconds: float, _random: Random) -> str:
    stack.set_registry_mood(mode="slow", seconds=seconds)
    time.sleep(seconds)
    stack.set_registry_mood(mode="ok")
    return f"{seconds:.0f} s an answer"


def _away(service: str) -> Do:
    def do(stack: Stack, seconds: float, _random: Random) -> str:
        stack.faults.take_away(service, seconds)
        time.sleep(seconds)
        return f"for {seconds:.0f} s"

    return do


def _paused(function: str, times: float) -> Do:
    def do(stack: Stack, seconds: float, _random: Random) -> str:
        stack.map_source(function, enabled=False)
        time.sleep(seconds * times)
        stack.map_source(function, enabled=True)
        return f"for {seconds * times:.0f} s"

    return do


def _purged(queue: str, function: str) -> Do:
    """Lose the messages of a queue for good: they do not come again, and the sweep alone knows."""

    def do(stack: Stack, seconds: float, _random: Random) -> str:
        url = stack.queue_url(queue)
        stack.map_source(function, enabled=False)
        end = time.monotonic() + 6 * seconds
        while stack.waiting(url) == 0 and time.monotonic() < end:
            time.sleep(1)
        lost = stack.waiting(url)
        stack.client("sqs").purge_queue(QueueUrl=url)
        stack.proxy.posted.clear()
        stack.map_source(function, enabled=True)
        return f"{lost} messages lost"

    return do


def _storm(stack: Stack, _seconds: float, random: Random) -> str:
    """Send every message since the last loss once more, in any order."""
    again = list(stack.proxy.posted)
    random.shuffle(again)
    for url in sorted({url for url, _ in again}):
        bodies = [body for where, body in again if where == url]
        for start in range(0, len(bodies), _BATCH):
            entries = [
                {"Id": str(place), "MessageBody": body}
                for place, body in enumerate(bodies[start : start + _BATCH])
            ]
            stack.client("sqs").send_message_batch(QueueUrl=url, Entries=entries)
    return f"{len(again)} messages"


DEEDS: Final[Mapping[str, Do]] = {
    "functions killed": _kill_functions,
    "power cut": _power_cut,
    "registry killed": _kill_registry,
    "registry lies": _registry_lies,
    "registry slow": _registry_slow,
    "DynamoDB away": _away("dynamodb"),
    "SQS away": _away("sqs"),
    "KMS away": _away("kms"),
    "API Gateway away": _away("api"),
    "stream stopped": _paused("Relay", 3),
    "check queue stopped": _paused("CheckIdentity", 1),
    "check queue purged": _purged("Check", "CheckIdentity"),
    "score queue purged": _purged("Score", "ScoreHousehold"),
    "every message again": _storm,
}

_WHEN: Final[Mapping[str, list[tuple[float, float]]]] = {
    "check queue purged": [(0.05, 0.10)],
    "registry killed": [(0.10, 0.15), (0.25, 0.35), (0.45, 0.55)],
    "score queue purged": [(0.15, 0.20)],
    "registry lies": [(0.20, 0.30)],
    "power cut": [(0.30, 0.40), (0.75, 0.85)],
    "registry slow": [(0.35, 0.45)],
    "functions killed": [(place / 10, place / 10 + 0.08) for place in range(1, 10)],
    "SQS away": [(0.25, 0.35), (0.80, 0.90)],
    "DynamoDB away": [(0.40, 0.60)],
    "KMS away": [(0.50, 0.70)],
    "API Gateway away": [(0.55, 0.75)],
    "stream stopped": [(0.60, 0.70)],
    "check queue stopped": [(0.70, 0.80)],
    "every message again": [(0.45, 0.55), (0.90, 0.95)],
}
