"""What may be sent, by type and length (the only pydantic here); its sense is the domain's."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from chalicelib.domain.household import (
    MAX_MEMBERS,
    Attending,
    Disability,
    Occupation,
    Relation,
    Schooling,
    Sex,
)

# `$` is the very end of the text both to pydantic's engine and to readers of the document (ECMA).
# One line of printable text: no control characters, which no form sends.
_LINE = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*\S[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$"
# The same of more lines than one.
_TEXT = (
    r"^[^\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]*"
    r"\S[^\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]*$"
)
LONGEST_TEXT = 2_000  # letters: two pages by hand, and far less than a sealed item holds
LARGEST_PIECE = 5 * 1024 * 1024  # bytes (security, evidence); the region's rules may ask for less


def _is_ticked(ticked: bool) -> bool:
    if not ticked:
        raise PydanticCustomError("literal_error", "must be agreed to")
    return ticked


def _real_day(text: str) -> str:
    date.fromisoformat(text)
    return text


Name = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=_LINE)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=120, pattern=_LINE)]
Place = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_LINE)]
Why = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=_LINE)]
Number = Annotated[str, StringConstraints(min_length=1, max_length=40)]
Day = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
    AfterValidator(_real_day),
    Field(json_schema_extra={"format": "date"}),
]
Village = Annotated[str, StringConstraints(pattern=r"^[0-9]{10}$")]
Neighbourhood = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,3}$")]
Phone = Annotated[str, StringConstraints(pattern=r"^(0|\+62)[0-9]{7,13}$")]
ReceiptText = Annotated[str, StringConstraints(min_length=1, max_length=60)]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Ticked = Annotated[
    bool, AfterValidator(_is_ticked), Field(json_schema_extra={"const": True})
]  # not Literal[True], which takes no "true" from a form


class Body(BaseModel):
    """Built at its first use: a cold start reads one kind of body, and answers are only described.

    Building all of them at once was 4 % of a look-up's cold start.
    """

    model_config = ConfigDict(defer_build=True)


class Strict(Body):
    """Nothing unknown is taken, and nothing is guessed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class MemberBody(Strict):
    """One member of the family."""

    name: Name
    nik: Number | None = Field(None, description="16 digits; left out for people without a NIK")
    birth_date: Day
    sex: Sex
    relation: Relation
    disability: Disability = Disability.NONE
    pregnant: bool = False
    schooling: Schooling
    attending: Attending = Attending.NO
    occupation: Occupation


class AddressBody(Strict):
    """Where the family lives, below the village."""

    line: Line
    rt: Neighbourhood
    rw: Neighbourhood


class ConsentBody(Strict):
    """The agreement to data matching (UU 27/2022 art. 20-24), with the version that was read."""

    version: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    agreed: bool


class RegistrationBody(Strict):
    """A family's registration."""

    way_in: Literal["self", "agent"]
    village: Village
    address: AddressBody
    phone: Phone | None = None
    kk: Number | None = None
    members: Annotated[list[MemberBody], Field(min_length=1, max_length=MAX_MEMBERS)]
    answers: Annotated[
        dict[str, Annotated[int, Field(ge=-(10**9), le=10**9)] | Code], Field(max_length=100)
    ] = Field(description="Question code of the model artefact -> whole number or option code")
    consent: ConsentBody


class StatusBody(Strict):
    """Ask where a case stands."""

    receipt: ReceiptText


class MemberCorrection(Strict):
    """What changes of one member; fields left out stay as they are."""

    index: Annotated[int, Field(ge=0, lt=MAX_MEMBERS)]
    name: Name | None = None
    nik: Number | None = None
    birth_date: Day | None = None
    sex: Sex | None = None


class CorrectionBody(Strict):
    """The one correction that the registry's answer asked for."""

    receipt: ReceiptText
    members: Annotated[list[MemberCorrection], Field(max_length=MAX_MEMBERS)] = Field(
        default_factory=list
    )
    kk: Number | None = None


class WithdrawalBody(Strict):
    """The family's wish to end its case."""

    receipt: ReceiptText
    agreed: Ticked


class ProposalBody(Strict):
    """A neighbour's family that should be visited."""

    name: Name
    village: Village
    place: Place
    reason: Why
    phone: Phone | None = None


class PhotoBody(Strict):
    """A file that is to be sent as evidence."""

    type: Literal["jpeg", "png", "pdf"]
    size: Annotated[int, Field(ge=1, le=50 * 1024 * 1024)] = Field(
        LARGEST_PIECE, description="Bytes; what a browser without scripts cannot know is the most"
    )


Photos = Annotated[list[PhotoBody], Field(max_length=20)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_TEXT, pattern=_TEXT)]
Locator = Annotated[str, StringConstraints(pattern=r"^[2-9A-HJKMNP-TV-Z]{10}$")]


class Misuse(Strict):
    """What an appeal says of a belonging that is somebody else's; for those reasons alone."""

    attribute: Code | None = Field(None, description="Code of the question, or `other`")
    stated: Ticked | None = Field(None, description="That it does not belong to the family")


class AppealBody(Misuse):
    """An appeal of one's own result."""

    receipt: ReceiptText
    reason: Code
    text: Text
    photos: Photos = Field(default_factory=list)


class OwnAppealBody(Misuse):
    """An appeal of the result of the family whose head has signed in, without a receipt."""

    village: Village
    reason: Code
    text: Text
    photos: Photos = Field(default_factory=list)


class AgentAppealBody(AppealBody):
    """An appeal that an agent sends for a family that has agreed to it."""

    agreed: Ticked


class SecondLookBody(Strict):
    """The wish that the outcome of one's own objection is looked at again, once."""

    dispute: Locator
    text: Text
    photos: Photos = Field(default_factory=list)


class ObjectionBody(Strict):
    """An objection to somebody else's eligibility, by who signed in."""

    village: Village
    name: Name
    place: Place
    reason: Code
    text: Text
    photos: Photos


class AnswerBody(Strict):
    """A family's answer to an objection."""

    receipt: ReceiptText
    dispute: Locator
    text: Text
    photos: Photos = Field(default_factory=list)


class MoreEvidenceBody(Strict):
    """More files for a dispute; without a receipt, of an objection of who signed in."""

    receipt: ReceiptText | None = None
    dispute: Locator
    photos: Annotated[list[PhotoBody], Field(min_length=1, max_length=20)]


class DisputeWithdrawalBody(Strict):
    """The wish to end a dispute that one has filed."""

    receipt: ReceiptText | None = None
    dispute: Locator
    agreed: Ticked


class ReportBody(Strict):
    """A report about an agent or an officer, by nobody in particular."""

    reason: Code
    village: Village
    day: Day | None = Field(None, description="When it happened, where that is known")
    text: Text
    photos: Photos = Field(default_factory=list)


class LookedBody(Strict):
    """Ask who has looked at a case."""

    receipt: ReceiptText
