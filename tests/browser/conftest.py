"""A real Chromium for the browser tests, and an address to open with it.

By default the pages talk to the stand-in of `pretend_api.py`; tests marked `on_both` run a second
time on the deployed functions. With TEPAT_TEST_BASE set to the address of a running stack, all of
them run there.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from form_filling import Person, invented_person, known_person
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)
from pretend_api import PretendApi
from pretend_bucket import Upload

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
PATIENCE = 30_000  # ms; a machine with other work is slow, and waits no longer than it must
HOW = "apt-get update && apt-get install -y --no-install-recommends chromium-headless-shell"

pytest.register_assert_rewrite("healthy_pages")  # so that it tells what is too small or at fault


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The Chromium of this machine; without one the tests fail and say what to do."""
    found = os.environ.get("TEPAT_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), "")
    if not found:
        pytest.fail(f"no Chromium here. As root: {HOW}", pytrace=False)
    expect.set_options(timeout=PATIENCE // 2)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


@dataclass(frozen=True)
class Place:
    """Where the pages are opened.

    Attributes:
        base: address without a slash at its end.
        real: whether the whole of Tepat answers there, or the stand-in.
    """

    base: str
    real: bool


@pytest.fixture(scope="session")
def pretend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PretendApi]:
    """The stand-in."""
    server = PretendApi(Path(tmp_path_factory.mktemp("site")) / "dist").start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def arrived(pretend: PretendApi) -> Callable[[], list[Upload]]:
    """What has arrived in the stand-in's bucket since the test began, at first without faults."""
    before = len(pretend.bucket.arrived)
    pretend.bucket.faults.clear()
    pretend.bucket.tried.clear()
    return lambda: pretend.bucket.arrived[before:]


@pytest.fixture(scope="session")
def place(request: pytest.FixtureRequest) -> Place:
    """The stand-in; the real thing for tests marked `on_both`, or where TEPAT_TEST_BASE says."""
    given = os.environ.get("TEPAT_TEST_BASE")
    if given:
        return Place(given.rstrip("/"), real=True)
    if getattr(request, "param", "pretend") == "tepat":
        return Place(request.getfixturevalue("tepat").site, real=True)
    return Place(request.getfixturevalue("pretend").base, real=False)


@pytest.fixture(scope="session")
def base(place: Place) -> str:
    """Address of the site under test."""
    return place.base


@pytest.fixture
def person(place: Place) -> Person:
    """Somebody who has not registered yet; on the real thing, one whom the registry knows."""
    return known_person() if place.real else invented_person()


@pytest.fixture
def phone(chromium: Browser, base: str) -> Iterator[BrowserContext]:
    """A phone of 360 px."""
    context = chromium.new_context(viewport={"width": 360, "height": 740}, base_url=base)
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


@pytest.fixture
def page(phone: BrowserContext) -> Iterator[Page]:
    """A page on which nothing may be reported: no script error, nothing that the CSP refused."""
    page = phone.new_page()
    complaints: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            complaints.append(message.text)

    page.on("console", hear)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    assert complaints == []


@pytest.fixture
def plain_page(chromium: Browser, base: str) -> Iterator[Page]:
    """A phone that runs no JavaScript."""
    context = chromium.new_context(
        viewport={"width": 360, "height": 740}, base_url=base, java_script_enabled=False
    )
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()
