"""A metered stage for each test, on tables that a module makes once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from moto import mock_aws

from tests.bench.meter import Meter
from tests.bench.stage import Stage
from tests.stores import Backend, make_backend
from tests.world import World


@pytest.fixture(scope="module")
def backend() -> Iterator[Backend]:
    with mock_aws():
        yield make_backend(None)


@pytest.fixture
def stage(backend: Backend) -> Iterator[Stage]:
    backend.clean()
    meter = Meter()
    stop = meter.listen(backend.client)
    meter.reset()
    yield Stage(World(), backend, meter)
    stop()
