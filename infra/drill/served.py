"""The restored copy is served: the public API is deployed over it and asked by HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from infra import deploy, local
from infra.demo import Api
from infra.people.forms import families

if TYPE_CHECKING:
    from collections.abc import Sequence

    from infra.build import Package
    from infra.drill.before import Family
    from infra.local_aws.server import LocalAws

_SEED: Final = 9901  # of somebody who has not come before
_OK, _CREATED, _UNKNOWN = 200, 201, 404


@dataclass(frozen=True, slots=True)
class Asked:
    """What the served copy answered.

    Attributes:
        wrong: in words; nothing when all is as it should be.
        known, forgotten, late: how many receipts of each kind were asked for.
    """

    wrong: tuple[str, ...]
    known: int
    forgotten: int
    late: int


def serve(aws: LocalAws, stage: str, package: Package, given: dict[str, str]) -> str:
    """Deploy the public app over the restored tables; returns the address of its API.

    Args:
        given: parameters of the app, among them names and stream of the restored tables.
    """
    account = aws.account()
    told = {"CivilRegistryUrl": "http://127.0.0.1:9/check", "CivilRegistryToken": "nobody-answers"}
    made = deploy.deploy_app(
        account, stage, "public", package, given | told | local.local_addresses(aws, given)
    )
    return f"{aws.endpoint}/_aws/execute-api/{made['RestAPIId']}/{deploy.API_STAGE}/v1"


def ask(
    address: str,
    region: str,
    known: Sequence[Family],
    gone: Sequence[Family],
    late: Sequence[Family],
) -> Asked:
    """Look up receipts as families do, and register one family more.

    Args:
        address: of the API.
        region: four digits.
        known: stand as they stood before.
        gone: were erased; their receipts open nothing.
        late: came after the backup, and are not there.
    """
    api, wrong = Api(address), []
    try:
        for family in known:
            code, told = _status(api, family)
            if code != _OK or told.get("state") != family.state:
                wrong.append(f"the status of {family.ref.locator} is {code} {told.get('state')}")
        for family in (*gone, *late):
            code, _ = _status(api, family)
            if code != _UNKNOWN:
                wrong.append(f"the receipt of {family.ref.locator} is answered with {code}")
        draft = next(
            families(_SEED, 1, region=region, consent=api.consent_version())
        )  # comes now, to the restored copy
        answer = api.post("registrations", draft.mended, draft.key)
        if answer is None or answer.status_code != _CREATED:
            wrong.append(f"a new family is answered with {answer and answer.status_code}")
    finally:
        api.close()
    return Asked(tuple(wrong), len(known), len(gone), len(late))


def _status(api: Api, family: Family) -> tuple[int, dict[str, Any]]:
    answer = api.post("status", {"receipt": family.receipt}, f"drill-status-{family.ref.locator}")
    if answer is None:
        return 0, {}
    return answer.status_code, answer.json()
