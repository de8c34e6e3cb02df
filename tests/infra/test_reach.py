"""What no function of a surface comes to is not in its package; what one may come to is."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from jinja2 import meta

from chalicelib.adapters import area_files
from chalicelib.domain.areas import AreaCodes
from chalicelib.entrypoints.pages import environment
from infra.build import SURFACES, Package
from infra.reach import unreached
from tests.bench.functions import SURFACE
from tests.bench.pins import pinned

TYPED = "import typing\nif typing.TYPE_CHECKING:\n    import chalicelib.kinds"
APP = """
from chalicelib.settings import surface

if surface() == "public":
    from chalicelib.api import view
elif surface() == "staff":
    from chalicelib import desk
else:
    import chalicelib.lens
"""
WIRING = """
from functools import cache

from chalicelib.settings import surface


def view_ports():
    return store()


@cache
def store():
    from chalicelib.deep import late, words


def desk_ports():
    from chalicelib.deep import desks


def nobody():
    from chalicelib.deep import study


@surface.route
def called_from_outside():
    from chalicelib.deep import route


class Held:
    def method(self):
        from chalicelib.deep import held
"""
TREE = {
    "app": APP,
    "chalicelib__settings": "def surface():\n    return ''",
    "chalicelib__api": "from chalicelib import wiring\n\n\ndef view():\n    wiring.view_ports()",
    "chalicelib__desk": "from chalicelib import wiring\n\nPORTS = wiring.desk_ports()",
    "chalicelib__lens": "",
    "chalicelib__wiring": WIRING,
    "chalicelib__deep__late": TYPED,
    "chalicelib__deep__words": "",
    "chalicelib__deep__desks": "",
    "chalicelib__deep__route": "",
    "chalicelib__deep__held": "",
    "chalicelib__deep__study": "from chalicelib.deep import late",
    "chalicelib__kinds": "",
    "chalicelib__other__tool": "",
}


def write(tree: Path, files: Mapping[str, str]) -> set[str]:
    for name, text in files.items():
        path = tree / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        (path.parent / "__init__.py").touch()
        path.write_text(text)
    return {str(path.relative_to(tree)) for path in (tree / "chalicelib").rglob("*.py")}


def carried(tree: Path, every: set[str], surface: str) -> set[str]:
    left_out = {str(path.relative_to(tree)) for path in unreached(tree, surface)}
    return {name.removeprefix("chalicelib/") for name in every - left_out}


SHARED = {"__init__.py", "settings.py", "wiring.py"}
FROM_OUTSIDE = {"deep/__init__.py", "deep/route.py", "deep/held.py"}


def test_a_surface_carries_what_it_may_come_to_and_no_more(tmp_path: Path) -> None:
    """An import within a function counts once the function is named, be it by another builder."""
    every = write(tmp_path, TREE)
    lazily = {"deep/late.py", "deep/words.py"}
    assert carried(tmp_path, every, "public") == SHARED | FROM_OUTSIDE | lazily | {"api.py"}
    desks = {"desk.py", "deep/desks.py"}
    assert carried(tmp_path, every, "staff") == SHARED | FROM_OUTSIDE | desks
    assert carried(tmp_path, every, "lens") == {"__init__.py", "settings.py", "lens.py"}


STUDY = "deep/study.py"


@pytest.mark.parametrize(
    "how",
    [
        "from chalicelib import wiring\nwiring.nobody()",
        "from chalicelib import wiring as builders\nPORTS = [builders.nobody]",
        "from chalicelib.wiring import nobody",
        "from chalicelib.wiring import nobody as somebody",
        "from chalicelib import wiring\nPORTS = getattr(wiring, 'no' + 'body')",
        "from chalicelib import wiring\nask = print\nask(wiring)",
        "import chalicelib.wiring",
        "from chalicelib import api\napi.wiring.nobody()",
        "def late():\n    from chalicelib import wiring\n    wiring.nobody()\n\n\nlate()",
        "from chalicelib import api\nclass Held:\n    def ask(self):\n        api.wiring.nobody()",
    ],
)
def test_a_function_is_named_in_whatever_way(how: str, tmp_path: Path) -> None:
    """By a module that is read after the one that has the function."""
    assert STUDY not in carried(tmp_path, write(tmp_path, TREE), "public")
    every = write(tmp_path, TREE | {"chalicelib__deep__late": how})
    assert STUDY in carried(tmp_path, every, "public")
    assert STUDY not in carried(tmp_path, every, "staff")


@pytest.mark.parametrize(
    "how",
    [
        "nobody = 1\nprint(nobody)",
        "from chalicelib import wiring\nwiring.view_ports().nobody()",
        "def nobody():\n    return 1\n\n\nnobody()",
        "'nobody'",
    ],
)
def test_what_only_has_the_same_name_wakes_nothing(how: str, tmp_path: Path) -> None:
    every = write(tmp_path, TREE | {"chalicelib__deep__late": how})
    assert STUDY not in carried(tmp_path, every, "public")


def names_in(package: Package, surface: str) -> set[str]:
    with zipfile.ZipFile(package.code(surface)) as archive:
        return set(archive.namelist())


def test_each_package_has_its_own_functions_and_not_the_others(package: Package) -> None:
    both = {"app.pyc", "chalicelib/wiring.pyc", "chalicelib/usecases/show_status.pyc"}
    public = {"chalicelib/usecases/withdraw.pyc", "chalicelib/entrypoints/citizen_api.pyc"}
    public |= {"chalicelib/pages/status.html", "chalicelib/adapters/registers/civil_registry.pyc"}
    staff = {"chalicelib/usecases/reissue.pyc", "chalicelib/entrypoints/staff_api.pyc"}
    staff |= {"chalicelib/pages/staff/case.html", "chalicelib/data/words/staff.id.json"}
    here = {surface: names_in(package, surface) for surface in ("public", "staff")}
    assert both | public <= here["public"]
    assert both | staff <= here["staff"]
    assert not public & here["staff"]
    assert not staff & here["public"]
    for names in here.values():
        assert "chalicelib/domain/selection.pyc" not in names


def test_what_the_measured_functions_load_is_in_their_package(package: Package) -> None:
    """Another way to the same: the first use of each function, watched while it runs."""
    here = {surface: names_in(package, surface) for surface in SURFACES}
    seen = 0
    for module, functions in pinned()["loaded"].items():
        if module == "app" or module.startswith("chalicelib."):
            place = module.replace(".", "/")
            for function in functions.split():
                names = here[SURFACE.get(function, "public")]
                assert {f"{place}.pyc", f"{place}/__init__.pyc"} & names, (module, function)
                seen += 1
    assert seen > 200


def test_every_answer_page_finds_the_pages_that_it_builds_on(
    package: Package, tmp_path: Path
) -> None:
    """Compiled from the package alone, all that `extends` and `import` name is followed."""
    for surface in ("public", "staff"):
        with zipfile.ZipFile(package.code(surface)) as archive:
            archive.extractall(tmp_path / surface)
        pages = tmp_path / surface / "chalicelib" / "pages"
        assets = json.loads((pages / "assets.json").read_text("utf-8"))
        engine = environment([pages], assets)
        names = engine.list_templates(["html"])
        assert len(names) > 5
        for name in names:
            asked = meta.find_referenced_templates(engine.parse((pages / name).read_text("utf-8")))
            assert set(asked) <= set(names), name


def test_the_package_knows_every_code_of_an_area_and_no_name(
    package: Package, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What functions ask of a code is the same with names and without."""
    ours = area_files.area_codes()
    with zipfile.ZipFile(package.code("public")) as archive:
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
