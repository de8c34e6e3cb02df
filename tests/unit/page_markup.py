"""Whether the markup of a page is well formed, read by the standard library's parser."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = {"meta", "link", "input", "br", "hr", "img", "path", "rect"}


class _Tags(HTMLParser):
    """Checks that tags are closed in order and that ids and labels meet."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.wanted: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            elif name == "for":
                self.wanted.add(value or "")
            elif name == "aria-describedby":
                self.wanted |= set((value or "").split())

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


def assert_sound(page: str) -> None:
    """Tags are closed, no id stands twice, and each label and description has its field."""
    tags = _Tags()
    tags.feed(page)
    assert tags.open == []
    assert len(tags.ids) == len(set(tags.ids)), "an id stands twice"
    assert tags.wanted <= set(tags.ids)
