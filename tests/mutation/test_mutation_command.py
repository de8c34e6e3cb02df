"""The command that judges the tests can fail: below its share, unexplained, and out of date."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

import pytest

from infra.layer import REPO
from tests.mutation.command import Change, Mutant, change_of, explained, judge, score, table

DIFF = """--- chalicelib/domain/example.py
+++ chalicelib/domain/example.py
@@ -1,3 +1,3 @@
 def longest(days: int) -> bool:
-    return days > 3
+    return days >= 3
"""
FORKED = """
import os, sys
from tests.desk import built_pages
pages = built_pages()
if not os.fork():
    sys.exit()
os.wait()
assert pages.is_dir()
"""
CHANGE = Change("chalicelib.domain.example.longest", "return days > 3", "return days >= 3")


def test_a_change_is_known_by_its_lines_and_not_by_its_number() -> None:
    for number in (1, 27):
        assert change_of(f"chalicelib.domain.example.x_longest__mutmut_{number}", DIFF) == CHANGE
    method = change_of("chalicelib.domain.example.xǁTermǁlongest__mutmut_1", DIFF)
    assert method.place == "chalicelib.domain.example.Term.longest"
    private = change_of("chalicelib.domain.example.x__hidden__mutmut_1", DIFF)
    assert private.place == "chalicelib.domain.example._hidden"


def test_survivors_need_an_explanation_and_explanations_a_survivor() -> None:
    alive = {CHANGE: "chalicelib.domain.example.x_longest__mutmut_1"}
    assert judge(alive, {CHANGE: "why"}, 0.95) == []
    assert judge(alive, {}, 1.0) == ["survives unexplained: " + alive[CHANGE]]
    (stale,) = judge({}, {CHANGE: "why"}, 1.0)
    assert stale.startswith("explained, but does not survive: chalicelib.domain.example.longest")


def test_too_few_killed_fails_even_when_all_survivors_are_explained() -> None:
    (low,) = judge({CHANGE: "x"}, {CHANGE: "why"}, 0.9499)
    assert low == "95.0 % killed, and 95 % are asked for"


def test_what_was_never_reached_by_a_test_counts_as_survived() -> None:
    states = Counter({"killed": 6, "timeout": 2, "no tests": 1, "survived": 1, "not checked": 90})
    assert score(states) == 0.8
    assert score(Counter()) == 0.0


def test_the_report_has_a_line_for_each_file_and_one_for_all() -> None:
    mutants = [
        Mutant("a.x_one__mutmut_1", "a.py", "killed"),
        Mutant("a.x_one__mutmut_2", "a.py", "survived"),
        Mutant("b.x_two__mutmut_1", "b.py", "timeout"),
        Mutant("b.x_two__mutmut_2", "b.py", "not checked"),
    ]
    _, first, second, whole = table(mutants, {"a.py": 1})
    assert first.split() == ["a.py", "2", "1", "0", "1", "1", "50.0%"]
    assert second.split() == ["b.py", "2", "0", "1", "0", "0", "100.0%,", "1", "not", "tried"]
    assert whole.split()[:7] == ["all", "4", "1", "1", "1", "1", "66.7%,"]


ENTRY = """[[equivalent]]
place = "p"
before = "a"
after = "b"
why = "{}"
"""


def test_an_explanation_has_a_reason_and_stands_once() -> None:
    assert explained(ENTRY.format("same")) == {Change("p", "a", "b"): "same"}
    for wrong in (ENTRY.format(" "), ENTRY.format("same") * 2):
        with pytest.raises(ValueError, match="twice, or without a reason"):
            explained(wrong)


def test_a_process_that_ends_takes_no_pages_from_the_one_that_it_was_forked_from() -> None:
    """A mutant did, and those after it were called noticed: the desk had no pages."""
    subprocess.run([sys.executable, "-c", FORKED], cwd=REPO, check=True)
