"""The staff pages as the gateway calls them: who gets in, what is shown, what is written first."""

from __future__ import annotations

import html
import importlib
import io
import json
import re
import secrets
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from chalice.test import Client

from chalicelib import wiring
from chalicelib.adapters.login import Login, Tokens
from chalicelib.domain.errors import Fault, NotSignedIn, TryAgain
from chalicelib.domain.tokens import Pool
from chalicelib.entrypoints import staff_session
from chalicelib.entrypoints.staff_session import IDLE_S, RENEWAL, SESSION, SIGN_IN
from chalicelib.usecases.reissue import PER_DAY
from tests.minted import KEY, KID, SUBJECT, access, id_claims, sign
from tests.world import artefact, child, form, member

CANARY = "3510154903859901"
ORIGIN = "https://bansos.example.go.id"


@dataclass
class PretendLogin:
    """The pool's pages: gives tokens for one code, and new ones while the sign-in holds."""

    real: Login
    groups: list[str] = field(default_factory=lambda: ["reviewer"])
    nonce: str = ""
    renewals: int = 0
    over: bool = False
    down: bool = False

    def sign_in_address(self, state: str, nonce: str, challenge: str) -> str:
        return self.real.sign_in_address(state, nonce, challenge)

    def sign_out_address(self) -> str:
        return self.real.sign_out_address()

    def exchange(self, code: str, verifier: str) -> Tokens:
        assert len(verifier) >= 43
        if code != "good-code":
            raise NotSignedIn(Fault("not_signed_in"))
        now = wiring.clock.now_ms() // 1000
        given = id_claims(now, wiring.pool(), nonce=self.nonce)
        return Tokens(self.access(), sign(given), "renewal-1")

    def renew(self, renewal: str) -> Tokens:
        if self.down:
            raise TryAgain(Fault("busy"))
        if self.over or renewal != "renewal-1":
            raise NotSignedIn(Fault("not_signed_in"))
        self.renewals += 1
        return Tokens(self.access(), "", "renewal-1")

    def access(self, **changes: Any) -> str:
        now = wiring.clock.now_ms() // 1000
        return sign(access(now, wiring.pool(), **{"cognito:groups": self.groups, **changes}))


@dataclass
class Desk:
    """A browser at a desk: keeps cookies, sends forms with its origin."""

    client: Client
    login: PretendLogin
    jar: dict[str, str] = field(default_factory=dict)
    origin: str | None = ORIGIN

    def get(self, path: str, **headers: str) -> tuple[int, str, dict[str, Any]]:
        return self._read(self.client.http.get(path, headers=self._sent(headers)))

    def post(self, path: str, **fields: str) -> tuple[int, str, dict[str, Any]]:
        sent = self._sent({"Content-Type": "application/x-www-form-urlencoded"})
        if self.origin is not None:
            sent["Origin"] = self.origin
        body = urlencode(fields).encode()
        return self._read(self.client.http.post(path, headers=sent, body=body))

    def sign_in(self, *groups: str) -> Desk:
        self.login.groups = list(groups)
        _, _, headers = self.get("/staff/sign-in")
        asked = {k: v[0] for k, v in parse_qs(urlsplit(headers["Location"]).query).items()}
        self.login.nonce = asked["nonce"]
        code, _, _ = self.get(f"/staff/callback?code=good-code&state={asked['state']}")
        assert code == 200
        return self

    def _sent(self, more: dict[str, str]) -> dict[str, str]:
        cookies = "; ".join(f"{name}={value}" for name, value in self.jar.items())
        return {"Accept": "text/html", "Cookie": cookies, **more}

    def _read(self, answer: Any) -> tuple[int, str, dict[str, Any]]:
        headers = dict(answer.headers)
        for cookie in headers.get("Set-Cookie", []):
            name, _, rest = cookie.partition("=")
            value = rest.partition(";")[0]
            assert "; Path=/; " in cookie
            assert "; Secure; HttpOnly; " in cookie
            self.jar.pop(name, None)
            if value:
                self.jar[name] = value
        return answer.status_code, html.unescape(answer.body.decode()), headers


