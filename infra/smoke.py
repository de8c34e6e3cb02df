"""A walk through a deployed Tepat over HTTP, each step seen to have happened.

A family registers, is checked and scored, and reads its result; a neighbour objects and sends a
photo; the family answers; two officers decide; the family reads that. Everybody is invented, so it
is for local deployments alone: a real one is only knocked at (`knock`), which leaves nothing.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from itertools import chain, islice
from typing import Any, TypeVar

import httpx

from infra.people.forms import Draft, families
from infra.visitor import SignInError, Visitor

Seen = TypeVar("Seen")
Told = Callable[[str, str], None]
"""Hears of each step that went well: its name, and what was seen."""

SETTLED = {"needs_correction", "needs_officer", "needs_ground_check", "decided", "withdrawn"}
MOST_FAMILIES = 60  # that are sent until one is found eligible
PATIENCE_S = 180.0
SEED = 3510  # of the sandbox registry's people
_SEEN = re.compile(r'name="(seen|kind|step)" value="([^"]*)"')
_NOBODY = "2222-2222-2222-2222-2222"  # a receipt that nobody has


class SmokeError(RuntimeError):
    """A step of the walk did not do what it should; the message names it."""


@dataclass(frozen=True, slots=True)
class There:
    """A deployment to walk through.

    Attributes:
        site: its address, no trailing slash.
        region: four digits.
        first: how many families of the sandbox registry's world to leave out.
        passwords: of its officers, by user name.
    """

    site: str
    region: str
    first: int
    passwords: Mapping[str, str]


def knock(site: str, region: str, told: Told) -> str:
    """Look from outside whether a deployment answers, and leave nothing behind.

    Args:
        site: its address.
        region: four digits.

    Returns:
        Version of the agreement text that its form shows.

    Raises:
        SmokeError: something answers otherwise.
    """
    visitor = Visitor(site)
    try:
        home = visitor.get("/")
        _see("site", home.status_code == httpx.codes.OK, f"/ answers {home.status_code}")
        guarded = home.headers.get("content-security-policy", "").startswith("default-src 'none'")
        _see("site", guarded, "/ comes without its content security policy")
        form = visitor.get("/v1/form?members=1")
        version = re.search(r'name="consent\.version"\s+value="([^"]+)"', form.text)
        _see("form", version is not None, f"/v1/form answers {form.status_code} without a form")
        _see("form", f'value="{region}' in form.text, f"/v1/form has no village of {region}")
        _see("form", "no-store" in form.headers.get("cache-control", ""), "/v1/form may be kept")
        unknown = visitor.send("/v1/status", {"receipt": _NOBODY})
        refused = httpx.codes.BAD_REQUEST <= unknown.status_code < httpx.codes.INTERNAL_SERVER_ERROR
        _see("status", refused, f"an unknown receipt is answered {unknown.status_code}")
        desk = visitor.get("/staff/")
        closed = desk.status_code in {httpx.codes.FOUND, httpx.codes.UNAUTHORIZED}
        _see("staff", closed, f"/staff/ answers {desk.status_code} to nobody in particular")
    except httpx.HTTPError as error:
        raise SmokeError(f"site: {site} does not answer ({type(error).__name__})") from None
    finally:
        visitor.close()
    told("knock", "site, form, status and desk answer; the desk lets nobody in")
    return version[1] if version else ""


def walk(there: There, told: Told) -> str:
    """Walk through a deployment from a registration to a decided objection.

    Returns:
        The family's receipt.

    Raises:
        SmokeError: the first step that went wrong.
    """
    consent = knock(there.site, there.region, told)
    people = families(SEED, 2000, region=there.region, consent=consent, start=there.first)
    flawless = (draft for draft in people if draft.form == draft.mended)
    # One that is helped is needed, and of families of two a city helps few: the large come first.
    large_first = sorted(islice(flawless, MOST_FAMILIES), key=_members, reverse=True)
    drafts = chain(large_first, flawless)
    family, neighbour = Visitor(there.site), Visitor(there.site)
    try:
        receipt, body = _registered(family, drafts, told)
        number, grant = _objected(neighbour, body, next(drafts), told)
        _uploaded(neighbour, number, *grant, told)
        _answered(family, receipt, number, told)
        _decided(there, number, told)
        _read(family, receipt, number, told)
    except (httpx.HTTPError, SignInError) as error:
        raise SmokeError(f"the walk broke off: {type(error).__name__}: {error}") from error
    finally:
        family.close()
        neighbour.close()
    return receipt


def _members(draft: Draft) -> int:
    return len(draft.form["members"])


def _registered(family: Visitor, drafts: Iterator[Draft], told: Told) -> tuple[str, Any]:
    """Register families until one is found eligible; gives its receipt and its form."""
    for tried in range(1, MOST_FAMILIES + 1):
        body = next(drafts).form
        answer = family.send("/v1/registrations", body, secrets.token_urlsafe(24))
        _see("register", answer.status_code == httpx.codes.CREATED, _said(answer))
        receipt: str = answer.json()["receipt"]
        status = _wait(
            "score",
            partial(_status, family, receipt),
            lambda status: status["state"] in SETTLED,
        )
        helped = [each["programme"] for each in status["decisions"] if each["eligible"]]
        if status["state"] == "decided" and helped:
            told("register", f"201, with a receipt; family {tried} of those that were sent")
            told("validate", "the civil registry knows all members")
            told("score", f"decided, with reasons; eligible for {', '.join(helped)}")
            _see("status", all(d["reasons"] for d in status["decisions"]), "no reasons are told")
            told("status", f"{len(status['timeline'])} steps and when each was done")
            return receipt, body
    raise SmokeError(f"score: none of {MOST_FAMILIES} families was decided and eligible")


def _objected(
    neighbour: Visitor,
    body: Mapping[str, Any],
    filer: Draft,
    told: Told,
) -> tuple[str, tuple[dict[str, Any], bytes]]:
    photo = _photo()
    head = filer.truth[0]
    neighbour.sign_in_as_citizen(head["nik"], head["name"])
    objection = {
        "village": body["village"],
        "name": body["members"][0]["name"],
        "place": body["address"]["line"],
        "reason": "moved_away",
        "text": "Rumahnya kosong sejak Juli.",
        "photos": [{"type": "jpeg", "size": len(photo)}],
    }
    answer = neighbour.send("/v1/objections", objection, secrets.token_urlsafe(24))
    _see("object", answer.status_code == httpx.codes.CREATED, _said(answer))
    filed = answer.json()
    told("object", f"{filed['dispute']} by a citizen who signed in; one file is granted")
    return filed["dispute"], (filed["uploads"][0], photo)


def _uploaded(
    neighbour: Visitor, number: str, grant: dict[str, Any], photo: bytes, told: Told
) -> None:
    sent = neighbour.upload(grant, photo, "image/jpeg")
    _see("upload", sent.is_success, f"the bucket answered {sent.status_code}")

    def piece() -> dict[str, str]:
        answer = neighbour.get("/v1/objections", "application/json")
        _see("upload", answer.status_code == httpx.codes.OK, _said(answer))
        mine = {each["dispute"]: each for each in answer.json()["objections"]}
        found: dict[str, str] = mine[number]["evidence"][0]
        return found

    screened = _wait("upload", piece, lambda one: one["state"] in {"released", "refused"})
    _see("upload", screened["state"] == "released", f"the photo was refused: {screened['why']}")
    told("upload", f"{len(photo):,} bytes past the API into the bucket; screened and released")


def _answered(family: Visitor, receipt: str, number: str, told: Told) -> None:
    """The family reads that somebody objected, and answers."""
    _wait(
        "answer",
        lambda: _dispute(_status(family, receipt), number),
        lambda dispute: "answer" in dispute.get("can", ()),
    )
    body = {"receipt": receipt, "dispute": number, "text": "Kami menginap di rumah anak."}
    answer = family.send("/v1/disputes/answers", body, secrets.token_urlsafe(24))
    _see("answer", answer.status_code == httpx.codes.CREATED, _said(answer))
    told("answer", "the family read of it, and answered")


def _decided(there: There, number: str, told: Told) -> None:
    """Two officers, each drawn by the machine: one recommends, another decides."""
    desks: dict[str, Visitor] = {}
    try:
        for user, password in there.passwords.items():
            desks[user] = Visitor(there.site)
            desks[user].sign_in_as_staff(user, password)
        first = _voted(desks, number, "recommend")
        second = _voted(desks, number, "decide")
    finally:
        for desk in desks.values():
            desk.close()
    _see("decide", first != second, "the same officer recommended and decided")
    told("decide", f"{first} was drawn and recommended; {second} was drawn and decided")


def _voted(desks: Mapping[str, Visitor], number: str, step: str) -> str:
    """Whoever was drawn opens the dispute, reads the letter and votes; gives the user name."""
    path = f"/staff/disputes/{number}"

    def drawn() -> tuple[str, dict[str, str]]:
        for user, desk in desks.items():
            if path not in desk.get("/staff/disputes").text:
                continue
            _, _, form = desk.get(path).text.partition(f'action="{path}/letter"')
            fields = dict(_SEEN.findall(form.partition("</form>")[0]))
            if fields.get("step") == step:
                return user, fields
        return "", {}

    user, fields = _wait("decide", drawn, lambda found: bool(found[0]))
    fields |= {"vote": "rejected:claim_unproven"}
    letter = desks[user].submit(f"{path}/letter", fields)
    _see("decide", letter.status_code == httpx.codes.OK, f"no letter: {letter.status_code}")
    voted = desks[user].submit(f"{path}/vote", fields)
    done = voted.status_code == httpx.codes.SEE_OTHER and "told=" not in voted.headers["location"]
    _see("decide", done, f"{user}'s vote was answered {voted.status_code}")
    return user


def _read(family: Visitor, receipt: str, number: str, told: Told) -> None:
    status = _status(family, receipt)
    dispute = _dispute(status, number)
    _see("read", bool(dispute.get("letter")), "the family has no letter of the decision")
    _see("read", status["state"] == "decided", f"the case stands at {status['state']}")
    told("read", f"the family's letter: {dispute['outcome']}")


def _status(family: Visitor, receipt: str) -> dict[str, Any]:
    answer = family.send("/v1/status", {"receipt": receipt})
    _see("status", answer.status_code == httpx.codes.OK, _said(answer))
    status: dict[str, Any] = answer.json()
    return status


def _dispute(status: Mapping[str, Any], number: str) -> dict[str, Any]:
    found: dict[str, Any]
    for found in status.get("disputes", ()):
        if found["dispute"] == number:
            return found
    return {}


def _wait(step: str, look: Callable[[], Seen], well: Callable[[Seen], bool]) -> Seen:
    """Look until it is well; workers and screening take their seconds."""
    until = time.monotonic() + PATIENCE_S
    while not well(seen := look()):
        if time.monotonic() > until:
            raise SmokeError(f"{step}: nothing came of it in {PATIENCE_S:.0f} s")
        time.sleep(0.5)
    return seen


def _see(step: str, well: bool, otherwise: str) -> None:
    if not well:
        raise SmokeError(f"{step}: {otherwise}")


def _said(answer: httpx.Response) -> str:
    """Status and codes of an answer: never its words, which may hold what somebody typed."""
    try:
        codes = ", ".join(error["code"] for error in answer.json()["errors"])
    except (ValueError, KeyError, TypeError):
        codes = "not in our words"
    return f"answered {answer.status_code} ({codes})"


def _photo() -> bytes:
    """A sharp picture that no other walk has sent: equal ones count as one hand's."""
    from PIL import Image  # a test or a real deployment's knock has no use for it

    noise = Image.frombytes("L", (40, 30), secrets.token_bytes(40 * 30))
    picture = noise.resize((800, 600), Image.Resampling.NEAREST).convert("RGB")
    out = BytesIO()
    picture.save(out, "JPEG", quality=85)
    return out.getvalue()
