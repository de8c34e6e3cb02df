"""What the sandbox IKD shows to a person: who signs in, in plain Indonesian, without scripts."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterable, Mapping
from html import escape
from typing import Final
from urllib.parse import urlsplit

_STYLE: Final = """
body { font: 18px/1.5 sans-serif; margin: 0 auto; padding: 1rem; max-width: 34rem; color: #1b1b1b }
.note { background: #fff3cd; padding: .6rem .8rem }
.fault { border-left: 6px solid #b00020; padding: .4rem .8rem }
label { display: block; margin: .8rem 0 .2rem }
input { font: inherit; width: 100%; box-sizing: border-box; padding: .5rem }
button { font: inherit; display: block; width: 100%; margin: .5rem 0; padding: .6rem }
small { display: block; color: #555 }
"""
_HASH: Final = b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
NOT_REAL: Final = (
    "Ini IKD contoh untuk uji coba di komputer ini, bukan IKD yang sebenarnya. "
    "Semua orang di sini rekaan."
)


def headers(callback: str) -> dict[str, str]:
    """Headers of a page; its form leads on to the service, and Chromium checks that step too."""
    place = urlsplit(callback)
    service = f"{place.scheme}://{place.netloc}"
    return {
        "Cache-Control": "no-store",
        "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_HASH}'; "
        f"form-action 'self' {service}; base-uri 'none'; frame-ancestors 'none'",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }


def sign_in(transaction: str, people: Iterable[tuple[str, str]], faults: Mapping[str, str]) -> str:
    """The page on which an invented person signs in.

    Args:
        transaction: of this sign-in; the page brings it back.
        people: (NIK, name) of those who sign in with one button.
        faults: what is wrong with what was typed, by field.
    """
    kept = f'<input type="hidden" name="transaction" value="{escape(transaction)}">'
    buttons = "".join(
        f'<button name="nik" value="{escape(nik)}">{escape(name)}<small>{escape(nik)}</small>'
        "</button>"
        for nik, name in people
    )
    told = "".join(f'<p class="fault" role="alert">{escape(text)}</p>' for text in faults.values())
    return _page(
        "Masuk dengan IKD",
        f"{told}<h2>Pilih orang</h2>"
        f'<form method="post" action="/authorize">{kept}{buttons}</form>'
        "<h2>Atau tulis sendiri</h2>"
        f'<form method="post" action="/authorize">{kept}'
        '<label for="nik">NIK rekaan (empat angka akhir 9901 atau lebih)</label>'
        '<input id="nik" name="nik" inputmode="numeric" autocomplete="off" required>'
        '<label for="name">Nama</label>'
        '<input id="name" name="name" autocomplete="off">'
        "<button>Masuk</button></form>"
        f'<form method="post" action="/authorize">{kept}'
        '<button name="stop" value="1">Batal</button></form>',
    )


def refusal(why: str) -> str:
    """The page for somebody who cannot be sent back, since nobody knows to whom."""
    return _page(
        "Tidak bisa masuk",
        f'<p class="fault" role="alert">{escape(why)}</p>'
        "<p>Kembali ke layanan tadi, lalu mulai lagi dari sana.</p>",
    )


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="id"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title} - IKD contoh</title><style>{_STYLE}</style></head><body>"
        f'<p class="note">{NOT_REAL}</p><h1>{title}</h1>{body}</body></html>'
    )
