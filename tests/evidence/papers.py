"""PDF files: papers of a family, and what could be hidden in one. All made here, none can harm."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from io import BytesIO

from pypdf import PdfReader, PdfWriter

from chalicelib.domain.evidence import FileKind, Why
from tests.evidence.hostile_photos import PAGE, archive
from tests.evidence.photos import jpeg, saved, scene, swelling
from tests.evidence.samples import CANARY, EICAR, EITHER, RELEASED, Sample

SCRIPT = b"<</S/JavaScript/JS(app.alert\\(1\\))>>"
TEXT = b"BT /F1 24 Tf 40 700 Td (Surat keterangan) Tj ET 0.2 0.5 0.3 rg 40 300 300 200 re f"
NAMED = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 5 0 R>>>>"


def pdf(*objects: bytes, trailer: bytes = b"") -> bytes:
    """A PDF file of numbered objects, the first of them its root."""
    body = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n" % number + content + b"\nendobj\n"
    start = len(body)
    body += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    body += b"".join(b"%010d 00000 n \n" % place for place in places)
    body += b"trailer\n<</Size %d/Root 1 0 R%s>>\n" % (len(objects) + 1, trailer)
    return bytes(body + b"startxref\n%d\n%%%%EOF\n" % start)


def stream(content: bytes, more: bytes = b"") -> bytes:
    return b"<</Length %d%s>>\nstream\n" % (len(content), more) + content + b"\nendstream"


def packed(content: bytes, more: bytes = b"") -> bytes:
    return stream(zlib.compress(content, 9), b"/Filter/FlateDecode" + more)


def packed_zeros(size: int, more: bytes = b"") -> bytes:
    return stream(swelling(size), b"/Filter/FlateDecode" + more)


def paper(
    *more: bytes, root: bytes = b"", page: bytes = b"", text: bytes = b"", count: int = 1,
    trailer: bytes = b"",
) -> bytes:  # fmt: skip
    """A page of text. Objects from 6 on are the caller's; 3 is the page, 4 what stands on it."""
    return pdf(
        b"<</Type/Catalog/Pages 2 0 R" + root + b">>",
        b"<</Type/Pages/Kids[" + b"3 0 R " * count + b"]/Count %d>>" % count,
        NAMED + b"/Contents 4 0 R" + page + b">>",
        text or stream(TEXT),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        *more,
        trailer=trailer,
    )


def of_photos(count: int) -> bytes:
    first, *others = (scene(n) for n in range(1, count + 1))
    return saved(first, "PDF", save_all=True, append_images=others, title=CANARY.decode())


def locked(algorithm: str) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(BytesIO(paper())))
    writer.encrypt("rahasia", algorithm=algorithm)
    file = BytesIO()
    writer.write(file)
    return file.getvalue()


def hidden(content: bytes) -> bytes:
    """A PDF 1.5 file whose object 6 stands compressed in an object stream."""
    inside = b"6 0 " + content
    objects = [
        b"<</Type/Catalog/Pages 2 0 R/OpenAction 6 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        NAMED + b"/Contents 4 0 R>>",
        stream(TEXT),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        packed(inside, b"/Type/ObjStm/N 1/First 4"),  # object 7
    ]
    body = bytearray(b"%PDF-1.5\n")
    rows = [b"\0\0\0\0\xff"]
    for number, each in zip((1, 2, 3, 4, 5, 7), objects, strict=True):
        if number == 7:  # 6 is inside of 7
            rows.append(b"\x02\0\0\x07\0")
        rows.append(b"\x01" + len(body).to_bytes(3, "big") + b"\0")
        body += b"%d 0 obj\n" % number + each + b"\nendobj\n"
    start = len(body)
    rows.append(b"\x01" + start.to_bytes(3, "big") + b"\0")
    index = packed(b"".join(rows), b"/Type/XRef/W[1 3 1]/Size 9/Root 1 0 R")
    body += b"8 0 obj\n" + index + b"\nendobj\n"
    return bytes(body + b"startxref\n%d\n%%%%EOF\n" % start)


