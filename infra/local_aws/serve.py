"""Serve ministack on loopback, with checkpoints: `python serve.py --port 4566`.

Runs in the local AWS's own environment, where nothing of this repository can be imported (and
must not be: what the server sees, the functions see).

What it adds to ministack 1.5.33, which is pinned because private names are used:

* Checkpoints. Ministack saves its state only at a clean stop; a crash would lose everything since.
  SIGUSR1 asks for one at once.
* Stream records. It saves how far the relay has read, not what was there to read: after any
  restart, registrations that were not yet relayed would silently never be. Records are saved too,
  and positions are set back by a minute, for the relay is idempotent.
* Groups in renewed tokens. A token that was renewed through the pool's pages names none, so nobody
  would be let in anywhere a quarter of an hour after signing in.
* SQS rights as AWS has them: a batch needs the right of the single call, not one of its own.
* A closed door. The access key is no secret and ministack lets every web page in (CORS `*`), so a
  foreign page could read and wipe everything: requests of other origins and for other host names
  are refused, but for forms that a bucket's own CORS rule lets in: evidence is sent straight to
  its bucket. `POST /_ministack/reset` wipes without any key: only the health page is left.
"""

from __future__ import annotations

import argparse
import asyncio
import copy
import signal
import time
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any

import ministack.app as ministack
from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack.core import iam_actions
from ministack.core.persistence import save_all
from ministack.services import cognito, dynamodb, s3
from ministack.services import lambda_svc as functions

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

SHORTEST_PAUSE = 5.0  # seconds between checkpoints
PAUSE_SHARE = 10  # a checkpoint blocks requests, so it takes at most a tenth of the time
SET_BACK = 60  # seconds of stream that are relayed again after a restart
READ_ONLY = {"GET", "HEAD", "OPTIONS"}
_LOOPBACK = ("127.0.0.1", "localhost")


