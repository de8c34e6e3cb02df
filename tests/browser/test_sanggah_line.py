"""An appeal over a line that breaks, with answers that get lost: each photo arrives once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from healthy_pages import healthy
from phone_photos import is_upright, photo
from playwright.sync_api import Page, Route, expect
from pretend_api import PretendApi
from pretend_bucket import Upload
from sanggah_filling import SENT, SMALL, TEXT, fill_appeal, number_of, posts, send, to_appeal

pytestmark = pytest.mark.browser


@pytest.fixture
def base(pretend: PretendApi) -> str:
    return pretend.base


def test_a_line_cut_in_the_middle_of_a_photo_is_taken_up_again(
    page: Page, pretend: PretendApi, arrived: Callable[[], list[Upload]]
) -> None:
    to_appeal(page, pretend.refused_family())
    fill_appeal(page, [photo(1, SMALL), photo(6, SMALL), photo(8, SMALL)])
    pretend.bucket.faults += ["", "cut", "cut", ""]
    send(page)
    expect(page.get_by_text(SENT)).to_be_visible(timeout=60_000)
    keys = [one.key for one in arrived()]
    assert len(keys) == len(set(keys)) == 3
    assert len(pretend.bucket.tried) == 5  # the first was not begun again
    assert pretend.bucket.tried[0] == keys[0]


def test_after_many_tries_it_waits_for_a_person_or_for_the_line(
    page: Page, pretend: PretendApi, arrived: Callable[[], list[Upload]]
) -> None:
    page.clock.install()
    to_appeal(page, pretend.refused_family())
    fill_appeal(page, [photo(1, SMALL)])
    page.route(f"{pretend.bucket.base}/**", lambda route: route.abort())
    send(page)
    go_on = page.get_by_role("button", name="Lanjutkan kirim foto")
    for _ in range(100):
        page.clock.run_for(2000)
        if go_on.is_visible():
            break
    expect(page.get_by_text("Foto yang belum terkirim tetap ada di HP ini")).to_be_visible()
    healthy(page)
    page.unroute(f"{pretend.bucket.base}/**")
    go_on.click()
    expect(page.get_by_text(SENT)).to_be_visible()
    assert len(arrived()) == 1


def test_a_page_closed_between_two_photos_goes_on_with_the_second(
    page: Page, pretend: PretendApi, arrived: Callable[[], list[Upload]]
) -> None:
    filed = posts(page, "/v1/appeals")
    to_appeal(page, pretend.refused_family())
    fill_appeal(page, [photo(1, SMALL), photo(6, SMALL)])
    pretend.bucket.faults += ["", *["cut"] * 9]
    send(page)
    expect(page.get_by_text("Sambungan putus, dicoba lagi").first).to_be_visible()
    number = number_of(page)
    page.reload()
    pretend.bucket.faults.clear()
    assert number_of(page) == number
    expect(page.get_by_text(SENT)).to_be_visible(timeout=60_000)
    keys = [one.key for one in arrived()]
    assert len(keys) == len(set(keys)) == 2
    assert pretend.bucket.tried.count(keys[0]) == 1
    assert is_upright(arrived()[1].content)
    assert set(filed) == {filed[0]}  # asked again what is left, by the same request


def test_a_photo_whose_answer_was_lost_is_not_sent_again(
    page: Page, pretend: PretendApi, arrived: Callable[[], list[Upload]]
) -> None:
    to_appeal(page, pretend.refused_family())
    fill_appeal(page, [photo(6, SMALL)])
    pretend.bucket.faults += ["silent"]
    send(page)
    expect(page.get_by_text(SENT)).to_be_visible(timeout=60_000)
    assert len(arrived()) == 1
    assert len(pretend.bucket.tried) == 1


def test_a_grant_that_has_expired_is_asked_for_anew_by_the_same_request(
    page: Page, pretend: PretendApi, arrived: Callable[[], list[Upload]]
) -> None:
    filed = posts(page, "/v1/appeals")
    to_appeal(page, pretend.refused_family())
    fill_appeal(page, [photo(6, SMALL), photo(8, SMALL)])
    pretend.bucket.faults += ["", "expired"]
    send(page)
    expect(page.get_by_text(SENT)).to_be_visible(timeout=60_000)
    keys = [one.key for one in arrived()]
    assert len(keys) == len(set(keys)) == 2
    assert len(filed) == 2
    assert filed[0] == filed[1]


def test_no_photo_is_wasted_on_a_grant_that_is_five_minutes_old(
    page: Page, pretend: PretendApi, arrived: Callable[[], list[Upload]]
) -> None:
    page.add_init_script("window.later = 0; const now = Date.now; Date.now = () => now() + later;")
    filed = posts(page, "/v1/appeals")
    to_appeal(page, pretend.refused_family())
    fill_appeal(page, [photo(6, SMALL), photo(8, SMALL)])

    def slowly(route: Route) -> None:
        page.evaluate("window.later = 300000")
        route.continue_()

    page.route(f"{pretend.bucket.base}/**", slowly, times=1)
    send(page)
    expect(page.get_by_text(SENT)).to_be_visible(timeout=60_000)
    assert len(filed) == 2  # asked anew after the first photo, before the second
    assert filed[0] == filed[1]
    assert pretend.bucket.tried == [one.key for one in arrived()]
    assert len(arrived()) == 2


def test_a_photo_that_the_bucket_does_not_want_is_told_and_the_others_go_on(
    page: Page, pretend: PretendApi, arrived: Callable[[], list[Upload]]
) -> None:
    to_appeal(page, pretend.refused_family())
    fill_appeal(page, [photo(6, SMALL), photo(8, SMALL)])
    pretend.bucket.faults += ["expired", "expired"]
    send(page)
    expect(page.get_by_text("Ada foto yang tidak terkirim")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("Tidak terkirim", exact=True)).to_have_count(1)
    assert len(arrived()) == 1
    healthy(page)


def test_a_lost_answer_is_asked_for_again_with_the_same_key_and_nothing_changed(
    page: Page, pretend: PretendApi, arrived: Callable[[], list[Upload]]
) -> None:
    filed = posts(page, "/v1/appeals")
    first: list[str] = []

    def lose_the_first_answer(route: Route) -> None:
        if first:
            route.continue_()
            return
        first.append("lost")
        route.fetch()
        route.abort("connectionreset")

    page.route("**/v1/appeals", lose_the_first_answer)
    to_appeal(page, pretend.refused_family())
    fill_appeal(page, [photo(6, SMALL)])
    send(page)
    expect(page.get_by_role("alert")).to_contain_text("tanpa mengubahnya")
    healthy(page)
    page.reload()
    expect(page.get_by_label("Ceritakan keadaan")).to_have_value(TEXT)
    expect(page.get_by_label("Ceritakan keadaan")).to_be_disabled()
    send(page)
    expect(page.get_by_text(SENT)).to_be_visible(timeout=60_000)
    assert filed[0] == filed[1]
    assert len(arrived()) == 1
