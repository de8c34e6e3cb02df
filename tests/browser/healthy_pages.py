"""What a healthy page is: nothing wider than the screen or too small to press, no fault for axe."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTH = "Math.max(0, document.documentElement.scrollWidth - innerWidth)"
SMALL = """() => [...document.querySelectorAll(
  'main a[class],button,input,select,textarea,.plain a')]
  .filter(e => { const r = e.getBoundingClientRect();
  const l = e.labels && /radio|checkbox/.test(e.type) ? e.labels[0].getBoundingClientRect() : r;
  return r.width && (l.height < 44 || l.width < 44) }).map(e => e.outerHTML.slice(0, 80))"""


def healthy(page: Page) -> None:
    """Nothing wider than the screen, also with text twice as large; no fault that axe knows."""
    page.wait_for_load_state()  # a text may be seen before the stylesheet is there
    assert page.evaluate(WIDTH) == 0
    assert page.evaluate(SMALL) == []
    found = Axe().run(page, options={"runOnly": RULES}).response
    assert [fault["id"] for fault in found["violations"]] == []
    assert [fault["id"] for fault in found["incomplete"]] == []
    page.evaluate("document.documentElement.style.fontSize = '225%'")
    assert page.evaluate(WIDTH) == 0
    page.evaluate("document.documentElement.style.fontSize = ''")
