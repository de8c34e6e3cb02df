"""How transactions meet refusals, conflicts and lost answers; and that a token is honoured."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from chalicelib.adapters import dynamo
from chalicelib.adapters.dynamo import Refusal
from chalicelib.domain.errors import TryAgain
from tests.builders import build
from tests.fakes import START
from tests.strict_expressions import Refusal as RefusedByAws

if TYPE_CHECKING:
    from tests.stores import Backend

Answers = Callable[[str, Sequence[object]], None]
NONE = {"Code": "None"}
CONFLICT = {"Code": "TransactionConflict"}
THROTTLED = {"Code": "ThrottlingError"}


def cancelled(*reasons: Mapping[str, Any]) -> dict[str, Any]:
    """The answer of a cancelled transaction."""
    return error("TransactionCanceledException", 400, CancellationReasons=list(reasons))


def error(code: str, status: int, **more: Any) -> dict[str, Any]:
    return {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}, **more}


class Http:
    """What is read of an answer besides its body."""

    content = b""

    def __init__(self, status: int) -> None:
        self.status_code = status


@pytest.fixture
def backend(moto_backend: Backend) -> Backend:
    moto_backend.clean()
    return moto_backend


@pytest.fixture
def answers(backend: Backend) -> Iterator[Answers]:
    """Let the next calls of an operation be answered so, instead of reaching the stand-in."""
    events = backend.client.meta.events
    registered: list[tuple[str, Callable[..., object]]] = []

    def prepare(operation: str, prepared: Sequence[object]) -> None:
        waiting = list(prepared)

        def answer(**_: object) -> object:
            if not waiting:
                return None
            body: Any = waiting.pop(0)
            return Http(body["ResponseMetadata"]["HTTPStatusCode"]), body

        event = f"before-call.dynamodb.{operation}"
        events.register_first(event, answer)
        registered.append((event, answer))

    yield prepare
    for event, handler in registered:
        events.unregister(event, handler)


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def transact(backend: Backend, pauses: list[float]) -> Callable[[], tuple[Refusal, ...]]:
    """Put one item as a transaction."""
    item: dynamo.Item = {"pk": "a", "sk": "b", "v": 1}

    def run() -> tuple[Refusal, ...]:
        return dynamo.transact(
            backend.client,
            [dynamo.put(backend.tables.ops, item)],
            sleep=pauses.append,
            chance=lambda: 0.5,
        )

    return run


Transact = Callable[[], tuple[Refusal, ...]]


class TestConflicts:
    def test_a_conflict_with_another_transaction_is_tried_again(
        self, answers: Answers, transact: Transact, pauses: list[float]
    ) -> None:
        answers("TransactWriteItems", [cancelled(CONFLICT, NONE)] * 4)
        assert transact() == ()
        assert len(pauses) == 4
        assert pauses == sorted(pauses)
        assert sum(pauses) < 2

    def test_the_fifth_conflict_is_told(self, answers: Answers, transact: Transact) -> None:
        answers("TransactWriteItems", [cancelled(CONFLICT)] * 5)
        with pytest.raises(TryAgain):
            transact()

    def test_a_condition_that_failed_beside_a_conflict_is_told(
        self, answers: Answers, transact: Transact, pauses: list[float]
    ) -> None:
        failed = {"Code": "ConditionalCheckFailed", "Item": {"pk": {"S": "a"}, "v": {"N": "7"}}}
        answers("TransactWriteItems", [cancelled(CONFLICT, NONE, failed)])
        assert transact() == (Refusal(2, {"pk": "a", "v": 7}),)
        assert not pauses

    def test_a_condition_that_failed_on_nothing_has_no_item(
        self, answers: Answers, transact: Transact
    ) -> None:
        answers("TransactWriteItems", [cancelled({"Code": "ConditionalCheckFailed"})])
        assert transact() == (Refusal(0, None),)


class TestRefusals:
    @pytest.mark.parametrize(
        "answer",
        [
            cancelled(THROTTLED, NONE),
            cancelled(THROTTLED, CONFLICT),
            cancelled({"Code": "ProvisionedThroughputExceeded"}),
            error("ProvisionedThroughputExceededException", 400),
            error("ThrottlingException", 400),
            error("TransactionInProgressException", 400),
            error("RequestLimitExceeded", 400),
            error("InternalServerError", 500),
            error("SomethingNew", 503),
        ],
    )
    def test_what_passes_is_told_at_once(
        self, answers: Answers, transact: Transact, pauses: list[float], answer: object
    ) -> None:
        answers("TransactWriteItems", [answer])
        with pytest.raises(TryAgain) as told:
            transact()
        assert told.value.retry_after
        assert not pauses

    @pytest.mark.parametrize(
        "answer",
        [
            cancelled({"Code": "ValidationError"}, NONE),
            cancelled({"Code": "AccessDenied"}),
            error("AccessDeniedException", 400),
            error("ValidationException", 400),
            error("ResourceNotFoundException", 400),
            error("IdempotentParameterMismatchException", 400),
        ],
    )
    def test_what_does_not_pass_is_no_conflict(
        self, answers: Answers, transact: Transact, answer: object
    ) -> None:
        answers("TransactWriteItems", [answer])
        with pytest.raises(ClientError):
            transact()

    def test_keys_that_were_not_read_are_told(self, answers: Answers, backend: Backend) -> None:
        left = {"t": {"Keys": [{"pk": {"S": "a"}, "sk": {"S": "b"}}]}}
        body = {"Responses": {}, "UnprocessedKeys": left}
        answers("BatchGetItem", [body | {"ResponseMetadata": {"HTTPStatusCode": 200}}])
        with pytest.raises(TryAgain):
            backend.world().store.load([build().case.ref])

    def test_more_keys_than_a_call_takes_are_refused(self, backend: Backend) -> None:
        keys = [dynamo.key("a", str(n)) for n in range(101)]
        with pytest.raises(ValueError, match="100"):
            dynamo.batch_get(backend.client, {"t": keys}, consistent=frozenset())
        with pytest.raises(ValueError, match="30"):
            backend.world().store.load([build().case.ref] * 31)

    @pytest.mark.parametrize("operation", ["GetItem", "Query", "UpdateItem", "PutItem"])
    def test_every_call_tells_what_passes(
        self, answers: Answers, backend: Backend, operation: str
    ) -> None:
        world = backend.world()
        run: dict[str, Callable[[], object]] = {
            "GetItem": lambda: world.store.holder("N#v1#x"),
            "Query": lambda: world.ledger.last_read("staff:a", "20251121"),
            "UpdateItem": lambda: world.limits.take("a", 1, START),
            "PutItem": lambda: world.ledger.put_read(build().event),
        }
        answers(operation, [error("ThrottlingException", 400)])
        with pytest.raises(TryAgain):
            run[operation]()


class TestLostAnswers:
    """The SDK asks again by itself; what was done by the first try is not refused as another's."""

    @pytest.fixture
    def lose(self, backend: Backend) -> Iterator[Callable[[str], None]]:
        """Let the next answer of an operation be lost after it was carried out."""
        events = backend.client.meta.events
        waiting: set[str] = set()

        def drop(event_name: str, **_: object) -> None:
            operation = event_name.rpartition(".")[2]
            if operation in waiting:
                waiting.remove(operation)
                raise ReadTimeoutError(endpoint_url="lost")

        events.register_last("before-send", drop)
        yield waiting.add
        events.unregister("before-send", drop)

    def test_create_and_change(self, backend: Backend, lose: Callable[[str], None]) -> None:
        from tests import builders

        world, built = backend.world(), build()
        lose("TransactWriteItems")
        assert world.store.create(built.case, built.vault, built.event, built.guards) is None
        moved, event = builders.checked(built.case)
        lose("TransactWriteItems")
        assert world.store.change(moved, event) is None
        assert world.store.load([moved.ref])[moved.ref].case == moved

    def test_a_read_entry(self, backend: Backend, lose: Callable[[str], None]) -> None:
        from tests import builders

        lose("PutItem")
        assert backend.world().ledger.put_read(builders.a_read("staff:a", "ABCDEFGHJK"))

    def test_a_connection_that_stays_lost_is_told(
        self, backend: Backend, transact: Transact
    ) -> None:
        def drop(**_: object) -> None:
            raise ReadTimeoutError(endpoint_url="lost")

        backend.client.meta.events.register_last("before-send", drop)
        try:
            with pytest.raises(TryAgain):
                transact()
        finally:
            backend.client.meta.events.unregister("before-send", drop)


class TestTokens:
    """The stand-in ignores tokens; what watches over it does not."""

    def test_a_known_token_is_done_once(self, backend: Backend) -> None:
        actions = [dynamo.put(backend.tables.ops, {"pk": "a", "sk": "b"})]
        for _ in range(2):
            backend.client.transact_write_items(TransactItems=actions, ClientRequestToken="t1")
        assert dynamo.transact(
            backend.client, actions, sleep=lambda _: None, chance=lambda: 0.0
        ) == (Refusal(0, {"pk": "a", "sk": "b"}),)

    def test_another_body_under_a_known_token_is_refused(self, backend: Backend) -> None:
        for sk, fails in (("b", False), ("c", True)):
            actions = [dynamo.put(backend.tables.ops, {"pk": "a", "sk": sk})]
            ask = backend.client.transact_write_items
            if fails:
                with pytest.raises(RefusedByAws, match="token"):
                    ask(TransactItems=actions, ClientRequestToken="t2")
            else:
                ask(TransactItems=actions, ClientRequestToken="t2")
