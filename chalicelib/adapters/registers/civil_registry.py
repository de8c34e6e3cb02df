"""Client of the civil registry (Dukcapil): asks about many people in one request.

What the registry answers is untrusted input (OWASP API10): an answer counts only when it fits
the schema of docs/civil-registry.md to the letter. Everything else (down, slow, refused,
nonsense) leaves the people concerned NOT_CHECKED, is counted, and raises nothing. A question
that the registry cannot read is halved until the person in it who causes it stands alone, so
that nobody's neighbours wait with them.

The client is `http.client`: botocore has already imported it, so it costs a cold start nothing;
it follows no redirect, reads no proxy settings and undoes no compression. A connection serves
one request, because a function is frozen between messages and wakes with a dead connection.
Nothing here logs: the only traces are the counters below, which carry numbers alone.
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import SplitResult, urlsplit

from chalicelib.domain.identity import MATCHED_FIELDS, IdentityAnswer, IdentityClaim, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from chalicelib.adapters.registers.circuit_breaker import CircuitBreaker

MAX_PEOPLE: Final = 100
MAX_ANSWER_BYTES: Final = 65_536  # a full answer for 100 people is about 10,000
_MOST_SPLITS: Final = 16  # finds two people among a hundred whom the registry cannot read

NOT_CHECKED: Final = IdentityAnswer(Outcome.NOT_CHECKED)
_ANSWERABLE: Final = {str(o): o for o in Outcome if o is not Outcome.NOT_CHECKED}
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})

# Counters: what happened -> how many people or requests it concerned.
PEOPLE_NOT_CHECKED: Final = "CivilRegistryPeopleNotChecked"
BREAKER_OPEN: Final = "CivilRegistryBreakerOpen"
UNREACHABLE: Final = "CivilRegistryUnreachable"
UNTRUSTED: Final = "CivilRegistryUntrusted"
BUSY: Final = "CivilRegistryBusy"
REFUSED: Final = "CivilRegistryRefused"
QUESTION_REFUSED: Final = "CivilRegistryQuestionRefused"
TOKEN_REFUSED: Final = "CivilRegistryTokenRefused"  # noqa: S105 - a counter's name, not a token
NONSENSE: Final = "CivilRegistryNonsense"


@dataclass(frozen=True, slots=True)
class Patience:
    """How long and how often the client tries; all times in seconds.

    Attributes:
        connect: for the TCP connection, and for each step of the TLS handshake.
        read: between two pieces of an answer.
        deadline: for the whole `check`, retries, waits and all parts of a large bulk included.
        attempts: requests per part at most.
        backoff: longest wait before the first retry; doubles with each, drawn at random.
    """

    connect: float = 2.0
    read: float = 4.0
    deadline: float = 12.0
    attempts: int = 3
    backoff: float = 0.25


class _CannotCheckError(Exception):
    """One request brought no usable answer.

    Attributes:
        counter: which counter tells of it.
        again: whether the same request may be sent once more.
        wait: seconds the registry asked us to wait.
    """

    def __init__(self, counter: str, *, again: bool = False, wait: float = 0.0) -> None:
        super().__init__(counter)
        self.counter = counter
        self.again = again
        self.wait = wait


class HttpCivilRegistry:
    """The civil registry over HTTPS.

    Args:
        url: address of the bulk check; https, or http to this very machine (the sandbox).
        token: bearer token.
        breaker: shared by all checks of this process.
        count: takes a counter's name and an amount.
        clock: monotonic seconds.
        sleep: waits the given seconds.
        random: a number from 0 up to 1.
        new_id: a fresh id for each request; the registry must repeat it in its answer.
        ca_file: PEM file of the only authority trusted for the registry (pinning); None
            trusts the system's.
        patience: timeouts and retries.

    Raises:
        ValueError: the address is neither https nor local, or the token is no header value.
    """

    def __init__(
        self,
        *,
        url: str,
        token: str,
        breaker: CircuitBreaker,
        count: Callable[[str, int], None],
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        random: Callable[[], float],
        new_id: Callable[[], str],
        ca_file: str | None = None,
        patience: Patience = Patience(),
    ) -> None:
        self._address = _safe_address(url)
        if not (token.isascii() and token.isprintable()):
            raise ValueError("the civil registry's token must be printable ASCII")
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Connection": "close",
        }
        self._tls = (
            ssl.create_default_context(cafile=ca_file) if self._address.scheme == "https" else None
        )
        self._breaker = breaker
        self._count = count
        self._clock = clock
        self._sleep = sleep
        self._random = random
        self._new_id = new_id
        self._patience = patience

    def check(self, claims: Sequence[IdentityClaim]) -> Sequence[IdentityAnswer]:
        """Ask the registry about people (rulebook 1.1: only Dukcapil can prove a NIK).

        Args:
            claims: any number; more than 100 are asked in several requests.

        Returns:
            One answer a claim, in the same order. Whoever could not be checked for whatever
            reason has the outcome NOT_CHECKED; nothing is raised.
        """
        until = self._clock() + self._patience.deadline
        starts = range(0, len(claims), MAX_PEOPLE)
        waiting = [claims[start : start + MAX_PEOPLE] for start in reversed(starts)]
        answers: list[IdentityAnswer] = []
        splits = 0
        while waiting:
            part = waiting.pop()
            found = self._ask(part, until)
            if found is None and len(part) > 1 and splits < _MOST_SPLITS:
                splits += 1
                waiting += [part[len(part) // 2 :], part[: len(part) // 2]]
            else:
                answers += found or [NOT_CHECKED] * len(part)
        unchecked = sum(answer is NOT_CHECKED for answer in answers)
        if unchecked:
            self._count(PEOPLE_NOT_CHECKED, unchecked)
        return answers

    def _ask(
        self, claims: Sequence[IdentityClaim], until: float
    ) -> Sequence[IdentityAnswer] | None:
        """Answers for up to 100 people; None when the registry cannot read the question."""
        request = self._new_id()
        body = _question(request, claims)
        for attempt in range(self._patience.attempts):
            if self._clock() >= until:
                break
            if not self._breaker.allows():
                self._count(BREAKER_OPEN, 1)
                break
            try:
                answers = _read_answers(self._post(body, until), request, claims)
            except _CannotCheckError as failure:
                self._count(failure.counter, 1)
                if failure.counter == QUESTION_REFUSED:
                    self._breaker.succeeded()  # it is up and reads what it is sent
                    return None
                self._breaker.failed()
                pause = max(failure.wait, self._random() * self._patience.backoff * 2**attempt)
                if not failure.again or self._clock() + pause >= until:
                    break
                if attempt + 1 < self._patience.attempts:
                    self._sleep(pause)
            else:
                self._breaker.succeeded()
                if NOT_CHECKED in answers:
                    self._count(NONSENSE, 1)
                return answers
        return [NOT_CHECKED] * len(claims)

    def _post(self, body: bytes, until: float) -> bytes:
        """One request.

        Raises:
            _CannotCheckError: anything but a 200 of bearable size.
        """
        left = max(until - self._clock(), 0.001)  # a socket takes no timeout below nothing
        connection = self._connection(min(self._patience.connect, left))
        try:
            connection.connect()
            with _cut_at(connection.sock, left):
                connection.sock.settimeout(self._patience.read)
                connection.request("POST", self._address.path or "/", body, self._headers)
                response = connection.getresponse()
                _judge_status(response)
                content = response.read(MAX_ANSWER_BYTES + 1)
        except ssl.SSLCertVerificationError as fault:
            raise _CannotCheckError(UNTRUSTED) from fault
        except (OSError, http.client.HTTPException) as fault:
            raise _CannotCheckError(UNREACHABLE, again=True) from fault
        finally:
            connection.close()
        if len(content) > MAX_ANSWER_BYTES:
            raise _CannotCheckError(NONSENSE)
        if response.length:  # less came than was announced: broken off, or cut by us
            raise _CannotCheckError(UNREACHABLE, again=True)
        return content

    def _connection(self, seconds: float) -> http.client.HTTPConnection:
        host = self._address.hostname or ""
        if self._tls is None:
            return http.client.HTTPConnection(host, self._address.port, timeout=seconds)
        return http.client.HTTPSConnection(
            host, self._address.port, timeout=seconds, context=self._tls
        )


def _safe_address(url: str) -> SplitResult:
    address = urlsplit(url)
    _ = address.port  # raises ValueError when it is no port
    local = address.scheme == "http" and address.hostname in _LOOPBACK
    if not address.hostname or not (address.scheme == "https" or local):
        raise ValueError("the civil registry's address must be https, or http on this machine")
    address.hostname.encode("idna")  # raises a ValueError when it is no host name
    return address


@contextmanager
def _cut_at(sock: socket.socket, seconds: float) -> Iterator[None]:
    """Shut the connection down after the given time, even if bytes keep dripping in.

    A socket's own timeout starts anew with each byte. The plain socket's shutdown is called
    because that of the TLS layer would pull its state from under the reading thread.
    """
    timer = threading.Timer(seconds, _shut_down, (sock,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _shut_down(sock: socket.socket) -> None:
    try:
        socket.socket.shutdown(sock, socket.SHUT_RDWR)
    except OSError:
        return  # the other side, or we, closed it first


def _judge_status(response: http.client.HTTPResponse) -> None:
    if response.status == http.HTTPStatus.OK:
        return
    if response.status in {http.HTTPStatus.UNAUTHORIZED, http.HTTPStatus.FORBIDDEN}:
        raise _CannotCheckError(TOKEN_REFUSED)
    if response.status == http.HTTPStatus.TOO_MANY_REQUESTS or response.status >= 500:  # noqa: PLR2004 - 5xx
        asked = response.getheader("Retry-After", "")
        wait = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 5 else 0  # noqa: PLR2004 - up to 9,999 s; a date is not waited for
        raise _CannotCheckError(BUSY, again=True, wait=wait)
    if response.status in {http.HTTPStatus.BAD_REQUEST, http.HTTPStatus.UNPROCESSABLE_ENTITY}:
        raise _CannotCheckError(QUESTION_REFUSED)
    raise _CannotCheckError(REFUSED)


def _question(request: str, claims: Sequence[IdentityClaim]) -> bytes:
    people = [
        {
            "ref": str(ref),
            "nik": claim.nik,
            "name": claim.name,
            "birth_date": claim.birth_date,
            "sex": claim.sex,
            "kk": claim.kk,
        }
        for ref, claim in enumerate(claims)
    ]
    return json.dumps({"request": request, "people": people}).encode("ascii")


def _read_answers(
    content: bytes, request: str, claims: Sequence[IdentityClaim]
) -> list[IdentityAnswer]:
    """Read the body of an answer, trusting nothing in it.

    Raises:
        _CannotCheckError: the answer as a whole cannot be used: not JSON, not ours, or not one
            answer a person in the order asked. A single wrong `ref` spoils all, since no
            pairing of answers and people can be trusted then.
    """
    try:
        document = json.loads(content.decode("utf-8"), object_pairs_hook=_object_without_repeats)
    except (ValueError, RecursionError) as fault:
        raise _CannotCheckError(NONSENSE) from fault
    if not isinstance(document, dict) or document.keys() != {"request", "answers"}:
        raise _CannotCheckError(NONSENSE)
    answers = document["answers"]
    if document["request"] != request or not isinstance(answers, list):
        raise _CannotCheckError(NONSENSE)
    expected = [str(ref) for ref in range(len(claims))]
    if [a.get("ref") if isinstance(a, dict) else None for a in answers] != expected:
        raise _CannotCheckError(NONSENSE)
    return [_read_answer(answer, claim) for answer, claim in zip(answers, claims, strict=True)]


def _object_without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse {"outcome": "mismatch", "outcome": "confirmed"}: readers differ on which counts."""
    named = dict(pairs)
    if len(named) != len(pairs):
        raise ValueError
    return named


def _read_answer(answer: dict[str, Any], claim: IdentityClaim) -> IdentityAnswer:
    """The answer for one person, or NOT_CHECKED when it breaks the schema or contradicts itself."""
    outcome, fields = answer.get("outcome"), answer.get("fields")
    if (
        answer.keys() != {"ref", "outcome", "fields"}
        or not isinstance(outcome, str)
        or outcome not in _ANSWERABLE
        or not isinstance(fields, list)
        or not all(isinstance(field, str) and field in MATCHED_FIELDS for field in fields)
        or len(set(fields)) != len(fields)
        or (outcome == Outcome.MISMATCH) != bool(fields)
        or ("kk" in fields and claim.kk is None)
    ):
        return NOT_CHECKED
    ordered = tuple(field for field in MATCHED_FIELDS if field in fields)
    return IdentityAnswer(_ANSWERABLE[outcome], ordered)
