"""Templates as CloudFormation gets them: after SAM's transform, and read by cfn-lint."""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from infra.build import REGION


class NoManagedPolicies:
    """SAM's transform asks for AWS's own policies, which ours do not use."""

    def load(self) -> dict[str, str]:
        """Return none of them."""
        return {}


def transformed(template: Path) -> dict[str, Any]:
    """Return a template as AWS's transform leaves it; the zips are elsewhere by then."""
    from samtranslator.translator.transform import transform

    # It counts for its makers how often it ran, and warns that nobody collects that.
    logging.getLogger("samtranslator").setLevel(logging.ERROR)
    os.environ.setdefault("AWS_DEFAULT_REGION", REGION)
    text = re.sub(r'"\./([\w-]+\.zip)"', r'"s3://bucket/\1"', template.read_text("utf-8"))
    done: dict[str, Any] = transform(json.loads(text), {}, NoManagedPolicies())
    return done


def lint(paths: Sequence[Path], region: str = REGION) -> str:
    """Return what cfn-lint says of some templates; "" also means that it ran and ended well."""
    program = Path(sys.executable).with_name("cfn-lint")
    command = [str(program), "--regions", region, "--", *map(str, paths)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    return ran.stdout + ran.stderr + ("" if ran.returncode == 0 else f"ended {ran.returncode}")
