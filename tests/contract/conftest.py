"""The same suite for the fakes, for the adapters on moto, and for the adapters on the local AWS."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from moto import mock_aws

from infra.local_aws.server import LocalAws
from tests.ikd import Running, running
from tests.stores import LOCAL, Backend, World, fake_world, make_backend


@pytest.fixture(scope="module")
def moto_backend() -> Iterator[Backend]:
    with mock_aws():
        yield make_backend(None)


@pytest.fixture(scope="session")
def local_endpoint(bare_aws: LocalAws) -> str:
    """Address of a local AWS."""
    return bare_aws.endpoint


@pytest.fixture(scope="session")
def local_backend(local_endpoint: str) -> Backend:
    return make_backend(local_endpoint)


@pytest.fixture(
    params=["fake", "moto", LOCAL],
)
def world(request: pytest.FixtureRequest) -> World:
    if request.param == "fake":
        return fake_world()
    backend: Backend = request.getfixturevalue(f"{request.param}_backend")
    backend.clean()
    return backend.world()


@pytest.fixture(scope="module")
def ikd_server() -> Iterator[Running]:
    with running() as found:
        yield found


@pytest.fixture
def ikd(ikd_server: Running) -> Iterator[Running]:
    """A sandbox as it was when it began."""
    yield ikd_server
    ikd_server.ahead[0] = 0
    ikd_server.sandbox.down = False
    ikd_server.sandbox.sign = ikd_server.sandbox.id_token
