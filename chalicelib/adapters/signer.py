"""The key that signs the days' seals; its private half never leaves the key service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.adapters import aws

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient


@dataclass(frozen=True, slots=True)
class KmsSigner:
    """ECDSA P-256 in the key service (`seal_day.Signer`)."""

    client: KMSClient
    key_id: str

    def public_key(self) -> bytes:
        """SubjectPublicKeyInfo, DER.

        Raises:
            TryAgain: the key service refused for now.
        """
        with aws.passing_told():
            return self.client.get_public_key(KeyId=self.key_id)["PublicKey"]

    def sign(self, digest: bytes) -> bytes:
        """Signature (DER) over a SHA-256 digest.

        Raises:
            TryAgain: the key service refused for now.
        """
        with aws.passing_told():
            return self.client.sign(
                KeyId=self.key_id,
                Message=digest,
                MessageType="DIGEST",
                SigningAlgorithm="ECDSA_SHA_256",
            )["Signature"]
