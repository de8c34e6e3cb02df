"""What tests of assignment share: officers who are close to nobody, and a matter to judge."""

from __future__ import annotations

from typing import Any

from chalicelib.domain.assignment import Interests, Officer

HERE, NEIGHBOUR, FAR = "3510152001", "3510152002", "3510012001"
DISTRICT, OTHER_DISTRICT = HERE[:6], FAR[:6]


def digest(name: str) -> bytes:
    """What stands for a number in a profile, made of a name."""
    return name.encode().ljust(16, b".")


def officer(sub: str = "ani", **other: Any) -> Officer:
    """Somebody of whom all is told, and who is close to nobody."""
    told: dict[str, Any] = {
        "sub": sub,
        "roles": frozenset({"reviewer"}),
        "person": digest(f"{sub} nik"),
        "kk": digest(f"{sub} kk"),
        "phone": digest(f"{sub} phone"),
        "village": NEIGHBOUR,
        "districts": frozenset({DISTRICT}),
        "kin_at": 1,
    }
    return Officer(**told | other)


MATTER = Interests(
    village=HERE,
    people=frozenset({digest("head"), digest("child")}),
    kks=frozenset({digest("card"), digest("parents' card")}),
    contacts=frozenset({digest("a phone"), digest("a device")}),
    agent="agent-1",
    objector=digest("objector"),
)
