"""Who may call what: a row for each route of the public and the staff's surface."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

GROUPS = ("reviewer", "supervisor", "region_admin", "auditor", "analyst", "agent")
ALL = frozenset(GROUPS)
OPENERS = frozenset({"reviewer", "supervisor", "region_admin"})
READERS = OPENERS | {"auditor"}
DECIDERS = frozenset({"reviewer", "supervisor"})
OVERSEERS = frozenset({"supervisor", "region_admin"})
WATCHERS = frozenset({"region_admin", "supervisor", "auditor", "analyst"})
ADMIN = frozenset({"region_admin"})
OFFICER_READERS = frozenset({"region_admin", "supervisor", "auditor"})
AGENT = frozenset({"agent"})
SUPERVISOR = frozenset({"supervisor"})


@dataclass(frozen=True)
class Row:
    """Who is let in.

    Attributes:
        door: "open", "receipt" (whoever holds one), "person" (signed in by IKD), "either" of the
            two, "staff" (a session of the groups), "agent" (a bearer token of the groups), "cookie"
            (an agent's, which gives such a token: test_agent_door).
        form: fields that are right but for the place, for routes that name one.
    """

    door: str
    groups: frozenset[str] = frozenset()
    form: Mapping[str, Any] = field(default_factory=dict)


SEEN = {"seen": "1"}
JUDGE = {"opinion": "reopen:found_differs", "seen": "1.0"}
VOTE = {"vote": "upheld:claim_confirmed", "step": "decide", "kind": "appeal", "seen": "1.0"}
PHOTO = {"photos": [{"type": "jpeg", "size": 9}]}
VISIT = {"outcome": "not_home", "taken_at": "2026-11-21T03:00:00Z"}
PUBLIC: Mapping[tuple[str, str], Row] = {
    ("POST", "/v1/registrations"): Row("open"),
    ("POST", "/v1/proposals"): Row("open"),
    ("GET", "/v1/form"): Row("open"),
    ("POST", "/v1/form"): Row("open"),
    ("POST", "/v1/check"): Row("open"),
    ("GET", "/v1/openapi.json"): Row("open"),
    ("GET", "/v1/person"): Row("open"),
    ("GET", "/v1/person/sign-in"): Row("open"),
    ("GET", "/v1/person/callback"): Row("open"),
    ("POST", "/v1/person/sign-out"): Row("open"),
    ("POST", "/v1/appeals/form"): Row("open"),  # shows what was sent and nothing else
    ("POST", "/v1/status"): Row("receipt"),
    ("POST", "/v1/corrections"): Row("receipt", form={"members": []}),
    ("POST", "/v1/withdrawals"): Row("receipt", form={"agreed": True}),
    ("POST", "/v1/looked"): Row("receipt"),
    ("POST", "/v1/appeals"): Row("receipt", form={"reason": "data_wrong", "text": "Keliru."}),
    ("POST", "/v1/appeals/own"): Row("person"),
    ("POST", "/v1/disputes/appeals"): Row("person"),
    ("POST", "/v1/agent/appeals"): Row("agent", AGENT),
    ("POST", "/v1/disputes/answers"): Row("receipt", form={"text": "Bukan."}),
    ("POST", "/v1/disputes/uploads"): Row("either", form=PHOTO),
    ("POST", "/v1/disputes/withdrawals"): Row("either", form={"agreed": True}),
    ("GET", "/v1/objections"): Row("person"),
    ("POST", "/v1/objections"): Row("person"),
    ("POST", "/v1/reports"): Row("open"),
    ("POST", "/v1/reports/status"): Row("receipt"),
    ("POST", "/v1/agent/registrations"): Row("agent", AGENT),
    ("POST", "/v1/agent/checks/{locator}"): Row("agent", AGENT, VISIT),
    ("POST", "/v1/agent/checks/{locator}/remarks"): Row("agent", AGENT, {"text": "Catatan."}),
}
STAFF: Mapping[tuple[str, str], Row] = {
    ("GET", "/staff/sign-in"): Row("open"),
    ("GET", "/staff/callback"): Row("open"),
    ("POST", "/staff/sign-out"): Row("staff", ALL),
    ("GET", "/staff"): Row("staff", READERS),
    ("POST", "/staff/cases"): Row("staff", READERS),
    ("GET", "/staff/cases/{locator}"): Row("staff", READERS),
    ("POST", "/staff/cases/{locator}/erase"): Row(
        "staff", frozenset({"supervisor"}), {"reason": "family_request", "sure": "true"}
    ),
    ("GET", "/staff/reissue"): Row("staff", OPENERS),
    ("POST", "/staff/reissue"): Row("staff", OPENERS),
    ("GET", "/staff/adoptions"): Row("staff", WATCHERS),
    ("POST", "/staff/adoptions"): Row("staff", ADMIN),
    ("GET", "/staff/adoptions/{number}"): Row("staff", WATCHERS),
    ("POST", "/staff/adoptions/{number}/adopt"): Row("staff", ADMIN, {"sure": "true"}),
    ("POST", "/staff/adoptions/{number}/refuse"): Row("staff", ADMIN, {"reason": "mistaken"}),
    ("GET", "/staff/disputes"): Row("staff", DECIDERS),
    ("GET", "/staff/oversight"): Row("staff", OVERSEERS),
    ("POST", "/staff/exports"): Row("staff", OVERSEERS),
    ("POST", "/staff/views"): Row("staff", DECIDERS | OVERSEERS),
    ("POST", "/staff/views/delete"): Row("staff", DECIDERS | OVERSEERS),
    ("POST", "/staff/redraws"): Row("staff", frozenset({"supervisor"})),
    ("GET", "/staff/disputes/{number}"): Row("staff", DECIDERS),
    ("POST", "/staff/disputes/{number}/letter"): Row("staff", DECIDERS),  # words, and no dispute
    ("POST", "/staff/disputes/{number}/vote"): Row("staff", DECIDERS, VOTE),
    ("POST", "/staff/disputes/{number}/visit"): Row("staff", DECIDERS, SEEN),
    ("POST", "/staff/disputes/{number}/family"): Row("staff", DECIDERS, {"number": "2222222222"}),
    ("GET", "/staff/handovers"): Row("staff", OVERSEERS),
    ("GET", "/staff/reports"): Row("staff", frozenset({"supervisor", "region_admin"})),
    ("GET", "/staff/reports/{number}"): Row("staff", SUPERVISOR),
    ("POST", "/staff/reports/{number}/close"): Row(
        "staff", SUPERVISOR, {"outcome": "not_shown", "seen": "1"}
    ),
    ("GET", "/staff/disputes/{number}/looked"): Row("staff", DECIDERS),
    ("GET", "/staff/findings"): Row("staff", DECIDERS),
    ("GET", "/staff/findings/{number}"): Row("staff", DECIDERS),
    ("GET", "/staff/findings/{number}/looked"): Row("staff", DECIDERS),
    ("POST", "/staff/findings/{number}/judge"): Row("staff", DECIDERS, JUDGE),
    ("GET", "/staff/objector"): Row("staff", ADMIN),
    ("POST", "/staff/objector"): Row("staff", ADMIN),  # its number is typed: test_objector_page
    ("GET", "/staff/officers"): Row("staff", OFFICER_READERS),
    ("POST", "/staff/officers"): Row("staff", ADMIN),
    ("GET", "/staff/officers/{locator}"): Row("staff", OFFICER_READERS),
    ("POST", "/staff/officers/{locator}/declare"): Row("staff", ADMIN),
    ("POST", "/staff/officers/{locator}/roles"): Row("staff", ADMIN, {"role_reviewer": "true"}),
    ("POST", "/staff/officers/{locator}/grant"): Row("staff", ADMIN, {"sure": "true"}),
    ("POST", "/staff/officers/{locator}/drop"): Row("staff", ADMIN),
    ("GET", "/staff/agent/sign-in"): Row("open"),
    ("GET", "/staff/agent/callback"): Row("open"),
    ("POST", "/staff/agent/token"): Row("cookie", AGENT),
    ("POST", "/staff/agent/sign-out"): Row("open"),
    ("GET", "/staff/agent/checks"): Row("agent", AGENT),
    ("GET", "/staff/agent/checks/{locator}"): Row("agent", AGENT),
}
