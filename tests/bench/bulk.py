"""What an import costs: `python -m tests.bench.bulk --families 5000`.

Into the tables of a local AWS of its own, with the real adapters, and beside it bare
`TransactWriteItems` of the same bytes by the same client and as many threads, in turns: the ratio
says what reading, checking, sealing and the ledger take of a family's time. `--memory` imports
into the fakes instead, and tells CPU time and peak memory.
"""

from __future__ import annotations

import argparse
import copy
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from chalicelib import case_wiring, wiring
from chalicelib.adapters import aws
from chalicelib.domain.errors import TryAgain
from chalicelib.settings import settings
from infra.bulk_import import import_list
from infra.imports import check_and_store as imports
from infra.imports.columns import words
from infra.imports.examples import write_example
from infra.pace import write_units
from infra.resources import create_in
from tests import local_aws
from tests.lists import AS_OF, SOURCE, ports, settle
from tests.stores import REGION_NAME
from tests.world import REGION, World

WORKERS = 4
PART = 500  # families between two turns


@dataclass(frozen=True, slots=True)
class Told:
    """Families, and what they took.

    Attributes:
        seconds, bare_seconds: by the clock, of the import alone and of as many bare transactions.
        cpu: seconds of this process, checking and importing.
        units: write units.
    """

    families: int
    people: int
    seconds: float
    bare_seconds: float
    cpu: float
    units: float

    @property
    def ratio(self) -> float:
        """Families a second, as a share of bare transactions a second."""
        return self.bare_seconds / self.seconds


class Turns:
    """Sends bare transactions of the same bytes after each part of an import."""

    def __init__(self, client: Any, workers: int) -> None:
        self.workers = workers
        self.client, self.seconds, self.bare_seconds, self.units = client, 0.0, 0.0, 0
        self._sent: list[dict[str, Any]] = []
        self._number = 0
        client.meta.events.register("provide-client-params.dynamodb.TransactWriteItems", self._keep)

    def _keep(self, params: dict[str, Any], **_more: object) -> None:
        puts = [action["Put"]["Item"] for action in params["TransactItems"]]
        if "bare" not in puts[0]:
            self._sent.append(params)
            self.units += sum(write_units(item, transaction=True) for item in puts)

    def run(self, store: Any) -> Any:
        """Wrap the storing of a list; only that is timed."""

        def timed(*given: Any, told: Any = None, **named: Any) -> None:
            begun = [time.perf_counter()]

            def turn(done: int) -> None:
                if len(self._sent) >= PART:
                    self.seconds += time.perf_counter() - begun[0]
                    self._send()
                    begun[0] = time.perf_counter()
                if told:
                    told(done)

            store(*given, told=turn, **named)
            self.seconds += time.perf_counter() - begun[0]
            self._send()

        return timed

    def _send(self) -> None:
        some, self._sent = self._sent, []
        again = [self._renamed(copy.deepcopy(params)) for params in some]
        begun = time.perf_counter()
        with ThreadPoolExecutor(self.workers) as pool:
            list(pool.map(self._send_one, again))
        self.bare_seconds += time.perf_counter() - begun

    def _send_one(self, params: dict[str, Any]) -> None:
        """Until it is taken, as the import does."""
        for pause in (0.25, 1, 4, 16):
            try:
                with aws.passing_told():
                    self.client.transact_write_items(**params)
            except TryAgain:
                time.sleep(pause)
            except ClientError as error:
                if aws.error_code(error) != "TransactionCanceledException":
                    raise
                return  # it was taken, and the answer came too late
            else:
                return
        raise AssertionError("the tables take nothing")

    def _renamed(self, params: dict[str, Any]) -> dict[str, Any]:
        """Other keys of the same length, so that nothing is in the way."""
        self._number += 1
        for action in params["TransactItems"]:
            item = action["Put"]["Item"]
            tail = f"{self._number:07}"
            item["pk"] = {"S": item["pk"]["S"][: -len(tail)] + tail}
            item["bare"] = {"N": "1"}
        params.pop("ClientRequestToken", None)
        return params


