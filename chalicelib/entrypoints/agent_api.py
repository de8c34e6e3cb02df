"""What agents call from their phones: register or appeal for a family, send a visit."""

from __future__ import annotations

from chalice.app import Blueprint, Request, Response

from chalicelib.domain.registration import WayIn
from chalicelib.entrypoints import http
from chalicelib.entrypoints.http import CONTENT_TYPES, handled
from chalicelib.entrypoints.registering import received, register_family

agents = Blueprint(__name__)


@agents.route("/v1/agent/registrations", methods=["POST"], content_types=CONTENT_TYPES)
@handled(agents)
def register(request: Request) -> Response:
    """Register a family for an agent who signed in; the agent is named in the ledger."""
    from chalicelib.entrypoints.schemas import RegistrationBody  # noqa: PLC0415 - see citizen_api
    from chalicelib.entrypoints.staff_session import require_bearer  # noqa: PLC0415

    claims = require_bearer(request, "agent")
    sent = http.read(request, RegistrationBody, keyed=True)
    accepted = register_family(sent, WayIn.AGENT, f"agent:{claims.subject}")
    return http.respond(request, received(accepted))


@agents.route("/v1/agent/appeals", methods=["POST"], content_types=CONTENT_TYPES)
@handled(agents)
def appeal(request: Request) -> Response:
    """File an appeal for a family that has agreed; the agent is named in the ledger."""
    from chalicelib.entrypoints.dispute_api import appeal_for  # noqa: PLC0415 - see citizen_api
    from chalicelib.entrypoints.staff_session import require_bearer  # noqa: PLC0415

    claims = require_bearer(request, "agent")
    return appeal_for(request, claims.subject)


@agents.route("/v1/agent/checks/{locator}", methods=["POST"], content_types=CONTENT_TYPES)
@handled(agents)
def visit(request: Request, locator: str) -> Response:
    """Keep what an agent found at a family's home, or that nobody was met."""
    from chalicelib.entrypoints.check_api import keep_visit  # noqa: PLC0415 - see citizen_api
    from chalicelib.entrypoints.staff_session import require_bearer  # noqa: PLC0415

    claims = require_bearer(request, "agent")
    return http.respond_json(keep_visit(request, locator, claims.subject))


@agents.route("/v1/agent/checks/{locator}/remarks", methods=["POST"], content_types=CONTENT_TYPES)
@handled(agents)
def remark(request: Request, locator: str) -> Response:
    """Keep what an agent says to the differences that a visit showed."""
    from chalicelib.entrypoints.check_api import keep_remark  # noqa: PLC0415 - see citizen_api
    from chalicelib.entrypoints.staff_session import require_bearer  # noqa: PLC0415

    claims = require_bearer(request, "agent")
    return http.respond_json(keep_remark(request, locator, claims.subject))
