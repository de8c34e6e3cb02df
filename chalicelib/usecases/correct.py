"""Take the one correction that the civil registry's answer asked for, with the receipt.

The citizen's API cannot open what was sealed, so a correction is sealed beside it and merged by
those who may open. A corrected NIK that another family holds goes to an officer, unseen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from chalicelib.domain import blind_keys, identity_check, name_tags, sealed_identity
from chalicelib.domain.application import Rules
from chalicelib.domain.errors import Fault, InvalidRequest, TryAgain, WrongState
from chalicelib.domain.household import Household, Member, Sex
from chalicelib.domain.nik import check_kk, check_nik
from chalicelib.domain.receipt import Mac
from chalicelib.domain.registration import Registration, Stamp, State
from chalicelib.usecases.find_case import Caller, find_case
from chalicelib.usecases.find_case import Ports as FindPorts
from chalicelib.usecases.ports import Conflict, Randomness, Sealer, VaultItem
from chalicelib.usecases.register import SALT_SIZE


@dataclass(frozen=True, slots=True)
class Correct:
    """A correction as sent: only the fields that change, each member by its index."""

    key: str
    receipt: str
    members: Sequence[Mapping[str, Any]]
    kk: str | None
    caller: Caller


@dataclass(frozen=True, slots=True)
class Ports:
    """What correcting needs."""

    find: FindPorts
    random: Randomness
    sealer: Sealer
    rules: Rules


def correct(command: Correct, ports: Ports) -> Registration:
    """Store the correction and send the case to its check again.

    Returns:
        The case as it stands now; for a repeat of the same request, the same again.

    Raises:
        NotFound, TooMany: as for a status look-up.
        WrongState: nothing was asked, or it was corrected already.
        InvalidRequest: the correction has faults; all of them are told.
        TryAgain: the store refused for now.
    """
    case = find_case(command.receipt, command.caller, ports.find).case
    index = ports.find.index
    own_id = blind_keys.request_id(index.mac, command.key)
    if case.last_request == own_id:
        return case
    if case.state is not State.NEEDS_CORRECTION or case.household is None:
        raise WrongState(Fault("nothing_to_correct"))
    household, changes, kk = _checked(command, case.household, ports.rules)
    stamp = Stamp(ports.find.clock.now_ms(), "citizen", ports.random.take(SALT_SIZE))
    packed = sealed_identity.pack_correction({"members": changes, "kk": kk})
    sealed = ports.sealer.seal(packed, f"{case.ref.locator}|1")
    guards = tuple(
        blind_keys.nik_guard(index.mac, index.version, change["nik"])
        for change in changes
        if "nik" in change
    )
    if kk is not None:
        guards = (*guards, blind_keys.kk_guard(index.mac, index.version, kk))

    names = _tags_of_head(changes, household.village, index.mac)

    def store(
        claimed: tuple[str, ...], held_by: tuple[str, ...]
    ) -> tuple[Registration, Conflict | None]:
        moved, event = identity_check.correct(case, household, own_id, stamp, held_by, names=names)
        item = VaultItem(sealed, stamp.salt, claimed, () if claimed else guards)
        return moved, ports.find.store.change(moved, event, vault=item, guards=claimed)

    moved, conflict = store(guards, ())
    if conflict is not None and conflict.case is None:
        moved, conflict = store((), tuple(holder.ref.locator for holder in conflict.held))
    if conflict is None:
        return moved
    if conflict.case is not None and conflict.case.last_request == own_id:
        return conflict.case
    raise TryAgain(Fault("busy"))


def _tags_of_head(changes: Sequence[Mapping[str, Any]], village: str, mac: Mac) -> bytes:
    """Tags of the head's corrected name; empty while it stays as it was."""
    named = {change["index"]: change.get("name", "") for change in changes}
    return name_tags.tags_of(mac, village, named.get(0, ""))


def _checked(
    command: Correct, household: Household, rules: Rules
) -> tuple[Household, list[dict[str, Any]], str | None]:
    faults: list[Fault] = []
    members = list(household.members)
    changes: list[dict[str, Any]] = []
    if not command.members and command.kk is None:
        faults.append(Fault("correction_empty", "members"))
    for place, sent in enumerate(command.members):
        number = sent["index"]
        if number >= len(members) or any(change["index"] == number for change in changes):
            faults.append(Fault("member_unknown", f"members.{place}.index"))
            continue
        change = {name: value for name, value in sent.items() if value is not None}
        faults += _check_change(change, f"members.{place}", rules)
        if "nik" in change:
            change["nik"] = check_nik(change["nik"], on=rules.on, areas=rules.areas).normalized
            same = [other["index"] for other in changes if other.get("nik") == change["nik"]]
            faults += [
                Fault("member_twice", f"members.{place}.nik", {"first": first + 1})
                for first in same[:1]
            ]
        if "name" in change:
            change["name"] = " ".join(change["name"].split())
        members[number] = _changed(members[number], change)
        changes.append(change)
    kk = command.kk
    if kk is not None:
        card = check_kk(kk, on=rules.on, areas=rules.areas)
        faults += [Fault(f"kk_{code}", "kk") for code in card.errors]
        kk = card.normalized
    if faults:
        raise InvalidRequest(*faults)
    return replace(household, members=tuple(members)), changes, kk


def _check_change(change: Mapping[str, Any], path: str, rules: Rules) -> list[Fault]:
    faults = []
    if "birth_date" in change and date.fromisoformat(change["birth_date"]) > rules.on:
        faults.append(Fault("birth_date_future", f"{path}.birth_date"))
    if "nik" in change:
        found = check_nik(change["nik"], on=rules.on, areas=rules.areas)
        faults += [Fault(f"nik_{code}", f"{path}.nik") for code in found.errors]
    return faults


def _changed(member: Member, change: Mapping[str, Any]) -> Member:
    """The member as the household keeps it: birth month, sex and whether there is a NIK."""
    born = date.fromisoformat(change["birth_date"]) if "birth_date" in change else None
    return replace(
        member,
        birth_month=(born.year, born.month) if born else member.birth_month,
        sex=Sex(change["sex"]) if "sex" in change else member.sex,
        has_nik=member.has_nik or "nik" in change,
    )
