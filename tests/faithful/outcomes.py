"""What a call came to, so that the sides can be compared: a value, or an error by its code."""

from __future__ import annotations

from collections.abc import Callable

from botocore.exceptions import ClientError, ParamValidationError

from chalicelib.domain.errors import TepatError
from tests.strict_expressions import Refusal

REFUSED = "AWS refuses the request"


def outcome(run: Callable[[], object]) -> object:
    """What a port answers; an error by its code, or by its kind when it has none."""
    try:
        return run()
    except (ClientError, Refusal, ParamValidationError):
        return REFUSED
    except TepatError as error:
        return f"{type(error).__name__} {error}"
    except Exception as error:  # noqa: BLE001 - whatever it is, the other sides must do the same
        return type(error).__name__
