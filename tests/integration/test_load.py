"""A small real load on the local AWS: what was predicted from the counts is what is counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.cost import inputs
from infra.load import real

FIRST_PORT = 4890  # four in a row

pytestmark = [
    pytest.mark.local_aws,
    pytest.mark.prove,
    pytest.mark.xdist_group("local_aws"),
]


def test_prediction_and_measurement_agree(tmp_path: Path) -> None:
    rows = real.run(30, FIRST_PORT, tmp_path, inputs.read(), print)
    apart = [f"{row.name}: {row.predicted} and {row.measured}" for row in rows if not row.agrees]
    assert not apart, apart
