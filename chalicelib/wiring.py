"""Builds each adapter once, and reads the words and rules that the package carries.

Beside it `sign_in_wiring` builds what signing in needs, and the other `*_wiring` hand the use cases
their ports. Only these modules know adapters.

Each builder imports what it needs when it is first called, so that a function loads only its own
part: the status path never loads cryptography, the workers never load pydantic.
"""

from __future__ import annotations

import json
import os
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.settings import needed, settings

if TYPE_CHECKING:
    from datetime import date

    from chalicelib.adapters.dispute_table import DisputeTable
    from chalicelib.adapters.evidence_links import EvidenceLinks
    from chalicelib.adapters.ground_check_table import GroundCheckTable
    from chalicelib.adapters.ledger_table import LedgerTable
    from chalicelib.adapters.officer_table import OfficerTable
    from chalicelib.adapters.ops_table import OpsTable
    from chalicelib.adapters.proposal_table import ProposalTable
    from chalicelib.adapters.protection import KmsBlindIndex, KmsOpener, PublicKeySealer
    from chalicelib.adapters.public_files import PublishedManifests
    from chalicelib.adapters.registers.civil_registry import HttpCivilRegistry
    from chalicelib.adapters.registry_table import RegistryTable, Tables
    from chalicelib.adapters.released_copies import ReleasedCopies
    from chalicelib.adapters.report_table import ReportTable
    from chalicelib.domain.areas import Village
    from chalicelib.domain.pmt_artefact import Artefact
    from chalicelib.domain.programme import RuleSet
    from chalicelib.domain.sanggah_rules import DatedRules
    from chalicelib.usecases import filing
    from chalicelib.usecases.ports import Message, Queue
    from chalicelib.usecases.relay import Moved

DATA = Path(__file__).parent / "data"
MS_PER_HOUR = 3_600_000


class SystemClock:
    """The time of the machine (`ports.Clock`)."""

    def now_ms(self) -> int:
        """Milliseconds since the epoch, UTC."""
        return time.time_ns() // 1_000_000


class SystemRandomness:
    """Random bytes of the machine (`ports.Randomness`)."""

    def take(self, size: int) -> bytes:
        """Give `size` random bytes."""
        return os.urandom(size)


clock = SystemClock()
random = SystemRandomness()


def fresh_key() -> str:
    """An idempotency key for a form that is about to be shown."""
    return urlsafe_b64encode(os.urandom(24)).decode()


@cache
def words(name: str) -> Mapping[str, Any]:
    """A file of words: what people read, by code."""
    found: Mapping[str, Any] = json.loads((DATA / "words" / f"{name}.id.json").read_bytes())
    return found


def fault_words() -> Mapping[str, str]:
    """Words of the faults, by code."""
    return words("faults")


@cache
def artefact(sha256: str) -> Artefact | None:
    """A model artefact by its content hash; None when this stage no longer carries it.

    Raises:
        ArtefactError: a byte of it was changed.
    """
    from chalicelib.domain.pmt_artefact import load_artefact

    path = DATA / "models" / f"{sha256 or settings().model}.json"
    return load_artefact(path.read_bytes(), path.stem) if path.is_file() else None


@cache
def rule_set(sha256: str) -> RuleSet | None:
    """A rule set by its content hash; None when this stage no longer carries it.

    Raises:
        RulesError: a byte of it was changed.
    """
    from chalicelib.domain.programme import load_rules

    path = DATA / "rules" / f"{sha256 or settings().rules}.json"
    return load_rules(path.read_bytes(), path.stem) if path.is_file() else None


@cache
def sanggah() -> DatedRules:
    """Windows, terms, reasons and limits of sanggah: the region's own file, or the default.

    Raises:
        ShapeError: the file is not of the stated shape.
    """
    from chalicelib.domain.sanggah_rules import load_sanggah

    own = DATA / "sanggah" / f"{settings().region}.json"
    path = own if own.is_file() else own.with_name("default.json")
    return load_sanggah(path.read_bytes())


