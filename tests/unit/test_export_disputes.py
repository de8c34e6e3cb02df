"""A list that leaves the system: written down first, marked, harmless to a spreadsheet."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chalicelib.domain import audit
from chalicelib.domain.errors import TooMany, TryAgain
from chalicelib.usecases import export_disputes, list_disputes, show_queue
from chalicelib.usecases.dispute_filter import Filter
from chalicelib.usecases.export_disputes import COLUMNS, PER_DAY, cell
from tests.court import Court
from tests.world import REGION, VILLAGE

ACTOR = "staff:officer-9"
SIGNS = "=+-@\uff1d\uff0b\uff0d\uff20|%\t\r\n\v\x00\u200b\ufeff\u00a0;,\"' 1A"


def ports(court: Court) -> export_disputes.Ports:
    world = court.world
    words = show_queue.Ports({}, {}, court.show_ports(), world.villages(), {})
    return export_disputes.Ports(
        world.clock, world.random, world.index, world.ledger, world.limits, words, REGION
    )


def listed(court: Court) -> list_disputes.DisputeList:
    world = court.world
    own = list_disputes.Ports(world.clock, world.store, court.disputes, court.terms, REGION)
    return list_disputes.of_region(Filter(), own)


def waiting(court: Court) -> None:
    court.conduct(court.appeal().dispute.ref)


def starts_a_formula(text: str) -> bool:
    """What Excel, LibreOffice or Google would calculate, blanks before it left out."""
    return text.strip().startswith(tuple("=+-@|%\uff1d\uff0b\uff0d\uff20"))


@settings(max_examples=200, deadline=None)
@given(st.text() | st.text(alphabet=SIGNS) | st.text(alphabet=SIGNS).map("=".__add__))
@example('=HYPERLINK("https://x.example","klik")')
@example("\t=1+1")
@example("a;=1+1")
@example("a,\r\n=1+1")
@example("\uff1d1+1")
@example("@SUM(1)")
def test_no_cell_is_calculated_however_the_file_is_read(text: str) -> None:
    made = cell(text)
    assert not starts_a_formula(made)
    out = io.StringIO()
    csv.writer(out, delimiter=";", quoting=csv.QUOTE_ALL).writerow(["x", made, "y"])
    for border in ";,\t|":
        rows = list(csv.reader(io.StringIO(out.getvalue()), delimiter=border))
        assert len(rows) == 1
        assert not any(starts_a_formula(each.strip('"')) for row in rows for each in row)
    assert next(csv.reader(io.StringIO(out.getvalue()), delimiter=";")) == ["x", made, "y"]


@settings(max_examples=50, deadline=None)
@given(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_ :.()-]*[a-z]", fullmatch=True))
def test_what_is_harmless_stays_as_it_is(text: str) -> None:
    assert cell(text) == text


def test_the_check_sees_a_formula() -> None:
    assert [starts_a_formula(text) for text in (" =1", "\uff20x", "'=1")] == [True, True, False]


def test_a_file_tells_who_took_it_when_and_how_many_and_names_nobody() -> None:
    court = Court()
    waiting(court)
    made = export_disputes.export(listed(court), ACTOR, ports(court))
    mark, header, *rows = csv.reader(io.StringIO(made.text), delimiter=";")
    (there,) = court.world.aws.disputes.values()
    assert mark[0].startswith(f"Ekspor {made.number} oleh akun officer-9 21 November 2026")
    assert mark[0].endswith(": 1 sanggah")
    assert tuple(header) == COLUMNS
    (row,) = [dict(zip(header, each, strict=True)) for each in rows]
    assert row == {
        "nomor": there.ref.locator,
        "jenis": "appeal",
        "langkah": "review",
        "alasan": "data_wrong",
        "desa": VILLAGE,
        "tingkat": "0",
        "petugas": there.officer[:8],
        "batas": row["batas"],
        "lewat_hari": "0",
        "umur_hari": "0",
        "diajukan": "2026-11-21",
        "tanda": "",
        "ekspor": made.number,
    }
    assert made.name == f"sanggah-3510-20261121-{made.number}-officer.csv"
    assert there.about not in made.text  # the family's own number opens its case


def test_it_is_in_the_ledger_before_it_goes_out() -> None:
    court = Court()
    waiting(court)
    made = export_disputes.export(listed(court), ACTOR, ports(court))
    (read,) = [each for each in court.world.aws.events.values() if each.act is audit.Act.READ]
    assert (read.actor, read.ref, read.reason) == (ACTOR, made.number, "export_1")
    again = export_disputes.export(listed(court), ACTOR, ports(court))
    assert again.number != made.number

    class Refuses:
        last_read = court.world.ledger.last_read

        def put_read(self, _event: object) -> bool:
            return False

    with pytest.raises(TryAgain):
        export_disputes.export(
            listed(court),
            ACTOR,
            replace(ports(court), ledger=Refuses()),  # type: ignore[arg-type]
        )


def test_so_many_a_day_and_no_more() -> None:
    court = Court()
    none = replace(listed(court), found=(), more=True)
    for _ in range(PER_DAY):
        made = export_disputes.export(none, ACTOR, ports(court))
    assert "bukan semua" in made.text
    with pytest.raises(TooMany):
        export_disputes.export(none, ACTOR, ports(court))
    export_disputes.export(none, "staff:another", ports(court))
    court.world.clock.advance(audit.DAY_MS)
    export_disputes.export(none, ACTOR, ports(court))


def test_an_account_s_signs_are_no_part_of_the_file_s_name() -> None:
    court = Court()
    made = export_disputes.export(listed(court), "staff:a-b_c", ports(court))
    assert made.name.endswith(f"{made.number}-abc.csv")
