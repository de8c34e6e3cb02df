"""Registering over HTTP, shared by citizens and agents."""

from __future__ import annotations

from chalicelib import case_wiring, wiring
from chalicelib.domain import application
from chalicelib.domain.errors import Fault, InvalidRequest
from chalicelib.domain.registration import State, WayIn
from chalicelib.entrypoints import http
from chalicelib.entrypoints.http import Answer, Sent
from chalicelib.usecases.register import Accepted, Register, register


def register_family(sent: Sent, way_in: WayIn, actor: str) -> Accepted:
    """Register what was sent; faults of types and of sense are told together.

    Raises:
        InvalidRequest: with every fault of the form.
        TryAgain: the store refused for now.
    """
    ports = case_wiring.register_ports()
    told: list[Fault] = list(sent.faults)
    if sent.body.get("way_in") not in (None, way_in.value):
        told.append(Fault("field_not_an_option", "way_in"))
    if told:
        faults, _ = application.check(sent.body, ports.rules)
        raise InvalidRequest(*dict.fromkeys((*told, *faults)))
    return register(Register(sent.key, sent.body, way_in, actor), ports)


def received(accepted: Accepted) -> Answer:
    """What the sender is told: the same whoever holds the NIK."""
    from chalicelib.entrypoints.pages import qr_svg  # noqa: PLC0415 - only with a receipt
    from chalicelib.usecases.show_status import expect_by  # noqa: PLC0415

    ports = case_wiring.status_ports()
    about = ports.states[State.RECEIVED]
    words = wiring.fault_words()
    body = {
        "receipt": accepted.receipt.text,
        "qr_svg": qr_svg(accepted.receipt.text),
        "state": State.RECEIVED.value,
        "title": about["title"],
        "next": about["next"],
        "expect_by": expect_by(State.RECEIVED, accepted.at, ports),
        "warnings": [
            {"code": w.code, "field": w.field, "message": http.message(w, words)}
            for w in accepted.warnings
        ],
    }
    return Answer(201, body, "receipt")
