"""Values that are part of what is stored, drawn at random."""

from __future__ import annotations

from hypothesis import strategies as st

from chalicelib.domain.receipt import ALPHABET

moments = st.integers(0, 2**42)
codes = st.from_regex(r"[a-z][a-z_]{0,12}", fullmatch=True)
locators = st.text(ALPHABET, min_size=10, max_size=10)
villages = st.from_regex(r"[0-9]{10}", fullmatch=True)
