"""The staff surface wired to fakes, for hostile requests."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from chalicelib import sign_in_wiring, staff_wiring, wiring
from chalicelib.adapters import review_table, view_table
from chalicelib.adapters.cookies import CookieSealer
from chalicelib.domain.errors import Fault, NotSignedIn
from chalicelib.settings import settings
from tests.desk import ORIGIN
from tests.fakes import FakeOpener
from tests.fakes_checks import FakeGroundChecks
from tests.fakes_disputes import FakeDisputes
from tests.fakes_evidence import FakeCopies, FakeGrants
from tests.fakes_officers import FakeOfficers
from tests.fakes_reviews import FakeReviews
from tests.fuzz import staff_matters
from tests.fuzz.judge import fuzzed
from tests.fuzz.staff_requests import StaffFuzz


class NobodySignsIn:
    """The pool's pages, which believe nobody."""

    def sign_in_address(self, *_: str) -> str:
        return "https://pool.example/"

    def sign_out_address(self) -> str:
        return "https://pool.example/out"

    def exchange(self, *_: str) -> Any:
        raise NotSignedIn(Fault("not_signed_in"))

    renew = exchange


@dataclass
class SignOuts:
    """Ended sign-ins in memory."""

    over: set[str] = field(default_factory=set)

    def end(self, session: str, _until: int) -> None:
        self.over.add(session)

    def ended(self, session: str) -> bool:
        return session in self.over


@contextmanager
def staff_surface() -> Iterator[StaffFuzz]:
    """The staff surface, wired to fakes instead of to AWS."""
    with fuzzed() as public, pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("TEPAT_SURFACE", "staff")
        monkeypatch.setenv("TEPAT_STAFF_ORIGIN", ORIGIN)
        settings.cache_clear()
        for name in [
            n for n in sys.modules if n == "app" or n.startswith("chalicelib.entrypoints")
        ]:
            monkeypatch.delitem(sys.modules, name)
        sign_outs, sealer = SignOuts(), CookieSealer(public.world.index.mac)
        for name, part in {
            "ledger": lambda: public.world.ledger,
            "proposals": lambda: public.world.proposals,
            "officers": lambda: FakeOfficers(public.world.aws),
            "disputes": lambda: FakeDisputes(public.world.aws),
            "ground_checks": lambda: FakeGroundChecks(public.world.aws),
            "copies": lambda: FakeCopies(public.world.aws),
            "opener": lambda: FakeOpener(public.world.aws),
            "reports": lambda: fuzz.matters.reports,
            "grants": FakeGrants,
            "client": lambda _service: None,
        }.items():
            monkeypatch.setattr(wiring, name, part)
        monkeypatch.setattr(staff_wiring, "handovers", staff_matters.NothingLeft)
        for module, name, part in (
            (review_table, "ReviewTable", lambda *_: FakeReviews(public.world.aws)),
            (view_table, "ViewTable", lambda *_: fuzz.matters.views),
        ):
            monkeypatch.setattr(module, name, part)
        monkeypatch.setattr(sign_in_wiring, "sign_outs", lambda: sign_outs)
        for name in ("login", "agent_login"):
            monkeypatch.setattr(sign_in_wiring, name, NobodySignsIn)
        monkeypatch.setattr(sign_in_wiring, "cookies", lambda: sealer)
        app = importlib.import_module("app").app
        session = importlib.import_module("chalicelib.entrypoints.staff_session")
        fuzz = StaffFuzz(app, public, session._session_cookie)
        yield fuzz
