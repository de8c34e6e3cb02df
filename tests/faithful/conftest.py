"""The sides that are not fakes, made once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from infra.local_aws.server import LocalAws
from tests.faithful.sides import RealSide, both


@pytest.fixture(scope="session")
def reals(bare_aws: LocalAws) -> Iterator[Sequence[RealSide]]:
    """The adapters on moto and on the local AWS."""
    with both(bare_aws.endpoint) as sides:
        yield sides
