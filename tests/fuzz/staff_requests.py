"""Hostile requests of staff, by somebody of each group, and how each answer is judged."""

from __future__ import annotations

import html
from base64 import b64encode
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from random import Random
from typing import Any
from urllib.parse import quote_plus

from chalicelib.domain import officer_profile
from chalicelib.domain.adoption import Proposal, Stage
from chalicelib.domain.officer_profile import Profile
from chalicelib.domain.registration import Ref, Stamp
from tests.adopting import example
from tests.desk import ORIGIN
from tests.fakes import FakeAws, FakeBlindIndex
from tests.fuzz import staff_matters
from tests.fuzz.hostile import FORM, JSON, MARK, MARKUP, VALUES
from tests.fuzz.judge import INSIDES, Found, Fuzzed
from tests.integration.access_rows import STAFF
from tests.minted import NOW, SUBJECT, access, sign
from tests.world import REGION, artefact, rule_set

RENEWED = 1_000
GROUPS = ("reviewer", "supervisor", "auditor", "region_admin", "agent", "analyst")
OPEN = frozenset(path for (_, path), row in STAFF.items() if row.door == "open")
NEVER = frozenset({"/staff/callback", "/staff/agent/token"})
"""Where nobody comes in: the pool's pages of these tests believe nobody."""
VOTE = "vote step kind seen"
ROUTES: Mapping[tuple[str, str], str] = {
    ("GET", "/staff/sign-in"): "",
    ("GET", "/staff/callback"): "",
    ("POST", "/staff/sign-out"): "",
    ("GET", "/staff"): "",
    ("POST", "/staff/cases"): "number",
    ("GET", "/staff/cases/{locator}"): "",
    ("POST", "/staff/cases/{locator}/erase"): "reason sure",
    ("GET", "/staff/reissue"): "",
    ("POST", "/staff/reissue"): "nik person_present reason key",
    ("GET", "/staff/adoptions"): "",
    ("POST", "/staff/adoptions"): "model rules key",
    ("GET", "/staff/adoptions/{number}"): "",
    ("POST", "/staff/adoptions/{number}/adopt"): "sure",
    ("POST", "/staff/adoptions/{number}/refuse"): "reason",
    ("GET", "/staff/disputes"): "",
    ("GET", "/staff/disputes/{number}"): "",
    ("GET", "/staff/disputes/{number}/looked"): "",
    ("POST", "/staff/disputes/{number}/letter"): VOTE,
    ("POST", "/staff/disputes/{number}/vote"): VOTE,
    ("POST", "/staff/disputes/{number}/visit"): "seen",
    ("POST", "/staff/disputes/{number}/family"): "number",
    ("GET", "/staff/oversight"): "",
    ("POST", "/staff/exports"): "kind",
    ("POST", "/staff/views"): "name place kind",
    ("POST", "/staff/views/delete"): "name place",
    ("POST", "/staff/redraws"): "reason pick",
    ("GET", "/staff/handovers"): "",
    ("GET", "/staff/reports"): "",
    ("GET", "/staff/reports/{number}"): "",
    ("POST", "/staff/reports/{number}/close"): "outcome seen",
    ("GET", "/staff/findings"): "",
    ("GET", "/staff/findings/{number}"): "",
    ("GET", "/staff/findings/{number}/looked"): "",
    ("POST", "/staff/findings/{number}/judge"): "opinion seen",
    ("GET", "/staff/objector"): "",
    ("POST", "/staff/objector"): "number reason note sure",
    ("GET", "/staff/officers"): "",
    ("POST", "/staff/officers"): "sub role_agent",
    ("GET", "/staff/officers/{locator}"): "",
    ("POST", "/staff/officers/{locator}/declare"): (
        "nik kk phone village district_351015 kin_niks kin_told"
    ),
    ("POST", "/staff/officers/{locator}/roles"): "role_agent",
    ("POST", "/staff/officers/{locator}/grant"): "roles sure",
    ("POST", "/staff/officers/{locator}/drop"): "",
    ("GET", "/staff/agent/sign-in"): "",
    ("GET", "/staff/agent/callback"): "",
    ("POST", "/staff/agent/token"): "",
    ("POST", "/staff/agent/sign-out"): "",
    ("GET", "/staff/agent/checks"): "",
    ("GET", "/staff/agent/checks/{locator}"): "",
}
"""The fields of each route's form; a route of the app that has no row here fails."""
REASONS = {
    "/staff/cases/{locator}/erase": ("family_request", "court_order", "lost"),
    "/staff/reissue": ("lost", "stolen", "court_order"),
    "/staff/adoptions/{number}/refuse": ("mistaken", "model_doubtful", "lost"),
    "/staff/redraws": ("officer_away", "officer_asked", "lost"),
    "/staff/objector": ("court_order", "threatened", "lost"),
}
"""Two that fit a route and one that does not."""
REFUSALS = frozenset({400, 401, 403, 404, 409, 413, 415, 422, 429})


