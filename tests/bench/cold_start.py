"""Does what a function does on its first call, up to the network, and tells what it has loaded.

Run as a program, since only a fresh process shows what a cold start loads:
`python cold_start.py public_api|staff_api|relay|check_identity|score_household|release_guards`
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable


def public_api() -> None:
    """A family registers, which is the most that this function does."""
    from chalicelib import wiring

    ports = wiring.register_ports()
    wiring.find_ports()
    wiring.client("kms")
    ports.sealer.seal(b"who the family is", "ABCDEFGHJK|0")


def status() -> None:
    """A family looks at its case: the part of the public function that most calls need."""
    from chalicelib import wiring

    wiring.find_ports()
    wiring.status_ports()
    wiring.client("kms")


def staff_api() -> None:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: F401 - opening needs it

    from chalicelib import wiring

    wiring.read_ports()
    wiring.queue_ports()
    wiring.show_ports()
    wiring.client("kms")


def relay() -> None:
    from chalicelib import wiring

    wiring.queues()


def check_identity() -> None:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: F401 - opening needs it

    from chalicelib import wiring
    from chalicelib.usecases.check_identity import check_identities  # noqa: F401

    wiring.check_ports()
    wiring.client("kms")


def score_household() -> None:
    from chalicelib import wiring
    from chalicelib.usecases.score import score_households  # noqa: F401

    wiring.score_ports()


def release_guards() -> None:
    from chalicelib import wiring
    from chalicelib.usecases.release_guards import release_guards as release  # noqa: F401

    wiring.release_ports()


FUNCTIONS: dict[str, Callable[[], None]] = {
    function.__name__: function
    for function in (
        public_api,
        status,
        staff_api,
        relay,
        check_identity,
        score_household,
        release_guards,
    )
}

if __name__ == "__main__":
    import app  # noqa: F401 - as Lambda does first

    FUNCTIONS[sys.argv[1]]()
    packages = {name.partition(".")[0] for name in sys.modules}
    print(json.dumps({"modules": len(sys.modules), "packages": sorted(packages)}))  # noqa: T201
