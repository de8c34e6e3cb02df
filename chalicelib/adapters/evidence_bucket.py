"""Uploads in quarantine, and the clean copies made of them, as the screening sees them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from chalicelib.adapters import aws

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_GONE: Final = frozenset({"NoSuchKey", "404"})
_THERE: Final = frozenset({"PreconditionFailed", "ConditionalRequestConflict"})


@dataclass(frozen=True, slots=True)
class EvidenceBucket:
    """The two buckets of evidence (`evidence_ports.Files`)."""

    client: S3Client
    quarantine: str
    released: str

    def fetch(self, key: str, most: int) -> bytes | None:
        """Read an upload; see `evidence_ports.Files.fetch`."""
        return self._read(self.quarantine, key, most)

    def release(self, key: str, page: bytes) -> None:
        """Write a clean copy, once; see `evidence_ports.Files.release`."""
        try:
            with aws.passing_told():
                self.client.put_object(
                    Bucket=self.released,
                    Key=key,
                    Body=page,
                    ContentType="image/jpeg",
                    IfNoneMatch="*",
                )
        except ClientError as error:
            if aws.error_code(error) not in _THERE:
                raise
            if self._read(self.released, key, len(page)) != page:
                raise aws.try_again() from error

    def remove(self, key: str) -> None:
        """Delete an upload; see `evidence_ports.Files.remove`."""
        with aws.passing_told():
            self.client.delete_object(Bucket=self.quarantine, Key=key)

    def _read(self, bucket: str, key: str, most: int) -> bytes | None:
        try:
            with aws.passing_told():
                answer = self.client.get_object(Bucket=bucket, Key=key)
                content = answer["Body"].read(most + 1)
        except ClientError as error:
            if aws.error_code(error) in _GONE:
                return None
            raise
        if len(content) < min(answer["ContentLength"], most + 1):
            raise aws.try_again()  # the answer broke off
        return content