def on_aws(families: int, endpoint: str | None, folder: Path) -> Told:
    """Import into tables at an endpoint; the environment of the process is the stage's then."""
    session = boto3.Session("test", "test", region_name=REGION_NAME)
    os.environ.update(create_in(session, endpoint))
    os.environ.update(
        AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_DEFAULT_REGION=REGION_NAME
    )
    if endpoint:
        os.environ["AWS_ENDPOINT_URL"] = endpoint
    path = folder / "list.csv"
    write_example(path, words(wiring.questions()), families, region=REGION, on=AS_OF)
    workers = WORKERS if endpoint else 1  # moto is for one thread
    turns = Turns(wiring.client("dynamodb"), workers)
    cpu = time.process_time()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("infra.bulk_import.store", turns.run(imports.store))
        checked, stored, _ = import_list(
            path, SOURCE, AS_OF, ports=case_wiring.register_ports(), workers=workers
        )
    assert stored == families == checked.families
    return Told(
        families,
        checked.rows,
        turns.seconds,
        turns.bare_seconds,
        time.process_time() - cpu,
        turns.units,
    )


@dataclass(frozen=True, slots=True)
class InMemory:
    """An import into the fakes.

    Attributes:
        cpu: seconds, from the first byte that is read to the last family that is stored.
        checking_mb, peak_mb: largest resident size after checking, and with what the fakes keep.
    """

    families: int
    people: int
    cpu: float
    checking_mb: float
    peak_mb: float


class BrokenOffError(BaseException):
    """The process would end here."""


def in_memory(path: Path, world: World, *, break_off_at: int = 0) -> InMemory:
    """Import a list into the fakes.

    Args:
        path: the list.
        world: the fakes.
        break_off_at: call of AWS at which the process would end; the list is given again then.
    """
    cpu, calls, peak = time.process_time(), [0], [0.0]
    call = world.aws.call
    here = ports(world)

    def ending(name: str, do: Any) -> Any:
        calls[0] += 1
        if calls[0] == break_off_at:
            raise BrokenOffError
        world.aws.calls.clear()
        return call(name, do)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("infra.bulk_import.store", _noting(peak, imports.store))
        patch.setattr(world.aws, "call", ending)
        if break_off_at:
            with pytest.raises(BrokenOffError):
                import_list(path, SOURCE, AS_OF, ports=here, workers=1)
            world.clock.advance(1_000)
        checked, stored, again = import_list(path, SOURCE, AS_OF, ports=here, workers=1)
    assert stored == checked.families
    assert again <= imports.BATCH
    return InMemory(
        checked.families, checked.rows, time.process_time() - cpu, peak[0], _resident_mb()
    )


def _noting(peak: list[float], store: Any) -> Any:
    def noted(*given: Any, **named: Any) -> None:
        peak[0] = peak[0] or _resident_mb()
        store(*given, **named)

    return noted


def _resident_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@contextmanager
def settled() -> Iterator[None]:
    """The environment of a function."""
    with pytest.MonkeyPatch.context() as patch:
        settle(patch)
        yield
    settings.cache_clear()


def main() -> int:
    """Measure, and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.bulk", description=__doc__)
    parser.add_argument("--families", type=int, default=5_000)
    parser.add_argument("--memory", action="store_true", help="into the fakes")
    parser.add_argument("--list", type=Path, help="a list that is there, for --memory")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if options.memory:
            with settled():
                path = options.list or Path(folder) / "list.csv"
                if options.list is None:
                    known = words(wiring.questions())
                    write_example(path, known, options.families, region=REGION, on=AS_OF)
                told = in_memory(path, World())
            sys.stdout.write(
                f"{told.families:,} families, {told.people:,} people: {told.cpu:.0f} CPU-seconds,"
                f" {told.families / told.cpu:,.0f} families a CPU-second; peak memory"
                f" {told.checking_mb:.0f} MB after checking,"
                f" {told.peak_mb:.0f} MB with what the fakes keep\n"
            )
            return 0
        with local_aws.bare(Path(folder)) as running:
            found = on_aws(options.families, running.endpoint, Path(folder))
    sys.stdout.write(
        f"{found.families:,} families, {found.people:,} people in {found.seconds:.0f} s:"
        f" {found.families / found.seconds:.0f} families a second, {found.ratio:.2f} of bare"
        f" TransactWriteItems ({found.families / found.bare_seconds:.0f} a second);"
        f" {found.units / found.families:.1f} write units a family; {found.cpu:.0f} CPU-seconds\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