OWN, OTHERS = "ZZZZAAAAAA", "ZZZZBBBBBB"
SUBS = (SUBJECT, "petugas-a", "petugas-b", "petugas-c")
MYSELF, ASKED, WAITING, STILL = (
    officer_profile.ref_of(FakeBlindIndex(FakeAws()).mac, REGION, sub).locator for sub in SUBS
)
"""Profiles: of whoever sends all this, of two whose roles they or somebody else proposed, of one
whose roles nobody proposed."""
SET_BACK = frozenset({OWN, OTHERS, MYSELF, ASKED, WAITING, STILL})


@cache
def _in_force() -> tuple[str, str]:
    """Content hashes of model and rules; to read them takes longer than a request."""
    return artefact().sha256, rule_set().sha256


@cache
def _example(number: str, proposer: str) -> Proposal:
    return example(number, proposer, NOW * 1000)


@cache
def _profile(locator: str) -> Profile:
    """An officer's profile; a change of roles waits but for one."""
    sub = SUBS[(MYSELF, ASKED, WAITING, STILL).index(locator)]
    blank = officer_profile.blank(Ref(REGION, locator), sub, b"s" * 16)
    if locator == MYSELF:
        return staff_matters.profile(locator, REGION)
    by = f"staff:{SUBJECT}" if locator == ASKED else "staff:admin-2"
    stamp = Stamp(NOW * 1000, by, b"s" * 16)
    if locator == STILL:
        return officer_profile.declare(blank, blank.officer, stamp)[0]
    return officer_profile.ask_roles(blank, frozenset({"reviewer"}), stamp)[0]


