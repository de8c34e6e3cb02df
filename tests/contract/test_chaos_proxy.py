"""The fault proxy of `make chaos`: each kind of fault does what its name says, and is counted."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import botocore.session
import pytest

from chalicelib.adapters import aws
from chalicelib.domain.errors import TryAgain
from infra.chaos import proxy as proxies
from infra.chaos.faults import DRAWN, Draw, Faults, Kind, Operation, operation_of
from infra.chaos.proxy import FaultProxy

ANSWER = b'{"Items": [], "Count": 0}'
DYNAMODB = {"X-Amz-Target": "DynamoDB_20120810.Query"}
WRITE = {"X-Amz-Target": "DynamoDB_20120810.TransactWriteItems"}


class Upstream(ThreadingHTTPServer):
    """Stands for the local AWS: counts what it does."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.done: list[tuple[str, bytes]] = []


class Handler(BaseHTTPRequestHandler):
    server: Upstream
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.done.append((self.headers.get("Host", ""), body))
        self.send_response(200)
        self.send_header("Content-Length", str(len(ANSWER)))
        self.end_headers()
        self.wfile.write(ANSWER)

    def log_message(self, *args: object) -> None:
        pass


class Fixed(Faults):
    """Every request meets the same kind; None for none."""

    def __init__(self, kind: Kind | None, share: float = 0.0) -> None:
        super().__init__(seed=1, rate=1)
        self.fixed = Draw(kind, share) if kind else None

    def draw(self, operation: Operation) -> Draw | None:
        return self.fixed


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    server = Upstream()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@contextmanager
def between(upstream: Upstream, faults: Faults) -> Iterator[FaultProxy]:
    proxy = FaultProxy(0, upstream.server_port, faults)
    with proxy.serving():
        yield proxy


