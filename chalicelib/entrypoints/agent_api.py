"""What agents call: register a family that asked for help, on the agent's own phone."""

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
