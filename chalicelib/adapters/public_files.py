"""Files that everybody can read, in the bucket of the site."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from chalicelib.adapters import aws

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_s3 import S3Client

MANIFESTS: Final = "ranking/"
_CACHE: Final = "public, max-age=300"
_FOR_EVER: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class PublicBucket:
    """The site's bucket (`seal_day.PublicFiles`)."""

    client: S3Client
    bucket: str

    def put(self, path: str, content: bytes, content_type: str) -> None:
        """Write a file, over an older one of that name.

        Raises:
            TryAgain: the bucket refused for now.
        """
        with aws.passing_told():
            self.client.put_object(
                Bucket=self.bucket,
                Key=path,
                Body=content,
                ContentType=content_type,
                CacheControl=_CACHE,
            )


@dataclass(frozen=True, slots=True)
class PublishedManifests:
    """Manifests of closed regions in the site's bucket (`adoption_ports.Manifests`)."""

    client: Callable[[], S3Client]  # one message of a proposal's hundreds publishes
    bucket: str

    def publish(self, sha256: str, content: bytes) -> None:
        """Keep a manifest; see `adoption_ports.Manifests.publish`."""
        try:
            with aws.passing_told():
                self.client().put_object(
                    Bucket=self.bucket,
                    Key=f"{MANIFESTS}{sha256}.json",
                    Body=content,
                    ContentType="application/json",
                    CacheControl=_FOR_EVER,
                    IfNoneMatch="*",
                )
        except ClientError as error:
            if aws.error_code(error) == "ConditionalRequestConflict":  # somebody is writing it
                raise aws.try_again() from error
            if aws.error_code(error) != "PreconditionFailed":
                raise
