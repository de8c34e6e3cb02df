"""Clean copies of evidence in the released bucket, to those who forget them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from chalicelib.adapters import aws

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mypy_boto3_s3 import S3Client

_AT_ONCE: Final = 1_000  # keys that S3 deletes in one call


@dataclass(frozen=True, slots=True)
class ReleasedCopies:
    """The released bucket (`evidence_ports.Copies`).

    It keeps old versions for 35 days, like the tables: nobody is shown them, and a restore that
    brings them back must forget them again.
    """

    client: Callable[[], S3Client]  # few families have any, and others load nothing of S3
    bucket: str

    def erase(self, keys: Sequence[str]) -> None:
        """Delete clean copies; see `evidence_ports.Copies.erase`."""
        rest = iter(keys)
        while some := list(islice(rest, _AT_ONCE)):
            with aws.passing_told():
                answer = self.client().delete_objects(
                    Bucket=self.bucket,
                    Delete={"Objects": [{"Key": key} for key in some], "Quiet": True},
                )
            if answer.get("Errors"):
                raise aws.try_again()
