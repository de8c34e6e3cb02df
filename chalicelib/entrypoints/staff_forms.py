"""The staff's own forms: a few flat fields each, read without pydantic.

No program sends them, so no schema is published for them; and pydantic would be 57 of the 530
modules that a staff page may load.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping

from chalice.app import Request

from chalicelib.domain.errors import Fault
from chalicelib.entrypoints import http
from chalicelib.entrypoints.http import Sent

_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)

Check = Callable[[str], str]
"""Text of a field -> code of its fault, or ""."""


def short(longest: int) -> Check:
    """A text of at most so many characters."""
    return lambda text: "field_too_long" if len(text) > longest else ""


def one_of(*codes: str) -> Check:
    """One of a few codes."""
    return lambda text: "" if text in codes else "field_not_an_option"


def matching(pattern: str, code: str) -> Check:
    """A text of a pattern."""
    compiled = re.compile(pattern, re.ASCII)
    return lambda text: "" if compiled.fullmatch(text) else code


def content_hash(text: str) -> str:
    """The name of a model or rule set: it becomes part of a path, so nothing else may pass."""
    return "" if _HASH.fullmatch(text) else "field_not_an_option"


SEEN_BOTH = re.compile(r"[0-9]{1,9}\.[0-9]{1,9}", re.ASCII)
"""Versions of a dispute and of its case that an officer was looking at."""

FIND: Mapping[str, Check] = {"number": short(60)}  # a whole receipt may be typed, too
ERASE: Mapping[str, Check] = {
    "reason": one_of("family_request", "no_consent", "court_order", "retention_over"),
    "sure": one_of("true"),
}
PROPOSE: Mapping[str, Check] = {"model": content_hash, "rules": content_hash}
QUOTA = "quota."
"""Before a programme's code: how many families it has a place for."""
whole = matching(r"[0-9]{1,8}", "field_wrong_type")
ADOPT: Mapping[str, Check] = {"sure": one_of("true")}
REFUSE: Mapping[str, Check] = {
    "reason": one_of("too_many_leave", "model_doubtful", "mistaken", "other_reason")
}
VOTE: Mapping[str, Check] = {
    "vote": matching(r"(upheld|partly_upheld|rejected):[a-z_]{1,40}", "field_not_an_option"),
    "step": one_of("recommend", "decide"),
    "kind": one_of("appeal", "objection"),
    "seen": matching(SEEN_BOTH.pattern, "field_wrong_type"),
}
CLOSE_REPORT: Mapping[str, Check] = {
    "outcome": matching(r"[a-z_]{1,40}", "field_not_an_option"),
    "seen": matching(r"[0-9]{1,9}", "field_wrong_type"),
}
JUDGE: Mapping[str, Check] = {
    "opinion": matching(r"(reopen|keep):[a-z_]{1,40}", "field_not_an_option"),
    "seen": matching(SEEN_BOTH.pattern, "field_wrong_type"),
}
OPEN_OBJECTOR: Mapping[str, Check] = {
    "number": short(60),
    "reason": matching(r"[a-z_]{1,40}", "field_not_an_option"),
    "note": short(500),
    "sure": one_of("true"),
}
SEEN: Mapping[str, Check] = {"seen": matching(r"[0-9]{1,9}", "field_wrong_type")}
REISSUE: Mapping[str, Check] = {
    "nik": short(40),
    "reason": one_of("lost", "stolen", "unreadable"),
    "person_present": one_of("true"),
}


def versions(seen: str) -> tuple[int, int]:
    """Versions of what was looked at and of its case, "7.3"; the case's is 0 where there is none.

    Args:
        seen: of the pattern `SEEN_BOTH`.
    """
    own, _, case = seen.partition(".")
    return int(own), int(case)


def read(
    request: Request,
    checks: Mapping[str, Check],
    *,
    keyed: bool = False,
    optional: Collection[str] = (),
) -> Sent:
    """Read a form; all faults of it are found at once.

    Args:
        checks: what each field must be; no other may come.
        keyed: whether an idempotency key is needed, in the field `key`.
        optional: fields that may be left empty; every other one is needed.

    Raises:
        InvalidRequest: there is no form to check: too large, of another type, unreadable.
    """
    fields = http.form(request)
    key = fields.pop("key", "")
    filled = {name: text for name, text in fields.items() if text.strip()}
    faults = http.key_faults(key) if keyed else []
    for name, check in checks.items():
        absent = "" if name in optional else "field_missing"
        code = check(filled[name]) if name in filled else absent
        if code:
            faults.append(Fault(code, name))
    if filled.keys() - checks.keys():  # a name that the sender made up is never repeated
        faults.append(Fault("field_unknown"))
    return Sent({name: filled.get(name) for name in checks}, tuple(faults), key, fields)
