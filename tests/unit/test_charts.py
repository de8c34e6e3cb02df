from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelling.charts import COLOURS, Bar, Series, bar_chart, line_chart, page, table, ticks

SVG = "{http://www.w3.org/2000/svg}"


def lines() -> str:
    return line_chart(
        [
            Series("by risk", [(0, 0.25), (0.1, 0.19)], [(0.23, 0.27), (0.17, 0.21)]),
            Series("at <random> & more", [(0, 0.25), (0.1, 0.24)]),
        ],
        title="Error against checks",
        description="It falls from 25 % to 19 %.",
        x_label="share checked",
        y_label="exclusion error",
        level=(0.1, "target"),
    )


def bars() -> str:
    return bar_chart(
        [Bar("all", 0.25, (0.2, 0.3)), Bar("head a woman", -0.05)],
        title="Error by group",
        description="Women more.",
        x_label="exclusion error",
    )


@pytest.mark.parametrize("chart", [lines(), bars()])
def test_a_chart_tells_itself_to_who_cannot_see_it(chart: str) -> None:
    root = ET.fromstring(chart)  # noqa: S314 - our own text
    named = root.attrib["aria-labelledby"].split()
    assert root.attrib["role"] == "img"
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert description is not None
    assert [title.attrib["id"], description.attrib["id"]] == named
    assert title.text
    assert description.text
    assert not root.findall(f".//{SVG}script")


def test_two_charts_on_one_page_do_not_share_ids() -> None:
    ids = re.findall(r' id="([^"]+)"', lines() + bars())
    assert len(ids) == len(set(ids)) == 4


def test_names_are_escaped_and_written_whole() -> None:
    texts = [node.text for node in ET.fromstring(lines()).iter(f"{SVG}text")]  # noqa: S314
    assert "at <random> & more" in texts
    assert "target" in texts


def test_series_differ_by_more_than_colour() -> None:
    root = ET.fromstring(lines())  # noqa: S314
    strokes = {
        (line.attrib["stroke"], line.attrib.get("stroke-dasharray"))
        for line in root.iter(f"{SVG}line")
        if line.attrib["stroke"] in COLOURS and line.attrib["stroke-width"] == "2"
    }
    assert len({dash for _, dash in strokes}) == 2
    assert root.findall(f".//{SVG}circle")
    assert root.findall(f".//{SVG}polygon")


def test_every_mark_lies_inside_the_picture() -> None:
    for chart in (lines(), bars()):
        root = ET.fromstring(chart)  # noqa: S314
        _, _, width, height = (float(v) for v in root.attrib["viewBox"].split())
        for node in root.iter():
            for key, value in node.attrib.items():
                if key in {"x", "x1", "x2", "cx"}:
                    assert 0 <= float(value) <= width
                if key in {"y", "y1", "y2", "cy"}:
                    assert 0 <= float(value) <= height


def test_a_lower_error_is_drawn_lower() -> None:
    root = ET.fromstring(lines())  # noqa: S314
    first, second, *_ = [float(node.attrib["cy"]) for node in root.iter(f"{SVG}circle")]
    assert second > first


def test_colours_can_be_read_on_white() -> None:
    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = (
            v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    assert all(1.05 / (light(colour) + 0.05) >= 4.5 for colour in COLOURS)


@pytest.mark.parametrize("y", [float("nan"), float("inf")])
def test_what_cannot_be_drawn_is_refused(y: float) -> None:
    words = {"title": "t", "description": "d", "x_label": "x"}
    with pytest.raises(ValueError, match="finite"):
        line_chart([Series("s", [(0, y)])], y_label="y", **words)
    with pytest.raises(ValueError, match="finite"):
        bar_chart([Bar("b", y)], **words)
    with pytest.raises(ValueError, match="at least one"):
        line_chart([], y_label="y", **words)
    with pytest.raises(ValueError, match="at least one"):
        bar_chart([], **words)


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6))
def test_ticks_span_what_they_are_for(low: float, width: float) -> None:
    marks = ticks(low, low + width)
    assert 2 <= len(marks) <= 14
    slack = 1e-6 * (1 + abs(low) + width)
    assert marks[0] <= low + slack
    assert marks[-1] >= low + width - slack
    assert marks == sorted(marks)


def test_a_table_and_a_page_escape_their_words() -> None:
    made = page("A & B", [table(["n", "<x>"], [["<b>", "1 & 2"]], caption="c & d")])
    assert "<b>" not in made
    assert "A &amp; B" in made
    assert '<th scope="row">&lt;b&gt;</th><td>1 &amp; 2</td>' in made
    assert '<html lang="en">' in made
