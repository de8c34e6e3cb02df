"""Errors as values: a code, the field it belongs to, no personal data.

One place (entrypoints/http.py) turns them into HTTP and into Indonesian words.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with what was sent.

    Attributes:
        code: what is wrong, e.g. "nik_length"; the words stand in data/words.
        field: dotted path of the field, e.g. "members.0.nik"; "" for the whole request.
        params: numbers or codes that the sentence needs; never what the person typed.
    """

    code: str
    field: str = ""
    params: Mapping[str, int | str] = dataclasses.field(default_factory=dict, hash=False)


class TepatError(Exception):
    """A refusal that the caller can understand and act on."""

    def __init__(self, *faults: Fault, retry_after: int | None = None) -> None:
        """Keep the faults; `retry_after` is in seconds, for those that pass by waiting."""
        super().__init__(", ".join(sorted({fault.code for fault in faults})))
        self.faults = faults
        self.retry_after = retry_after


class InvalidRequest(TepatError):  # noqa: N818 - named by what it says to the caller
    """What was sent cannot be accepted as it is; all faults at once."""


class NotAllowed(TepatError):  # noqa: N818
    """The caller is known but has no right to this."""


class NotSignedIn(TepatError):  # noqa: N818
    """No valid token or session."""


class NotFound(TepatError):  # noqa: N818
    """Nothing here under that name; the same for a wrong secret and an unknown receipt."""


class WrongState(TepatError):  # noqa: N818
    """The case is not in a state that allows this."""


class TooMany(TepatError):  # noqa: N818
    """A limit was met; it passes by itself."""


class TryAgain(TepatError):  # noqa: N818
    """A service we depend on refused for now; the same request may be sent again."""
