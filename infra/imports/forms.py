"""A family of a list as a registration's form, read by the very schema and rules of a registration.

What the form says besides is who it comes from: no family has agreed to anything, so in place of
an agreement stands the list that the region was given (docs/bulk.md, docs/adr/0028).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, Literal

from pydantic import StringConstraints, ValidationError

from chalicelib.domain import application
from chalicelib.domain.application import Rules
from chalicelib.domain.errors import Fault
from chalicelib.domain.nik import LENGTH, normalize
from chalicelib.domain.registration import IMPORTED_FROM
from chalicelib.entrypoints import http
from chalicelib.entrypoints.schemas import RegistrationBody, Strict
from infra.imports import columns
from infra.imports.columns import ANSWER, CHOICES, FAMILY, OF_FAMILY, OF_PERSON, Words
from infra.imports.rows import Row, Rows

_COLUMNS: Final = {field: column for column, field in (*OF_FAMILY.items(), *OF_PERSON.items())}


class Basis(Strict):
    """The list in place of an agreement; there is no `agreed`, since nobody has agreed."""

    version: Annotated[str, StringConstraints(pattern=r"^import:[A-Za-z0-9.-]{3,24}$")]


class ImportedBody(RegistrationBody):
    """A registration by a list: all that a form has, but its way in and its agreement."""

    way_in: Literal["import"]  # type: ignore[assignment] # another way in
    consent: Basis  # type: ignore[assignment] # see Basis


@dataclass(frozen=True, slots=True)
class Wrong:
    """A fault of a list, without anything of what was written there."""

    line: int
    column: str
    fault: Fault


@dataclass(frozen=True, slots=True)
class Read:
    """A family of a list as it was read.

    Attributes:
        id: the office's own number of the family.
        form: plain JSON values; good for a registration only when there are no faults.
        faults: all of them; warnings are kept with the case, as with any registration.
    """

    line: int
    id: str = field(repr=False)
    form: Mapping[str, Any] = field(repr=False)
    faults: tuple[Wrong, ...]

    @property
    def numbers(self) -> tuple[int, ...]:
        """The NIK of its people, as whole numbers; only what has 16 digits."""
        members = self.form.get("members") or ()  # None where there are too many
        return tuple(filter(None, (_whole(member["nik"]) for member in members)))

    @property
    def card(self) -> int:
        """The number of its family card, 0 where it has none."""
        return _whole(self.form.get("kk"))


def read(rows: Rows, source: str, known: Words, rules: Rules | None) -> Read:
    """Read a family, and find everything that is wrong with it.

    Args:
        rows: of the family.
        source: name of the list.
        known: what its cells may say.
        rules: of the day that the list is of; its `consent_version` is `basis(source)`. None
            looks at types and lengths alone: registering looks at the sense of a form itself.
    """
    if rows.fault:
        column = "" if rows.fault == "columns" else FAMILY
        id_ = rows.rows[0].cells.get(FAMILY, "")
        return Read(rows.line, id_, {}, (Wrong(rows.line, column, Fault(rows.fault)),))
    body, wrong = _body(rows.rows, source, known)
    faults: list[Fault] = []
    try:
        # Through text, as a body comes: the schema is strict about the types that JSON has.
        checked = ImportedBody.model_validate_json(json.dumps(body), strict=True)
        body = checked.model_dump(mode="json")
    except ValidationError as error:
        faults = http.faults_of(error, body)
    faults += application.check(body, rules)[0] if rules else []
    wrong += [_place(fault, rows.rows) for fault in dict.fromkeys(faults)]
    return Read(rows.line, rows.rows[0].cells[FAMILY], body, tuple(wrong))


def _whole(number: str | None) -> int:
    digits = normalize(number or "")
    return int(digits) if len(digits) == LENGTH and digits.isdecimal() else 0


def basis(source: str) -> str:
    """What stands in place of an agreement's version."""
    return IMPORTED_FROM + source


def sentence(fault: Fault, words: Mapping[str, str]) -> str:
    """A fault in words, as the form tells it."""
    return http.message(fault, words)


def _body(rows: Sequence[Row], source: str, known: Words) -> tuple[dict[str, Any], list[Wrong]]:
    """The form, and the cells of the family that contradict each other."""
    told: dict[str, str] = {}
    wrong = []
    for column in (*OF_FAMILY, *(ANSWER + code for code in known.answers)):
        said = [(row, row.cells[column]) for row in rows if row.cells[column]]
        told[column] = said[0][1] if said else ""
        wrong += [
            Wrong(row.line, column, Fault("rows_differ"))
            for row, cell in said
            if cell != said[0][1]
        ]
    answers = {
        code: columns.answer(cell, among)
        for code, among in known.answers.items()
        if (cell := told[ANSWER + code])
    }
    body = {
        "way_in": "import",
        "village": told["kode_desa"].replace(".", ""),
        "address": {"line": told["alamat"], "rt": told["rt"], "rw": told["rw"]},
        "phone": told["telepon"] or None,
        "kk": told["no_kk"] or None,
        "members": [_member(row.cells, known) for row in rows],
        "answers": answers,
        "consent": {"version": basis(source)},
    }
    return body, wrong


def _member(cells: Mapping[str, str], known: Words) -> dict[str, Any]:
    chosen = {
        field: columns.choice(cells[_COLUMNS[field]], known.choices[field]) for field in CHOICES
    }
    return chosen | {
        "name": cells["nama"],
        "nik": cells["nik"] or None,
        "birth_date": columns.day(cells["tanggal_lahir"]),
        "pregnant": columns.yes(cells["hamil"]),
    }


def _place(fault: Fault, rows: Sequence[Row]) -> Wrong:
    """Line and column of a fault's field."""
    parts = fault.field.split(".")
    if parts[0] == "members" and len(parts) > 1:
        line = rows[min(int(parts[1]), len(rows) - 1)].line
        return Wrong(line, _COLUMNS.get(parts[-1], FAMILY), fault)
    if parts[0] == "answers":
        return Wrong(rows[0].line, ANSWER + parts[1] if len(parts) > 1 else "", fault)
    return Wrong(rows[0].line, _COLUMNS.get(fault.field, FAMILY), fault)
