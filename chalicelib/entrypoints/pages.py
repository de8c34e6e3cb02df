"""Answers as HTML pages, for people whose phone runs no JavaScript.

The templates and words are those of the site (`frontend/`). A function carries copies of them in
`chalicelib/pages`; in the source tree they are read where they are written. jinja2 and segno are
imported only when a page is asked for (architecture: budget of modules at a cold start).
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import jinja2

    from chalicelib.domain.areas import Village

_PACKAGED = Path(__file__).resolve().parents[1] / "pages"
_SOURCE = Path(__file__).resolve().parents[2] / "frontend"
MONTHS = [
    *("Januari", "Februari", "Maret", "April", "Mei", "Juni"),
    *("Juli", "Agustus", "September", "Oktober", "November", "Desember"),
]

Form = Mapping[str, Any]
"""A form as it was sent: {"values": {dotted path: text}, "errors": [{code, field, message}]}."""


def render(name: str, **context: object) -> str:
    """Render one answer page.

    Args:
        name: template without its ending: form, check, receipt, status, corrected, withdrawn,
            proposed, error, or one in a folder, such as staff/cases.
        context: the JSON body of the same answer, field by field. Forms also take `errors`,
            `values` (dotted path -> text as sent), `key`, `villages` (code -> Village, as
            `area_files.region_villages` gives them), `questions` (of the model artefact, as its
            file has them) and `members` (how many).
            `error` takes `form` ("status", "withdraw", "propose") to show that form again.

    Returns:
        A complete HTML document.

    Raises:
        jinja2.UndefinedError: the page needs a value that was not given.
        RuntimeError: the site was not built, so the name of its style sheet is not known.
    """
    return _environment().get_template(f"{name}.html").render(context)


def qr_svg(receipt: str) -> str:
    """Draw a receipt as a QR code: an <svg> without size, colours or styles of its own."""
    import segno  # noqa: PLC0415 - only who answers with a receipt pays for it

    # Trying all eight masks takes four fifths of the drawing and more than all else of a request.
    # Readers take any; over receipts this one comes nearest to the best (ISO/IEC 18004, 7.8.3).
    drawn: str = segno.make(receipt, error="m", micro=False, mask=7).svg_inline(
        omitsize=True, svgclass=None, lineclass=None
    )
    return drawn


def environment(folders: Sequence[Path], assets: Mapping[str, Any]) -> jinja2.Environment:
    """Make the template engine that the site's build and the functions share.

    Args:
        folders: where templates are looked for, in this order.
        assets: what the build knows: `site` (style sheet, icon, scripts, region, consent),
            `words` and `labels`.
    """
    import jinja2  # noqa: PLC0415 - a JSON answer never pays for it
    from markupsafe import Markup  # noqa: PLC0415 - same

    engine = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folders),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    engine.globals.update(site=assets["site"], w=assets["words"], labels=assets["labels"])
    engine.filters.update(
        fid=lambda path: path.replace(".", "-"),
        value=lambda form, path: str(form["values"].get(path, "")),
        fault=_fault,
        pairs=lambda names: list(names.items()),
        codes=lambda options: [(option["code"], option["text"]) for option in options],
        long_date=long_date,
        districts=_districts,
        village_name=_village_name,
        answer_text=_answer_text,
        correctable=_correctable,
        shared=_shared,
        qr_svg=lambda receipt: Markup(qr_svg(receipt)),  # noqa: S704 - drawn from squares, no text
        spell=lambda receipt: spell(receipt, assets["words"]["receipt"]["digit"]),
    )
    return engine


def long_date(iso: str) -> str:
    """Write an ISO date as people read it, "21 November 2026"; anything else stays as it is."""
    year, _, rest = iso.partition("-")
    month, _, day = rest.partition("-")
    if not (month.isdecimal() and day.isdecimal() and 1 <= int(month) <= len(MONTHS)):
        return iso
    return f"{int(day)} {MONTHS[int(month) - 1]} {year}"


def spell(receipt: str, digit: str) -> str:
    """Write a receipt to be read out on a telephone: "A, B, angka 2"; groups end with a stop."""
    groups = [
        ", ".join(f"{digit} {c}" if c.isdecimal() else c for c in group)
        for group in receipt.split("-")
    ]
    return ". ".join(groups) + "."


@functools.cache
def _environment() -> jinja2.Environment:
    packaged = _PACKAGED / "assets.json"
    built = packaged if packaged.exists() else _SOURCE / "dist" / "assets.json"
    if not built.exists():
        raise RuntimeError("the site is not built: run python -m frontend.build")
    folder = _PACKAGED if packaged.exists() else _SOURCE / "answers"
    return environment([folder], json.loads(built.read_text("utf-8")))


def _fault(form: Form, path: str) -> str:
    """Words of the first error of a field, or nothing."""
    return next((str(e["message"]) for e in form["errors"] if e.get("field") == path), "")


def _districts(villages: Mapping[str, Village]) -> list[tuple[str, list[Village]]]:
    """Name of each district with its villages, both in the order of the alphabet."""
    grouped: dict[str, list[Village]] = {}
    for village in sorted(villages.values(), key=lambda v: v.name):
        grouped.setdefault(village.district, []).append(village)
    return sorted(grouped.items())


def _village_name(villages: Mapping[str, Village], code: str) -> str:
    village = villages.get(code)
    return f"{village.name}, {village.district}" if village else ""


def _answer_text(question: Mapping[str, Any], answer: str) -> str:
    """Words of an answer to a question of the model artefact."""
    if question["kind"] == "yes_no":
        return {"1": "Ya", "0": "Tidak"}.get(answer, "")
    if question["kind"] == "choice":
        return next((str(o["text"]) for o in question["options"] if o["code"] == answer), "")
    return answer


def _shared(decisions: Iterable[Mapping[str, Any]], name: str) -> str:
    """What all decisions say alike under that name, to be told once; "" when they differ."""
    told = {str(decision.get(name) or "") for decision in decisions}
    return told.pop() if len(told) == 1 else ""


def _correctable(corrections: Iterable[Mapping[str, str]]) -> list[dict[str, Any]]:
    """Turn what is to be corrected into form fields, one group for each member.

    The request names members by `index` in a list of its own, so the second member that is to be
    corrected has place 1 whatever its index.
    """
    places: dict[int, int] = {}
    fields: list[dict[str, Any]] = []
    for correction in sorted(corrections, key=lambda c: _member_index(c["field"])):
        part = correction["field"].rpartition(".")[2]
        index = _member_index(correction["field"])
        if index < 0:
            fields.append({"part": "kk", "index": None, "message": correction["message"]})
            continue
        first = index not in places
        place = places.setdefault(index, len(places))
        fields.append(
            {
                "part": part,
                "name": f"members.{place}.{part}",
                "index": index,
                "place": place,
                "first": first,
                "message": correction["message"],
            }
        )
    return fields


def _member_index(field: str) -> int:
    """Index in "members.<index>.<part>", or -1 for a field of the family."""
    parts = field.split(".")
    return int(parts[1]) if parts[0] == "members" and len(parts) > 1 else -1
