"""Makes clean copies of the pages of a PDF: drawn as they would be printed, as photos.

Runs in the cage only. The PDF itself is shown to nobody, and what draws it runs no script. One
that would do something, or carries files, is refused all the same: no paper of a family does.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Final

import pypdfium2
from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject
from pypdfium2 import raw

from chalicelib.adapters.clean_photo import LONGEST, copy_pixels, written
from chalicelib.adapters.photo_looks import looks_of
from chalicelib.domain.evidence import Remade, Unfit, Why

if TYPE_CHECKING:
    from pypdf.generic import PdfObject

_MOST_OBJECTS: Final = 20_000  # a paper of ten pages has some hundred
_MOST_SCALE: Final = 300 / 72  # dots to a point: no page is drawn finer than 300 an inch
# ISO 32000-1: actions 12.6, embedded files 7.11.4, XFA 12.7.8.
_KEYS: Final = frozenset(
    {"/AA", "/EF", "/EmbeddedFiles", "/JS", "/JavaScript", "/RichMedia", "/XFA"}
)
_KINDS: Final = frozenset(
    {
        "/EmbeddedFile",
        "/FileAttachment",
        "/GoToE",
        "/GoToR",
        "/ImportData",
        "/JavaScript",
        "/Launch",
        "/Movie",
        "/Rendition",
        "/RichMedia",
        "/RichMediaExecute",
        "/Sound",
        "/SubmitForm",
    }
)


def remake_paper(content: bytes, pixels: int, pages: int) -> Remade:
    """Draw the pages of a PDF.

    Args:
        pixels: most of a page.
        pages: most of them.

    Raises:
        Unfit: it is locked, would act when opened, or has too many pages.
        Exception: it cannot be opened; which one depends on where it is broken.
    """
    check_passive(content)
    paper = pypdfium2.PdfDocument(content)
    if len(paper) > pages:
        raise Unfit(Why.TOO_MANY_PAGES)
    if raw.FPDFDoc_GetAttachmentCount(paper) or raw.FPDFDoc_GetJavaScriptActionCount(paper):
        raise Unfit(Why.ACTIVE_PDF)
    copies: list[bytes] = []
    for page in paper:
        longest = max(page.get_size())
        if not 0 < longest < pixels:
            raise Unfit(Why.BROKEN)
        drawn = page.render(scale=min(LONGEST / longest, _MOST_SCALE), may_draw_forms=False)
        clean = copy_pixels(drawn.to_pil())
        if not copies:
            looks = looks_of(clean)
        copies.append(written(clean))
    return Remade(tuple(copies), *looks)


def check_passive(content: bytes) -> None:
    """Refuse a PDF that is locked, does something by itself, or carries files.

    Every object is looked at, also those that nothing names and those of older revisions.
    An opening destination is not an action: office programs write one into every file.

    Raises:
        Unfit: it is one of these, or has too many objects.
        Exception: it cannot be read.
    """
    reader = PdfReader(BytesIO(content))
    if reader.is_encrypted:
        raise Unfit(Why.LOCKED_PDF)
    numbers = {(number, age) for age, found in reader.xref.items() for number in found}
    numbers |= {(number, 0) for number in reader.xref_objStm}
    if len(numbers) > _MOST_OBJECTS:
        raise Unfit(Why.BROKEN)
    waiting: list[PdfObject | None] = [reader.trailer]
    waiting += [reader.get_object(IndirectObject(*each, reader)) for each in numbers]
    while waiting:
        found = waiting.pop()
        if isinstance(found, DictionaryObject):
            if _acts(found):
                raise Unfit(Why.ACTIVE_PDF)
            waiting += found.values()
        elif isinstance(found, ArrayObject):
            waiting += found


def _acts(found: DictionaryObject) -> bool:
    kinds = {str(found[name]) for name in ("/S", "/Subtype", "/Type") if name in found}
    if not _KEYS.isdisjoint(found) or not _KINDS.isdisjoint(kinds):
        return True
    if "/OpenAction" not in found:
        return False
    opening = found["/OpenAction"]
    return isinstance(opening, DictionaryObject) and str(opening["/S"]) != "/GoTo"
