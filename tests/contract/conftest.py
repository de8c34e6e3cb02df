"""The same suite for the fakes, for the adapters on moto, and for the adapters on the local AWS."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from moto import mock_aws

from tests.worlds import Backend, World, fake_world, make_backend


@pytest.fixture(scope="module")
def moto_backend() -> Iterator[Backend]:
    with mock_aws():
        yield make_backend(None)


@pytest.fixture(scope="session")
def local_backend() -> Backend:
    endpoint = os.environ.get("TEPAT_TEST_ENDPOINT")
    if endpoint is None:
        pytest.skip("no local AWS")
    return make_backend(endpoint)


@pytest.fixture(
    params=["fake", "moto", pytest.param("local", marks=pytest.mark.local_aws)],
)
def world(request: pytest.FixtureRequest) -> World:
    if request.param == "fake":
        return fake_world()
    backend: Backend = request.getfixturevalue(f"{request.param}_backend")
    backend.clean()
    return backend.world()
