"""What no function comes to is not packaged; what one may come to is."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from chalicelib.adapters import area_files
from chalicelib.domain.areas import AreaCodes
from infra.build import Package
from infra.reach import unreached

TYPED = "import typing\nif typing.TYPE_CHECKING:\n    import chalicelib.kinds"


def write(tree: Path, **files: str) -> None:
    for name, text in files.items():
        path = tree / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        (path.parent / "__init__.py").touch()
        path.write_text(text)


def test_only_what_nothing_imports_is_left_out(tmp_path: Path) -> None:
    write(
        tmp_path,
        app="from chalicelib.api import view",
        chalicelib__api="def view():\n    from chalicelib.deep import late, words",
        chalicelib__deep__late=TYPED,
        chalicelib__deep__words="",
        chalicelib__kinds="",
        chalicelib__deep__study="from chalicelib.deep import late",
        chalicelib__other__tool="",
    )
    left_out = [str(path.relative_to(tmp_path)) for path in unreached(tmp_path)]
    assert left_out == [
        "chalicelib/deep/study.py",
        "chalicelib/other/__init__.py",
        "chalicelib/other/tool.py",
    ]


def test_the_package_has_the_functions_and_not_the_studies(package: Package) -> None:
    with zipfile.ZipFile(package.code) as archive:
        names = set(archive.namelist())
    assert {"app.pyc", "chalicelib/wiring.pyc", "chalicelib/usecases/score.pyc"} <= names
    assert "chalicelib/domain/selection.pyc" not in names


def test_the_package_knows_every_code_of_an_area_and_no_name(
    package: Package, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What functions ask of a code is the same with names and without."""
    ours = area_files.area_codes()
    with zipfile.ZipFile(package.code) as archive:
        for stem in ("national", "retired"):
            text = archive.read(f"chalicelib/data/areas/{stem}.json").decode()
            assert "Banyuwangi" not in text
            (tmp_path / f"{stem}.json").write_text(text)
    monkeypatch.setattr(area_files, "AREAS", tmp_path)
    shipped = area_files.area_codes.__wrapped__()
    every = {*ours.live, *ours.retired, "0000", "990000", "351099"}
    assert len(every) > 7_000
    assert (shipped.live.keys(), shipped.retired.keys()) == (ours.live.keys(), ours.retired.keys())
    for code in every:
        assert shipped.is_retired(code) == ours.is_retired(code)
        for ask in (AreaCodes.province, AreaCodes.regency, AreaCodes.district, AreaCodes.name):
            assert (ask(shipped, code) is None) == (ask(ours, code) is None)
