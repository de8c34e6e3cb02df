"""Keyed digests and sealing: what the key service keeps, and what is done here with its keys.

Sealing costs no call: a fresh AES-256-GCM key for each vault item, wrapped by RSA-OAEP (SHA-256)
to the public half of a key pair whose private half never leaves the key service. The stage and
the context (locator and item) are authenticated, so nothing can be moved between cases.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from chalicelib.adapters import aws
from chalicelib.adapters.packing import deflate, inflate
from chalicelib.usecases.ports import Sealed

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.padding import OAEP
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from mypy_boto3_kms import KMSClient

INDEX_VERSION: Final = "v1"
_FORMAT: Final = b"\x01"
_NONCE: Final = 12
_KEY: Final = 32
_LARGEST: Final = 65_536  # plain bytes; a family of twenty has about 2,000
_NOT_OURS: Final = frozenset({"InvalidCiphertextException", "IncorrectKeyException"})


class KmsBlindIndex:
    """HMAC-SHA-256 under a key that the key service makes once per process (`ports.BlindIndex`).

    One `GenerateMac` gives the key; the same stage gives the same key each time. Each purpose has
    a key of its own below it, so equal data under two purposes never give equal digests.
    """

    version = INDEX_VERSION

    def __init__(self, kms: Callable[[], KMSClient], key_id: str, stage: str) -> None:
        """Keep what is needed; nothing is asked before the first digest."""
        self._kms = kms
        self._key_id = key_id
        self._message = f"tepat|index|{self.version}|{stage}".encode()
        self._keys: dict[str, bytes] = {}

    def mac(self, purpose: str, data: bytes) -> bytes:
        """32 bytes.

        Raises:
            TryAgain: the key service refused for now.
        """
        if purpose not in self._keys:
            self._keys[purpose] = hmac.digest(self._root, purpose.encode(), hashlib.sha256)
        return hmac.digest(self._keys[purpose], data, hashlib.sha256)

    @cached_property
    def _root(self) -> bytes:
        with aws.passing_told():
            answer = self._kms().generate_mac(
                KeyId=self._key_id, MacAlgorithm="HMAC_SHA_256", Message=self._message
            )
        return answer["Mac"]


class PublicKeySealer:
    """Seals with a public key and cannot open (`ports.Sealer`)."""

    def __init__(self, public_key: bytes, stage: str) -> None:
        """Keep the key (SubjectPublicKeyInfo, DER); it is read when something is sealed."""
        self._der = public_key
        self._stage = stage

    def seal(self, plain: bytes, context: str) -> Sealed:
        """Compress and encrypt under a fresh key, and wrap that key."""
        # Imported here: the status page and the relay build this function's module, and seal not.
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - see above

        key, nonce = os.urandom(_KEY), os.urandom(_NONCE)
        locked = AESGCM(key).encrypt(nonce, deflate(plain), _bound_to(self._stage, context))
        return Sealed(_FORMAT + nonce + locked, self._public_key.encrypt(key, _oaep()))

    @cached_property
    def _public_key(self) -> RSAPublicKey:
        from cryptography.hazmat.primitives.asymmetric.rsa import (  # noqa: PLC0415 - as in seal
            RSAPublicKey,
        )
        from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415 - as in seal
            load_der_public_key,
        )

        key = load_der_public_key(self._der)
        if not isinstance(key, RSAPublicKey):
            raise TypeError("the sealing key is no RSA key")
        return key


class KmsOpener:
    """Opens what was sealed, one `Decrypt` each (`ports.Opener`)."""

    def __init__(self, kms: Callable[[], KMSClient], key_id: str, stage: str) -> None:
        """Keep what is needed; nothing is asked before something is opened."""
        self._kms = kms
        self._key_id = key_id
        self._stage = stage

    def open(self, sealed: Sealed, context: str) -> bytes:
        """Unwrap the item's key and decrypt; see `ports.Opener.open`."""
        try:
            with aws.passing_told():
                answer = self._kms().decrypt(
                    KeyId=self._key_id,
                    CiphertextBlob=sealed.wrapped_key,
                    EncryptionAlgorithm="RSAES_OAEP_SHA_256",
                )
        except ClientError as error:
            if aws.error_code(error) in _NOT_OURS:
                raise ValueError("the key of this item was not wrapped for us") from error
            raise
        return unlock(sealed.blob, answer["Plaintext"], self._stage, context)


def unlock(blob: bytes, key: bytes, stage: str, context: str) -> bytes:
    """Decrypt a blob with its unwrapped key.

    Raises:
        ValueError: key, stage, context or bytes are not the ones that were sealed.
    """
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - as in seal
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - as in seal

    start = len(_FORMAT) + _NONCE
    if blob[: len(_FORMAT)] != _FORMAT or len(key) != _KEY:
        raise ValueError("sealed bytes of another form")
    try:
        packed = AESGCM(key).decrypt(
            blob[len(_FORMAT) : start], blob[start:], _bound_to(stage, context)
        )
    except InvalidTag as error:
        raise ValueError("sealed bytes or context are not what was sealed") from error
    return inflate(packed, _LARGEST)


def _bound_to(stage: str, context: str) -> bytes:
    return f"{stage}|{context}".encode()


def _oaep() -> OAEP:
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415 - as in seal
    from cryptography.hazmat.primitives.asymmetric import padding  # noqa: PLC0415 - as in seal

    return padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
