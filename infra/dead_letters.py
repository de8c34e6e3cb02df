"""Look at a pilot's dead letters, and send them back once their cause is mended.

    python -m infra.dead_letters --stage banyuwangi                 what there is, in all queues
    python -m infra.dead_letters --stage banyuwangi --back check    those of one queue go back

A message that is none of ours stays where it is: somebody else wrote to the queue. Sending back is
safe: each is sent before it is taken away, and whoever gets it twice looks at the case first.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from chalicelib.adapters.queues import from_body
from infra import pilot
from infra.dashboard import watched

_AT_ONCE: Final = 10
_HIDDEN_S: Final = 60  # while we look
_LOOKED_AT: Final = 1000  # messages of a queue; more are counted only
_BUCKET_EVENTS: Final = "evidence"
_FAILURES: Final = "relay-failed"  # positions in the stream: nothing can be done with them again


@dataclass
class Found:
    """What a queue of dead letters holds.

    Attributes:
        count: as the queue tells, about.
        ours: bodies of work of ours, and `foreign` how many others were seen.
    """

    count: int = 0
    ours: list[str] = field(default_factory=list)
    foreign: int = 0


def is_ours(queue: str, body: str) -> bool:
    """Whether a message is work that this queue's function can read."""
    try:
        if queue == _BUCKET_EVENTS:
            return all("s3" in record for record in json.loads(body)["Records"])
        from_body(body)
    except (KeyError, TypeError, ValueError):
        return False
    return True


def look(sqs: Any, stage: str, queue: str) -> Found:  # noqa: ANN401 - boto3's client
    """Read a queue's dead letters, which stay."""
    url = _url(sqs, stage, watched().queues[queue] or queue)
    told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    found = Found(int(told["Attributes"]["ApproximateNumberOfMessages"]))
    seen = _received(sqs, url)
    for message in seen:
        if is_ours(queue, message["Body"]):
            found.ours.append(message["Body"])
        else:
            found.foreign += 1
    _show_again(sqs, url, seen)
    return found


def send_back(sqs: Any, stage: str, queue: str) -> Found:  # noqa: ANN401 - boto3's client
    """Send a queue's dead letters to it again; what is none of ours stays.

    Returns:
        What was sent, and what stayed.
    """
    url, dead = _url(sqs, stage, queue), _url(sqs, stage, watched().queues[queue])
    found, left = Found(), []
    for message in _received(sqs, dead):
        if not is_ours(queue, message["Body"]):
            left.append(message)
            found.foreign += 1
            continue
        sqs.send_message(QueueUrl=url, MessageBody=message["Body"])
        sqs.delete_message(QueueUrl=dead, ReceiptHandle=message["ReceiptHandle"])
        found.ours.append(message["Body"])
    _show_again(sqs, dead, left)
    return found


def _url(sqs: Any, stage: str, queue: str) -> str:  # noqa: ANN401
    return str(sqs.get_queue_url(QueueName=f"tepat-{stage}-{queue}")["QueueUrl"])


def _received(sqs: Any, url: str) -> list[dict[str, Any]]:  # noqa: ANN401
    seen: list[dict[str, Any]] = []
    while len(seen) < _LOOKED_AT:
        more = sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=_AT_ONCE,
            VisibilityTimeout=_HIDDEN_S,
            WaitTimeSeconds=1,
        ).get("Messages")
        if not more:
            break
        seen += more
    return seen


def _show_again(sqs: Any, url: str, seen: list[dict[str, Any]]) -> None:  # noqa: ANN401
    for message in seen:
        sqs.change_message_visibility(
            QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
        )


def main() -> None:
    """Tell, or send back."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        prog="python -m infra.dead_letters",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    pilot.add_arguments(parser)
    queues = watched().queues
    back = [name for name, dead in queues.items() if dead]
    parser.add_argument("--back", choices=back, help="send this queue's dead letters to it again")
    options = parser.parse_args()
    account, _ = pilot.opened(options.stage, options.local)
    sqs = account.client("sqs")
    if options.back:
        sent = send_back(sqs, options.stage, options.back)
        print(f"{len(sent.ours)} sent back to {options.back}, {sent.foreign} are none of ours")
        sys.exit(1 if sent.foreign else 0)
    for name in queues:
        found = look(sqs, options.stage, name)
        same = Counter(found.ours)
        print(
            f"{name:<14}{found.count:>7,} dead" if queues[name] else f"{name:<14}{found.count:>7,}"
        )
        for body, times in same.most_common(_AT_ONCE):
            print(f"    {body}{f' x {times}' if times > 1 else ''}")
        if found.foreign and name != _FAILURES:
            print(f"    and {found.foreign} that are none of ours: find out who wrote them")


if __name__ == "__main__":
    main()
