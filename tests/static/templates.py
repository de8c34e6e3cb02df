"""What CloudFormation is given is right: our templates, and the functions' before and after SAM.

`python -m tests.static.templates` packages each surface as a build does, but without the layer,
so that nothing is fetched, and lets cfn-lint read them as they are and as AWS transforms them.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from infra import shared, stages
from infra.build import SURFACES, _copy_tree, _package
from infra.template_lint import lint, transformed
from infra.templates import HERE, RESOURCES, read

STAGE = "banyuwangi"
EDGE_REGION = "us-east-1"  # where CloudFront's certificates and firewall are


def packaged(folder: Path) -> dict[str, Path]:
    """The templates of all surfaces, as `infra.build` makes them."""

    def one(surface: str) -> Path:
        return _package(trees[surface], stage, surface, folder / surface) / "sam.json"

    stage = stages.read(STAGE)
    trees = {surface: folder / f"{surface}-tree" for surface in SURFACES}
    # One after another, for two threads must not parse: they share the count of the depth
    # (CPython issue 106905), and one that is interrupted finds it changed.
    for surface, tree in trees.items():
        _copy_tree(tree, stage, surface, "aarch64")
    with ThreadPoolExecutor(2) as two:
        return dict(zip(SURFACES, two.map(one, SURFACES), strict=True))


def resources_in(paths: Sequence[Path]) -> int:
    """How many resources templates have."""
    return sum(len(read(path)["Resources"]) for path in paths)


def main() -> int:
    """Tell what is wrong."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        before = packaged(folder)
        after = []
        for name, path in before.items():
            after.append(folder / f"{name}.after.json")
            after[-1].write_text(json.dumps(transformed(path)), "utf-8")
        ours = [RESOURCES, *before.values(), *after]
        common = folder / "shared.json"
        common.write_text(json.dumps(shared.template()), "utf-8")
        found = lint([*ours, common]) + lint([HERE / "edge.yaml", common], EDGE_REGION)
        counts = [resources_in(group) for group in ([RESOURCES], list(before.values()), after)]
        edge = resources_in([HERE / "edge.yaml", common])
    if found:
        print(found)  # noqa: T201 - a program
    together = sum(counts) + edge
    print(  # noqa: T201
        f"templates: {together} resources looked at: {counts[0]} shared, {counts[1]} of the"
        f" functions before and {counts[2]} after the transform, {edge} at the edge and of the"
        " account"
    )
    grown = counts[2] > counts[1] > 0  # the transform makes roles and permissions of functions
    return 0 if not found and counts[0] and grown and edge else 1


if __name__ == "__main__":
    sys.exit(main())
