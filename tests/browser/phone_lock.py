"""The PIN of an agent's phone, and how it is unlocked with it."""

from __future__ import annotations

from playwright.sync_api import Page

PIN = "204719"


def unlock(page: Page, pin: str = PIN) -> None:
    page.get_by_label("PIN", exact=True).fill(pin)
    page.get_by_role("button", name="Buka").click()
