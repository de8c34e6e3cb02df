"""An officer's screen, a page looked at on it and on a phone, and the Tab key to what is wanted."""

from __future__ import annotations

from healthy_pages import healthy
from playwright.sync_api import Page

SIZE = {"width": 1366, "height": 768}
NARROW = {"width": 360, "height": 740}


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until what is wanted has the focus."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            return
    raise AssertionError(f"no key leads to {selector}")


def both(page: Page) -> None:
    """The page at a desk and on a phone."""
    healthy(page)
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    healthy(page)
    page.set_viewport_size(SIZE)  # type: ignore[arg-type]
