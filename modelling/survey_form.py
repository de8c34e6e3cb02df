"""The form of a model: what a family is asked, and where each input is taken from.

A form is YAML, the same for every survey. A column of the survey that is named like a read of the
form, as it stands or made by the spec, is that read; a model fitted with a form can then be asked
of any registered family. What the survey has and the form does not give is used by the fit at most,
never by a score.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from modelling.spec_place import Place, read_place
from modelling.survey_table import SurveyFaultsError

if TYPE_CHECKING:
    from modelling.survey_spec import Spec

FORMAT = "tepat-form/1"


@dataclass(frozen=True, slots=True)
class Form:
    """What is asked and read, and what the screen calls it.

    Attributes:
        notice: shown with every answer.
        questions, reads: as the artefact holds them (docs/model.md).
        labels: read -> its name on screen.
    """

    notice: str
    questions: tuple[Mapping[str, Any], ...]
    reads: Mapping[str, Mapping[str, Any]]
    labels: Mapping[str, str]

    def asked(self, reads: set[str]) -> list[Mapping[str, Any]]:
        """The questions that these reads answer, in the order of the form."""
        codes = {self.reads[read].get("question") for read in reads & self.reads.keys()}
        return [question for question in self.questions if question["code"] in codes]


def read_form(name: str, text: str) -> Form:
    """Read a form.

    Questions and reads are held to their own rules by the engine, when the model is made.

    Args:
        name: of the file, for messages.
        text: YAML.

    Raises:
        SurveyFaultsError: naming the file and the place in it.
    """
    place = read_place(name, text)
    place.only("format notice questions reads")
    if place.get("format", str) != FORMAT:
        place.refuse("format", f"must be {FORMAT}")
    labels, reads = {}, {}
    for code, item in place.get("reads", dict).items():
        read = Place(f"{name}: read {code}", item)
        labels[code] = read.get("label", str)
        reads[code] = {key: value for key, value in read.value.items() if key != "label"}
    questions = tuple(place.get("questions", list))
    for question in questions:
        Place(f"{name}: question", question).get("code", str)
    return Form(place.get("notice", str), questions, reads, labels)


def check_form(name: str, spec: Spec, form: Form) -> None:
    """Refuse a spec that needs what no registered family can be asked.

    Args:
        name: of the spec's file, for the message.
        spec, form: the two.

    Raises:
        SurveyFaultsError: every variable and group that the form does not give.
    """
    wanted = {c for v in spec.variables for c in (v.column, v.per) if c}
    wanted |= {column for column, _, _ in spec.groups.values()} | {spec.columns.size}
    faults = [f"{name}: {column}: the form does not ask it" for column in sorted(wanted)]
    faults = [fault for fault, c in zip(faults, sorted(wanted), strict=True) if c not in form.reads]
    if spec.village_means:
        faults.append(f"{name}: village_means: a registered family has none")
    if faults:
        raise SurveyFaultsError("\n".join(faults))