def annotated(annotation: bytes) -> bytes:
    return paper(b"<</Type/Annot/Rect[0 0 99 99]" + annotation + b">>", page=b"/Annots[6 0 R]")


def good() -> Iterator[tuple[str, Sample]]:
    """Papers that must be released."""
    papers = {
        "a letter": paper(),
        "as office programs write it": paper(root=b"/OpenAction[3 0 R/XYZ null null 0]"),
        "that opens at a page": paper(root=b"/OpenAction<</S/GoTo/D[3 0 R/Fit]>>"),
        "with a link": annotated(b"/Subtype/Link/A<</S/URI/URI(https://kelurahan.example)>>"),
        "of three photos": of_photos(3),
        "with names": paper(trailer=b"/Info<</Author(" + CANARY + b")/Title(" + CANARY + b")>>"),
        "with text behind": paper() + CANARY,
        "with an object that nobody names": paper(stream(CANARY)),
    }
    for name, content in papers.items():
        yield f"pdf {name}", Sample(FileKind.PDF, content, RELEASED)


ACTIVE = {
    "a script in a compressed object": hidden(SCRIPT),
    "a script by another object's name": paper(b"/Launch", root=b"/OpenAction<</S 6 0 R/F(a)>>"),
    "a program that is started": annotated(b"/Subtype/Link/A<</S/Launch/F(cmd.exe)>>"),
    "a program when it opens": paper(root=b"/OpenAction<</S/Launch/F(cmd.exe)>>"),
    "a place when it opens": paper(root=b"/OpenAction<</S/URI/URI(https://a.example)>>"),
    "another file's page": annotated(b"/Subtype/Link/A<</S/GoToR/F(a.pdf)/D[0/Fit]>>"),
    "an action of the page": paper(page=b"/AA<</O<</S/URI/URI(https://a.example)>>>>"),
    "an action of the file": paper(root=b"/AA<</WC<</S/Named/N/Print>>>>"),
    "a form that is sent": annotated(b"/Subtype/Link/A<</S/SubmitForm/F(https://a.example)>>"),
    "data that are brought in": annotated(b"/Subtype/Link/A<</S/ImportData/F(a.fdf)>>"),
    "a form of another kind": paper(stream(b"<xdp/>"), root=b"/AcroForm<</XFA 6 0 R/Fields[]>>"),
    "a file within": paper(
        stream(CANARY, b"/Type/EmbeddedFile"),
        b"<</Type/Filespec/F(a.exe)/EF<</F 6 0 R>>>>",
        root=b"/Names<</EmbeddedFiles<</Names[(a)7 0 R]>>>>",
    ),
    "a file on the page": annotated(b"/Subtype/FileAttachment/FS<</F(a.exe)>>"),
    "a film": annotated(b"/Subtype/Movie/Movie<</F(a.avi)>>"),
    "a sound": annotated(b"/Subtype/Link/A<</S/Sound>>"),
    "a player": annotated(b"/Subtype/RichMedia/RichMediaContent<<>>"),
    "a file that nobody names": paper(stream(b"MZ", b"/Type/EmbeddedFile")),
}
"""Papers that would do something; each of them also without the scanner's help."""

SCRIPTS = {
    "a script that is called otherwise": paper(root=b"/OpenAction<</S/J#61vaScript/J#53(1)>>"),
    "a script when it opens": paper(root=b"/OpenAction" + SCRIPT),
    "a script among its names": paper(root=b"/Names<</JavaScript<</Names[(a)" + SCRIPT + b"]>>>>"),
    "a script behind a link": annotated(b"/Subtype/Link/A" + SCRIPT),
}
"""The scanner's rule knows these before anything opens them."""

CIRCLE = pdf(
    b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 9>>"
)  # fmt: skip
ITSELF = stream(
    b"/X Do", b"/Type/XObject/Subtype/Form/BBox[0 0 99 99]/Resources<</XObject<</X 6 0 R>>>>"
)
DRAWS_ITSELF = paper(ITSELF, text=stream(b"/X Do"), page=b"/Resources<</XObject<</X 6 0 R>>>>")


