"""The families of a schedule, as they send their forms; what a form gives is reckoned once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, partial
from typing import Any
from unittest import mock

from chalicelib.domain import application, blind_keys
from chalicelib.domain.application import Form, Rules
from chalicelib.domain.receipt import Mac
from tests.simulation.region import in_force
from tests.world import child, form, member

NEEDED = ("rooms", "tenure", "toilet", "water")


@dataclass(frozen=True)
class Family:
    """A form, and the numbers that it claims."""

    name: str
    form: Mapping[str, Any]
    numbers: frozenset[str]
    scorable: bool = True


@cache
def families() -> tuple[Family, ...]:
    """Invented families: easy ones, ones that need a visit, and two pairs that share a number.

    Each has a telephone that may turn out to be somebody else's.
    """
    model = in_force()[0]
    boy, other = child(9904, name="Contoh Anak"), child(9907, name="Contoh Budi")
    newborn = child(
        9911, name="Contoh Bayi", nik=None, birth_date="2026-11-01", schooling="none",
        attending="no", occupation="not_working",
    )  # fmt: skip
    unanswered = form(model, member(9905), kk=None)
    for question in NEEDED:
        unanswered["answers"].pop(question, None)
    return (
        _family("alone", form(model, member(9901), kk=None)),
        _family("alone, again by another", form(model, member(9901, name="Contoh Lain"), kk=None)),
        _family("with a child", form(model, member(9903), boy, kk="3510150101209903")),
        _family("claims that child", form(model, member(9909), boy, kk=None)),
        replace(_family("answers missing", unanswered), scorable=False),
        _family("newborn", form(model, member(9906), newborn, kk=None)),
        _family(
            "head without NIK",
            form(model, member(9908, nik=None), other, kk=None),
        ),
        _family("quiet", form(model, member(9912), kk=None)),
        _family("quiet too", form(model, member(9913), kk=None)),
    )


DECIDED_AT_ONCE = (0, 2, 5)
"""Which of `families` are decided as soon as the registry has confirmed them."""

WITH_A_MEMBER = 2
"""Which of these has somebody else with a NIK in it."""

UNSCORABLE = 4
"""Which of them cannot be scored before somebody has been there."""


@cache
def by_agent(number: int) -> Mapping[str, Any]:
    """The form of a family as an agent sends it; one object for all schedules, as `families`."""
    return {**families()[number].form, "way_in": "agent"}


def _family(name: str, body: dict[str, Any]) -> Family:
    body["answers"]["mobile"] = 1
    numbers = {person["nik"] for person in body["members"] if person["nik"]}
    return Family(name, body, frozenset(numbers | {body["kk"]} - {None}))


@contextmanager
def forms_checked_once() -> Iterator[None]:
    """Keep what a family's form gives: its faults on a day, what is built of it, its digest.

    All three are pure, the key of the digest is the same in every schedule, and together they are
    a third of the time.
    """
    with (
        mock.patch.object(application, "check", partial(_once, application.check, _CHECKED)),
        mock.patch.object(application, "build", partial(_once, application.build, _BUILT)),
        mock.patch.object(blind_keys, "body_digest", _digest_once),
    ):
        yield


_CHECKED: dict[tuple[int, date], Any] = {}
_BUILT: dict[tuple[int, date], Any] = {}


def _once(
    work: Callable[[Form, Rules], Any],
    kept: dict[tuple[int, date], Any],
    form: Form,
    rules: Rules,
) -> Any:
    key = id(form), rules.on  # the forms of `families` live as long as the process
    if key not in kept:
        kept[key] = work(form, rules)
    return kept[key]


_digest = blind_keys.body_digest
_DIGESTS: dict[int, bytes] = {}


@cache
def _kept_forms() -> frozenset[int]:
    return frozenset(id(family.form) for family in families())


def _digest_once(mac: Mac, body: Form) -> bytes:
    if id(body) not in _kept_forms():  # another body may come to lie where this one lay
        return _digest(mac, body)
    if id(body) not in _DIGESTS:
        _DIGESTS[id(body)] = _digest(mac, body)
    return _DIGESTS[id(body)]
