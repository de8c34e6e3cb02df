"""What opens files from outside takes no more than it is given, sees nothing, is not believed."""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from chalicelib.adapters import image_remaking, virus_scan
from chalicelib.adapters.caged import BrokeError, Cage, run
from chalicelib.adapters.clean_paper import check_passive
from chalicelib.adapters.image_remaking import ImageRemaker
from chalicelib.adapters.virus_scan import ClamScan
from chalicelib.domain.evidence import FileKind, Unfit, Why
from tests.evidence import corpus, papers
from tests.evidence.photos import jpeg
from tests.evidence.samples import EICAR

RULES = Path(__file__).resolve().parents[2] / "chalicelib/data/screening"
CAGE = Cage(memory_mib=256, processor_s=60, patience_s=300, answer_mib=1)
SCANNER = ClamScan("clamscan", str(RULES), replace(virus_scan.CAGE, patience_s=300))


def program(code: str, content: bytes = b"", cage: Cage = CAGE) -> tuple[int, bytes]:
    return run([sys.executable, "-I", "-S", "-c", code], content, cage, {})


def test_a_program_is_given_the_content_and_answers() -> None:
    code = "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read()[::-1]); sys.exit(3)"
    content = bytes(range(256)) * 9_999  # more than a pipe holds
    assert program(code, content, replace(CAGE, answer_mib=8)) == (3, content[::-1])


def test_our_environment_stays_with_us(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a secret")
    _, answer = program("import os, json; print(json.dumps(dict(os.environ)))")
    seen = json.loads(answer)
    assert "PATH" in seen
    assert seen.keys() <= {"PATH", "LD_LIBRARY_PATH", "TMPDIR", "LC_CTYPE"}
    assert "AWS_SECRET_ACCESS_KEY" in os.environ


def test_memory_ends_before_the_functions_own() -> None:
    status, _ = program("import sys; sys.stdin.read(); bytearray(300 << 20)")
    assert status != 0
    assert program("import sys; sys.stdin.read(); bytearray(100 << 20)")[0] == 0


def test_a_program_that_never_ends_is_ended() -> None:
    with pytest.raises(BrokeError, match="signal"):
        program("while True: pass", cage=replace(CAGE, processor_s=1))


def test_a_program_that_waits_is_ended_with_all_that_it_began() -> None:
    code = "import os, time; os.fork(); print(os.getpid(), flush=True); time.sleep(600)"
    begun = time.monotonic()
    with pytest.raises(BrokeError, match="too long"):
        program(code, cage=replace(CAGE, patience_s=3))
    assert time.monotonic() - begun < 300


def test_an_answer_without_end_is_cut() -> None:
    status, answer = program("import sys\nwhile True: sys.stdout.write('a' * 9999)")
    assert status != 0
    assert len(answer) <= 1 << 20


def test_a_program_that_is_not_there_is_told() -> None:
    with pytest.raises(FileNotFoundError):
        run(["no-such-program"], b"", CAGE, {})


# --- what opens photos and papers ----------------------------------------------------------------

GOOD = {"looks": "00ff00ff00ff00ff", "sharpness": 5, "brightness": 6, "sizes": [4]}


def answered(told: object, pages: bytes = b"\xff\xd8\xff\xe0") -> bytes:
    return json.dumps(told).encode() + b"\n" + pages


def test_an_answer_is_read() -> None:
    remade = image_remaking._read(answered(GOOD), 1)
    assert (remade.pages, remade.looks) == ((b"\xff\xd8\xff\xe0",), "00ff00ff00ff00ff")


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"[]",
        b"7\n",
        answered({**GOOD, "sizes": []}, b""),
        answered({**GOOD, "sizes": [4, 0]}),
        answered({**GOOD, "sizes": [3]}),
        answered({**GOOD, "sizes": [9]}, b"\xff\xd8\xff"[:2]),
        answered({**GOOD, "sizes": ["4"]}),
        answered(GOOD, b"<htm"),
        answered({**GOOD, "looks": "f" * 17}),
        answered({**GOOD, "looks": 7}),
        answered({**GOOD, "sharpness": None}),
        answered({"why": "evidence_loved"}),
        answered({name: GOOD[name] for name in ("looks", "sizes")}),
    ],
)
def test_a_lie_is_no_answer(answer: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_remaking, "run", lambda *_: (0, answer))
    with pytest.raises(BrokeError):
        ImageRemaker(100, 1).remake(b"", FileKind.JPEG)


def test_a_file_that_takes_forever_is_given_up() -> None:
    forever = corpus.hostile()["pdf: drawing without end"]
    cage = replace(image_remaking.CAGE, processor_s=1, patience_s=300)
    with pytest.raises(BrokeError):
        ImageRemaker(40_000_000, 10, cage).remake(forever.content, forever.kind)


@pytest.mark.parametrize("name", papers.ACTIVE | papers.SCRIPTS)
def test_an_active_paper_is_known_without_the_scanner(name: str) -> None:
    with pytest.raises(Unfit) as refused:
        check_passive((papers.ACTIVE | papers.SCRIPTS)[name])
    assert refused.value.why is Why.ACTIVE_PDF


@pytest.mark.parametrize("name", [name for name, _ in papers.good()])
def test_a_good_paper_is_passive(name: str) -> None:
    check_passive(dict(papers.good())[name].content)


# --- the scanner ---------------------------------------------------------------------------------


def why(scanner: ClamScan, content: bytes) -> Why | None:
    try:
        scanner.scan(content)
    except Unfit as unfit:
        return unfit.why
    return None


def test_the_scanner_knows_the_test_virus_and_passes_a_photo() -> None:
    assert why(SCANNER, EICAR) is Why.VIRUS
    assert why(SCANNER, jpeg()) is None


def test_no_scanner_means_refused() -> None:
    assert why(replace(SCANNER, program="no-such-scanner"), jpeg()) is Why.NO_SCANNER


def test_a_scanner_without_rules_passes_nothing(tmp_path: Path) -> None:
    for rules in (tmp_path, tmp_path / "none"):
        with pytest.raises(BrokeError):
            why(replace(SCANNER, rules=str(rules)), jpeg())


def test_a_scanner_that_is_stopped_passes_nothing() -> None:
    with pytest.raises(BrokeError):
        why(replace(SCANNER, program="true"), jpeg())  # ends well and says nothing
    with pytest.raises(BrokeError):
        why(replace(SCANNER, cage=replace(virus_scan.CAGE, memory_mib=8)), jpeg())


def test_every_rule_finds_something_of_the_corpus(tmp_path: Path) -> None:
    """Each alone: a rule that finds nothing would be no control."""
    contents = [sample.content for sample in corpus.hostile().values() if sample.ends == Why.VIRUS]
    lines = [(file, line) for file in RULES.iterdir() for line in file.read_text().splitlines()]
    rules = [(file, line) for file, line in lines if not line.startswith("#")]
    assert len(rules) >= 8
    for number, (file, line) in enumerate(rules):
        alone = tmp_path / f"{number}{file.suffix}"
        alone.write_text(f"{line}\n")
        scanner = replace(SCANNER, rules=str(alone))
        assert any(why(scanner, content) is Why.VIRUS for content in contents), line
