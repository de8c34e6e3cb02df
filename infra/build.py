"""Build what is deployed.

The cloud and the local run take the same steps; only the processor of the native files differs.
Each surface ships a code zip of its own, with what it can come to and no more. The two APIs share
a layer; screening, which opens files from outside, has its own.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra import stages
from infra.functions import CONFIG, FUNCTIONS, chalice_stage, edited_by_hand
from infra.layer import REPO, BuildError, build_layer, byte_compile, zip_fixed
from infra.reach import unreached
from infra.region_data import write_region_data
from infra.templates import HERE, RESOURCES, filled, read

SURFACES = tuple(FUNCTIONS)
PINS = {"screening": "requirements-screening.txt"}  # of its own layer; the others share one
CODE_LIMIT = 700_000  # bytes of a surface's code zip; 500,000 are aimed at (docs/budgets.md)
REGION = "ap-southeast-3"  # Jakarta: the data stays in Indonesia
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc", ".*")
NOT_READ = {  # of chalicelib/data, what a surface does not read
    "public": ["words/staff.id.json", "screening/*"],
    "staff": ["screening/*"],
    "screening": [
        "areas/*",
        "checks/*",
        "holidays/*",
        "models/*",
        "rules/*",
        "words/*",
        "consent.id.json",
    ],
}
DESCRIBED = (  # whose docstrings the OpenAPI document shows: its bodies, and the codes in them
    "chalicelib/domain/evidence.py",
    "chalicelib/domain/household.py",
    "chalicelib/entrypoints/answer_schemas.py",
    "chalicelib/entrypoints/check_schemas.py",
    "chalicelib/entrypoints/schemas.py",
)
PAGES = {"public": "*.html", "staff": "staff/*.html"}  # answer templates that an API begins with
TEMPLATE_NAME = re.compile(r"""{%-?\s*(?:extends|import|include|from)\s+["']([^"']+)["']""")


@dataclass(frozen=True, slots=True)
class Package:
    """A built pilot in a folder: template and code zip of each surface, the layers, the site."""

    folder: Path

    def template(self, surface: str) -> Path:
        """Return the template of a surface."""
        return self.folder / f"{surface}.json"

    def code(self, surface: str) -> Path:
        """Return the zip of a surface's code."""
        return self.folder / f"{surface}.zip"

    def layer(self, surface: str) -> Path:
        """Return the zip of a surface's packages."""
        return self.folder / (f"{surface}-layer.zip" if surface in PINS else "layer.zip")

    @property
    def resources(self) -> Path:
        """Return the template of the resources, as it was when this was built."""
        return self.folder / "resources.json"

    @property
    def site(self) -> Path:
        """Return the folder of the site."""
        return self.folder / "site"


def build(stage_name: str, out: Path, machine: str) -> Package:
    """Build all surfaces and the site of a pilot.

    Args:
        stage_name: the pilot.
        out: folder for the result; emptied first.
        machine: `x86_64` or `aarch64`.

    Returns:
        Where everything is.

    Raises:
        BuildError: a step failed, Chalice's file is not what the pilots' files say, or a code zip
            is larger than its budget.
        infra.stages.StageError: there is no such pilot.
    """
    stage = stages.read(stage_name)
    if fault := edited_by_hand():
        raise BuildError(fault)
    cache = REPO / "build" / "cache"
    layers = {each: build_layer(machine, cache, requirements(each)) for each in SURFACES}
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    package = Package(out)
    package.resources.write_text(json.dumps(read(RESOURCES), indent=1) + "\n")
    with tempfile.TemporaryDirectory() as folder:
        pages = Path(folder) / "pages"
        _build_site(stage, package.site, pages)
        for surface in SURFACES:
            tree, code = Path(folder) / f"{surface}-tree", Path(folder) / f"{surface}-code"
            _copy_tree(tree, stage, surface, machine)
            copy_pages(pages, tree / "chalicelib" / "pages", surface)
            shutil.copy(layers[surface], package.layer(surface))
            made = _package(tree, stage, surface, Path(folder) / surface)
            text = (made / "sam.json").read_text("utf-8")
            text = text.replace('"./deployment.zip"', f'"./{package.code(surface).name}"')
            package.template(surface).write_text(text, "utf-8")
            with zipfile.ZipFile(made / "deployment.zip") as archive:
                archive.extractall(code)
            _compile_alone(code)
            zip_fixed(code, package.code(surface))
    write_report(package)
    return package


def sources_hash() -> str:
    """Return a hash of everything that a build reads, to tell whether a new one is needed."""
    digest = hashlib.sha256(sys.version.encode())
    roots = ["app.py", "chalicelib", "frontend", "infra", ".chalice/config.json"]
    roots += [requirements(surface).name for surface in SURFACES] + ["requirements-dev.txt"]
    for root in roots:
        path = REPO / root
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            built = {"__pycache__", "dist"} & set(file.parts)
            if file.is_file() and not built:
                digest.update(f"{file.relative_to(REPO)}\0".encode())
                digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def requirements(surface: str) -> Path:
    """Return the file of the pins that a surface's layer is made of."""
    return REPO / PINS.get(surface, "requirements.txt")


def _copy_tree(tree: Path, stage: stages.Stage, surface: str, machine: str) -> None:
    """Copy what a surface carries and nothing else: no byte code, no drafts, no local settings."""
    tree.mkdir()
    shutil.copy(REPO / "app.py", tree)
    shutil.copytree(REPO / "chalicelib", tree / "chalicelib", ignore=LEFT_OUT)
    for path in (*unreached(tree, surface), *_not_read(tree / "chalicelib/data", surface)):
        path.unlink()
    leave_regions_out(tree / "chalicelib/data/areas", stage["region"])
    write_region_data(tree / "chalicelib/data", stage)
    for listed in ("national.json", "retired.json"):
        if (path := tree / "chalicelib/data/areas" / listed).is_file():
            leave_names_out(path)
    shutil.copytree(HERE / "policies", tree / "infra" / "policies")
    (tree / "requirements.txt").touch()  # the packages are in the layer
    (tree / ".chalice").mkdir()
    config = json.loads(CONFIG.read_text("utf-8"))
    config["lambda_architecture"] = "arm64" if machine == "aarch64" else machine
    (tree / ".chalice" / "config.json").write_text(json.dumps(config))


def _not_read(data: Path, surface: str) -> list[Path]:
    """Data that a surface does not read."""
    return [path for pattern in NOT_READ.get(surface, ()) for path in data.glob(pattern)]


def leave_regions_out(areas: Path, own: str) -> None:
    """Take the villages of all regions but a pilot's own out of a folder of lists."""
    for path in areas.glob("[0-9][0-9][0-9][0-9].json"):
        if path.stem != own:
            path.unlink()


def copy_pages(pages: Path, target: Path, surface: str) -> None:
    """Copy the answer templates that an API can come to; screening answers nobody.

    Args:
        pages: all of them; those in `staff/` are the staff's, the others the public's. Either may
            build on another's.
        target: folder for the copies.
        surface: as `TEPAT_SURFACE` names it.
    """
    if surface not in PAGES:
        return
    waiting = list(pages.glob(PAGES[surface]))
    kept = {pages / "assets.json"}
    while waiting:
        page = waiting.pop()
        if page not in kept:
            kept.add(page)
            named = TEMPLATE_NAME.findall(page.read_text("utf-8"))
            waiting += [pages / name for name in named]
    for path in kept:
        copy = target / path.relative_to(pages)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)


