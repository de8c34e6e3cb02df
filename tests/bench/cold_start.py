"""Does what a function does on its first call, up to the network, and tells what it has loaded.

Run as a program in a bare interpreter, since only that shows what a cold start loads:
`python -S -P cold_start.py KEPT FUNCTION [plain]`. `plain` does the work and watches nothing, for
counting instructions.
"""

from __future__ import annotations

import json
import site  # noqa: F401 - every Lambda function has it; -S only leaves out what it would install
import sys
from importlib.machinery import ModuleSpec

IMPORTER = ("importlib", "_frozen_importlib")
OURS = ("tests", "__main__", "__mp_main__")


class Watch:
    """Notes which module asked first for each module that is looked for."""

    def __init__(self) -> None:
        self.asked_by: dict[str, str] = {}

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        """Note who asks and leave the finding to others."""
        frame = sys._getframe(1)
        while frame.f_back and frame.f_globals.get("__name__", "").startswith(IMPORTER):
            frame = frame.f_back
        self.asked_by.setdefault(name, frame.f_globals.get("__name__", ""))
        return None


def main(kept: str, function: str, *how: str) -> None:
    """Use the function once and print what that took."""
    with open(kept, encoding="utf-8") as file:  # noqa: PTH123 - pathlib would be counted
        part = json.load(file)[function]
    watch = Watch()
    if not how:
        sys.meta_path.insert(0, watch)
    from tests.bench import functions

    functions.handler(function)  # Lambda imports it before anything else
    from tests.bench import bare

    wire = bare.stand_around(part["items"], part["secrets"], part["now"], part["jwks"])
    functions.first_use(function, part["told"])
    loaded = sorted(name for name in sys.modules if name.partition(".")[0] not in OURS)
    asked_by = {name: watch.asked_by.get(name, "") for name in loaded}
    print(json.dumps({"asked_by": asked_by, "calls": dict(wire.calls)}))  # noqa: T201 - a program


if __name__ == "__main__":
    main(*sys.argv[1:])
