"""An agent's phone signs in beside the desk: a client and a cookie of its own, and no desk."""

from __future__ import annotations

import pytest

from chalicelib import sign_in_wiring
from chalicelib.adapters.login import Tokens
from chalicelib.domain.errors import NotSignedIn
from chalicelib.entrypoints import staff_session
from chalicelib.entrypoints.staff_session import PHONE_SIGN_IN, SIGN_IN, SIGN_IN_S, Arrived
from tests.desk_session import NOW, House, claims, house, opened, sent, told_of

__all__ = ["house"]

STARTED = {"state": "state-1", "nonce": "nonce-1", "verifier": "v" * 43, "at": NOW}
BACK = {"code": "code-1", "state": "state-1"}


@pytest.fixture
def phones(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """The pool as phones see it; whoever asks the desk's fails."""
    house.refusal = AssertionError("the desk's client was asked")
    made = House(given=Tokens("phone", "id-9", "renewal-9"))
    monkeypatch.setattr(sign_in_wiring, "agent_login", lambda: made)
    return made


def test_a_phone_begins_with_its_own_client_and_its_own_cookie(house: House, phones: House) -> None:
    _, cookie = staff_session.begin_sign_in(phone=True)
    assert (len(house.asked), len(phones.asked)) == (0, 1)
    name, kept, told = opened(cookie)
    assert (name, told) == (PHONE_SIGN_IN, told_of(SIGN_IN_S, "Lax"))
    assert name != SIGN_IN
    assert kept["state"] == phones.asked[0][0]


def test_a_phone_comes_back_to_its_own_client(house: House, phones: House) -> None:
    house.known["phone"] = claims()
    arrived = staff_session.came_back(sent(BACK, phone_sign_in=STARTED), phone=True)
    assert arrived == Arrived("phone", "renewal-9", claims())
    assert phones.asked == [("code-1", "v" * 43)]
    assert house.asked == [("id-9", {"nonce": "nonce-1", "subject": "p-1"})]


@pytest.mark.parametrize(("cookie", "phone"), [("sign_in", True), ("phone_sign_in", False)])
def test_a_sign_in_begun_at_the_one_is_not_finished_at_the_other(
    house: House, phones: House, cookie: str, *, phone: bool
) -> None:
    with pytest.raises(NotSignedIn):
        staff_session.came_back(sent(BACK, **{cookie: STARTED}), phone=phone)
    assert house.asked == phones.asked == []
