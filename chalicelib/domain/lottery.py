"""The lottery that parts families with equal scores: committed before, revealed after, provable.

1. Before the population is frozen somebody draws 32 random bytes, the seed, and publishes only
   `commit(seed, occasion)`. The commitment hides the seed and binds to it.
2. The population is frozen, and its hash published.
3. Each family's draw is `draw(key(seed, population), family)`. It rests on both: whoever chose the
   seed did not know the population, and whoever made the population did not know the seed.
4. With the list the seed is published. Anybody checks `opens`, and draws again.

A commitment as in M. Blum, "Coin flipping by telephone" (1981); a draw is HMAC-SHA256 (RFC 2104),
which nobody can foretell without the key and everybody agrees on with it.
"""

from __future__ import annotations

import hashlib
import hmac

SEED_BYTES = 32
_DRAW_BYTES = 16  # two of 100 million families share a draw once in 10**22 populations
_HASH_DIGITS = 64


def commit(seed: bytes, occasion: str) -> str:
    """What is published before the population is frozen.

    Args:
        seed: 32 bytes from a source that nobody can foretell.
        occasion: what the draw is for, such as "banyuwangi 2026-4"; the same seed for another
            occasion has another commitment.

    Returns:
        SHA-256 in hexadecimal.

    Raises:
        ValueError: the seed is not 32 bytes, or the occasion is empty.
    """
    _check(seed)
    if not occasion.strip():
        raise ValueError("a commitment names its occasion")
    told = f"tepat lottery commitment 1\n{occasion}\n".encode()
    return hashlib.sha256(told + seed).hexdigest()


def opens(commitment: str, seed: bytes, occasion: str) -> bool:
    """Tell whether this seed is the one that was committed to for this occasion."""
    if len(seed) != SEED_BYTES or not occasion.strip():
        return False
    return hmac.compare_digest(commit(seed, occasion).encode(), commitment.encode())


def key(seed: bytes, population: str) -> bytes:
    """The key of the draws for one frozen population.

    Args:
        seed: the revealed seed.
        population: SHA-256 of the frozen population, 64 hexadecimal digits.

    Raises:
        ValueError: one of them has not that form.
    """
    _check(seed)
    if len(population) != _HASH_DIGITS or set(population) - set("0123456789abcdef"):
        raise ValueError("a population is named by its SHA-256 in lower-case hexadecimal")
    return hmac.digest(seed, b"tepat lottery key 1\n" + bytes.fromhex(population), "sha256")


def draw(key: bytes, family: str) -> str:
    """The number a family draws: among equal scores the lower draw comes first.

    Returns:
        32 hexadecimal digits, which sort as texts like the numbers they are.
    """
    return hmac.digest(key, family.encode(), "sha256")[:_DRAW_BYTES].hex()


def _check(seed: bytes) -> None:
    if len(seed) != SEED_BYTES:
        raise ValueError(f"a seed is {SEED_BYTES} bytes")