@dataclass
class StaffFuzz:
    """The staff surface over a world in memory."""

    app: Any
    fuzzed: Fuzzed
    cookie: Any
    met: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """A new world, and what officers have before them in it."""
        self.fuzzed.renew()
        self.matters = staff_matters.Matters(self.fuzzed.world, self.fuzzed.receipts)

    def try_all(self, count: int) -> None:
        """Try so many requests, on a new world now and then."""
        for number in range(count):
            if number % RENEWED == RENEWED - 1:
                self.renew()
            self.try_one(Random(f"staff|{number}"), number)  # noqa: S311 - to be made again

    def try_one(self, random: Random, number: int) -> None:
        """Send a request and judge the answer."""
        method, route = random.choice(tuple(ROUTES))
        inside = sorted(STAFF[method, route].groups)
        group = random.choice(inside if inside and random.random() < 0.75 else GROUPS)
        valid = random.random() < 0.8
        given = self._numbers(route)
        locator = random.choice((*given * 3, "2222222222", MARK, "..", MARKUP, "9" * 5_000))
        headers = {
            "accept": random.choice((JSON, "text/html", "*/*")),
            "content-type": FORM if random.random() < 0.9 else JSON,
            "origin": ORIGIN if random.random() < 0.8 else random.choice((MARK, "null", "")),
            "cookie": self._cookie(random, group, number, valid=valid),
        }
        if STAFF[method, route].door == "agent":
            headers |= self._bearer(random, group, valid=valid)
        fields = self._fields(random, method, route)
        query = {random.choice(("kind", "page", "reason", "code", "state")): self._text(random)}
        self.fuzzed.lines.seek(0)
        self.fuzzed.lines.truncate()
        aws = self.fuzzed.world.aws
        before = {ref: case.version for ref, case in aws.cases.items()}
        self._propose()
        self.matters.bring_back()
        proposals, officers = dict(aws.proposals), dict(aws.officers)
        answer = self._call((method, route, locator), headers, fields, query)
        status, text = answer["statusCode"], str(answer["body"])
        self.met[f"{method} {route} {status}"] += 1
        broken = []
        if status not in REFUSALS | {200, 201, 302, 303}:
            broken.append("another status")
        if not valid and route not in OPEN and status == 200:
            broken.append("somebody who is not signed in sees a page")
        if status >= 300 and before != {ref: case.version for ref, case in aws.cases.items()}:
            broken.append("a refusal changed a case")
        if group != "supervisor" and route.endswith("erase") and status == 200:
            broken.append("somebody erases who may not")
        if group != "region_admin" and proposals != aws.proposals:
            broken.append("somebody proposes or settles who may not")
        if aws.proposals[Ref(REGION, OWN)] != proposals[Ref(REGION, OWN)]:
            broken.append("somebody settles what they proposed")
        broken += self._officers_moved(officers, group)
        broken += self._shown(status, text, fields)
        if "Cache-Control" not in {**answer["headers"], **answer.get("multiValueHeaders", {})}:
            broken.append("a header is missing")
        if broken:
            raise Found(f"{broken} {number} {method} {route} {fields!r} -> {status} {text[:800]}")

    def _propose(self) -> None:
        """Two proposals that wait for a second person: one of whoever sends all this."""
        aws = self.fuzzed.world.aws
        aws.adopted.clear()
        # What stands is set back below, and with it the steps that were taken from there.
        for key in [key for key, event in aws.events.items() if event.chain in SET_BACK]:
            del aws.events[key]
        for number, proposer in ((OWN, f"staff:{SUBJECT}"), (OTHERS, "staff:admin-2")):
            kept = aws.proposals.get(Ref(REGION, number))
            if kept is None or kept.stage is not Stage.COMPARED:
                aws.proposals[Ref(REGION, number)] = _example(number, proposer)

        for locator in (MYSELF, ASKED, WAITING, STILL):
            aws.officers[Ref(REGION, locator)] = _profile(locator)

    def _officers_moved(self, before: Mapping[Ref, Profile], group: str) -> list[str]:
        after = self.fuzzed.world.aws.officers
        broken = []
        if group != "region_admin" and before != after:
            broken.append("somebody keeps profiles who may not")
        if after[Ref(REGION, MYSELF)] != before[Ref(REGION, MYSELF)]:
            broken.append("somebody keeps their own profile")
        if after[Ref(REGION, ASKED)].officer.roles:
            broken.append("somebody gives roles that they proposed")
        return broken

    def _shown(self, status: int, text: str, fields: Mapping[str, str]) -> list[str]:
        """What a page or the log shows that it must not."""
        broken = []
        ours = html.unescape(text)
        for typed in sorted(fields.values(), key=len, reverse=True):
            ours = ours.replace(typed, "")  # a form comes back as it was filled in
        if MARKUP in text or (status >= 400 and INSIDES.search(ours)):
            broken.append("a page carries markup or insides")
        said = self.fuzzed.lines.getvalue()
        if MARK in said or any(text in said for text in ("9901", "Contoh")):
            broken.append("the log repeats what was typed")
        return broken

    def _cookie(self, random: Random, group: str, number: int, *, valid: bool) -> str:
        claims: dict[str, Any] = {"cognito:groups": [group], "origin_jti": f"session-{number}"}
        kept: str = self.cookie(sign(access(self._now(), **claims)), self._now()).partition(";")[0]
        if valid:
            return kept
        at = random.randrange(len(kept))
        swapped = kept[:at] + ("A" if kept[at] != "A" else "B") + kept[at + 1 :]
        return random.choice(("", MARK, f"{kept[:-30]}", swapped, "a=b; ;=;\\", kept.upper()))

    def _bearer(self, random: Random, group: str, *, valid: bool) -> dict[str, str]:
        """What an agent's phone tells of who signed in there."""
        token = sign(access(self._now(), **{"cognito:groups": [group]}))
        given = token if valid else random.choice((MARK, token[:-9], token.swapcase()))
        return {"authorization": f"Bearer {given}"}

    def _numbers(self, route: str) -> tuple[str, ...]:
        """Numbers that a route may have in its address."""
        matters = self.matters
        if "officers" in route:
            return (MYSELF, ASKED, *(WAITING,) * 4, *(STILL,) * 2)
        if "adoptions" in route:
            return (OWN, *(OTHERS,) * 3)
        if "cases" in route:
            locators = [text.replace("-", "")[:10] for text in self.fuzzed.receipts]
            return (*locators, OWN, OTHERS)
        own = (*(matters.number(route),) * 5, matters.objection)
        return (*own, matters.appeal, matters.finding, matters.report)

    def _now(self) -> int:
        return self.fuzzed.world.clock.now_ms() // 1000

    def _fields(self, random: Random, method: str, route: str) -> dict[str, str]:
        matters = self.matters
        typed, (model, rules) = random.choice(self.fuzzed.receipts), _in_force()
        right = {
            "number": matters.objection if "objector" in route else typed,
            "seen": matters.seen(route),
            "vote": random.choice(("upheld:claim_confirmed", "rejected:claim_unproven")),
            "step": "recommend",
            "kind": "appeal",
            "opinion": random.choice(("reopen:found_differs", "keep:finding_doubtful")),
            "outcome": "not_shown",
            "note": "Surat pengadilan.",
            "name": "Yang lama",
            "place": random.choice(("mine", "region")),
            "nik": f"351015490385{9901 + 2 * random.randrange(30)}",
            "person_present": "true",
            "sure": "true",
            "reason": random.choice(REASONS.get(route, ("lost",))),
            "model": model,
            "rules": rules,
            "key": f"{random.getrandbits(96):024x}",
            "sub": f"petugas-{random.randrange(10**6)}",
            "kk": f"351015010120{9901 + random.randrange(30)}",
            "phone": "081234567890",
            "village": "3510152004",
            "kin_niks": f"351015490385{9961 + random.randrange(30)}",
            "roles": "reviewer",
        } | dict.fromkeys(("district_351015", "kin_told", "role_agent"), "true")
        wanted = ROUTES[method, route].split()
        chosen = {name: text for name, text in right.items() if name in wanted}
        if "pick" in wanted:
            chosen[f"pick_{matters.appeal}"] = matters.seen("/staff/disputes/{number}/visit")
        if random.random() < 0.2:
            chosen = {name: text for name, text in right.items() if random.random() < 0.8}
        for _ in range(random.choice((0, 0, 1, 2))):
            chosen[random.choice((*right, MARK, "members.0"))] = self._text(random)
        return chosen

    def _text(self, random: Random) -> str:
        return str(random.choice(VALUES)).encode("utf-8", "replace").decode()[:3_000]

    def _call(
        self,
        place: tuple[str, str, str],
        headers: Mapping[str, str],
        fields: Mapping[str, str],
        query: Mapping[str, str],
    ) -> dict[str, Any]:
        method, route, locator = place
        name = "number" if "{number}" in route else "locator"
        body = "&".join(f"{quote_plus(name)}={quote_plus(text)}" for name, text in fields.items())
        event = {
            "httpMethod": method,
            "path": route.replace(f"{{{name}}}", locator),
            "headers": dict(headers),
            "multiValueHeaders": {name: [text] for name, text in headers.items()},
            "queryStringParameters": dict(query),
            "multiValueQueryStringParameters": {name: [text] for name, text in query.items()},
            "pathParameters": {name: locator} if "{" in route else None,
            "stageVariables": None,
            "requestContext": {
                "httpMethod": method,
                "resourcePath": route,
                "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
                "identity": {"sourceIp": "203.0.113.9"},
            },
            "body": b64encode(body.encode()).decode(),
            "isBase64Encoded": True,
        }
        answer: dict[str, Any] = self.app(event, None)
        return answer