def hostile() -> Iterator[tuple[str, Sample]]:
    """Papers that must not be released, or only as a clean copy."""

    def ends(why: str, papers: dict[str, bytes]) -> Iterator[tuple[str, Sample]]:
        for name, content in papers.items():
            yield f"pdf: {name}", Sample(FileKind.PDF, content, why)

    letter = paper()
    yield from ends(Why.ACTIVE_PDF, ACTIVE)
    yield from ends(Why.VIRUS, SCRIPTS)
    yield from ends(
        Why.VIRUS,
        {"a virus": letter + EICAR, "an archive behind": letter + archive()},
    )
    yield from ends(
        Why.LOCKED_PDF, {"a lock": locked("RC4-128"), "a newer lock": locked("AES-256")}
    )
    yield from ends(
        Why.TOO_MANY_PAGES, {"eleven pages": paper(count=11), "9,999 pages": paper(count=9_999)}
    )
    yield from ends(
        Why.BROKEN,
        {
            "only a beginning": b"%PDF-1.7",
            "a page of another kind": b"%PDF-" + PAGE,
            "pages in a circle": CIRCLE,
            "no pages": pdf(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[]/Count 0>>"),
            "chance": b"%PDF-1.7\n" + jpeg(),
            "too many objects": paper(*[b"null"] * 25_000),
            "cut at a third": letter[: len(letter) // 3],
        },
    )
    yield from ends(EITHER, odd())


def odd() -> dict[str, bytes]:
    """Papers that some reader mends and another does not."""
    letter = paper()
    wide = b"/Subtype/Image/Width 30000/Height 30000/ColorSpace/DeviceGray/BitsPerComponent 1"
    shown = {
        "text": stream(b"595 0 0 842 0 0 cm /I Do"),
        "page": b"/Resources<</XObject<</I 6 0 R>>>>",
    }
    box = b"/MediaBox[0 0 %s %s]"
    return {
        "cut at two thirds": letter[: len(letter) * 2 // 3],
        "cut before its end": letter[:-20],
        "a wrong index": letter.replace(b"0000000", b"0000009"),
        "an index in a circle": paper(trailer=b"/Prev 0"),
        "a drawing of itself": DRAWS_ITSELF,
        "text that swells": paper(text=packed_zeros(150_000_000)),
        "drawing without end": paper(text=packed(b"0 0 m 500 800 l S\n" * 2_000_000)),
        "a photo that swells": paper(packed_zeros(112_500_000, wide), **shown),
        "a photo of chance": paper(stream(CANARY * 99, wide + b"/Filter/JPXDecode"), **shown),
        "a fax of chance": paper(stream(CANARY * 99, wide + b"/Filter/JBIG2Decode"), **shown),
        "layers of packing": paper(packed(zlib.compress(bytes(9_000_000)), wide), **shown),
        "lists in lists": paper(b"[" * 20_000 + b"]" * 20_000),
        "saved states": paper(text=packed(b"q " * 1_000_000)),
        "a page without end": paper(page=box % (b"9e9", b"9e9")),
        "a page like a thread": paper(page=box % (b"14400", b"0.01")),
        "a page of nothing": paper(page=box % (b"0", b"0")),
        "a page inside out": paper(page=b"/MediaBox[595 842 0 0]"),
        "a letter case of chance": paper(
            stream(CANARY * 99),
            b"<</Type/FontDescriptor/FontName/A/FontFile2 6 0 R/Flags 4>>",
            b"<</Type/Font/Subtype/TrueType/BaseFont/A/FontDescriptor 7 0 R>>",
            page=b"/Resources<</Font<</F1 8 0 R>>>>",
        ),
        "a name of ten thousand letters": paper(b"/" + b"A" * 10_000),
        "a number without end": paper(b"9" * 100_000),
    }
