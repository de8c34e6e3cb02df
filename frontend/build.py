"""Build the public site: `python -m frontend.build [--region 3510] [--out frontend/dist]`.

Renders every page, minifies, names style sheet and scripts by their hash, and lays a .br and a
.gz beside each file. The same content gives the same bytes on any machine. A missing word, label
or question stops the build.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import brotli
import click
import rcssmin
import rjsmin

from chalicelib.domain.household import MAX_MEMBERS
from chalicelib.entrypoints.pages import MONTHS, environment
from frontend.content import ROOT, Content, Pilot, load
from frontend.model_page import ModelPage, load_page, with_style_sheet

ANSWERS = ROOT / "answers"
PAGES = ROOT / "pages"
ASSETS = ROOT / "assets"


@dataclass(frozen=True, slots=True)
class Script:
    """A script of the site.

    Attributes:
        parts: files in this order; they share one function scope.
        words: what it shows, a group ("status") or one word of it ("status.title").
        agree: what it says when the box of its page is not ticked; "" for no such box.
    """

    parts: tuple[str, ...]
    words: tuple[str, ...]
    agree: str


_FORMS = ("common.js", "fields.js", "receipt.js", "numbers.js")
_ANY_FORM = ("site.error", "site.heading", "faults", "offline.short", "offline.busy")
_EVERY_SCRIPT = (
    *_ANY_FORM,
    *("receipt", "members.head"),
    *("status.decisions", "status.eligible", "status.not_eligible", "status.undecided"),
    *("status.provisional", "status.reasons", "status.rests_on", "status.would_change"),
    *("status.appeal", "status.contributions", "status.contributions_hint", "status.timeline"),
    *("status.model", "status.model_name", "status.model_hash", "status.demonstration"),
    "status.model_more",
    *("correct.heading", "correct.hint", "correct.send", "correct.person", "correct.family"),
    *("correct.done_title", "dispute.offer"),
)
SCRIPTS = {
    "daftar": Script(
        (*_FORMS, "answer.js", "household.js", "steps.js", "register.js"),
        (
            *_EVERY_SCRIPT,
            *("site.unknown", "site.empty", "site.back"),
            *("register.step", "register.draft_heading", "register.draft_resume"),
            *("register.draft_discard", "members.one", "members.none_yet", "members.unfinished"),
            *("members.remove", "members.remove_ask", "members.situation_of", "check.change"),
            *("check.agreed", "check.again", "check.sending", "offline.saved_heading"),
            *("offline.saved", "offline.steps"),
        ),
        "consent.missing",
    ),
    "tanya": Script(
        (*_FORMS, "answer.js", "disputes.js", "ask.js"),
        (
            *_EVERY_SCRIPT,
            *("status.refresh", "status.another", "withdraw.done_title", "withdraw.done"),
            *("withdraw.again", "propose.done_title", "propose.done"),
            *("dispute.heading", "dispute.steps", "dispute.who", "dispute.by", "dispute.late"),
            *("dispute.unheard", "dispute.evidence", "dispute.piece", "dispute.outcome"),
            *("dispute.granted", "dispute.screening", "dispute.released", "dispute.refused"),
            *("dispute.claim", "dispute.answer", "dispute.add_evidence", "dispute.withdraw"),
            "dispute.second_look",
            *("dispute.withdraw_ask", "dispute.letter", "dispute.letter_to", "dispute.print"),
            "dispute.letter_told",
            *("dispute.letter_until", "dispute.letter_rights", "dispute.letter_how"),
            *("sanggah.number", "sanggah.mine_title", "sanggah.mine_none"),
            "person.sign_out",
            *("looked.title", "looked.none", "looked.who", "looked.reason", "looked.at"),
            *("looked.hint", "looked.odd"),
        ),
        "withdraw.missing",
    ),
    "sanggah": Script(
        (*_FORMS, "photo.js", "evidence.js", "dispute.js"),
        (
            *_ANY_FORM,
            *("sanggah.number", "sanggah.received", "sanggah.to_status", "sanggah.sign_in_first"),
            "sanggah.sign_in",
            *("evidence.photo", "evidence.remove", "evidence.removed", "evidence.shrinking"),
            *("evidence.ready", "evidence.dark", "evidence.blurred", "evidence.kind"),
            *("evidence.too_big", "evidence.unreadable", "evidence.needed", "evidence.posting"),
            *("evidence.frozen", "evidence.queued", "evidence.sending", "evidence.again"),
            *("evidence.waiting", "evidence.sent", "evidence.failed", "evidence.keep_open"),
            *("evidence.no_line", "evidence.go_on", "evidence.all_sent", "evidence.some_failed"),
        ),
        "sanggah.declared_missing",
    ),
    "petugas": Script(
        (
            *("common.js", "fields.js", "receipt.js", "photo.js", "evidence.js", "sealed.js"),
            *("agent.js", "visit.js", "outbox.js", "pin.js", "one_visit.js", "visits.js"),
        ),
        (
            *("site.error", "site.heading", "site.yes_word", "site.no_word"),
            *("faults.required", "faults.choose", "faults.count", "faults.receipt"),
            *("offline.short", "offline.busy"),
            *("steps.housing", "steps.utilities", "steps.assets", "agent"),
            *("evidence.photo", "evidence.remove", "evidence.removed", "evidence.shrinking"),
            *("evidence.ready", "evidence.dark", "evidence.blurred", "evidence.kind"),
            *("evidence.too_big", "evidence.unreadable", "evidence.sending", "evidence.again"),
            *("evidence.waiting", "evidence.sent", "evidence.failed"),
        ),
        "agent_page.appeal_agree_missing",
    ),
    "penampil": Script(("viewer.js",), (), ""),
}
# The address of each page and its template.
ADDRESSES = {
    "index.html": "home",
    "data/index.html": "data",
    "model/index.html": "model",
    "daftar/index.html": "register",
    "usul/index.html": "propose",
    "status/index.html": "status",
    "perbaiki/index.html": "correct",
    "tarik/index.html": "withdraw",
    "sanggah/index.html": "object",
    "sanggah/hasil/index.html": "appeal",
    "sanggah/lanjut/index.html": "go_on",
    "sanggah/tanpa-nomor/index.html": "own_appeal",
    "sanggah/bukan-milik/index.html": "misused",
    "sanggah/saya/index.html": "objections",
    "siapa/index.html": "looked",
    "petugas/index.html": "agent",
    "lapor/index.html": "report",
    "offline/index.html": "offline",
    "404.html": "missing_page",
}
PAGES_ONLY = ("agent", "agent_page")  # words that no function ever says: their zips are small
SMALLEST_TO_COMPRESS = 200  # bytes; below it the encoded file is no smaller


def build(region: str, out: Path, pilot: Pilot | None = None) -> None:
    """Build the site of one region into a folder, which is emptied first.

    Args:
        region: four digits of a regency that is served.
        pilot: what its file says to those who open the site.
        out: the folder; afterwards it holds the site and `assets.json`, which the answer pages
            of the functions need beside their templates (`copy_answers`).

    Raises:
        frontend.content.ContentError: a word, a label or a question is missing, or the report on
            the model is of another model.
        jinja2.UndefinedError: a template asks for a word that is not there.
    """
    content = load(region, pilot)
    made = out.with_name(f"{out.name}.new-{os.getpid()}")
    made.mkdir(parents=True)
    assets = _assets(content, made)
    model = load_page(content.words["model"])
    _model_files(model, made)
    engine = environment([PAGES, ANSWERS], assets)
    engine.globals["members_max"] = MAX_MEMBERS
    for address, template in ADDRESSES.items():
        page = engine.get_template(f"{template}.html").render(
            villages=content.villages, questions=content.questions, model=model
        )
        _write(made / address, squeeze(page).encode())
    _write(made / "petugas" / "sw.js", _worker(made, assets["site"]))
    told = assets | {"words": {k: v for k, v in assets["words"].items() if k not in PAGES_ONLY}}
    _write(made / "assets.json", json.dumps(told, ensure_ascii=False, sort_keys=True).encode())
    for path in sorted(made.rglob("*")):
        if path.is_file():
            _compress(path)
    shutil.rmtree(out, ignore_errors=True)
    made.replace(out)  # whoever serves the folder never meets half a site


def copy_answers(dist: Path, target: Path) -> None:
    """Copy the answer templates and `assets.json` to where the functions look for them.

    Args:
        dist: a built site.
        target: `chalicelib/pages` of the folder that is packaged.
    """
    shutil.copytree(ANSWERS, target, dirs_exist_ok=True)
    shutil.copyfile(dist / "assets.json", target / "assets.json")


def words_of(script: Script, words: Mapping[str, Any]) -> dict[str, Any]:
    """Give a script only the words it shows, of all there are.

    Raises:
        KeyError: there is no such group or word.
    """
    picked: dict[str, Any] = {}
    if script.agree:
        group, _, word = script.agree.partition(".")
        picked = {"agree": words[group][word], "months": MONTHS}
    for path in script.words:
        group, _, word = path.partition(".")
        if word:
            picked.setdefault(group, {})[word] = words[group][word]
        else:
            picked[group] = words[group]
    return picked


def squeeze(html: str) -> str:
    """Drop comments and white space that shows nowhere; texts on screen stay as they are."""
    html = re.sub(r"<!--.*?-->", "", html, flags=re.DOTALL)
    html = re.sub(r"\s*\n\s*", "\n", html)
    html = re.sub(
        r">\n<(?=/?(?:li|ul|ol|div|p|h[1-6]|section|option|optgroup|dl|dt|dd)\b)", "><", html
    )
    return html.strip() + "\n"


def _assets(content: Content, out: Path) -> dict[str, Any]:
    """Write style sheet, icon and scripts; give what the templates must know of them."""
    css, staff_css = (
        rcssmin.cssmin((ASSETS / name).read_text("utf-8")) for name in ("site.css", "staff.css")
    )
    icon = (ASSETS / "icon.svg").read_text("utf-8")
    scripts = {
        name: _publish(out, f"{name}.js", _bundle(script, content.words))
        for name, script in SCRIPTS.items()
    }
    return {
        "site": {
            "css": _publish(out, "site.css", css),
            "staff_css": _publish(out, "staff.css", staff_css),
            "icon": _publish(out, "icon.svg", icon)["href"],
            "scripts": scripts,
            "region": content.region_name,
            "language": content.language,
            "consent": content.words["consent"]["version"],
            "sanggah": _sanggah(content),
        },
        "words": content.words,
        "labels": content.labels,
    }


def _sanggah(content: Content) -> dict[str, int | str]:
    """What its forms must know: how many photos, how large, and when one is a bad one."""
    limits = content.sanggah.evidence
    return {
        "count": limits.at_first,
        "needed": limits.objection_pieces,
        "most": limits.bytes,
        "dark": limits.dark_below,
        "blur": limits.blur_below,
        "misused": min(content.sanggah.misused_identity),
    }


def _model_files(model: ModelPage, out: Path) -> None:
    """Write the report on the model, its figures and the model itself."""
    style = _publish(out, "laporan.css", model.style)
    for name, data in model.files.items():
        page = name.endswith(".html")
        _write(out / "model" / name, with_style_sheet(data, **style) if page else data)


def _bundle(script: Script, words: Mapping[str, Any]) -> str:
    data = json.dumps(words_of(script, words), ensure_ascii=False, separators=(",", ":"))
    body = "\n".join((ASSETS / part).read_text("utf-8") for part in script.parts)
    made: str = rjsmin.jsmin(f'(function () {{\n"use strict";\nconst W={data};\n{body}\n}})();\n')
    return made


def _worker(out: Path, site: Mapping[str, Any]) -> bytes:
    """The worker that keeps the agents' page on their phones; it changes when the page does."""
    kept = [site["css"]["href"], site["icon"], site["scripts"]["petugas"]["href"]]
    page = (out / "petugas" / "index.html").read_bytes()
    name = "petugas-" + hashlib.sha256(page + "".join(kept).encode()).hexdigest()[:10]
    told = f"const NAME={json.dumps(name)},SHELL={json.dumps(['/petugas/', *kept])};"
    body = (ASSETS / "worker.js").read_text("utf-8")
    made: str = rjsmin.jsmin(f'"use strict";\n{told}\n{body}')
    return made.encode()