def model() -> Artefact:
    """The model artefact in force.

    Raises:
        ArtefactError: a byte of it was changed, or it is not there.
    """
    from chalicelib.domain.pmt_artefact import ArtefactError

    found = artefact(settings().model)
    if found is None:
        raise ArtefactError("the model artefact in force is not packaged")
    return found


@cache
def questions() -> list[dict[str, Any]]:
    """The questions of the model in force, as its file has them."""
    raw: dict[str, Any] = json.loads((DATA / "models" / f"{model().sha256}.json").read_bytes())
    found: list[dict[str, Any]] = raw["questions"]
    return found


def villages() -> Mapping[str, Village]:
    """The villages of this region, by code."""
    from chalicelib.adapters.area_files import region_villages

    return region_villages(settings().region)


def districts() -> Mapping[str, str]:
    """Names of the region's districts, by code of six digits."""
    from chalicelib.adapters.area_files import region_districts

    return region_districts(settings().region)


def village_of(locator: str) -> str | None:
    """Code of the village that a locator carries; None when it is not of this region."""
    from chalicelib.domain.receipt import village_index

    return village_at(village_index(locator))


def village_at(index: int) -> str | None:
    """Code of the village at a place of the national list; None when it is not of this region."""
    from chalicelib.adapters import area_files

    village = area_files.village_at(settings().region, index)
    return None if village is None else village.code


def today() -> date:
    """The day in the region's own time."""
    from datetime import UTC, datetime

    local = (clock.now_ms() + settings().hours_east * MS_PER_HOUR) / 1000
    return datetime.fromtimestamp(local, tz=UTC).date()


@cache
def client(service: str) -> Any:  # noqa: ANN401 - botocore makes its clients' methods at run time
    """A client of an AWS service."""
    from chalicelib.adapters import aws

    return aws.client(service)


@cache
def store() -> RegistryTable:
    """Cases, vault, guards and their ledger events."""
    from chalicelib.adapters.registry_table import RegistryTable

    return RegistryTable(client("dynamodb"), tables())


def tables() -> Tables:
    """Names of this stage's tables."""
    from chalicelib.adapters.registry_table import Tables

    names = settings()
    return Tables(names.registry_table, names.vault_table, names.ledger_table, names.ops_table)


@cache
def proposals() -> ProposalTable:
    """Proposals to adopt a model or rule set, and what was done of them."""
    from chalicelib.adapters.proposal_table import ProposalTable

    return ProposalTable(client("dynamodb"), tables())


@cache
def manifests() -> PublishedManifests:
    """What is published of closed regions."""
    from chalicelib.adapters.public_files import PublishedManifests

    return PublishedManifests(lambda: client("s3"), needed("TEPAT_PUBLIC_BUCKET"))


@cache
def disputes() -> DisputeTable:
    """Appeals and objections, what was written in them, and the places of those who object."""
    from chalicelib.adapters.dispute_table import DisputeTable

    return DisputeTable(client("dynamodb"), tables())


@cache
def reports() -> ReportTable:
    """Reports about agents and officers, and what was written in them."""
    from chalicelib.adapters.report_table import ReportTable

    return ReportTable(client("dynamodb"), tables())


@cache
def copies() -> ReleasedCopies:
    """Clean copies of evidence, to those who forget them."""
    from chalicelib.adapters.released_copies import ReleasedCopies

    return ReleasedCopies(lambda: client("s3"), needed("TEPAT_RELEASED_BUCKET"))


@cache
def officers() -> OfficerTable:
    """Profiles of those who may be drawn."""
    from chalicelib.adapters.officer_table import OfficerTable

    return OfficerTable(client("dynamodb"), tables())


@cache
def ledger() -> LedgerTable:
    """The ledger as readers and the sealer see it."""
    from chalicelib.adapters.ledger_table import LedgerTable

    return LedgerTable(client("dynamodb"), settings().ledger_table)


@cache
def limits() -> OpsTable:
    """Counters that forget by themselves."""
    from chalicelib.adapters.ops_table import OpsTable

    return OpsTable(client("dynamodb"), settings().ops_table)


@cache
def index() -> KmsBlindIndex:
    """Keyed digests; one call to the key service for the process."""
    from chalicelib.adapters.protection import KmsBlindIndex

    return KmsBlindIndex(lambda: client("kms"), settings().index_key_id, settings().stage)


