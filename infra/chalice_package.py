"""One run of Chalice's packager, in a process of its own: it imports the app that it packages."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from chalice.cli.factory import CLIFactory
from chalice.deploy.validate import validate_configuration


def main(tree: str, stage: str, merge_template: str, out: str) -> None:
    """Validate and package one surface.

    Chalice's own command does not validate, so a trailing slash or a queue's address where its
    name belongs would pass until the deployment.

    Args:
        tree: the clean copy of the project.
        stage: Chalice's stage in the tree's `.chalice/config.json`.
        merge_template: JSON template that is merged into Chalice's.
        out: folder for `sam.json` and `deployment.zip`.
    """
    factory = CLIFactory(tree, environ=os.environ)  # the app reads its surface from there
    config = factory.create_config_obj(stage)
    validate_configuration(config)
    packager = factory.create_app_packager(
        config, factory.create_package_options(), "cloudformation", "json", merge_template
    )
    Path(out).mkdir(parents=True, exist_ok=True)
    packager.package_app(config, out, stage)


if __name__ == "__main__":
    main(*sys.argv[1:])
