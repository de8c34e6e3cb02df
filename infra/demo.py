"""Fill the local region with invented families through its public API, and tell how they fare.

    make demo N=2000

It knows nothing but the public API: it sends, repeats with the same key when the line breaks,
mends what is refused, looks at a sample until it has settled, corrects and withdraws as people do.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import httpx
from tqdm import tqdm

from infra import stages
from infra.people.forms import Draft, families

if TYPE_CHECKING:
    from collections.abc import Sequence

_AT_ONCE: Final = 200
_EVERY_WITHDRAWAL: Final = 50
UNSETTLED: Final = frozenset({"received", "identity_checking", "matched"})
_TRIES: Final = 8


class NotRunningError(Exception):
    """What should answer does not; the text says what to do."""


@dataclass(slots=True)
class Case:
    """A family on its way.

    Attributes:
        number: its place in the world.
        refusals: codes of the faults it was told of, if any.
        warnings: codes that came with the receipt.
        seen: the last status.
        acts: what it did later, "corrected" or "withdrew", and the status that answered it.
    """

    number: int
    draft: Draft
    receipt: str = ""
    mended: bool = False
    refusals: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    seen: dict[str, Any] = field(default_factory=dict)
    acts: dict[str, int] = field(default_factory=dict)

    @property
    def state(self) -> str:
        """The state last seen, or "" before the first look."""
        return str(self.seen.get("state", ""))


class Api:
    """The public API, with the patience of a phone on a poor line."""

    def __init__(self, url: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self.url = url.rstrip("/")
        self.repeats: Counter[str] = Counter()
        self._sleep = sleep
        self._http = httpx.Client(
            timeout=60, trust_env=False, headers={"Accept": "application/json"}
        )

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def consent_version(self) -> str:
        """The version of the agreement text that the form shows now.

        Raises:
            NotRunningError: nothing, or something else, answers.
        """
        try:
            page = self._http.get(f"{self.url}/form?members=1", headers={"Accept": "text/html"})
        except httpx.HTTPError:
            raise NotRunningError(
                f"Nothing answers at {self.url}.\n"
                "Start the local stack first, in another terminal:  make run\n"
                "then run this again. Another address goes in with --url."
            ) from None
        found = re.search(r'name="consent\.version"\s+value="([^"]+)"', page.text)
        if page.status_code != httpx.codes.OK or found is None:
            raise NotRunningError(
                f"{self.url} answers, but not with the registration form "
                f"(status {page.status_code}). Is this the address that make run printed?"
            )
        return found[1]

    def post(self, path: str, body: object, key: str) -> httpx.Response | None:
        """Send; the same request again with the same key when it may have been lost.

        Returns:
            The answer, or None when none came in all tries.
        """
        headers = {"Idempotency-Key": key}
        for attempt in range(_TRIES):
            try:
                answer = self._http.post(f"{self.url}/{path}", json=body, headers=headers)
            except httpx.HTTPError:
                why, wait = "no answer", ""
            else:
                if answer.status_code < 500 and answer.status_code != 429:  # noqa: PLR2004 - HTTP
                    return answer
                why, wait = str(answer.status_code), answer.headers.get("Retry-After", "")
            if attempt + 1 < _TRIES:
                self.repeats[why] += 1
                self._sleep(min(float(wait) if wait.isdigit() else 0.2 * 2**attempt, 30))
        return None


def register(api: Api, case: Case) -> Case:
    """Send one family's form; when it is refused, mend it as told and send it again."""
    answer = api.post("registrations", case.draft.form, case.draft.key)
    if answer is not None and answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY:
        case.refusals = tuple(sorted({e["code"] for e in answer.json()["errors"]}))
        case.mended = True
        answer = api.post("registrations", case.draft.mended, case.draft.key)
    if answer is not None and answer.status_code == httpx.codes.CREATED:
        told = answer.json()
        case.receipt = told["receipt"]
        case.warnings = tuple(sorted({w["code"] for w in told.get("warnings", ())}))
    elif answer is not None:
        case.receipt = ""
        case.refusals = (*case.refusals, f"http_{answer.status_code}")
    return case


def look(api: Api, case: Case) -> Case:
    """Ask for the state; do what this family would do about it."""
    _see(api, case)
    if case.state == "needs_correction" and corrects(case) and not case.acts:
        _act(api, case, "corrected", "corrections", _correction(case))
        _see(api, case)
    settled = case.state and case.state not in UNSETTLED
    if settled and withdraws(case) and "withdrew" not in case.acts:
        _act(api, case, "withdrew", "withdrawals", {"receipt": case.receipt, "agreed": True})
        _see(api, case)
    return case


def corrects(case: Case) -> bool:
    """Half of those who are asked; the others leave it, so that the state can be seen."""
    return int(case.draft.key, 16) % 2 == 0


def withdraws(case: Case) -> bool:
    """Every 50th family changes its mind."""
    return case.number % _EVERY_WITHDRAWAL == _EVERY_WITHDRAWAL - 1


def _act(api: Api, case: Case, act: str, path: str, body: object) -> None:
    """Do something, and note it once it is answered: till then it is done again with its key."""
    answer = api.post(path, body, _key(case, act))
    if answer is not None:
        case.acts[act] = answer.status_code


