"""What a field officer's phone may send of a visit, by type and length (see `schemas`)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from chalicelib.domain.evidence import FileKind
from chalicelib.domain.household import Occupation, Schooling
from chalicelib.entrypoints.schemas import Body, Code, Strict

_TEXT = r"^[^\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]*$"  # lines of printable text


def _real_moment(text: str) -> str:
    from datetime import datetime  # noqa: PLC0415 - read once a visit

    datetime.fromisoformat(text)
    return text


Moment = Annotated[
    str,
    StringConstraints(pattern=r"^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"),
    AfterValidator(_real_moment),
    Field(json_schema_extra={"format": "date-time"}),
]
Latitude = Annotated[str, StringConstraints(pattern=r"^-?[0-9]{1,2}\.[0-9]{1,5}$")]
Longitude = Annotated[str, StringConstraints(pattern=r"^-?[0-9]{1,3}\.[0-9]{1,5}$")]
Few = Annotated[int, Field(ge=0, le=40)]
Note = Annotated[str, StringConstraints(max_length=500, pattern=_TEXT)]


class PlaceBody(Strict):
    """Where the phone was: texts, so that no machine rounds them, and metres it may be off by."""

    lat: Latitude
    lon: Longitude
    metres: Annotated[int, Field(ge=0, le=100_000)]


class CountsBody(Strict):
    """People who live there; what could not be learned is left out."""

    people: Few | None = None
    under_5: Few | None = None
    aged_60: Few | None = None
    out_of_school: Few | None = None
    working: Few | None = None


class HeadBody(Strict):
    """The head of the family; what could not be learned is left out."""

    schooling: Schooling | None = None
    occupation: Occupation | None = None


class PhotoBody(Strict):
    """A file that is going to be sent."""

    type: FileKind
    size: Annotated[int, Field(ge=1, le=50 * 1024**2)]


class VisitBody(Strict):
    """A visit as it was written down; of one at which nobody was met, without answers."""

    outcome: Literal["met", "not_home", "not_found", "refused"]
    taken_at: Moment
    place: PlaceBody | None = None
    answers: Annotated[
        dict[str, Annotated[int, Field(ge=-(10**9), le=10**9)] | Code], Field(max_length=100)
    ] = Field(default_factory=dict, description="As in a registration; not seen is left out")
    counts: CountsBody = Field(default_factory=CountsBody)
    head: HeadBody = Field(default_factory=HeadBody)
    remark: Note = ""
    photos: Annotated[list[PhotoBody], Field(max_length=20)] = Field(default_factory=list)


class RemarkBody(Strict):
    """What whoever went says to the differences."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=_TEXT)]


class GrantBody(Body):
    """Leave to send one file straight to storage, once and within minutes."""

    piece: str
    url: str
    fields: dict[str, str] = Field(description="Of the form, in order; the file comes last")


class DifferenceBody(Body):
    """Something that was declared otherwise than found, in words."""

    code: str
    question: str
    declared: str
    found: str


class VisitedBody(Body):
    """A visit was kept."""

    check: str
    stage: str
    title: str
    attempts_left: int
    uploads: list[GrantBody]
    differences: list[DifferenceBody]


class RemarkedBody(Body):
    """A remark was kept."""

    check: str
