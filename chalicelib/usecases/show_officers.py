"""What administrators read about officers: what is missing, what roles they have, what waits.

Numbers were turned into digests when they were typed, so there is nothing of a person to show.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.domain.areas import Village
from chalicelib.domain.assignment import missing
from chalicelib.domain.officer_profile import ROLES, Asked, Profile
from chalicelib.usecases import show_status

_SHOWN = 8  # letters of an account's id, as in the ledger's own lists


@dataclass(frozen=True, slots=True)
class Ports:
    """What the words rest on.

    Attributes:
        words: of these pages, by code.
        profile: words of what a profile holds, by code.
        districts: of the region, by code of six digits.
        status: for times in the region's own zone.
    """

    words: Mapping[str, Any]
    profile: Mapping[str, str]
    villages: Mapping[str, Village]
    districts: Mapping[str, str]
    status: show_status.Ports


def rows(profiles: Iterable[Profile], ports: Ports) -> list[dict[str, Any]]:
    """The list, those first for whom somebody has to do something."""
    told = [
        {
            "locator": profile.ref.locator,
            "account": profile.officer.sub[:_SHOWN],
            "roles": _roles(profile.officer.roles, ports),
            "districts": _districts(profile, ports),
            "missing": [ports.profile[code] for code in missing(profile.officer)],
            "waits": profile.asked is not None,
        }
        for profile in profiles
    ]
    return sorted(told, key=lambda row: (not row["waits"], not row["missing"]))


def sheet(profile: Profile, viewer: str, *, may_keep: bool, ports: Ports) -> dict[str, Any]:
    """Everything about one profile that may be told.

    Args:
        viewer: "staff:<subject>" of the reader.
        may_keep: whether the reader's role lets them change profiles at all.
    """
    officer, asked = profile.officer, profile.asked
    is_own = viewer.partition(":")[2] == officer.sub
    village = ports.villages.get(officer.village)
    declared = Asked(frozenset(), profile.declared_by, profile.declared_at)
    facts = [
        ("account", officer.sub),
        ("roles", _roles(officer.roles, ports)),
        ("granted", _signed(profile.granted, viewer, ports)),
        ("village", f"{village.name}, {village.district}" if village else officer.village),
        ("districts", _districts(profile, ports)),
        ("kin", _kin(profile, ports)),
        ("declared", _signed(declared, viewer, ports)),
    ]
    names = ports.words["facts"]
    return {
        "locator": profile.ref.locator,
        "account": officer.sub[:_SHOWN],
        "facts": [(names[code], text) for code, text in facts if text],
        "missing": [ports.profile[code] for code in missing(officer)],
        "asked": None if asked is None else _waiting(asked, viewer, ports),
        "may_keep": may_keep and not is_own,
        "is_own": is_own,
        "may_grant": may_keep and not is_own and asked is not None and asked.by != viewer,
        "role_options": [(role, ports.words["roles"][role]) for role in ROLES],
        "village": officer.village,
        "working": sorted(officer.districts),
    }


def _waiting(asked: Asked, viewer: str, ports: Ports) -> dict[str, str]:
    return {
        "roles": _roles(asked.roles, ports) or ports.words["no_roles"],
        "codes": " ".join(sorted(asked.roles)),
        "by": _signed(asked, viewer, ports),
    }


def _roles(roles: Iterable[str], ports: Ports) -> str:
    return ", ".join(ports.words["roles"][role] for role in ROLES if role in set(roles))


def _districts(profile: Profile, ports: Ports) -> str:
    return ", ".join(ports.districts.get(code, code) for code in sorted(profile.officer.districts))


def _kin(profile: Profile, ports: Ports) -> str:
    officer = profile.officer
    if not officer.kin_at:
        return ""
    told: str = ports.words["kin_told"]
    return told.format(
        orang=len(officer.kin_people),
        kartu=len(officer.kin_kks),
        waktu=show_status.moment(officer.kin_at, ports.status),
    )


def _signed(step: Asked | None, viewer: str, ports: Ports) -> str:
    if step is None or not step.by:
        return ""
    names = ports.words["who"]
    sub = step.by.partition(":")[2]
    who = names["you"] if step.by == viewer else names["staff"].format(kode=sub[:_SHOWN])
    return f"{show_status.moment(step.at, ports.status)}. {who}"
