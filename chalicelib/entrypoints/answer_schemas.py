"""What is answered, as the OpenAPI document tells it; nothing else loads these."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from chalicelib.entrypoints.schemas import Body


class FaultBody(Body):
    """One thing that is wrong."""

    code: str
    field: str
    message: str


class ErrorBody(Body):
    """The one shape of every error."""

    errors: list[FaultBody]
    request: str


class ReceivedBody(Body):
    """A registration was accepted; the receipt is all that opens it."""

    receipt: str = Field(description="24 letters and digits in groups of four")
    qr_svg: str | None = Field(None, description="The receipt as a QR code")
    state: str
    title: str
    next: str
    expect_by: str | None
    warnings: list[FaultBody]


class TimelineBody(Body):
    """A step of the case."""

    at: str
    title: str


class ReasonBody(Body):
    """A coded reason in words."""

    code: str
    sentence: str


class DecisionBody(Body):
    """The answer for one programme, with its reasons."""

    programme: str
    name: str
    eligible: bool
    provisional: bool
    sentence: str
    note: str
    reasons: list[ReasonBody]
    estimate: list[str]
    would_change: list[str]
    rests_on: str
    how_to_appeal: str


class ContributionBody(Body):
    """What raised or lowered the estimated spending most."""

    direction: Literal["raises", "lowers"]
    sentence: str


class ModelBody(Body):
    """The model artefact that scored, by its content hash."""

    name: str
    demonstration: bool
    notice: str
    sha256: str


class AskedBody(Body):
    """A field that the family is asked to correct."""

    field: str
    message: str


class PieceBody(Body):
    """A piece of evidence that one has sent."""

    piece: str
    state: Literal["granted", "screening", "released", "refused"]
    why: str


class StepBody(Body):
    """A stage that a dispute has reached."""

    at: str
    step: str


class NextBody(Body):
    """What comes next, who acts (a role, never a name), and the last day for it."""

    text: str
    who: str
    by: str


class DisputeBody(Body):
    """An appeal or an objection, as its parties may read it."""

    dispute: str
    kind: Literal["appeal", "objection"]
    title: str
    stage: str
    steps: list[StepBody]
    next: NextBody | None
    notes: list[str]
    can: list[Literal["answer", "add_evidence", "withdraw", "second_look"]]
    claim: str | None = Field(description="Of an objection: its reason; never who objects")
    evidence: list[PieceBody]
    outcome: str | None
    reason: str | None
    letter: str | None


class UploadBody(Body):
    """Leave to send one file, by a multipart form, for five minutes."""

    piece: str
    url: str
    fields: dict[str, str]


class FiledBody(Body):
    """A dispute was filed, answered or added to."""

    dispute: str
    uploads: list[UploadBody]


class ReportedBody(Body):
    """A report was received; the number opens its steps."""

    report: str
    uploads: list[UploadBody]


class ReportPhotoBody(Body):
    """What became of a photo that came with a report."""

    state: str
    why: str


class ReportStatusBody(Body):
    """Where a report stands; nothing of what was written."""

    report: str
    stage: Literal["filed", "review", "closed"]
    title: str
    next: NextBody | None
    notes: list[str]
    steps: list[StepBody]
    evidence: list[ReportPhotoBody]
    outcome: str | None


class ObjectionsBody(Body):
    """One's own objections."""

    objections: list[DisputeBody]


class LookBody(Body):
    """One look at a case."""

    at: str
    who: str = Field(description="A role, never a name")
    reason: str


class LooksBody(Body):
    """Who looked at a case, the latest first; roles and never names."""

    looked: list[LookBody]


class CaseBody(Body):
    """Where a case stands."""

    state: str
    title: str
    next: str
    expect_by: str | None
    timeline: list[TimelineBody]
    notes: list[str]
    corrections: list[AskedBody]
    decisions: list[DecisionBody]
    contributions: list[ContributionBody]
    model: ModelBody | None
    disputes: list[DisputeBody]
    can: list[Literal["appeal"]]


class PersonBody(Body):
    """Whether this browser is signed in as a citizen; never as whom."""

    signed_in: bool
    until: Annotated[str, Field(json_schema_extra={"format": "date-time"})] | None
    available: bool


class ProposedBody(Body):
    """A proposal was received; nothing more is told."""

    received: Literal[True]