@cache
def sealer() -> PublicKeySealer:
    """Seals to the public half of the opening key."""
    from base64 import b64decode

    from chalicelib.adapters.protection import PublicKeySealer

    return PublicKeySealer(b64decode(settings().sealing_key), settings().stage)


@cache
def opener() -> KmsOpener:
    """Opens what was sealed; only roles with `kms:Decrypt` may."""
    from chalicelib.adapters.protection import KmsOpener

    return KmsOpener(lambda: client("kms"), settings().opening_key_id, settings().stage)


@cache
def queues() -> Mapping[str, Queue]:
    """The queues of work, by name."""
    from chalicelib.usecases.relay import ADOPTION, CHECK, DISPUTE, RELEASE, SCORE

    return {name: queue(name) for name in (CHECK, SCORE, RELEASE, ADOPTION, DISPUTE)}


def queue(name: str) -> Queue:
    """One queue of work."""
    from chalicelib.adapters.queues import WorkQueue

    return WorkQueue(client("sqs"), needed(f"TEPAT_{name.upper()}_QUEUE_URL"))


def read_message(body: str) -> Message:
    """Read the body of a queue's message.

    Raises:
        ValueError, KeyError, TypeError: it is none of ours.
    """
    from chalicelib.adapters.queues import from_body

    return from_body(body)


def state_change(
    old: Mapping[str, Any] | None, new: Mapping[str, Any] | None
) -> tuple[Moved, Message] | None:
    """What a stream record tells; None when nothing has moved (`stream_records.state_change`)."""
    from chalicelib.adapters import stream_records

    return stream_records.state_change(old, new)


@cache
def civil_registry() -> HttpCivilRegistry:
    """The civil registry's client, with its circuit breaker."""
    import random as chance
    from uuid import uuid4

    from chalicelib.adapters.registers.circuit_breaker import CircuitBreaker
    from chalicelib.adapters.registers.civil_registry import HttpCivilRegistry
    from chalicelib.telemetry import log

    breaker = CircuitBreaker(
        threshold=5, rest_seconds=30, clock=time.monotonic, random=chance.random
    )
    return HttpCivilRegistry(
        url=needed("TEPAT_CIVIL_REGISTRY_URL"),
        token=needed("TEPAT_CIVIL_REGISTRY_TOKEN"),
        breaker=breaker,
        count=lambda name, count: log("civil registry", act=name, count=count),
        clock=time.monotonic,
        sleep=time.sleep,
        random=chance.random,
        new_id=lambda: str(uuid4()),
        ca_file=os.environ.get("TEPAT_CIVIL_REGISTRY_CA") or None,
    )


def site_origin() -> str:
    """Our own address, as browsers send it with a form."""
    return needed("TEPAT_SITE_ORIGIN")


@cache
def terms() -> filing.Terms:
    """The region's dated rules of sanggah, and its calendar."""
    from chalicelib.domain.region_calendar import RegionCalendar
    from chalicelib.domain.working_days import load_holidays
    from chalicelib.usecases.filing import Terms

    holidays = load_holidays(path.read_bytes() for path in (DATA / "holidays").glob("*.json"))
    return Terms(sanggah().on, RegionCalendar(holidays, settings().hours_east))


@cache
def grants() -> EvidenceLinks:
    """Signs permissions to send evidence, and links to the clean copies made of it."""
    from chalicelib.adapters import aws
    from chalicelib.adapters.evidence_links import EvidenceLinks

    return EvidenceLinks(
        aws.credentials,
        aws.session().get_config_variable("region"),
        os.environ.get("TEPAT_QUARANTINE_BUCKET", ""),
        os.environ.get("TEPAT_UPLOAD_URL", ""),
        os.environ.get("TEPAT_RELEASED_URL", ""),
    )


@cache
def ground_checks() -> GroundCheckTable:
    """Ground checks, and the draws of random samples."""
    from chalicelib.adapters.ground_check_table import GroundCheckTable

    return GroundCheckTable(client("dynamodb"), tables())