def _see(api: Api, case: Case) -> None:
    answer = api.post("status", {"receipt": case.receipt}, _key(case, "status"))
    if answer is not None and answer.status_code == httpx.codes.OK:
        case.seen = answer.json()


def _key(case: Case, purpose: str) -> str:
    return hashlib.sha256(f"{case.draft.key}/{purpose}".encode()).hexdigest()[:32]


def _correction(case: Case) -> dict[str, Any]:
    """What the family's papers say of the fields that it is asked about."""
    members: dict[int, dict[str, Any]] = {}
    body: dict[str, Any] = {"receipt": case.receipt}
    for asked in case.seen.get("corrections", ()):
        _, _, place = asked["field"].partition(".")
        number, _, name = place.partition(".")
        if asked["field"] == "kk":
            body["kk"] = case.draft.kk
        elif number.isdigit() and int(number) < len(case.draft.truth):
            change = members.setdefault(int(number), {"index": int(number)})
            papers = case.draft.truth[int(number)]
            change |= {name: papers[name]} if papers.get(name) else {}
    return body | {"members": list(members.values())}


def send_all(api: Api, cases: Iterable[Case], total: int, at_once: int) -> Iterator[Case]:
    """Register all families, a few at a time."""
    waiting = iter(cases)
    bar = tqdm(total=total, desc="Sending", unit=" families", dynamic_ncols=True)
    with bar, ThreadPoolExecutor(at_once) as pool:
        while part := list(islice(waiting, _AT_ONCE)):
            for case in pool.map(lambda c: register(api, c), part):
                bar.update()
                yield case


def follow(
    api: Api,
    cases: Sequence[Case],
    at_once: int,
    patience: float,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Look at cases again and again until all have settled, or patience (seconds) ends."""
    until = time.monotonic() + patience
    moving = list(cases)
    bar = tqdm(total=len(moving), desc="Settling", unit=" cases", dynamic_ncols=True)
    with bar, ThreadPoolExecutor(at_once) as pool:
        while moving:
            looked = list(pool.map(lambda c: look(api, c), moving))
            moving = [c for c in looked if not c.state or c.state in UNSETTLED]
            bar.update(len(looked) - len(moving))
            if time.monotonic() >= until:
                return
            if moving:
                sleep(1)


def registry_outcomes(url: str) -> Counter[str]:
    """How many people the sandbox registry has answered for so far, by outcome; empty if away."""
    try:
        health = httpx.get(f"{url.rstrip('/')}/health", timeout=5, trust_env=False).json()
        return Counter(health["answered"])
    except (httpx.HTTPError, ValueError, KeyError):
        return Counter()


def main(argv: Sequence[str] | None = None) -> int:
    """Run the demonstration from the command line.

    Returns:
        Exit code: 0, or 1 when the stack is not running or took no family.
    """
    options = _options(argv)
    api = Api(options.url)
    try:
        return _run(api, options)
    except NotRunningError as fault:
        print(fault, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. What was sent stays; the same families come first again.")
        return 1
    finally:
        api.close()


def _run(api: Api, options: argparse.Namespace) -> int:
    from infra.demo_report import report

    consent = api.consent_version()
    before = registry_outcomes(options.registry)
    began = time.monotonic()
    drafts = families(
        options.seed,
        options.families,
        region=options.region,
        consent=consent,
        start=options.start,
    )
    waiting = (Case(options.start + i, draft) for i, draft in enumerate(drafts))
    cases = list(send_all(api, waiting, options.families, options.at_once))
    sent = time.monotonic()
    accepted = [case for case in cases if case.receipt]
    step = max(1, -(-len(accepted) // max(1, options.sample)))
    sample = [c for i, c in enumerate(accepted) if i % step == 0 or withdraws(c)]
    follow(api, sample, options.at_once, options.patience)
    print(
        report(
            options.url,
            cases,
            sample,
            registry_outcomes(options.registry) - before,
            repeats=api.repeats,
            seconds=(sent - began, time.monotonic() - sent),
        )
    )
    return 0 if accepted else 1


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m infra.demo",
        description="Send invented families through the public API of the running local stack. "
        "The same families have the same keys, so a second run meets the first: "
        "go on with --start, or take another --seed.",
    )
    parser.add_argument("--families", type=int, default=2000, help="how many (2000)")
    parser.add_argument("--start", type=int, default=0, help="families to leave out first (0)")
    parser.add_argument("--seed", type=int, default=3510, help="of the sandbox registry's people")
    parser.add_argument("--region", default="3510", help="Kemendagri code, four digits (3510)")
    parser.add_argument("--stage", default="", help="the pilot they live in, instead of --region")
    parser.add_argument("--url", default="http://127.0.0.1:8080/v1", help="of the public API")
    parser.add_argument("--registry", default="http://127.0.0.1:4577", help="of the sandbox")
    parser.add_argument("--sample", type=int, default=200, help="cases to follow (200)")
    parser.add_argument("--patience", type=float, default=600, help="seconds to follow them (600)")
    parser.add_argument(
        "--at-once",
        type=int,
        default=4,
        help="requests at a time (4: the local AWS runs 8 functions at once, workers included)",
    )
    options = parser.parse_args(argv)
    if options.stage:
        try:
            options.region = stages.read(options.stage)["region"]
        except stages.StageError as fault:
            parser.error(str(fault))
    return options


if __name__ == "__main__":
    sys.exit(main())
