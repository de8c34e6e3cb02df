"""Signs permissions to send a file and links to look at one, without asking anybody.

Signed with the credentials that the function has anyway. No client of S3 is made for it: reading
the model of that service would be the longest part of a cold start.
Source: Amazon S3 API Reference, "Authenticating Requests: Browser-Based Uploads Using POST" and
"Authenticating Requests: Using Query Parameters" (Signature Version 4).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from botocore.auth import S3SigV4PostAuth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest

from chalicelib.usecases.evidence_ports import Grant

if TYPE_CHECKING:
    from botocore.credentials import Credentials

    from chalicelib.domain.evidence import FileKind

MOST_LINK_S: Final = 120  # security, evidence
MOST_GRANT_S: Final = 300
_SERVICE: Final = "s3"
_NAME = re.compile(r"[a-z0-9-]{1,60}\.jpg", re.ASCII)


@dataclass(frozen=True, slots=True)
class EvidenceLinks:
    """Grants and links (`evidence_ports.Grants`).

    Attributes:
        credentials: asked each time, since those of a function change.
        bucket: of the quarantine.
        upload_url: where a form for that bucket is posted to.
        released_url: the bucket of clean copies, without a trailing slash.
    """

    credentials: Callable[[], Credentials]
    region: str
    bucket: str
    upload_url: str
    released_url: str
    grant_s: int = MOST_GRANT_S
    link_s: int = MOST_LINK_S

    def grant(self, key: str, kind: FileKind, size: int, *, after: str = "") -> Grant:
        """Let one file be sent; see `evidence_ports.Grants.grant`."""
        fields = {"key": key, "Content-Type": kind.media_type}
        if after:
            fields["success_action_redirect"] = after
        else:
            fields["success_action_status"] = "201"
        life = timedelta(seconds=min(self.grant_s, MOST_GRANT_S))
        exact = [{name: value} for name, value in fields.items()]
        policy: dict[str, Any] = {
            "expiration": (datetime.now(UTC) + life).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "conditions": [{"bucket": self.bucket}, *exact, ["content-length-range", 1, size]],
        }
        request = AWSRequest(method="POST", url=self.upload_url)
        request.context["s3-presign-post-fields"] = fields
        request.context["s3-presign-post-policy"] = policy
        S3SigV4PostAuth(self.credentials(), _SERVICE, self.region).add_auth(request)
        return Grant(self.upload_url, request.context["s3-presign-post-fields"])

    def link(self, key: str, name: str) -> str:
        """An address for a clean copy; see `evidence_ports.Grants.link`."""
        if not _NAME.fullmatch(name):
            raise ValueError("the name of a file is letters, digits and hyphens, and .jpg")
        shown = {
            "response-cache-control": "no-store",
            "response-content-disposition": f'attachment; filename="{name}"',
            "response-content-type": "image/jpeg",
        }
        request = AWSRequest(method="GET", url=f"{self.released_url}/{key}?{urlencode(shown)}")
        life = min(self.link_s, MOST_LINK_S)
        S3SigV4QueryAuth(self.credentials(), _SERVICE, self.region, expires=life).add_auth(request)
        return str(request.url)
