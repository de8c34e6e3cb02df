"""Files that everybody can read, in the bucket of the site."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from chalicelib.adapters import aws

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CACHE: Final = "public, max-age=300"


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
