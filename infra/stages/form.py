"""What a pilot's file says, and everything that is wrong with one, in words and at once.

Each value is used somewhere; where, stands in docs/region.md. What is not of the form is refused,
since a mistyped name would otherwise be a value that changes nothing.
"""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)
from pydantic_core import ErrorDetails

REPO = Path(__file__).resolve().parents[2]
DATA = REPO / "chalicelib" / "data"
REGENCY_DIGITS = 4
# CloudWatch keeps a log for one of these numbers of days, and for no other.
LOG_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
IN_NO_NAME = ("aws", "amazon", "cognito")  # Cognito refuses a domain with one of them


def plain_code(text: object) -> str:
    """Return the digits of a Kemendagri code that may be written with dots: 35.10 is 3510.

    Raises:
        ValueError: it is no text, or has anything but digits and dots.
    """
    if not isinstance(text, str):
        raise ValueError(  # noqa: TRY004 - pydantic tells what is a ValueError
            'must stand in quotes, such as "35.10": without them it is read as a number'
        )
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)*", text):
        raise ValueError("must be a code such as 35.10 or 3510")
    return text.replace(".", "")


def _served(text: object) -> str:
    code = plain_code(text)
    listed = json.loads((DATA / "areas/national.json").read_text("utf-8"))["areas"]
    if len(code) != REGENCY_DIGITS or code not in listed:
        raise ValueError(f"{text} is no regency or city in the list of areas")
    if not (DATA / f"areas/{code}.json").is_file():
        raise ValueError(
            f"chalicelib/data/areas/{code}.json is missing; `make pilot REGION={code}` makes it"
        )
    return code


def _nameable(text: str) -> str:
    if found := [word for word in IN_NO_NAME if word in text]:
        raise ValueError(f"has {found[0]!r} in it, which AWS lets nobody use in a name")
    return text


def _has_words(code: str) -> str:
    words = DATA / "words" / f"states.{code}.json"
    if not ((REPO / f"frontend/content/{code}.yaml").is_file() and words.is_file()):
        raise ValueError(
            f"no words in {code!r}: frontend/content/{code}.yaml, {words.name} and its kin"
        )
    return code


def _artefact_of(folder: str) -> AfterValidator:
    def is_there(digest: str) -> str:
        if not (DATA / folder / f"{digest}.json").is_file():
            raise ValueError(f"chalicelib/data/{folder} has no {digest}.json")
        return digest

    return AfterValidator(is_there)


def _kept_days(days: int) -> int:
    if days not in LOG_DAYS:
        raise ValueError(f"must be one of {', '.join(map(str, LOG_DAYS))}")
    return days


def _known_year(day: date) -> date:
    if not (DATA / f"holidays/{day.year}.json").is_file():
        raise ValueError(f"nothing is known of {day.year}: `tepat holidays {day.year}`")
    return day


def _each_once(days: list[int]) -> list[int]:
    if sorted(set(days)) != days:
        raise ValueError("must name each day once, in order: 1 is Monday, 7 is Sunday")
    return days


Text = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=r"^\S(.*\S)?$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Site = Annotated[str, StringConstraints(pattern=r"^https://[a-z0-9.-]+$")]
Address = Annotated[str, StringConstraints(pattern=r"^https://[a-z0-9.-]+(/\S*[^/\s])?$")]
Mail = Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[a-z0-9-]+(\.[a-z0-9-]+)+$")]


class _Part(BaseModel):
    """A part of the form; nothing but its fields, and no text where a number belongs."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Contacts(_Part):
    """The office that runs the pilot, as the site's pages name it."""

    office: Text
    phone: Annotated[str, StringConstraints(pattern=r"^\+?[0-9][0-9 -]{2,18}[0-9]$")]
    hours: Text


class CivilRegistry(_Part):
    """The region's interface to Dukcapil, and how many questions at once it agreed to."""

    url: Address
    concurrency: Annotated[int, Field(ge=2, le=1000)]


class Ikd(_Part):
    """Where citizens sign in."""

    issuer: Address
    client_id: Text
    algorithm: Literal["RS256", "PS256", "ES256"]


class Objection(_Part):
    """For how many months after a decision it may be appealed or objected to."""

    window_months: Annotated[int, Field(ge=1, le=24)]


class WorkingDays(_Part):
    """Days of the week that nobody works (ISO, 1 Monday), and the region's own holidays."""

    weekend: Annotated[
        list[Annotated[int, Field(ge=1, le=7)]],
        Field(min_length=1, max_length=6),
        AfterValidator(_each_once),
    ]
    holidays: dict[Annotated[date, AfterValidator(_known_year)], Text]


