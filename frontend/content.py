"""What the site is made of: words, labels, the region's villages and the model's questions.

Everything is checked here, so that a missing word stops the build and never reaches a person.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from chalicelib.adapters.area_files import AREAS, region_villages
from chalicelib.domain.areas import Village
from chalicelib.domain.household import (
    MAX_MEMBERS,
    Attending,
    Disability,
    Occupation,
    Relation,
    Schooling,
    Sex,
)
from chalicelib.domain.sanggah_rules import SanggahRules, load_sanggah

ROOT = Path(__file__).resolve().parent
DATA = ROOT.parent / "chalicelib" / "data"
MODELS = DATA / "models"
LABELLED = {
    "sex": Sex,
    "relation": Relation,
    "disability": Disability,
    "schooling": Schooling,
    "attending": Attending,
    "occupation": Occupation,
}
STEPS = ("housing", "utilities", "assets")
KINDS = ("count", "choice", "yes_no")
# A template reads w.form.items as the method of a mapping, so no word may have such a name.
_TAKEN = frozenset(dir(dict))


class ContentError(Exception):
    """The content is incomplete; the message names the place."""


@dataclass(frozen=True, slots=True)
class Pilot:
    """What a pilot's file says to whoever opens its site (`infra.stages.form`).

    Attributes:
        language: name of the file under `content/`.
        office, phone, hours: whom to ask, at the foot of every page; no office: nobody is named.
        recovery_days: after which a copy of what was erased is gone as well.
    """

    language: str = "id"
    office: str = ""
    phone: str = ""
    hours: str = ""
    recovery_days: int = 35


@dataclass(frozen=True, slots=True)
class Content:
    """Everything that templates need.

    Attributes:
        words: nested words of `content/<language>.yaml`, without the labels.
        labels: field of a member -> code -> words, in the order of the enumeration.
        questions: of the model artefact in use, as its file has them.
        villages: of the region, by ten-digit code.
        sanggah: what holds in the region from now on.
    """

    region: str
    language: str
    region_name: str
    words: Mapping[str, Any]
    labels: Mapping[str, Mapping[str, str]]
    questions: list[dict[str, Any]]
    villages: Mapping[str, Village]
    sanggah: SanggahRules


def load(region: str, pilot: Pilot | None = None) -> Content:
    """Read and check the content of one region.

    Args:
        region: four digits of a regency that is served.
        pilot: what its file says; None for a site of nobody's.

    Raises:
        ContentError: a word, a label or a question is missing or malformed.
        LookupError: the region has no area file.
    """
    pilot = pilot or Pilot()
    language = pilot.language
    villages = region_villages(region)
    region_name = str(json.loads((AREAS / f"{region}.json").read_text("utf-8"))["name"])
    raw = yaml.safe_load((ROOT / "content" / f"{language}.yaml").read_text("utf-8"))
    labels = check_labels(raw.pop("labels"))
    rules = sanggah_rules(region)
    labels |= sanggah_labels(rules, _words_file("sanggah", language))
    labels["report_reason"] = report_labels(rules, _words_file("misconduct", language))
    fill = {
        "region": region_name,
        "members_max": str(MAX_MEMBERS),
        "most_open": str(rules.most_open_objections),
        "photos_max": str(rules.evidence.at_first),
        "photos_min": str(rules.evidence.objection_pieces),
        **{name: str(value) for name, value in asdict(pilot).items()},
    }
    # The agreement is recorded by its version, so its text stands beside the rules, not here.
    raw["consent"] |= json.loads((DATA / f"consent.{language}.json").read_text("utf-8"))
    words = check_words(raw, fill)
    if not pilot.office:
        words["site"]["contact"] = ""
    return Content(region, language, region_name, words, labels, read_questions(), villages, rules)


def check_labels(labels: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """Give the labels in the order of their enumerations.

    Raises:
        ContentError: a value of `domain/household.py` has no label, or a label has no value.
    """
    ordered: dict[str, dict[str, str]] = {}
    for field, values in LABELLED.items():
        given = labels.get(field, {})
        codes = [str(value) for value in values]
        if set(given) != set(codes):
            odd = sorted(map(str, set(given) ^ set(codes)))
            raise ContentError(f"labels.{field}: no match for {', '.join(odd)}")
        ordered[field] = {code: given[code] for code in codes}
    return ordered


def sanggah_rules(region: str) -> SanggahRules:
    """Read what a region's forms of sanggah ask for: the last period of its file, or the default's.

    Raises:
        ShapeError: the file is not of the stated shape.
    """
    own = DATA / "sanggah" / f"{region}.json"
    path = own if own.is_file() else own.with_name("default.json")
    return load_sanggah(path.read_bytes()).periods[-1]


def sanggah_labels(
    rules: SanggahRules, words: Mapping[str, Mapping[str, str]]
) -> dict[str, dict[str, str]]:
    """Give the reasons that the forms offer, in the order of the rules.

    Raises:
        ContentError: a reason has no words.
    """
    # What is somebody else's has a form of its own.
    appeals = [code for code in rules.appeal_reasons if code not in rules.misused_identity]
    offered = {"appeal": appeals, "objection": rules.objection_reasons}
    for kind, codes in offered.items():
        missing = [code for code in codes if not words[kind].get(code)]
        if missing:
            raise ContentError(f"sanggah.{kind}: no words for {', '.join(missing)}")
    return {
        f"{kind}_reason": {code: words[kind][code] for code in codes}
        for kind, codes in offered.items()
    }


def report_labels(rules: SanggahRules, words: Mapping[str, Any]) -> dict[str, str]:
    """Give what may be reported about an agent, in the order of the rules.

    Raises:
        ContentError: a reason or an outcome has no words.
    """
    offered = {"reasons": rules.report_reasons, "outcomes": rules.report_outcomes}
    for kind, codes in offered.items():
        missing = [code for code in codes if not words[kind].get(code)]
        if missing:
            raise ContentError(f"misconduct.{kind}: no words for {', '.join(missing)}")
    return {code: words["reasons"][code] for code in rules.report_reasons}


def _words_file(name: str, language: str) -> Any:  # noqa: ANN401 - words are nested as the file has them
    return json.loads((DATA / "words" / f"{name}.{language}.json").read_text("utf-8"))


def check_words(node: object, fill: Mapping[str, str], path: str = "words") -> Any:  # noqa: ANN401 - words are nested as the file has them
    """Fill the named gaps of every text; other gaps, such as {n}, are left to the page.

    Raises:
        ContentError: an empty text, a value that is no text, or a name templates cannot read.
    """
    if isinstance(node, dict):
        for key in node:
            if not isinstance(key, str) or key in _TAKEN:
                raise ContentError(f"{path}.{key}: this name cannot be used")
        return {key: check_words(value, fill, f"{path}.{key}") for key, value in node.items()}
    if isinstance(node, list) and node:
        return [check_words(value, fill, f"{path}[{i}]") for i, value in enumerate(node)]
    if not isinstance(node, str) or not node.strip():
        raise ContentError(f"{path}: a text is missing")
    for name, text in fill.items():
        node = node.replace("{" + name + "}", text)
    return node


def read_questions(models: Path = MODELS) -> list[dict[str, Any]]:
    """Read the questions of the model artefact in use, as its file has them.

    Raises:
        ContentError: no artefact, or a question the form cannot show.
    """
    current = models / "current"
    if not current.exists():
        raise ContentError(f"{current}: no model in use")
    artefact = models / f"{current.read_text('utf-8').strip()}.json"
    questions: list[dict[str, Any]] = json.loads(artefact.read_text("utf-8"))["questions"]
    for question in questions:
        where = f"question {question.get('code')}"
        if question.get("step") not in STEPS or question.get("kind") not in KINDS:
            raise ContentError(f"{where}: unknown step or kind")
        if not question.get("text"):
            raise ContentError(f"{where}: a text is missing")
        if question["kind"] == "choice" and not all(o["text"] for o in question["options"]):
            raise ContentError(f"{where}: an option has no text")
    return questions


def texts(node: object) -> Iterator[str]:
    """Give every text of nested words, to be read for length and style."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, Mapping):
        for value in node.values():
            yield from texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from texts(value)
