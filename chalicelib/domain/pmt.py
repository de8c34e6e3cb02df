"""The proxy means test in one name, for studies, workers and tests.

The APIs name the part that they need, so that a cold start loads no more.

`pmt_artefact` loads a model, `pmt_reads` takes its inputs from a household, `pmt_terms` gives
points for them, `pmt_score` scores, `pmt_explain` says what the score means. All of it is pure, in
whole numbers, and needs the standard library only.
"""

from chalicelib.domain.pmt_artefact import (
    Artefact,
    ArtefactCorrupt,
    ArtefactError,
    ArtefactInvalid,
    ArtefactUnsupported,
    load_artefact,
)
from chalicelib.domain.pmt_explain import (
    Border,
    Change,
    Effect,
    Largest,
    borders,
    changed_by,
    decile,
    largest,
)
from chalicelib.domain.pmt_reads import Question
from chalicelib.domain.pmt_score import (
    AnswerFault,
    CannotScore,
    Reason,
    Scored,
    check_answers,
    inputs,
    score,
    score_inputs,
)

__all__ = [
    "AnswerFault",
    "Artefact",
    "ArtefactCorrupt",
    "ArtefactError",
    "ArtefactInvalid",
    "ArtefactUnsupported",
    "Border",
    "CannotScore",
    "Change",
    "Effect",
    "Largest",
    "Question",
    "Reason",
    "Scored",
    "borders",
    "changed_by",
    "check_answers",
    "decile",
    "inputs",
    "largest",
    "load_artefact",
    "score",
    "score_inputs",
]