@pytest.fixture(scope="session")
def answer_pages(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The answer templates, as a built package carries them."""
    from frontend.build import build, copy_answers

    folder = tmp_path_factory.mktemp("pages")
    build("3510", folder / "site")
    copy_answers(folder / "site", folder / "pages")
    return folder / "pages"


@pytest.fixture
def desk(public_api: Any, answer_pages: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """The staff surface beside the public one, on the same tables."""
    monkeypatch.setenv("TEPAT_STAFF_ORIGIN", ORIGIN)
    monkeypatch.setenv("TEPAT_POOL_ID", "pool-1")
    monkeypatch.setattr(wiring, "token_keys", lambda: keys)
    login = PretendLogin(Login("https://login.example", "client-1", ORIGIN))
    monkeypatch.setattr(wiring, "login", lambda: login)
    monkeypatch.setenv("TEPAT_SURFACE", "staff")
    # A blueprint registers once: Chalice empties what it holds.
    for name in [n for n in sys.modules if n == "app" or n.startswith("chalicelib.entrypoints")]:
        monkeypatch.delitem(sys.modules, name)
    app = importlib.import_module("app").app
    pages = importlib.import_module("chalicelib.entrypoints.pages")
    assets = json.loads((answer_pages / "assets.json").read_text())
    engine = pages.environment([answer_pages], assets)
    monkeypatch.setattr(pages, "_environment", lambda: engine)
    with Client(app) as client:
        yield Desk(client, login)


def keys(kid: str, _now: int) -> Any:
    return KEY.public_key() if kid == KID else None


def register(public_api: Any, *members: Any, **changes: Any) -> str:
    body = form(artefact(), *members, **changes)
    code, told, _ = public_api.post("/v1/registrations", body, key=secrets.token_urlsafe(24))
    assert code == 201
    public_api.settle()
    receipt: str = told["receipt"]
    return receipt


def locator(receipt: str) -> str:
    return receipt.replace("-", "")[:10]


def ledger() -> list[dict[str, Any]]:
    table = wiring.settings().ledger_table
    items: list[dict[str, Any]] = wiring.client("dynamodb").scan(TableName=table)["Items"]
    return items


def reads() -> list[tuple[str, str]]:
    """(locator, reason) of every read in the ledger."""
    return [(e["ref"]["S"], e["reason"]["S"]) for e in ledger() if "ref" in e]


# --- who gets in ----------------------------------------------------------------------------------

PATHS = ("/staff", "/staff/cases/2222222222", "/staff/reissue")


@pytest.mark.parametrize("path", PATHS)
def test_nobody_is_sent_to_sign_in(desk: Desk, path: str) -> None:
    code, body, headers = desk.get(path)
    assert (code, body, headers["Location"]) == (302, "", "/staff/sign-in")


def test_a_form_from_nobody_is_refused_with_a_way_in(desk: Desk) -> None:
    for path in ("/staff/reissue", "/staff/cases", "/staff/cases/2222222222/erase"):
        code, body, _ = desk.post(path, nik=CANARY)
        assert code == 401
        assert "/staff/sign-in" in body


def test_sign_in_uses_the_code_flow_with_a_proof_key(desk: Desk) -> None:
    code, _, headers = desk.get("/staff/sign-in")
    address = urlsplit(headers["Location"])
    asked = {k: v[0] for k, v in parse_qs(address.query).items()}
    assert code == 302
    assert f"{address.scheme}://{address.netloc}{address.path}" == (
        "https://login.example/oauth2/authorize"
    )
    assert asked["redirect_uri"] == f"{ORIGIN}/staff/callback"
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert len(asked["state"]) >= 30
    assert len(asked["nonce"]) >= 30
    (cookie,) = headers["Set-Cookie"]
    assert cookie.startswith(f"{SIGN_IN}=")
    assert cookie.endswith("; SameSite=Lax")
    for secret in (asked["state"], asked["nonce"]):
        assert secret not in cookie


def test_the_callback_leads_on_from_a_page_of_our_own(desk: Desk) -> None:
    _, _, headers = desk.get("/staff/sign-in")
    asked = {k: v[0] for k, v in parse_qs(urlsplit(headers["Location"]).query).items()}
    desk.login.nonce = asked["nonce"]
    code, body, headers = desk.get(f"/staff/callback?code=good-code&state={asked['state']}")
    assert code == 200
    assert '<meta http-equiv="refresh" content="0; url=/staff/">' in body
    kept = {c.partition("=")[0]: c for c in headers["Set-Cookie"]}
    assert kept[SESSION].endswith("; SameSite=Strict")
    assert kept[RENEWAL].endswith("; SameSite=Strict")
    assert SIGN_IN not in desk.jar
    assert desk.get("/staff")[0] == 200


@pytest.mark.parametrize("wrong", ["state", "code", "nonce", "cookie", "error", "nothing"])
def test_a_callback_that_was_not_begun_here_is_refused(desk: Desk, wrong: str) -> None:
    _, _, headers = desk.get("/staff/sign-in")
    asked = {k: v[0] for k, v in parse_qs(urlsplit(headers["Location"]).query).items()}
    desk.login.nonce = "another" if wrong == "nonce" else asked["nonce"]
    if wrong == "cookie":
        desk.jar.clear()
    query = {"code": "good-code", "state": asked["state"]}
    if wrong in query:
        query[wrong] = "forged"
    if wrong in ("error", "nothing"):
        query = {"error": "access_denied"} if wrong == "error" else {}
    code, body, _ = desk.get(f"/staff/callback?{urlencode(query)}")
    assert code == 401
    assert "/staff/sign-in" in body
    assert SESSION not in desk.jar


@pytest.mark.parametrize("forged", ["x", "A" * 200, "", "\u00e9", "A" * 5000])
def test_a_forged_cookie_signs_nobody_in(desk: Desk, forged: str) -> None:
    desk.jar[SESSION] = forged
    assert desk.get("/staff")[0] == 302


def test_one_cookie_does_not_pass_for_another(desk: Desk) -> None:
    desk.sign_in("reviewer")
    desk.jar[SESSION] = desk.jar[RENEWAL]
    assert desk.get("/staff")[0] == 302


def test_a_sealed_token_is_still_verified(desk: Desk) -> None:
    desk.sign_in("reviewer")
    now = wiring.clock.now_ms() // 1000
    other = Pool("https://cognito-idp.ap-southeast-3.amazonaws.com/other", "client-1")
    for token in (sign(access(now, other)), "a.b.c"):
        kept = {"token": token, "at": now}
        desk.jar = {SESSION: wiring.cookies().seal(SESSION, json.dumps(kept))}
        assert desk.get("/staff")[0] == 302


@pytest.mark.parametrize("groups", [(), ("agent",), ("analyst",), ("agent", "analyst")])
def test_other_groups_are_refused_and_may_sign_out(desk: Desk, groups: tuple[str, ...]) -> None:
    desk.sign_in(*groups)
    for path in PATHS:
        code, body, _ = desk.get(path)
        assert code == 403
        assert "tidak berhak" in body
    assert desk.post("/staff/sign-out")[0] == 200


def test_only_a_supervisor_erases_and_no_auditor_reissues(desk: Desk, public_api: Any) -> None:
    place = f"/staff/cases/{locator(register(public_api))}"
    sure = {"reason": "family_request", "sure": "true"}
    for group in ("reviewer", "region_admin", "auditor"):
        desk.sign_in(group)
        assert "/erase" not in desk.get(place)[1]
        assert desk.post(f"{place}/erase", **sure)[0] == 403
    assert desk.get("/staff/reissue")[0] == 403  # the auditor, last of them
    assert not any(event["act"]["S"] == "erased" for event in ledger())


@pytest.mark.parametrize("origin", [None, "null", "https://evil.example", ORIGIN + ".evil", ""])
def test_forms_of_other_pages_are_refused(desk: Desk, public_api: Any, origin: str | None) -> None:
    place = f"/staff/cases/{locator(register(public_api))}"
    desk.sign_in("supervisor")
    desk.origin = origin
    assert desk.post(f"{place}/erase", reason="family_request", sure="true")[0] == 403
    assert desk.post("/staff/reissue", nik=CANARY)[0] == 403
    assert desk.post("/staff/sign-out")[0] == 403
    desk.origin = ORIGIN
    assert desk.get("/staff")[0] == 200


def test_pages_let_the_browser_say_where_a_form_comes_from(desk: Desk) -> None:
    _, _, headers = desk.sign_in("reviewer").get("/staff")
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in headers["Content-Security-Policy"]


# --- how long -------------------------------------------------------------------------------------


def later(monkeypatch: pytest.MonkeyPatch, seconds: int) -> None:
    real = wiring.SystemClock().now_ms
    monkeypatch.setattr(
        wiring, "clock", type("Later", (), {"now_ms": lambda _: real() + seconds * 1000})()
    )


def test_each_page_renews_the_idle_time(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.sign_in("reviewer")
    for minutes in (10, 20, 30):
        later(monkeypatch, minutes * 60)
        assert desk.get("/staff")[0] == 200
    assert desk.login.renewals >= 1
    later(monkeypatch, 30 * 60 + IDLE_S + 1)
    assert desk.get("/staff")[0] == 302


def test_a_working_day_is_the_longest(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.sign_in("reviewer")
    codes = []
    for minutes in range(10, 9 * 60, 10):
        later(monkeypatch, minutes * 60)
        codes.append(desk.get("/staff")[0])
    assert 8 * 6 <= codes.index(302) <= 8 * 6 + 2
    assert set(codes[codes.index(302) :]) == {302}


def test_a_sign_in_that_the_pool_ended_is_over(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.sign_in("reviewer")
    desk.login.over = True
    later(monkeypatch, 14 * 60)
    assert desk.get("/staff")[0] == 200  # the last minute of the token
    later(monkeypatch, 16 * 60)
    assert desk.get("/staff")[0] == 302


def test_a_pool_that_does_not_answer_is_told_as_such(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.sign_in("reviewer")
    desk.login.down = True
    later(monkeypatch, 14 * 60)
    assert desk.get("/staff")[0] == 200
    later(monkeypatch, 16 * 60)
    assert desk.get("/staff")[0] == 503


def test_a_renewal_never_turns_into_somebody_else(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.sign_in("reviewer")
    later(monkeypatch, 14 * 60)
    swapped = Tokens(desk.login.access(sub="somebody-else"), "", "renewal-1")
    monkeypatch.setattr(desk.login, "renew", lambda _: swapped)
    assert desk.get("/staff")[0] == 200
    later(monkeypatch, 16 * 60)
    assert desk.get("/staff")[0] == 302


def test_signing_out_ends_the_sign_in_everywhere(desk: Desk) -> None:
    desk.sign_in("reviewer")
    stolen = dict(desk.jar)
    code, body, _ = desk.post("/staff/sign-out")
    assert code == 200
    assert "https://login.example/logout?client_id=client-1" in body
    assert SESSION not in desk.jar
    assert RENEWAL not in desk.jar
    desk.jar = stolen
    assert desk.get("/staff")[0] == 302


# --- what is shown --------------------------------------------------------------------------------


def test_the_queue_shows_why_and_by_when_but_nobody(desk: Desk, public_api: Any) -> None:
    register(public_api)
    held = register(public_api, member(9901, name="Contoh Kedua"), kk=None)
    code, body, _ = desk.sign_in("reviewer").get("/staff")
    assert code == 200
    assert locator(held) in body
    assert "NIK atau KK sudah dipakai pendaftaran lain" in body
    assert "Perlu dilihat petugas" in body
    for secret in ("Contoh", CANARY, "9901", "Dusun", "08000000"):
        assert secret not in body
    assert not reads()


def test_the_queue_of_visits_is_another(desk: Desk, public_api: Any) -> None:
    body = {"name": "Contoh Tetangga", "village": "3510152004", "place": "x", "reason": "y"}
    assert public_api.post("/v1/proposals", body, key="p" * 20)[0] == 201
    desk.sign_in("reviewer")
    assert "Tidak ada yang menunggu" in desk.get("/staff")[1]
    visits = desk.get("/staff?kind=visit")[1]
    (place,) = set(re.findall(r"/staff/cases/([2-9A-Z]{10})", visits))
    assert "Contoh Tetangga" not in visits
    assert "Contoh Tetangga" in desk.get(f"/staff/cases/{place}")[1]
    for odd in ("?kind=check", "?kind=x&page=-1", "?page=999999999999", "?page=\u0663"):
        assert desk.get(f"/staff{odd}")[0] == 200


def test_a_case_is_written_to_the_ledger_and_then_shown(desk: Desk, public_api: Any) -> None:
    place = locator(register(public_api))
    code, body, _ = desk.sign_in("reviewer").get(f"/staff/cases/{place}?reason=queue")
    assert code == 200
    assert reads() == [(place, "queue")]
    for shown in (
        "Contoh Sumarni 9901",
        "3510********9901",
        "Dusun Contoh, RT 003 / RW 001",
        "9 Maret 1985",
        "Kepala keluarga",
        "Cocok",
        "Hasil sudah ada",
        "Kelompok (desil)",
        "Siapa yang membuka data ini",
    ):
        assert shown in body
    assert CANARY not in body
    assert "3510150101209901" not in body


@pytest.mark.parametrize("broken", ["last_read", "put_read"])
def test_without_an_entry_in_the_ledger_nothing_is_shown(
    desk: Desk, public_api: Any, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    from chalicelib.adapters.ledger_table import LedgerTable

    def refuse(*_: object) -> None:
        raise TryAgain(Fault("busy"))

    place = locator(register(public_api))
    desk.sign_in("reviewer")
    monkeypatch.setattr(LedgerTable, broken, refuse)
    code, body, _ = desk.get(f"/staff/cases/{place}")
    assert code == 503
    assert "Contoh" not in body
    assert place not in body


def test_who_looked_is_shown_to_the_next_who_looks(desk: Desk, public_api: Any) -> None:
    place = locator(register(public_api))
    desk.sign_in("auditor").get(f"/staff/cases/{place}")
    _, body, _ = desk.sign_in("reviewer").get(f"/staff/cases/{place}?reason=desk")
    assert "Anda. Pemeriksaan" in body
    assert "Anda. Keluarga datang" in body
    assert reads() == [(place, "audit"), (place, "desk")]


def test_an_auditor_sees_the_case_and_who_looked_but_nobody(desk: Desk, public_api: Any) -> None:
    place = locator(register(public_api))
    code, body, _ = desk.sign_in("auditor").get(f"/staff/cases/{place}")
    assert code == 200
    assert "Identitas tidak dibuka" in body
    assert "Maret 1985" in body
    for secret in ("Contoh", "9901", "Dusun", "08000000", "9 Maret 1985"):
        assert secret not in body


def test_a_held_number_leads_to_the_case_that_holds_it(desk: Desk, public_api: Any) -> None:
    first = locator(register(public_api))
    second = locator(register(public_api, member(9901, name="Contoh Kedua"), kk=None))
    _, body, _ = desk.sign_in("reviewer").get(f"/staff/cases/{second}")
    assert f'href="/staff/cases/{first}"' in body


@pytest.mark.parametrize("place", ["2222222222", "ZZZZZZZZZZ", "x", "0000000000", "R%23x"])
def test_a_case_of_another_region_or_of_none_is_unknown(desk: Desk, place: str) -> None:
    code, _, _ = desk.sign_in("reviewer").get(f"/staff/cases/{place}")
    assert code == 404


def test_a_whole_receipt_typed_at_the_desk_never_gets_into_an_address(
    desk: Desk, public_api: Any
) -> None:
    paper = register(public_api)
    desk.sign_in("reviewer")
    code, _, headers = desk.post("/staff/cases", number=paper.lower())
    assert (code, headers["Location"]) == (303, f"/staff/cases/{locator(paper)}?reason=desk")
    assert desk.post("/staff/cases", number="??")[0] == 404
    assert desk.post("/staff/cases")[0] == 422


# --- what is done ---------------------------------------------------------------------------------


def reissue(desk: Desk, **changes: str) -> tuple[int, str, dict[str, Any]]:
    fields = {"key": "r" * 20, "nik": CANARY, "reason": "lost", "person_present": "true"}
    return desk.post("/staff/reissue", **fields | changes)


def shown_receipt(body: str) -> str:
    groups = re.findall(r"<span>([2-9A-Z]{4})</span>", body)
    return "-".join(groups)


def test_a_new_receipt_opens_the_case_and_the_old_one_dies(desk: Desk, public_api: Any) -> None:
    old = register(public_api)
    code, body, _ = (desk.sign_in("reviewer"), reissue(desk))[1]
    assert code == 201
    new = shown_receipt(body)
    assert public_api.post("/v1/status", {"receipt": new})[0] == 200
    assert public_api.post("/v1/status", {"receipt": old})[0] == 404
    assert reads() == [(locator(old), "reissue_lost")]
    assert shown_receipt(reissue(desk)[1]) == new
    assert CANARY not in body


@pytest.mark.parametrize(
    ("changes", "code", "told"),
    [
        ({"nik": "3510154903859955"}, 404, "Nomor baru tidak dapat diberikan"),
        ({"nik": "351015"}, 422, "NIK harus 16 angka"),
        ({"nik": ""}, 422, "belum diisi"),
        ({"reason": "curious"}, 422, "Pilih salah satu"),
        ({"person_present": ""}, 422, "belum diisi"),
        ({"person_present": "false"}, 422, "Pilih salah satu"),
        ({"key": "short"}, 422, "Kunci kiriman"),
        ({"more": "x"}, 422, "tidak dikenal"),
    ],
)
def test_a_receipt_is_not_given_without_all_of_it(
    desk: Desk, public_api: Any, changes: dict[str, str], code: int, told: str
) -> None:
    old = register(public_api)
    desk.sign_in("reviewer")
    found, body, _ = reissue(desk, **changes)
    assert found == code
    assert told in body
    assert public_api.post("/v1/status", {"receipt": old})[0] == 200


def test_the_desk_has_a_limit_for_the_day(desk: Desk, public_api: Any) -> None:
    register(public_api)
    desk.sign_in("reviewer")
    for _ in range(PER_DAY):
        assert reissue(desk)[0] == 201
    code, body, _ = reissue(desk)
    assert code == 429
    assert "Batas untuk hari ini" in body


def test_erasing_leaves_nothing_to_open(desk: Desk, public_api: Any) -> None:
    paper = register(public_api)
    place = f"/staff/cases/{locator(paper)}"
    desk.sign_in("supervisor")
    assert "/erase" in desk.get(place)[1]
    assert desk.post(f"{place}/erase", reason="family_request")[0] == 422
    code, body, _ = desk.post(f"{place}/erase", reason="family_request", sure="true")
    assert code == 200
    assert locator(paper) in body
    assert public_api.post("/v1/status", {"receipt": paper})[0] == 404
    after = desk.get(place)[1]
    assert "sudah dihapus" in after
    assert "Contoh" not in after
    assert "/erase" not in after
    tables = wiring.settings()
    vault = wiring.client("dynamodb").scan(TableName=tables.vault_table)["Items"]
    guards = wiring.client("dynamodb").scan(TableName=tables.registry_table)["Items"]
    assert not vault
    assert [item["pk"]["S"][:2] for item in guards] == ["V#"]
    assert register(public_api, member(9901), child(9902))


def test_no_number_gets_into_logs_or_tables(
    desk: Desk, public_api: Any, log_lines: io.StringIO
) -> None:
    place = locator(register(public_api))
    desk.sign_in("supervisor")
    desk.get("/staff")
    desk.get(f"/staff/cases/{place}")
    reissue(desk)
    reissue(desk, nik=CANARY[:15])
    reissue(desk, nik="3510154903859955")
    desk.post(f"/staff/cases/{place}/erase", reason="no_consent", sure="true")
    logged = log_lines.getvalue()
    assert "GET /staff/cases/{locator}" in logged
    for secret in (CANARY, CANARY[:15], "3510154903859955", "Contoh", SUBJECT):
        assert secret not in logged
    names = wiring.settings()
    for table in (names.registry_table, names.ledger_table, names.ops_table, names.vault_table):
        kept = repr(wiring.client("dynamodb").scan(TableName=table)["Items"])
        assert CANARY not in kept
        assert "3510154903859955" not in kept


# --- agents ---------------------------------------------------------------------------------------


class Phone:
    """A request as an agent's phone sends it."""

    def __init__(self, authorization: str) -> None:
        self.headers = {"authorization": authorization} if authorization else {}


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic abc", "Bearer a.b.c"])
def test_an_agent_needs_a_token(desk: Desk, header: str) -> None:
    with pytest.raises(NotSignedIn):
        staff_session.require_bearer(Phone(header), "agent")  # type: ignore[arg-type]


def test_an_agent_is_known_by_group(desk: Desk) -> None:
    desk.login.groups = ["agent"]
    phone = Phone(f"Bearer {desk.login.access()}")
    assert staff_session.require_bearer(phone, "agent").subject == SUBJECT  # type: ignore[arg-type]
