"""The forms on the pages of a dispute, sent as they stand there: what is offered is taken."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest

from tests.ikd import Browser
from tests.integration.conftest import Api
from tests.integration.ikd_phone import ikd, phone
from tests.integration.sanggah_sending import receipt, settings_of_the_stage, submit

__all__ = ["ikd", "phone", "receipt", "settings_of_the_stage"]  # fixtures
TEXT = "Motor itu sudah dijual."


class Forms(HTMLParser):
    """The forms of a page: where each is sent, and what its fields hold."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told: dict[str, Any] = dict(attrs)
        if tag == "form":
            self.found.append((told["action"], {}))
        elif told.get("type") == "hidden" and self.found:
            self.found[-1][1][told["name"]] = told["value"]

    def sent_to(self, action: str) -> dict[str, str]:
        """The hidden fields of the one form that is sent there."""
        (fields,) = [fields for where, fields in self.found if where == action]
        return fields


def test_the_forms_of_the_status_page_are_taken_as_they_stand(
    public_api: Api, phone: Browser, receipt: str
) -> None:
    code, page = submit(phone, "/v1/status", receipt=receipt)
    assert code == 200
    offered = Forms(page).sent_to("/v1/appeals")
    answered = {"reason": "data_wrong", "text": TEXT, "photos.0.type": "jpeg", "photos.1.type": ""}
    code, page = submit(phone, "/v1/appeals", **offered, **answered)
    assert code == 201
    uploads = [fields for action, fields in Forms(page).found if not action.startswith("/v1/")]
    assert len(uploads) == 1
    again = Forms(page).sent_to("/v1/status")
    code, page = submit(phone, "/v1/status", **again)
    assert code == 200
    more = Forms(page).sent_to("/v1/disputes/uploads")
    code, page = submit(phone, "/v1/disputes/uploads", **more, **{"photos.0.type": "pdf"})
    assert code == 201
    assert "Bukti tambahan sudah kami catat" in page
    code, page = submit(phone, "/v1/status", **again)
    ended = Forms(page).sent_to("/v1/disputes/withdrawals")
    code, page = submit(phone, "/v1/disputes/withdrawals", **ended)
    assert code == 200
    assert "Sanggah dicabut" in page


def test_a_static_page_brings_no_key_and_its_form_is_taken(phone: Browser, receipt: str) -> None:
    code, page = submit(phone, "/v1/appeals", receipt=receipt, reason="data_wrong", text=TEXT)
    assert code == 201
    assert "Sanggahan Anda sudah kami terima" in page


@pytest.mark.parametrize("missing", ["reason", "text"])
def test_a_faulty_form_comes_back_with_what_was_typed(
    phone: Browser, receipt: str, missing: str
) -> None:
    typed = {"receipt": receipt, "reason": "house_changed", "text": TEXT} | {missing: ""}
    code, page = submit(phone, "/v1/appeals", **typed)
    assert code == 422
    assert receipt in page
    assert (TEXT in page) is (missing != "text")
    assert ('value="house_changed" checked' in page) is (missing != "reason")
    sent = Forms(page).sent_to("/v1/appeals") | typed | {missing: "other_reason"}
    assert submit(phone, "/v1/appeals", **sent)[0] == 201
