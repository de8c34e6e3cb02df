"""The key service in memory: digests, seals and signatures, under keys that never change."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from functools import lru_cache

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

from chalicelib.usecases.ports import Sealed
from tests.fakes_memory import FakeAws
from tests.fakes_refusals import refused

DIGEST = 32
LARGEST = 65_536  # plain bytes that are opened, as the adapter's
SIGNING = ec.derive_private_key(3510, ec.SECP256R1())


@dataclass
class FakeBlindIndex:
    """Digests under a known key."""

    aws: FakeAws = field(default_factory=FakeAws)
    version: str = "v1"
    key: bytes = b""

    def mac(self, purpose: str, data: bytes) -> bytes:
        if not self.key:
            self.key = self.aws.call("GenerateMac", lambda: b"a key of the tests")
        return _digest(self.key, purpose.encode() + b"\0" + data)


class FakeSealer:
    """Seals so that nobody reads it at a glance, and context, bytes and key are checked.

    Equal contents give equal seals, which keeps a seed's digest the same in every run.
    """

    def seal(self, plain: bytes, context: str) -> Sealed:
        tag = _tag(plain, context)
        return Sealed(tag + _mask(plain), _wrapped_key(tag))


@dataclass
class FakeOpener:
    """Opens what `FakeSealer` sealed."""

    aws: FakeAws = field(default_factory=FakeAws)

    def open(self, sealed: Sealed, context: str) -> bytes:
        self.aws.call("Decrypt", lambda: None)
        tag, plain = sealed.blob[:DIGEST], _mask(sealed.blob[DIGEST:])
        if tag != _tag(plain, context) or sealed.wrapped_key != _wrapped_key(tag):
            raise ValueError("sealed bytes, key or context are not what was sealed")
        if len(plain) > LARGEST:
            raise ValueError("more than is ever sealed")
        return plain


@lru_cache(maxsize=20_000)
def _digest(key: bytes, data: bytes) -> bytes:
    """The schedules of a simulation ask for the same ones again and again."""
    return hmac.digest(key, data, "sha256")


_MASK = bytes(byte ^ 0x5A for byte in range(256))


def _mask(data: bytes) -> bytes:
    return data.translate(_MASK)


def _wrapped_key(tag: bytes) -> bytes:
    return b"a wrapped key " + tag[:4]


def _tag(plain: bytes, context: str) -> bytes:
    return _digest(context.encode(), plain)


@dataclass
class FakeSigner:
    """A real P-256 key, the same in every run."""

    aws: FakeAws = field(default_factory=FakeAws)

    def public_key(self) -> bytes:
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        public = SIGNING.public_key().public_bytes(serialization.Encoding.DER, form)
        return self.aws.call("GetPublicKey", lambda: public)

    def sign(self, digest: bytes) -> bytes:
        ecdsa = ec.ECDSA(utils.Prehashed(hashes.SHA256()))

        def sign() -> bytes:
            if len(digest) != DIGEST:
                raise refused("Sign", "a SHA-256 digest has 32 bytes")
            return SIGNING.sign(digest, ecdsa)

        return self.aws.call("Sign", sign)
