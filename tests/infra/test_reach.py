"""What no function comes to is not packaged; what one may come to is."""

from __future__ import annotations

import zipfile
from pathlib import Path

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