def _publish(out: Path, name: str, text: str) -> dict[str, str]:
    """Write one file under a name that changes with its content."""
    digest = hashlib.sha256(text.encode()).digest()
    stem, _, ending = name.rpartition(".")
    href = f"/a/{stem}.{digest.hex()[:10]}.{ending}"
    _write(out / href.lstrip("/"), text.encode())
    return {"href": href, "integrity": "sha256-" + base64.b64encode(digest).decode()}


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _compress(path: Path) -> None:
    data = path.read_bytes()
    if len(data) < SMALLEST_TO_COMPRESS:
        return
    _write(path.with_name(path.name + ".br"), brotli.compress(data, quality=11))
    _write(path.with_name(path.name + ".gz"), gzip.compress(data, 9, mtime=0))


@click.command()
@click.option("--region", default="3510", show_default=True, help="Four digits of the regency.")
@click.option(
    "--out", type=click.Path(path_type=Path), default=ROOT / "dist", help="Folder of the site."
)
@click.option(
    "--answers", type=click.Path(path_type=Path), help="Also copy the answer templates there."
)
@click.option("--pilot", help="JSON of what the pilot's file says (frontend.content.Pilot).")
def main(region: str, out: Path, answers: Path | None, pilot: str | None) -> None:
    """Build the public site."""
    build(region, out, Pilot(**json.loads(pilot)) if pilot else None)
    if answers:
        copy_answers(out, answers)
    print(f"site of {region} in {out}")


if __name__ == "__main__":
    main()
