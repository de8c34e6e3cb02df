"""A citizen's telephone at the public surface of a stage that has a sandbox IKD: fixtures."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.adapters.signer import KmsSigner
from tests.ikd import CLIENT, SITE, Browser, Running, running, sign
from tests.integration.conftest import Api


@pytest.fixture
def ikd(public_api: Api, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """A sandbox, and the stage's settings for it."""
    ask = KmsSigner.sign

    def signed(signer: KmsSigner, digest: bytes) -> bytes:
        """As AWS would: moto is asked, but it hashes a digest once more."""
        ask(signer, digest)
        return sign(digest)

    monkeypatch.setattr(KmsSigner, "sign", signed)
    with running() as found:
        monkeypatch.setenv("TEPAT_SITE_ORIGIN", SITE)
        monkeypatch.setenv("TEPAT_IKD_ISSUER", found.sandbox.issuer)
        monkeypatch.setenv("TEPAT_IKD_CLIENT_ID", CLIENT)
        yield found


@pytest.fixture
def phone(
    public_api: Api, ikd: Running, answer_pages: Any, monkeypatch: pytest.MonkeyPatch
) -> Browser:
    pages = importlib.import_module("chalicelib.entrypoints.pages")
    assets = json.loads((answer_pages / "assets.json").read_text())
    engine = pages.environment([answer_pages], assets)
    monkeypatch.setattr(pages, "_environment", lambda: engine)
    return Browser(public_api.client)