def leave_names_out(path: Path) -> None:
    """Rewrite a list of areas with its codes alone: parent -> the two digits of each child.

    Functions ask only whether a code is in a list. The names, which `tepat nik check` tells and
    the sandbox uses, would be a tenth of the code zip; those of a region's own villages and
    districts stand in files of their own and stay.
    """
    listed = json.loads(path.read_text("utf-8"))
    codes: dict[str, str] = {}
    for code in sorted(listed.pop("areas")):
        codes[code[:-2]] = codes.get(code[:-2], "") + code[-2:]
    path.write_text(json.dumps(listed | {"codes": codes}, separators=(",", ":")), "utf-8")


def _build_site(stage: stages.Stage, site: Path, answers: Path) -> None:
    told = {
        **stage["contacts"],
        "language": stage["languages"][0],
        "recovery_days": stage["retention"]["recovery_days"],
    }
    command = [sys.executable, "-m", "frontend.build", "--region", stage["region"]]
    command += ["--pilot", json.dumps(told)]
    _run([*command, "--out", str(site), "--answers", str(answers)], REPO)


def _package(tree: Path, stage: stages.Stage, surface: str, out: Path) -> Path:
    merge = out.with_suffix(".merge.json")
    merge.write_text(json.dumps(filled(read(HERE / f"{surface}.merge.yaml"), stage)))
    name = chalice_stage(stage["name"], surface)
    command = [sys.executable, "-B", str(HERE / "chalice_package.py"), ".", name]
    said = _run([*command, str(merge), str(out)], tree)
    if "Could not install" in said:  # Chalice says so and ends as if all were well
        raise BuildError(said)
    return out


def _compile_alone(code: Path) -> None:
    """Put byte code in the place of the sources: 0.4 MB instead of 0.7, and nothing to compile.

    Docstrings go too, but for those that are descriptions in the OpenAPI document.
    """
    byte_compile(code, "/var/task", "-b", "-o", "2")
    for described in filter(Path.is_file, map(code.joinpath, DESCRIBED)):
        home = Path("/var/task", described.relative_to(code)).parent
        byte_compile(described, str(home), "-b", "-o", "0")
    for source in code.rglob("*.py"):
        source.unlink()


def _run(command: list[str], cwd: Path) -> str:
    environ = os.environ | {"AWS_DEFAULT_REGION": REGION, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        command, cwd=cwd, env=environ, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BuildError(f"{' '.join(command[:4])} failed:\n{done.stdout}{done.stderr}".strip())
    return done.stdout + done.stderr


def layers_of(package: Package) -> list[Path]:
    """Return the zips of all layers, each once."""
    return list(dict.fromkeys(map(package.layer, SURFACES)))


def write_report(package: Package) -> None:
    """Write sizes and hashes of every file of a package beside them, the site's too.

    Raises:
        BuildError: a code zip is over its budget.
    """
    folder, report = package.folder, package.folder / "report.json"
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path != report)
    told: dict[str, Any] = {
        path.relative_to(folder).as_posix(): {
            "bytes": path.stat().st_size,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        }
        for path in files
    }
    report.write_text(json.dumps(told, indent=2) + "\n")
    for path in map(package.code, SURFACES):
        size = path.stat().st_size
        if size > CODE_LIMIT:
            raise BuildError(f"{path.name} has {size:,} bytes; the budget is {CODE_LIMIT:,}")
