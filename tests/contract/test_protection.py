"""What digests and seals promise: on fakes, on key services, and by vectors that never change."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from moto import mock_aws

from chalicelib.adapters.aws import settings
from chalicelib.adapters.protection import KmsBlindIndex, KmsOpener, PublicKeySealer, unlock
from chalicelib.adapters.signer import KmsSigner
from chalicelib.domain.errors import TryAgain
from chalicelib.usecases.ports import BlindIndex, Opener, Sealed, Sealer
from chalicelib.usecases.seal_day import Signer
from tests.fakes import FakeBlindIndex, FakeOpener, FakeSealer, FakeSigner
from tests.stores import LOCAL

PLAIN = b"Contoh Sumarni, 3510154903859901"
CONTEXT = "ABCDEFGHJK|0"
OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)


@dataclass
class Keys:
    """A key service, and the ids of keys in it."""

    client: Any
    index: str
    opening: str
    signing: str

    def public_key(self) -> bytes:
        found: bytes = self.client.get_public_key(KeyId=self.opening)["PublicKey"]
        return found


def make_keys(endpoint: str | None) -> Keys:
    core = botocore.session.get_session()
    core.set_credentials("test", "test")
    client: Any = core.create_client(
        "kms", region_name="ap-southeast-3", endpoint_url=endpoint, config=settings(validate=True)
    )
    ids = [
        client.create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]["KeyId"]
        for spec, usage in (
            ("HMAC_256", "GENERATE_VERIFY_MAC"),
            ("RSA_2048", "ENCRYPT_DECRYPT"),
            ("ECC_NIST_P256", "SIGN_VERIFY"),
        )
    ]
    return Keys(client, *ids)


@pytest.fixture(scope="module")
def moto_keys() -> Iterator[Keys]:
    with mock_aws():
        yield make_keys(None)


@pytest.fixture(scope="module")
def local_keys(local_endpoint: str) -> Keys:
    return make_keys(local_endpoint)


@pytest.fixture(params=["fake", "moto", LOCAL])
def make_index(request: pytest.FixtureRequest) -> Callable[[str], BlindIndex]:
    if request.param == "fake":
        return lambda _stage: FakeBlindIndex()
    keys: Keys = request.getfixturevalue(f"{request.param}_keys")
    return lambda stage: KmsBlindIndex(lambda: keys.client, keys.index, stage)


@pytest.fixture(params=["fake", "own", LOCAL])
def pair(request: pytest.FixtureRequest) -> tuple[Sealer, Opener]:
    """A sealer and its opener; moto cannot open, so a key pair of the test stands in for it."""
    if request.param == "fake":
        return FakeSealer(), FakeOpener()
    if request.param == "own":
        key = rsa.generate_private_key(65537, 2048)
        return PublicKeySealer(der(key.public_key()), "pilot"), own_opener(key)
    keys: Keys = request.getfixturevalue("local_keys")
    sealer = PublicKeySealer(keys.public_key(), "pilot")
    return sealer, KmsOpener(lambda: keys.client, keys.opening, "pilot")


@dataclass
class OwnKeyService:
    """Decrypts as the key service does, with a private key of the test."""

    key: rsa.RSAPrivateKey

    def decrypt(
        self,
        *,
        KeyId: str,  # noqa: N803 - the names of the wire
        CiphertextBlob: bytes,  # noqa: N803
        EncryptionAlgorithm: str,  # noqa: N803
    ) -> dict[str, bytes]:
        if (KeyId, EncryptionAlgorithm) != ("opening", "RSAES_OAEP_SHA_256"):
            raise refusal("IncorrectKeyException")
        try:
            return {"Plaintext": self.key.decrypt(CiphertextBlob, OAEP)}
        except ValueError:
            raise refusal("InvalidCiphertextException") from None


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code}}, "Decrypt")


def own_opener(key: rsa.RSAPrivateKey, key_id: str = "opening") -> KmsOpener:
    service: Any = OwnKeyService(key)
    return KmsOpener(lambda: service, key_id, "pilot")


@pytest.fixture(params=["fake", LOCAL])
def signer(request: pytest.FixtureRequest) -> Signer:
    """Not on moto, which takes a digest for a message and hashes it again."""
    if request.param == "fake":
        return FakeSigner()
    keys: Keys = request.getfixturevalue(f"{request.param}_keys")
    return KmsSigner(keys.client, keys.signing)


def der(key: Any) -> bytes:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    found: bytes = key.public_bytes(serialization.Encoding.DER, form)
    return found


class TestBlindIndex:
    def test_equal_data_give_equal_digests_in_every_process(
        self, make_index: Callable[[str], BlindIndex]
    ) -> None:
        first, second = make_index("pilot"), make_index("pilot")
        assert first.mac("nik", b"3510") == second.mac("nik", b"3510")
        assert len(first.mac("nik", b"3510")) == 32

    def test_purposes_and_data_never_collide(self, make_index: Callable[[str], BlindIndex]) -> None:
        index = make_index("pilot")
        pairs = [("nik", b"3510"), ("kk", b"3510"), ("nik", b"3511"), ("nik3", b"510"), ("", b"")]
        assert len({index.mac(purpose, data) for purpose, data in pairs}) == len(pairs)


def test_stages_have_their_own_digests(moto_keys: Keys) -> None:
    one, other = (
        KmsBlindIndex(lambda: moto_keys.client, moto_keys.index, stage) for stage in ("a", "b")
    )
    assert one.mac("nik", b"3510") != other.mac("nik", b"3510")


def test_the_key_service_is_asked_once_and_not_before_the_first_digest() -> None:
    service = KnownKey()
    index = KmsBlindIndex(lambda: service, "key", "pilot")  # type: ignore[arg-type, return-value]  # only what is used
    assert service.asked == []
    for purpose in ("nik", "kk", "nik"):
        index.mac(purpose, b"data")
    assert service.asked == [
        {"KeyId": "key", "MacAlgorithm": "HMAC_SHA_256", "Message": b"tepat|index|v1|pilot"}
    ]


def test_digests_never_change() -> None:
    """A vector: with other bytes, every guard of a running stage would be lost."""
    index = KmsBlindIndex(KnownKey, "key", "pilot")  # type: ignore[arg-type]  # only what is used
    assert index.mac("nik", b"3510154903859901").hex() == NIK_VECTOR


NIK_VECTOR = "abadd63adf3a4f1ab74708228b8a01099d533765495058ab82f5df001e7d136f"


@dataclass
class KnownKey:
    """A key service that always answers the same."""

    asked: Any = None

    def __post_init__(self) -> None:
        self.asked = []

    def generate_mac(self, **asked: object) -> dict[str, bytes]:
        self.asked.append(asked)
        return {"Mac": bytes(range(32))}


class Throttled:
    """A key service that has too much to do."""

    def generate_mac(self, **_: object) -> None:
        raise ClientError({"Error": {"Code": "ThrottlingException"}}, "GenerateMac")

    def decrypt(self, **_: object) -> None:
        raise ClientError({"Error": {"Code": "KMSInternalException"}}, "Decrypt")


def test_a_busy_key_service_is_told() -> None:
    with pytest.raises(TryAgain):
        KmsBlindIndex(Throttled, "key", "pilot").mac("nik", b"")  # type: ignore[arg-type]  # only what is used
    with pytest.raises(TryAgain):
        KmsOpener(Throttled, "key", "pilot").open(Sealed(b"", b""), "")  # type: ignore[arg-type]  # only what is used


class TestSeal:
    def test_what_was_sealed_is_opened(self, pair: tuple[Sealer, Opener]) -> None:
        sealer, opener = pair
        for plain in (PLAIN, b"", bytes(10_000)):
            assert opener.open(sealer.seal(plain, CONTEXT), CONTEXT) == plain

    def test_nothing_is_readable_in_what_is_stored(self, pair: tuple[Sealer, Opener]) -> None:
        sealed = pair[0].seal(PLAIN, CONTEXT)
        for part in (b"3510154903859901", b"Sumarni"):
            assert part not in sealed.blob + sealed.wrapped_key

    def test_a_seal_cannot_be_moved_or_altered(self, pair: tuple[Sealer, Opener]) -> None:
        sealer, opener = pair
        sealed = sealer.seal(PLAIN, CONTEXT)
        broken = bytes([*sealed.blob[:-1], sealed.blob[-1] ^ 1])
        for moved, context in (
            (sealed, "ABCDEFGHJK|1"),
            (sealed, "BBCDEFGHJK|0"),
            (Sealed(broken, sealed.wrapped_key), CONTEXT),
        ):
            with pytest.raises(ValueError, match="seal"):
                opener.open(moved, context)


def test_each_seal_has_its_own_key() -> None:
    sealer = PublicKeySealer(der(PRIVATE.public_key()), "pilot")
    first, second = (sealer.seal(PLAIN, CONTEXT) for _ in range(2))
    keys = {PRIVATE.decrypt(sealed.wrapped_key, OAEP) for sealed in (first, second)}
    assert len(keys) == 2
    assert first.blob[1:13] != second.blob[1:13]


def test_a_seal_of_another_stage_is_refused() -> None:
    sealed = PublicKeySealer(der(PRIVATE.public_key()), "other").seal(PLAIN, CONTEXT)
    with pytest.raises(ValueError, match="seal"):
        own_opener(PRIVATE).open(sealed, CONTEXT)


def test_a_key_that_was_not_wrapped_for_us_is_told() -> None:
    sealed = PublicKeySealer(der(PRIVATE.public_key()), "pilot").seal(PLAIN, CONTEXT)
    foreign = rsa.generate_private_key(65537, 2048)
    for opener in (own_opener(foreign), own_opener(PRIVATE, "another")):
        with pytest.raises(ValueError, match="wrapped"):
            opener.open(sealed, CONTEXT)


def test_what_the_key_service_forbids_is_an_error_of_ours() -> None:
    class Forbidding:
        def decrypt(self, **_: object) -> None:
            raise refusal("AccessDeniedException")

    with pytest.raises(ClientError, match="AccessDenied"):
        KmsOpener(Forbidding, "opening", "pilot").open(Sealed(b"", b""), "")  # type: ignore[arg-type]  # only what is used


@pytest.mark.local_aws
@pytest.mark.xdist_group("local_aws")
def test_another_key_cannot_open(local_keys: Keys) -> None:
    sealed = PublicKeySealer(der(PRIVATE.public_key()), "pilot").seal(PLAIN, CONTEXT)
    opener = KmsOpener(lambda: local_keys.client, local_keys.opening, "pilot")
    with pytest.raises(ValueError, match="wrapped"):
        opener.open(sealed, CONTEXT)


def test_a_stored_seal_is_opened_for_ever() -> None:
    """A vector: blob and key of a seal made by this format's first version."""
    key, blob = bytes(range(32)), b64decode(BLOB_VECTOR)
    assert unlock(blob, key, "pilot", CONTEXT) == PLAIN
    for bad_key, bad_blob in ((bytes(32), blob), (key[:-1], blob), (key, b"\x02" + blob[1:])):
        with pytest.raises(ValueError, match="seal"):
            unlock(bad_blob, bad_key, "pilot", CONTEXT)


BLOB_VECTOR = "AQABAgMEBQYHCAkKCzTMGTAMKpITo4zap3sirDyz4LIAwE9qzQxXU7Wo3TSCBRCRtaoYrNyrqZPNntRfDoRy"


def test_only_an_rsa_key_seals() -> None:
    wrong = ec.generate_private_key(ec.SECP256R1()).public_key()
    with pytest.raises(TypeError, match="RSA"):
        PublicKeySealer(der(wrong), "pilot").seal(PLAIN, CONTEXT)


def test_a_signature_is_verified_with_the_public_key(signer: Signer) -> None:
    digest = hashes.Hash(hashes.SHA256())
    digest.update(b"a day's seal")
    hashed = digest.finalize()
    public = serialization.load_der_public_key(signer.public_key())
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(signer.sign(hashed), hashed, ec.ECDSA(utils.Prehashed(hashes.SHA256())))


PRIVATE = rsa.generate_private_key(65537, 2048)