class Checkpoints:
    """ministack's ASGI app; writes the state to disk soon after a request that may change it."""

    def __init__(self, *ports: int) -> None:
        self._hosts = {f"{name}:{port}".encode() for name in _LOOPBACK for port in ports}
        self._dirty = False
        self._asked = asyncio.Event()
        self._saver: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; refuse what would reset or reconfigure the server."""
        if scope["type"] == "lifespan":
            asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, self._asked.set)
            self._saver = asyncio.create_task(self._save_for_ever())
        elif scope["type"] == "http":
            if not self._may(scope):
                await send({"type": "http.response.start", "status": 403, "headers": []})
                await send({"type": "http.response.body", "body": b"closed\n"})
                return
            self._dirty = self._dirty or scope["method"] not in READ_ONLY
        await ministack.app(scope, receive, send)

    def _may(self, scope: Scope) -> bool:
        """Refuse what a foreign page sends to AWS's own APIs.

        Our functions behind API Gateway judge the origin themselves; a plain GET carries no key,
        and a browser on its way out of a sign-out shows a foreign origin with one.
        """
        headers, path = dict(scope["headers"]), scope["path"]
        own = {b"http://" + host for host in self._hosts} | {None}
        open_to_all = scope["method"] in {"GET", "HEAD"} or path.startswith("/_aws/execute-api/")
        closed = path.startswith("/_ministack/") and path != "/_ministack/health"
        ours = open_to_all or headers.get(b"origin") in own or _bucket_lets_in(scope, headers)
        return headers.get(b"host") in self._hosts and ours and not closed

    async def _save_for_ever(self) -> None:
        pause = SHORTEST_PAUSE
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._asked.wait(), pause)
            if not (self._dirty or self._asked.is_set()):
                continue
            self._dirty = False
            self._asked.clear()
            begun = time.monotonic()
            save_all(ministack._build_persistence_save_dict())  # noqa: SLF001 - see the module
            pause = max(SHORTEST_PAUSE, PAUSE_SHARE * (time.monotonic() - begun))


def _bucket_lets_in(scope: Scope, headers: dict[bytes, bytes]) -> bool:
    """Whether a browser may send a form to a bucket from the page that it shows.

    Under our referrer policy a form that no script sends comes with `Origin: null`; S3 takes it by
    its signature, and so does ministack.
    """
    if scope["method"] not in {"POST", "OPTIONS"} or scope["query_string"]:
        return False
    bucket, _, key = scope["path"].strip("/").partition("/")
    rules = s3._cors_rules(bucket) or []  # noqa: SLF001 - see the module
    pages = {page for rule in rules for page in rule["AllowedOrigin"]}
    origin = headers[b"origin"].decode("latin-1")
    plain = origin == "null" and scope["method"] == "POST" and bool(pages)
    return not key and (origin in pages or plain)


def keep_streams() -> None:
    """Make ministack save and restore the records of table streams."""
    tables_state, load_tables = dynamodb.get_state, dynamodb.load_persisted_state
    load_functions = functions.load_persisted_state

    def get_state() -> dict[str, Any]:
        state: dict[str, Any] = tables_state()
        state["stream_records"] = copy.deepcopy(dynamodb._stream_records)  # noqa: SLF001
        state["stream_trimmed"] = copy.deepcopy(dynamodb._stream_trimmed)  # noqa: SLF001
        state["stream_seq"] = dynamodb._stream_seq_counter  # noqa: SLF001
        return state

    def load_tables_and_streams(saved: dict[str, Any]) -> None:
        load_tables(saved)
        if saved and "stream_records" in saved:
            dynamodb._stream_records.update(saved["stream_records"])  # noqa: SLF001
            dynamodb._stream_trimmed.update(saved["stream_trimmed"])  # noqa: SLF001
            dynamodb._stream_seq_counter = saved["stream_seq"]  # noqa: SLF001

    def load_functions_and_positions(saved: dict[str, Any]) -> None:
        start_polling = functions._ensure_poller  # noqa: SLF001
        functions._ensure_poller = lambda: None  # noqa: SLF001 - not before positions are right
        load_functions(saved)
        functions._ensure_poller = start_polling  # noqa: SLF001
        _set_positions_back()
        if functions._esms.has_any():  # noqa: SLF001
            start_polling()

    dynamodb.get_state = get_state
    dynamodb.load_persisted_state = load_tables_and_streams
    functions.load_persisted_state = load_functions_and_positions


def judge_batches_as_single() -> None:
    """Make ministack ask for `sqs:SendMessage` when a batch is sent, and so on."""
    action_of = iam_actions.extract_iam_action

    def extract_iam_action(service: str, *request: Any, **more: Any) -> Any:  # noqa: ANN401
        action = action_of(service, *request, **more)
        return action.removesuffix("Batch") if service == "sqs" and action else action

    iam_actions.extract_iam_action = extract_iam_action


def keep_groups_in_renewed_tokens() -> None:
    """Make a renewed token name the groups of its owner, as the first one did."""
    make = cognito._fake_token  # noqa: SLF001 - see the module

    def fake_token(sub: str, pool: str, *told: Any, **more: Any) -> str:  # noqa: ANN401
        if more.get("trigger_source") == "TokenGeneration_RefreshTokens" and "groups" not in more:
            owner = cognito._get_pool_unscoped(pool)["_users"][more["username"]]  # noqa: SLF001
            more["groups"] = list(owner["_groups"])
        token: str = make(sub, pool, *told, **more)
        return token

    cognito._fake_token = fake_token  # noqa: SLF001 - see the module


def _set_positions_back() -> None:
    positions = functions._dynamodb_stream_positions._data  # noqa: SLF001
    for (account, region, mapping), position in list(positions.items()):
        found = functions._esms._data.get((account, region, mapping)) or {}  # noqa: SLF001
        source = found.get("EventSourceArn", "")
        if ":table/" not in source:
            continue
        table = source.split(":table/")[1].split("/")[0]
        latest = dynamodb.stream_end_position(table, account_id=account, region=region)
        records = dynamodb._stream_records._data.get((account, region, table)) or []  # noqa: SLF001
        if records:
            since = _written(records[-1]) - SET_BACK
            again = next(i for i, record in enumerate(records) if _written(record) > since)
            first = dynamodb.stream_start_position(table, account_id=account, region=region)
            latest = min(latest, first + again)
        positions[account, region, mapping] = min(position, latest)


def _written(record: dict[str, Any]) -> float:
    return float(record["dynamodb"]["ApproximateCreationDateTime"])


def main() -> None:
    """Serve until a signal asks to stop, then save."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--seen-at", type=int, help="port of a proxy that callers knock at")
    given = parser.parse_args()
    keep_streams()
    judge_batches_as_single()
    keep_groups_in_renewed_tokens()
    config = Config()
    config.bind = [f"127.0.0.1:{given.port}"]
    config.graceful_timeout = 5
    config.startup_timeout = 120  # 100,000 items take 3 s to load; a slow disk takes longer
    config.shutdown_timeout = 120
    asyncio.run(serve(Checkpoints(given.port, given.seen_at or given.port), config))


if __name__ == "__main__":
    main()
