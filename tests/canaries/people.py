"""Canary families: invented people whose every word and number is met nowhere by chance.

Names and numbers are put together here and stand nowhere written out, so that the repository too
can be searched for them. Region codes are real; serials are 9901 and above, which no registry
gives out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.canaries.search import Canary, Kind
from tests.world import VILLAGE, artefact, child, form, member

_DISTRICT = VILLAGE[:6]


@dataclass(frozen=True)
class Family:
    """A family's form, and what of it must be met nowhere."""

    form: dict[str, Any]
    canaries: tuple[Canary, ...]

    @property
    def nik(self) -> str:
        """NIK of the head."""
        nik: str = self.form["members"][0]["nik"]
        return nik

    @property
    def name(self) -> str:
        """Name of the head."""
        name: str = self.form["members"][0]["name"]
        return name

    def texts(self) -> list[str]:
        """Everything of the family as it would be typed."""
        return [canary.text for canary in self.canaries]


def family(number: int) -> Family:
    """A canary family: head, wife and son; no two numbers (0 to 29) share anything."""
    mark = "aeiou"[number % 5] + "bdgkmnr"[number % 7] + "aiu"[number % 3] + "lst"[number // 10]
    names = [
        " ".join(("Bang" + mark + "kenari", "Sas" + mark + "wulung")),
        " ".join(("Ning" + mark + "kenari", "Tyas" + mark + "puspita")),
        " ".join(("Galih" + mark + "kenari", "Rung" + mark + "pratama")),
    ]
    serial = 9911 + 3 * (number % 29)
    niks = [
        "".join((_DISTRICT, "14", "07", "81", str(serial))),
        "".join((_DISTRICT, str(40 + 23), "02", "84", str(serial + 1))),
        "".join((_DISTRICT, "05", "06", "14", str(serial + 2))),
    ]
    phone = "".join(("0899", "7755", str(serial)))
    kk = "".join((_DISTRICT, "19", "08", "19", str(serial)))
    line = "Gang " + "Jalak" + mark + "kenari" + " 77"
    people = [
        member(serial, name=names[0], nik=niks[0], birth_date="1981-07-14", sex="L"),
        member(serial, name=names[1], nik=niks[1], birth_date="1984-02-23", relation="spouse"),
        child(serial, name=names[2], nik=niks[2]),
    ]
    body = form(
        artefact(), *people, kk=kk, phone=phone, address={"line": line, "rt": "003", "rw": "001"}
    )
    return Family(body, tuple(canaries_of(body)))


def canaries_of(body: dict[str, Any]) -> Iterator[Canary]:
    """What of a form must be met nowhere: numbers, names whole and by word, address, telephone."""
    for place, person in enumerate(body["members"]):
        if person.get("nik"):
            yield Canary(Kind.NUMBER, f"NIK of member {place}", person["nik"])
        yield Canary(Kind.WORDS, f"name of member {place}", person["name"])
        for word in person["name"].split():
            if len(word) > 10:
                yield Canary(Kind.WORDS, f"name of member {place}", word)
    if body.get("kk"):
        yield Canary(Kind.NUMBER, "family card", body["kk"])
    if body.get("phone"):
        yield Canary(Kind.PHONE, "telephone", body["phone"])
    yield Canary(Kind.WORDS, "address", body["address"]["line"])


def everyday() -> Iterator[Canary]:
    """Whom else the suites' own builders send (`tests.world`): one by one, no family."""
    for serial in range(9901, 9913):
        yield Canary(Kind.NUMBER, f"NIK of member {serial}", member(serial)["nik"])
        yield Canary(Kind.NUMBER, f"NIK of child {serial}", child(serial)["nik"])
        yield Canary(Kind.WORDS, f"name of {serial}", member(serial)["name"])
