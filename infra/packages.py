"""The package that `make package` built, as a deployment takes it: whole and unchanged."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

from infra import stages
from infra.build import SURFACES, Package, requirements
from infra.layer import REPO, BuildError, build_layer

REPORT = "report.json"
BUILT = REPO / "build"


def opened(stage_name: str, built: Path = BUILT) -> Package:
    """Find a pilot's package and compare every file with the report of its build.

    Args:
        stage_name: the pilot.
        built: folder of all packages.

    Raises:
        BuildError: there is none, or it is not what was built: what to do is told.
    """
    package, again = Package(built / stage_name), f"make package STAGE={stage_name}"
    report = package.folder / REPORT
    if not report.is_file():
        raise BuildError(f"there is no package of {stage_name} in build/. First: {again}")
    try:
        told = {name: file["sha256"] for name, file in json.loads(report.read_text()).items()}
    except (ValueError, TypeError, KeyError, AttributeError):
        raise BuildError(f"{report} cannot be read. Build again: {again}") from None
    needed = {path.name for surface in SURFACES for path in _files(package, surface)}
    if missing := sorted(needed - told.keys()):
        raise BuildError(f"the package lacks {', '.join(missing)}. Build again: {again}")
    for name, digest in sorted(told.items()):
        path = package.folder / name
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            raise BuildError(
                f"{name} is not what was built: it was changed or removed afterwards, and is not\n"
                f"deployed. Build again: {again}"
            )
    if not package.site.is_dir():
        raise BuildError(f"the package has no site. Build again: {again}")
    return package


def refuse_a_trial(package: Package, stage: stages.Stage) -> None:
    """Refuse what is good enough to try here, and not for people.

    Args:
        package: that an account would get.
        stage: what its pilot's file says.

    Raises:
        BuildError: nobody could build it again, or the file still has made-up addresses.
    """
    again = f"make package STAGE={stage['name']}"
    if blank := stages.unfilled(stage):
        raise BuildError(
            f"infra/stages/{stage['name']}.yaml still has what `make pilot` made up: "
            f"{', '.join(blank)}.\nFill it in, commit, and build again: {again}"
        )
    origin = json.loads((package.folder / "origin.json").read_text("utf-8"))["commit"]
    if origin.endswith("-dirty"):
        raise BuildError(
            f"the package has changes that no commit holds. Commit them, and build again: {again}"
        )


def origin(package: Package) -> str:
    """Return the commit that a package was built from; "" when it does not say.

    It ends with `-dirty` when the tree had changes that no commit holds.
    """
    try:
        return str(json.loads((package.folder / "origin.json").read_text("utf-8"))["commit"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def refuse_uncommitted(package: Package) -> None:
    """Let only what can be built again go where people are served.

    Raises:
        BuildError: it was built from changes that no commit holds, or by another way.
    """
    commit = origin(package)
    if not commit or commit.endswith("-dirty"):
        raise BuildError(
            "this package is of no commit, so nobody could build it again; it may be tried with\n"
            "ENDPOINT=local. Commit, and build again: make package"
        )


def for_machine(package: Package, machine: str, into: Path) -> Package:
    """A package as another processor runs it: the same files but for what is native.

    Code zips, templates and the site are those of the package. Only the layers hold machine code;
    they are made of the same pins for the other processor, and the templates name it.

    Args:
        package: built for AWS.
        machine: `x86_64` or `aarch64`.
        into: folder for the result; emptied first.
    """
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    there = Package(into)
    shutil.copytree(package.site, there.site)
    shutil.copy(package.resources, there.resources)
    named = "arm64" if machine == "aarch64" else machine
    for surface in SURFACES:
        shutil.copy(package.code(surface), there.code(surface))
        layer = build_layer(machine, BUILT / "cache", requirements(surface))
        shutil.copy(layer, there.layer(surface))
        template = json.loads(package.template(surface).read_text("utf-8"))
        for resource in template["Resources"].values():
            if "Architectures" in resource.get("Properties", {}):
                resource["Properties"]["Architectures"] = [named]
        there.template(surface).write_text(json.dumps(template), "utf-8")
    return there


def _files(package: Package, surface: str) -> list[Path]:
    files = [package.code(surface), package.layer(surface), package.template(surface)]
    return [*files, package.resources]