class Alarms(_Part):
    """Who hears that something is broken, or that the money runs out."""

    address: Mail


class Budget(_Part):
    """US dollars that the pilot may cost a month before somebody is told."""

    usd_a_month: Annotated[float, Field(ge=1, le=1_000_000)]


class Retention(_Part):
    """Days that logs are kept, and for which tables and photos can be brought back."""

    log_days: Annotated[int, AfterValidator(_kept_days)]
    recovery_days: Annotated[int, Field(ge=1, le=35)]


class Gateway(_Part):
    """Requests a second at an API's gateway, and at one moment."""

    rate: Annotated[int, Field(ge=1, le=2500)]
    burst: Annotated[int, Field(ge=1, le=1250)]


class Limits(_Part):
    """What the gateways and the edge let through."""

    public: Gateway
    staff: Gateway
    address_rate: Annotated[int, Field(ge=100, le=2_000_000)]


class PilotFile(_Part):
    """A pilot's file."""

    name: Annotated[
        str, StringConstraints(pattern=r"^[a-z][a-z0-9]{2,19}$"), AfterValidator(_nameable)
    ]
    region: Annotated[str, BeforeValidator(_served)]
    origin: Site
    languages: Annotated[
        list[Annotated[str, AfterValidator(_has_words)]], Field(min_length=1, max_length=1)
    ]
    model: Annotated[Sha256, _artefact_of("models")] | None
    rules: Annotated[Sha256, _artefact_of("rules")] | None
    contacts: Contacts
    civil_registry: CivilRegistry
    ikd: Ikd | None
    objection: Objection
    working_days: WorkingDays
    alarms: Alarms
    budget: Budget
    retention: Retention
    limits: Limits


class _OnceLoader(yaml.SafeLoader):
    """Refuses a key that stands twice: YAML would take the last and say nothing."""


def _mapping(loader: _OnceLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    keys = [loader.construct_object(key) for key, _ in node.value]
    for key in keys:
        if keys.count(key) > 1:
            raise yaml.constructor.ConstructorError(
                problem=f"{key} stands twice", problem_mark=node.start_mark
            )
    return loader.construct_mapping(node, deep=True)


_OnceLoader.add_constructor("tag:yaml.org,2002:map", _mapping)


def checked(text: str) -> tuple[dict[str, Any], list[str]]:
    """Read the text of a pilot's file.

    Returns:
        What it says, the region's code without dots, and what is wrong with it: if anything is,
        it says nothing.
    """
    try:
        raw = yaml.load(text, _OnceLoader)  # noqa: S506 # nosec B506 - a SafeLoader
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        return {}, [f"{line}{error.problem}"]
    if not isinstance(raw, dict):
        return {}, ["it is empty, or no list of names and values"]
    try:
        stage = PilotFile.model_validate(raw).model_dump()
    except ValidationError as error:
        return {}, [_sentence(fault) for fault in error.errors()]
    fault = _window_fault(stage)
    return ({}, [fault]) if fault else (stage, [])


def _window_fault(stage: dict[str, Any]) -> str:
    """A region with dated rules of its own has its window there, with the days it holds from."""
    own = DATA / f"sanggah/{stage['region']}.json"
    if not own.is_file():
        return ""
    months = json.loads(own.read_text("utf-8"))["periods"][-1]["window_months"]
    if months == stage["objection"]["window_months"]:
        return ""
    return f"objection.window_months: chalicelib/data/sanggah/{own.name} says {months} at last"


_SENTENCES = {
    "missing": "is missing",
    "extra_forbidden": "is no value of a pilot's file",
    "greater_than_equal": "must be {ge} or more",
    "less_than_equal": "must be {le} or less",
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "model_type": "must hold names and values",
    "too_long": "must not be more than {max_length}; there are {actual_length}",
    "too_short": "must not be fewer than {min_length}",
    "literal_error": "must be {expected}",
    "string_pattern_mismatch": "{input!r} has not the form {pattern}",
}


def _whole(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _iso(found: re.Match[str]) -> str:
    return date(*map(int, found.groups())).isoformat()


def _sentence(fault: ErrorDetails) -> str:
    """One fault: where, and what."""
    # A date as a name comes as Python writes it, with a mark that the name is meant.
    named = re.sub(r"datetime\.date\((\d+), (\d+), (\d+)\)", _iso, ".".join(map(str, fault["loc"])))
    where = named.removesuffix(".[key]")
    about = {name: _whole(value) for name, value in fault.get("ctx", {}).items()}
    about["input"] = fault["input"]
    told = _SENTENCES.get(fault["type"], "").format(**about)
    return f"{where}: {told or fault['msg'].removeprefix('Value error, ')}"