def ask(
    proxy: FaultProxy, headers: dict[str, str] = DYNAMODB, body: object = None
) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", proxy.server_port, timeout=10)
    try:
        connection.request("POST", "/", json.dumps(body or {}), headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_without_a_fault_it_changes_nothing(upstream: Upstream) -> None:
    with between(upstream, Fixed(None)) as proxy:
        assert ask(proxy, body={"a": 1}) == (200, ANSWER)
        host = f"127.0.0.1:{proxy.server_port}"
    assert upstream.done == [(host, b'{"a": 1}')]  # the signature covers the host


def test_refused_is_not_done(upstream: Upstream) -> None:
    with between(upstream, Fixed(Kind.REFUSED)) as proxy, pytest.raises(ConnectionError):
        ask(proxy)
    assert upstream.done == []


@pytest.mark.parametrize(("share", "status"), [(0.1, 500), (0.9, 503)])
def test_failed_is_not_done(upstream: Upstream, share: float, status: int) -> None:
    with between(upstream, Fixed(Kind.FAILED, share)) as proxy:
        assert ask(proxy)[0] == status
    assert upstream.done == []


def test_throttled_is_not_done(upstream: Upstream) -> None:
    with between(upstream, Fixed(Kind.THROTTLED, 0.1)) as proxy:
        status, body = ask(proxy)
    assert (status, upstream.done) == (400, [])
    assert json.loads(body)["__type"].endswith("#ProvisionedThroughputExceededException")


@pytest.mark.parametrize(
    ("share", "code"), [(0.1, "TransactionConflict"), (0.9, "ThrottlingError")]
)
def test_a_throttled_transaction_tells_a_reason_for_each_action(
    upstream: Upstream, share: float, code: str
) -> None:
    with between(upstream, Fixed(Kind.THROTTLED, share)) as proxy:
        _, body = ask(proxy, WRITE, {"TransactItems": [{}, {}, {}]})
    reasons = [reason["Code"] for reason in json.loads(body)["CancellationReasons"]]
    assert reasons == [code, "None", "None"]


def test_late_is_done_late(upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[tuple[float, int]] = []
    monkeypatch.setattr(
        proxies.time, "sleep", lambda seconds: waited.append((seconds, len(upstream.done)))
    )
    with between(upstream, Fixed(Kind.LATE, 0.5)) as proxy:
        assert ask(proxy) == (200, ANSWER)
    assert waited == [(3.5, 0)]
    assert len(upstream.done) == 1


def test_twice_is_done_twice_and_answered_once(upstream: Upstream) -> None:
    with between(upstream, Fixed(Kind.TWICE)) as proxy:
        assert ask(proxy, body={"a": 1}) == (200, ANSWER)
    assert [body for _, body in upstream.done] == [b'{"a": 1}'] * 2


def test_lost_is_done_and_not_answered(upstream: Upstream) -> None:
    with between(upstream, Fixed(Kind.LOST)) as proxy, pytest.raises(ConnectionError):
        ask(proxy)
    assert len(upstream.done) == 1


def test_cut_is_done_and_breaks_off(upstream: Upstream) -> None:
    with (
        between(upstream, Fixed(Kind.CUT)) as proxy,
        pytest.raises(http.client.IncompleteRead) as broken,
    ):
        ask(proxy)
    assert broken.value.partial == ANSWER[: len(ANSWER) // 2]
    assert len(upstream.done) == 1


def test_an_upstream_that_is_dead_resets(upstream: Upstream) -> None:
    proxy = FaultProxy(0, 9, Fixed(None))
    with proxy.serving(), pytest.raises(ConnectionError):
        ask(proxy)


def test_answers_are_withheld_until_the_power_goes(upstream: Upstream) -> None:
    faults = Faults(seed=1, rate=0)
    heard: list[object] = []

    def client(proxy: FaultProxy) -> None:
        try:
            heard.append(ask(proxy))
        except ConnectionError as error:
            heard.append(type(error))

    with between(upstream, faults) as proxy:
        asking = threading.Thread(target=client, args=(proxy,))
        with faults.answers_withheld():
            asking.start()
            while not faults.counts["dynamodb Query", Kind.WITHHELD]:
                time.sleep(0.01)
            assert len(upstream.done) == 1
            assert heard == []
        asking.join()
        assert heard == [ConnectionResetError]
        assert ask(proxy) == (200, ANSWER)  # the power is back


def test_a_service_that_is_away_is_refused_and_the_others_are_not(upstream: Upstream) -> None:
    faults = Faults(seed=1, rate=0)
    faults.take_away("dynamodb", 60)
    with between(upstream, faults) as proxy:
        with pytest.raises(ConnectionError):
            ask(proxy)
        assert ask(proxy, {"X-Amz-Target": "TrentService.Decrypt"}) == (200, ANSWER)
        faults.end()
        assert ask(proxy) == (200, ANSWER)
    assert faults.counts == {("dynamodb Query", "down"): 1}


def test_messages_are_remembered_and_those_of_the_sweep_are_counted(upstream: Upstream) -> None:
    bodies = [json.dumps({"locator": "AAAABBBBC2", "version": version}) for version in (3, 0)]
    entries = [{"Id": str(place), "MessageBody": body} for place, body in enumerate(bodies)]
    sent = {"QueueUrl": "http://q/check", "Entries": entries}
    with between(upstream, Fixed(Kind.TWICE)) as proxy:
        ask(proxy, {"X-Amz-Target": "AmazonSQS.SendMessageBatch"}, sent)
        assert proxy.posted == [("http://q/check", body) for body in bodies]
        assert proxy.swept == 1


def test_a_request_is_named_by_what_it_asks_for() -> None:
    stage = "/_aws/execute-api/abc123/api"
    assert str(operation_of("POST", "/", "TrentService.Decrypt")) == "kms Decrypt"
    assert str(operation_of("POST", f"{stage}/v1/status?x=1", "")) == "api POST /v1/status"
    assert str(operation_of("PUT", "/bucket/key", "")) == "s3 PUT"


def test_one_seed_draws_one_row_and_all_kinds_come() -> None:
    query = Operation("dynamodb", "Query")
    rows = []
    for seed in (1, 1, 2):
        faults = Faults(seed, rate=0.5)
        faults.begin()
        rows.append([faults.draw(query) for _ in range(200)])
        assert faults.never_happened() == []
    assert rows[0] == rows[1] != rows[2]
    assert {draw.kind for draw in rows[0] if draw} == set(DRAWN)


def test_before_it_begins_and_after_it_ends_nothing_is_drawn() -> None:
    faults = Faults(seed=1, rate=1)
    query = Operation("dynamodb", "Query")
    assert faults.draw(query) is None
    faults.begin()
    assert faults.draw(query) is not None
    faults.end()
    assert faults.draw(query) is None
    assert faults.requests == {"dynamodb Query": 3}


def test_a_kind_that_never_happened_is_told() -> None:
    faults = Faults(seed=1, rate=0)
    faults.counts["dynamodb Query", Kind.CUT] += 1
    assert faults.never_happened() == [kind for kind in DRAWN if kind is not Kind.CUT]


@pytest.fixture
def functions_client(monkeypatch: pytest.MonkeyPatch) -> Callable[[FaultProxy], Any]:
    """DynamoDB's client as the functions make it, with a single try."""
    monkeypatch.setattr(aws, "session", botocore.session.get_session)
    monkeypatch.setattr(aws, "ATTEMPTS", 1)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-southeast-3")

    def make(proxy: FaultProxy) -> Any:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        return aws.client.__wrapped__("dynamodb")

    return make


@pytest.mark.parametrize("kind", [Kind.REFUSED, Kind.FAILED, Kind.THROTTLED, Kind.LOST, Kind.CUT])
def test_the_functions_take_each_fault_for_one_that_passes(
    upstream: Upstream, functions_client: Callable[[FaultProxy], Any], kind: Kind
) -> None:
    """Above all half an answer is never taken for an item that is not there."""
    with (
        between(upstream, Fixed(kind, 0.1)) as proxy,
        pytest.raises(TryAgain),
        aws.passing_told(),
    ):
        functions_client(proxy).get_item(TableName="ttt", Key={"pk": {"S": "a"}})


def test_the_functions_take_a_whole_answer(
    upstream: Upstream, functions_client: Callable[[FaultProxy], Any]
) -> None:
    with between(upstream, Fixed(None)) as proxy:
        assert functions_client(proxy).query(TableName="ttt")["Count"] == 0
