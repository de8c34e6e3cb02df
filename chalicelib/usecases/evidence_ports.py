"""What sending, screening and showing evidence needs from outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from chalicelib.domain.evidence import FileKind, Piece, Remade
from chalicelib.domain.registration import Ref


@dataclass(frozen=True, slots=True)
class Grant:
    """A permission to send one file, once and soon.

    Attributes:
        url: where the form is posted to, by a browser with or without scripts.
        fields: of that form; the file comes last, under "file".
    """

    url: str
    fields: Mapping[str, str]


class Grants(Protocol):
    """Signs permissions to send and links to look, without a call to anybody."""

    def grant(self, key: str, kind: FileKind, size: int, *, after: str = "") -> Grant:
        """Let one file be sent.

        Args:
            key: from `evidence.upload_key`.
            size: bytes, at most; from 1 on.
            after: where a browser without scripts is sent on to when the file is there.
        """
        ...

    def link(self, key: str, name: str) -> str:
        """An address under which a clean copy can be fetched for a short while.

        Args:
            key: from `evidence.page_key`.
            name: of the file that a browser would save: letters, digits, hyphens and a dot.
        """
        ...


class Files(Protocol):
    """The quarantine, and what has been released from it.

    Raises chalicelib.domain.errors.TryAgain when storage refuses for now.
    """

    def fetch(self, key: str, most: int) -> bytes | None:
        """Read an upload; None when it is gone. A larger one is cut after `most` + 1 bytes."""
        ...

    def release(self, key: str, page: bytes) -> None:
        """Write a clean copy, once: what is there already stays.

        Raises:
            TryAgain: another copy is there: two uploads under one grant were screened at a time.
        """
        ...

    def remove(self, key: str) -> None:
        """Delete an upload, whether or not it is there."""
        ...


class Copies(Protocol):
    """Clean copies that were released, to those who forget them."""

    def erase(self, keys: Sequence[str]) -> None:
        """Delete clean copies, whether or not they are there.

        Args:
            keys: from `evidence.page_key`.

        Raises:
            chalicelib.domain.errors.TryAgain: storage refused for now; some may be gone.
        """
        ...


class Scanner(Protocol):
    """A virus scanner."""

    def scan(self, content: bytes) -> None:
        """Look at a file as it was sent.

        Raises:
            Unfit: something was found in it, or there is no scanner.
            RuntimeError: the scanner broke, or took too long.
        """
        ...


class Images(Protocol):
    """Opens files and makes clean copies of what can be seen on them."""

    def remake(self, content: bytes, kind: FileKind) -> Remade:
        """Open a file whole, within limits, and make copies.

        Raises:
            Unfit: it cannot be shown.
            RuntimeError: what opens it broke, or took too long.
        """
        ...


class Pieces(Protocol):
    """Pieces of evidence, kept with the dispute or ground check that they belong to.

    Raises chalicelib.domain.errors.TryAgain when the store refuses for now, or when the owner was
    written by others each time: the same call may be made again.
    """

    def load(self, owner: Ref, piece: str) -> Piece | None:
        """Read a piece as last written; None when there is none such."""
        ...

    def settle(self, owner: Ref, piece: Piece) -> bool:
        """Keep a piece as it has become, as long as the stored one is not settled.

        Returns:
            True when it is kept now, also if it was before (a repeat changes nothing); False when
            the stored one is settled otherwise, or there is none.
        """
        ...
