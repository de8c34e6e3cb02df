"""The three files that a bill is made of: counts, prices, assumptions."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent.parent
COUNTS, PRICES, PROFILE = HERE / "counts.json", HERE / "prices.json", HERE / "profile.yaml"
TABLES = ("registry", "vault", "ledger")

Units = dict[str, float]
"""Name of a price -> how many of its units."""

_OF_CALL = {
    **dict.fromkeys(("Decrypt", "Sign", "GenerateMac", "GetPublicKey"), "kms_request"),
    **dict.fromkeys(("SendMessageBatch", "SendMessage"), "sqs_request"),
    "PutObject": "s3_put",
    "GetObject": "s3_get",
}
"""Which price a call has that is not paid by units; deleting from S3 is free."""


class InputError(ValueError):
    """A file says something that cannot be; the message is one sentence for the operator."""


@dataclass(frozen=True, slots=True)
class Assumption:
    """One thing that cannot be counted.

    Attributes:
        value, unit: what is assumed, of what.
        source: where it comes from.
        instead: other values that it may have.
    """

    value: float
    unit: str
    source: str
    instead: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a bill is made of.

    Attributes:
        counts: as shipped: steps, registration, lasting, first use.
        prices: US dollars for a unit, by name.
        profile: assumptions by name.
        targets: what the bill is held to.
    """

    counts: Mapping[str, Any]
    prices: Mapping[str, float]
    profile: Mapping[str, Assumption]
    targets: Mapping[str, float]

    def __getitem__(self, name: str) -> float:
        """The value of an assumption.

        Raises:
            InputError: the profile does not say.
        """
        if name not in self.profile:
            raise InputError(f"profile.yaml has no `{name}`")
        return self.profile[name].value

    def assuming(self, name: str, value: float) -> Inputs:
        """The same with another value of one assumption."""
        other = replace(self.profile[name], value=value)
        return replace(self, profile={**self.profile, name: other})

    def priced(self, **prices: float) -> Inputs:
        """The same with other prices."""
        return replace(self, prices={**self.prices, **prices})

    def step(self, name: str) -> Units:
        """What a counted step uses of the tables, the key service and the buckets."""
        found: Units = {"ddb_wru": 0.0, "ddb_rru": 0.0}
        for row, counted in self.counts["steps"][name].items():
            found["ddb_wru"] += counted.get("write units", 0)
            found["ddb_wru"] += counted.get("index write units", 0)
            found["ddb_rru"] += counted.get("half read units", 0) / 2
            if row in _OF_CALL:
                price = _OF_CALL[row]
                found[price] = found.get(price, 0) + counted["calls"]
        return found

    def stored(self, what: str) -> float:
        """Bytes that lie in the lasting tables because of a family, or of its appeal."""
        return sum(float(self.counts["lasting"][f"stored, {what}"][table]) for table in TABLES)


def read(profile: Path = PROFILE, counts: Path = COUNTS, prices: Path = PRICES) -> Inputs:
    """Read the three files.

    Raises:
        InputError: one of them is not there, is no such file, or says what cannot be.
    """
    raw = _yaml(profile)
    targets = raw.pop("targets", None)
    if not isinstance(targets, dict):
        raise InputError(f"{profile.name} has no `targets`")
    return Inputs(
        _json(counts),
        {name: float(entry["usd"]) for name, entry in _json(prices)["prices"].items()},
        {str(name): _assumption(profile, str(name), entry) for name, entry in raw.items()},
        {str(name): _number(profile, f"targets: {name}", told) for name, told in targets.items()},
    )


def _assumption(path: Path, name: str, entry: object) -> Assumption:
    if not isinstance(entry, dict) or not {"value", "unit", "from"} <= entry.keys():
        raise InputError(f"{path.name}: {name} must have `value`, `unit` and `from`")
    instead = entry.get("instead", ())
    if not isinstance(instead, list | tuple):
        raise InputError(f"{path.name}: `instead` of {name} must be a list")
    return Assumption(
        _number(path, name, entry["value"]),
        str(entry["unit"]),
        str(entry["from"]),
        tuple(_number(path, f"`instead` of {name}", each) for each in instead),
    )


def _number(path: Path, name: str, told: object) -> float:
    if isinstance(told, bool) or not isinstance(told, int | float) or not math.isfinite(told):
        raise InputError(f"{path.name}: {name} is no number: {told!r}")
    if told < 0:
        raise InputError(f"{path.name}: {name} is below zero: {told}")
    return float(told)


def _json(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise InputError(f"{path.name} is no JSON: {error}") from error
    return found


def _yaml(path: Path) -> dict[str, Any]:
    try:
        found = yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise InputError(f"{path.name} is no YAML: {str(error).splitlines()[0]}") from error
    if not isinstance(found, dict):
        raise InputError(f"{path.name} holds no assumptions")
    return found
