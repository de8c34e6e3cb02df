"""Names become tags that find a family in its village and tell nothing else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import name_tags
from tests.fakes_keys import FakeBlindIndex

VILLAGE, OTHER = "3510120001", "3510120002"
mac = FakeBlindIndex().mac
NAMES = st.lists(
    st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyz"), min_size=2, max_size=9),
    min_size=1,
    max_size=4,
)


def tags(name: str, village: str = VILLAGE) -> bytes:
    return name_tags.tags_of(mac, village, name)


def test_titles_marks_order_and_case_do_not_part_a_name() -> None:
    kept = tags("SITI AMINAH")
    for typed in ("Bu Siti Aminah", "aminah, siti", "Hj. Siti  AMINAH", "Sití Aminah S."):
        assert name_tags.is_whole(tags(typed), kept), typed


def test_a_first_name_of_many_spellings_is_left_out_unless_it_is_all_there_is() -> None:
    assert tags("Moch. Slamet") == tags("Muhammad Slamet") == tags("Slamet")
    assert name_tags.words_of("Muhammad") == ("muhammad",)


def test_a_part_of_a_name_finds_it_and_a_word_too_many_does_not() -> None:
    kept = tags("Siti Aminah Lestari")
    assert name_tags.is_whole(tags("Aminah"), kept)
    assert not name_tags.is_whole(tags("Siti Aminah Rahayu"), kept)
    assert name_tags.words_shared(tags("Siti Aminah Rahayu"), kept) == 2


def test_an_apostrophe_parts_no_word() -> None:
    for typed in ("Ma'ruf", "Maruf", "MA'RUF"):
        assert name_tags.words_of(typed) == ("maruf",)


def test_kept_tags_are_found_by_later_versions() -> None:
    """Nobody has the names to make them anew from."""
    words = [f"{VILLAGE}|{word}".encode() for word in ("aminah", "siti")]
    assert tags("Siti Aminah") == b"".join(mac("name", word)[:3] for word in words)


def test_nothing_given_finds_nobody() -> None:
    assert not name_tags.is_whole(tags("..."), tags("Siti"))


def test_another_village_has_other_tags() -> None:
    assert tags("Siti") != tags("Siti", OTHER)


@given(NAMES)
def test_tags_are_three_bytes_a_word_and_at_most_six_words(words: list[str]) -> None:
    made = tags(" ".join(words * 3))
    assert len(made) == name_tags.TAG * len(name_tags.words_of(" ".join(words)))
    assert len(made) <= name_tags.TAG * name_tags.MOST_WORDS
