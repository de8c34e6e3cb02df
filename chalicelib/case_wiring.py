"""Hands the use cases of a registration, the citizen's and the machines', their ports."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from chalicelib import wiring
from chalicelib.settings import needed, settings

if TYPE_CHECKING:
    from chalicelib.domain.application import Rules
    from chalicelib.usecases import (
        carry_out,
        check_identity,
        correct,
        find_case,
        propose,
        register,
        release_guards,
        score,
        seal_day,
        show_status,
        sweep,
        withdraw,
    )


@cache
def consent() -> Mapping[str, Any]:
    """The agreement text in use, with its version."""
    found: Mapping[str, Any] = json.loads((wiring.DATA / "consent.id.json").read_bytes())
    return found


def form_rules() -> Rules:
    """What a form is checked against today, in the region's own time."""
    from chalicelib.adapters.area_files import area_codes
    from chalicelib.domain.application import Rules

    return Rules(
        on=wiring.today(),
        villages=wiring.villages(),
        areas=area_codes(),
        artefact=wiring.model(),
        consent_version=consent()["version"],
    )


def register_ports() -> register.Ports:
    """Ports of registering."""
    from chalicelib.usecases.register import Ports

    return Ports(
        wiring.clock,
        wiring.random,
        wiring.index(),
        wiring.sealer(),
        wiring.store(),
        form_rules(),
    )


def find_ports() -> find_case.Ports:
    """Ports of finding a case by its receipt."""
    from chalicelib.usecases.find_case import Ports

    return Ports(
        wiring.clock,
        wiring.index(),
        wiring.store(),
        wiring.limits(),
        settings().region,
        wiring.village_of,
    )


def correct_ports() -> correct.Ports:
    """Ports of the one correction."""
    from chalicelib.usecases.correct import Ports

    return Ports(find_ports(), wiring.random, wiring.sealer(), form_rules())


def withdraw_ports() -> withdraw.Ports:
    """Ports of withdrawing."""
    from chalicelib.usecases.withdraw import Ports

    return Ports(find_ports(), wiring.random)


def propose_ports() -> propose.Ports:
    """Ports of proposing."""
    from chalicelib.usecases.propose import Ports

    return Ports(
        wiring.clock,
        wiring.random,
        wiring.index(),
        wiring.sealer(),
        wiring.store(),
        form_rules(),
    )


@cache
def status_ports() -> show_status.Ports:
    """Ports of telling where a case stands."""
    from chalicelib.domain.reasons import load_words
    from chalicelib.domain.working_days import load_holidays
    from chalicelib.usecases.show_status import Ports

    return Ports(
        words=load_words((wiring.DATA / "words" / "reasons.id.json").read_bytes()),
        states=wiring.words("states"),
        concerns=wiring.words("concerns"),
        artefact=wiring.artefact,
        rules=wiring.rule_set,
        holidays=load_holidays(
            path.read_bytes() for path in (wiring.DATA / "holidays").glob("*.json")
        ),
        hours_east=settings().hours_east,
    )


def check_ports() -> check_identity.Ports:
    """Ports of asking the civil registry."""
    from chalicelib.usecases.check_identity import Ports

    return Ports(wiring.clock, wiring.opener(), wiring.store(), wiring.civil_registry())


def score_ports() -> score.Ports:
    """Ports of scoring and deciding."""
    from chalicelib.usecases.score import Ports

    return Ports(wiring.clock, wiring.store(), wiring.artefact, wiring.rule_set, settings().region)


def carry_out_ports() -> carry_out.Ports:
    """Ports of comparing what is proposed, and of deciding anew under what is adopted."""
    from chalicelib.usecases.carry_out import Ports
    from chalicelib.usecases.relay import ADOPTION

    return Ports(
        wiring.clock,
        wiring.store(),
        wiring.proposals(),
        wiring.queue(ADOPTION),
        wiring.manifests(),
        wiring.artefact,
        wiring.rule_set,
        settings().region,
        wiring.villages(),
    )


def release_ports() -> release_guards.Ports:
    """Ports of releasing guards."""
    from chalicelib.usecases.release_guards import Ports

    return Ports(wiring.clock, wiring.store())


def sweep_ports() -> sweep.Ports:
    """Ports of the sweep."""
    from chalicelib.usecases.sweep import Ports

    return Ports(
        wiring.clock,
        wiring.store(),
        wiring.ledger(),
        wiring.queues(),
        settings().region,
        wiring.village_of,
    )


def seal_ports() -> seal_day.Ports:
    """Ports of sealing the finished days."""
    from chalicelib.adapters.public_files import PublicBucket
    from chalicelib.adapters.signer import KmsSigner
    from chalicelib.usecases.seal_day import Ports

    return Ports(
        settings().region,
        wiring.ledger(),
        KmsSigner(wiring.client("kms"), needed("TEPAT_SEAL_SIGNING_KEY_ID")),
        PublicBucket(wiring.client("s3"), needed("TEPAT_PUBLIC_BUCKET")),
    )
