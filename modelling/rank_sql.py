"""The ranking a second time, as one SQL over the table of a closed region's families.

DuckDB runs it here. Athena runs the same text over the same file: `hmac_sha256`, `to_utf8`,
`from_hex` and `to_hex` are its own functions, of which DuckDB lacks the first two and is given them
in SQL (`BESIDE`). Nothing of the Python ranking is used: draws, order, deciles and places are all
made by the database.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.domain.ranking import DECILES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import duckdb

    from modelling.closed_region import Region

_INNER, _OUTER, _BLOCK = 0x36, 0x5C, 64  # RFC 2104
_PADDED = (
    f"list_transform(range({_BLOCK}), lambda place: printf('%02x', xor(CASE WHEN "
    "place < octet_length(secret) "
    "THEN ('0x' || substr(to_hex(secret), (2 * place + 1)::BIGINT, 2))::INTEGER ELSE 0 END, byte)))"
)
_KEYED = f"padded(secret, {_OUTER}) || from_hex(sha256(padded(secret, {_INNER}) || told))"
BESIDE = (
    "CREATE MACRO to_utf8(told) AS encode(told)",
    f"CREATE MACRO padded(secret, byte) AS from_hex(array_to_string({_PADDED}, ''))",
    f"CREATE MACRO hmac_sha256(told, secret) AS from_hex(sha256({_KEYED}))",
)
"""What Athena has and DuckDB has not."""

_DIGITS = "123456789a"  # of `limits`: the highest decile in which a programme would be given


def query(manifest: Any, key: bytes, table: str = "families") -> str:  # noqa: ANN401 - JSON
    """The SELECT that ranks a closed region.

    Its rows are the families in order: id, score, draw, place, decile, and for each programme
    `place_<code>`: the how-manieth family it is of those that the rules would give it, or NULL.

    Args:
        manifest: of the region.
        key: of its lottery.
        table: of its families.
    """
    weight = "persons" if manifest["by"] == "persons" else "1"
    # The limit of each programme is a digit; what is not in the list of digits is no decile.
    may = {
        code: f"decile <= strpos('{_DIGITS}', substr(limits, {place}, 1))"
        for place, code in enumerate(manifest["programmes"], 1)
    }
    places = "".join(
        f",\n  CASE WHEN {given} THEN row_number() OVER (PARTITION BY {given} ORDER BY place) END"
        f" AS place_{code.lower()}"
        for code, given in may.items()
    )
    return f"""WITH drawn AS (
  SELECT id, score, {weight} AS weight, limits,
    lower(substr(to_hex(hmac_sha256(to_utf8(id), from_hex('{key.hex()}'))), 1, 32)) AS draw
  FROM {table}
), placed AS (
  SELECT id, score, draw, weight, limits,
    row_number() OVER (ORDER BY score, draw, id) AS place,
    CAST(sum(weight) OVER (ORDER BY score, draw, id ROWS UNBOUNDED PRECEDING) AS BIGINT) - weight
      AS before,
    CAST(sum(weight) OVER () AS BIGINT) AS total
  FROM drawn
), parted AS (
  SELECT id, score, draw, place, limits,
    CAST(1 + (before * {DECILES} - (before * {DECILES}) % total) / total AS BIGINT) AS decile
  FROM placed
)
SELECT id, score, draw, place, decile{places}
FROM parted
ORDER BY place"""  # noqa: S608 # nosec B608 - numbers, a key in hexadecimal, proven codes


def opened() -> duckdb.DuckDBPyConnection:
    """A database that knows what Athena knows."""
    import duckdb

    connection = duckdb.connect()
    for macro in BESIDE:
        connection.execute(macro)
    return connection


def ranked(region: Region) -> Iterator[Sequence[Any]]:
    """The rows of the query, run by DuckDB over the region's file."""
    with opened() as connection:
        connection.read_parquet(str(region.families)).create_view("families")
        rows = connection.execute(query(region.manifest, region.key))
        while some := rows.fetchmany(50_000):
            yield from some
