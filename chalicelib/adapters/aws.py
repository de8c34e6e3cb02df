"""The way to AWS: one botocore session, a client for each service, and which refusals pass.

botocore is used without boto3, whose import would bring s3transfer into every function.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import botocore
import botocore.session
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    ConnectionError,  # noqa: A004 - theirs
    HTTPClientError,
    ResponseStreamingError,
)

from chalicelib.domain.errors import Fault, TryAgain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from botocore.credentials import Credentials

ATTEMPTS = 3
RETRY_AFTER_S = 2
_PASSING = frozenset(
    {
        "DependencyTimeoutException",
        "InternalFailure",
        "InternalServerError",
        "KMSInternalException",
        "KeyUnavailableException",
        "OverLimit",
        "ProvisionedThroughputExceeded",  # in a transaction's reasons
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestTimeout",
        "ServiceUnavailable",
        "SlowDown",
        "Throttling",
        "ThrottlingError",  # in a transaction's reasons
        "ThrottlingException",
        "TransactionConflict",  # in a transaction's reasons
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
_TOO_MANY = 429
_SERVER_FAULT = 500


@cache
def session() -> botocore.session.Session:
    """The session of this process; its loader and credentials are shared by all clients."""
    return botocore.session.get_session()


def credentials() -> Credentials:
    """The credentials of this process, to sign with; a function's change within hours.

    Raises:
        RuntimeError: it has none.
    """
    found = session().get_credentials()
    if found is None:
        raise RuntimeError("this process has no credentials")
    return found


@cache
def client(service: str) -> Any:  # noqa: ANN401 - botocore makes its clients' methods at run time
    """A client of a service, made once: making one costs more than a call.

    Parameters are not validated against the service model on each call (a quarter of the CPU of a
    transaction): ours are built in one place and the tests run with validation and stricter rules.
    """
    made = session().create_client(service, config=settings(validate=False))
    whole_answers_only(made)
    return made


def whole_answers_only(made: Any) -> None:  # noqa: ANN401
    """Let a client take no answer that broke off on its way.

    botocore reads the half of an answer as one without content: an item that is not there, a batch
    without failures. So an answer shorter than its own length is an error of the connection.
    """
    made.meta.events.register("before-parse", _refuse_cut_answer)


def _refuse_cut_answer(
    operation_model: Any,  # noqa: ANN401 - botocore's own
    response_dict: Mapping[str, Any],
    **_more: object,
) -> None:
    if operation_model.http.get("method") != "HEAD":
        refuse_cut_answer(response_dict)


def refuse_cut_answer(response: Mapping[str, Any]) -> None:
    """Refuse an answer, as botocore hands it to its parser, that is shorter than it says.

    Raises:
        ResponseStreamingError: the answer broke off.
    """
    said, body = response["headers"].get("content-length"), response["body"]
    if said and isinstance(body, bytes) and len(body) != int(said):
        raise ResponseStreamingError(error="the answer broke off")


def settings(*, validate: bool) -> Config:
    """How every client behaves: short waits, three tries, connections kept.

    A name of our own, since botocore works its own out anew for each call, letter by letter.
    """
    return Config(
        user_agent=f"tepat botocore/{botocore.__version__}",
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        connect_timeout=1,
        read_timeout=5,
        tcp_keepalive=True,
        parameter_validation=validate,
    )


def passes(code: str, status: int = 0) -> bool:
    """Tell whether a refusal goes away by itself, from AWS's error code and HTTP status."""
    return code in _PASSING or status == _TOO_MANY or status >= _SERVER_FAULT


@contextmanager
def passing_told() -> Iterator[None]:
    """Turn what passes by itself into `TryAgain`; anything else goes up as it is.

    Raises:
        TryAgain: throttled, no connection, no answer in time, or a fault on AWS's side. Whether
            the call was carried out is not known then.
    """
    try:
        yield
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if passes(error_code(error), status):
            raise try_again() from error
        raise
    except (ConnectionError, HTTPClientError) as error:
        raise try_again() from error


def try_again() -> TryAgain:
    """The error for a refusal that passes by itself."""
    return TryAgain(Fault("busy"), retry_after=RETRY_AFTER_S)


def error_code(error: ClientError) -> str:
    """AWS's code of an error."""
    return str(error.response.get("Error", {}).get("Code", ""))
