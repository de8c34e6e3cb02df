"""Questions of the demonstration model, worded as SUSENAS and DTSEN word them.

SUSENAS is the statistics office's yearly household survey, DTSEN the national register from
which aid is paid (rulebook section 3). Twelve questions, so that the form fits a phone.
"""

from __future__ import annotations

NOTICE = (
    "Model peragaan: bobotnya dihitung dari survei rumah tangga Pakistan 2015-2016, bukan bobot "
    "resmi. Bobot resmi Indonesia tidak dipublikasikan. Hasil ini hanya untuk memperagakan cara "
    "kerja sistem dan tidak menentukan bantuan yang sebenarnya."
)


def _choice(
    code: str, step: str, text: str, hint: str, options: dict[str, str]
) -> dict[str, object]:
    return {
        "code": code,
        "step": step,
        "kind": "choice",
        "text": text,
        "hint": hint,
        "options": [{"code": key, "text": value} for key, value in options.items()],
    }


def _count(
    code: str, step: str, text: str, hint: str, *, bounds: tuple[int, int]
) -> dict[str, object]:
    return {
        "code": code,
        "step": step,
        "kind": "count",
        "text": text,
        "hint": hint,
        "min": bounds[0],
        "max": bounds[1],
    }


def _yes_no(code: str, step: str, text: str, hint: str) -> dict[str, object]:
    return {"code": code, "step": step, "kind": "yes_no", "text": text, "hint": hint}


QUESTIONS = (
    _choice(
        "tenure",
        "housing",
        "Apa status tempat tinggal Anda?",
        "Milik orang tua yang ditempati tanpa bayar termasuk bebas sewa.",
        {
            "owned": "Milik sendiri",
            "rented": "Kontrak atau sewa",
            "free": "Bebas sewa atau menumpang",
            "official": "Rumah dinas",
        },
    ),
    _count(
        "rooms",
        "housing",
        "Ada berapa ruangan di tempat tinggal Anda?",
        "Hitung kamar tidur, ruang tamu, dan ruang keluarga. Dapur dan kamar mandi tidak dihitung.",
        bounds=(1, 20),
    ),
    _choice(
        "toilet",
        "housing",
        "Jamban (WC) apa yang biasa dipakai keluarga Anda?",
        "Pilih jamban yang paling sering dipakai, milik sendiri atau bersama.",
        {
            "flush_sewer": "Kloset leher angsa, dibuang ke saluran limbah kota atau komplek",
            "flush_tank": "Kloset leher angsa, dibuang ke tangki septik atau lubang resapan",
            "flush_drain": "Kloset leher angsa, dibuang ke selokan, kolam, atau sungai",
            "pit": "Plengsengan atau cemplung (tanpa air)",
            "none": "Tidak ada jamban",
        },
    ),
    _choice(
        "water",
        "utilities",
        "Dari mana air minum utama keluarga Anda?",
        "Pilih sumber yang paling sering dipakai untuk minum.",
        {
            "bottled": "Air kemasan bermerek",
            "refill": "Air isi ulang",
            "tap": "Leding (PDAM)",
            "pump": "Sumur bor atau sumur dengan pompa listrik",
            "hand_pump": "Sumur dengan pompa tangan",
            "well_protected": "Sumur gali terlindung",
            "well_open": "Sumur gali tidak terlindung",
            "spring": "Mata air",
            "vendor": "Air tangki, gerobak, atau leding eceran",
            "surface": "Sungai, danau, kolam, atau irigasi",
            "rain": "Air hujan",
        },
    ),
    _choice(
        "lighting",
        "utilities",
        "Apa sumber penerangan utama di rumah Anda?",
        "Bila menyambung dari rumah lain, pilih listrik PLN tanpa meteran sendiri.",
        {
            "meter": "Listrik PLN dengan meteran sendiri",
            "shared": "Listrik PLN tanpa meteran sendiri",
            "other_power": "Listrik bukan PLN (genset, tenaga surya, mikrohidro)",
            "none": "Bukan listrik (pelita, petromaks, obor)",
        },
    ),
    _choice(
        "fuel",
        "utilities",
        "Bahan bakar apa yang paling sering dipakai untuk memasak?",
        "Bila memakai lebih dari satu, pilih yang paling sering.",
        {
            "gas": "Gas elpiji atau gas kota",
            "electric": "Listrik",
            "solid": "Kayu bakar, arang, briket, atau minyak tanah",
            "no_cooking": "Tidak memasak di rumah",
        },
    ),
    _choice(
        "internet",
        "utilities",
        "Bagaimana keluarga Anda memakai internet di rumah?",
        "Bila ada lebih dari satu cara, pilih yang langganan tetap.",
        {
            "none": "Tidak memakai internet di rumah",
            "mobile": "Lewat paket data HP atau modem",
            "fixed": "Lewat langganan kabel atau Wi-Fi rumah",
        },
    ),
    _yes_no(
        "mobile",
        "assets",
        "Apakah ada anggota keluarga yang punya HP?",
        "HP apa saja, termasuk yang bukan telepon pintar.",
    ),
    _yes_no(
        "laptop",
        "assets",
        "Apakah keluarga Anda punya laptop atau tablet?",
        "Yang masih dapat dipakai. Pinjaman dari sekolah atau kantor tidak dihitung.",
    ),
    _yes_no(
        "computer",
        "assets",
        "Apakah keluarga Anda punya komputer meja?",
        "Yang masih dapat dipakai.",
    ),
    _yes_no(
        "landline",
        "assets",
        "Apakah di rumah Anda ada telepon kabel?",
        "Telepon rumah, bukan HP.",
    ),
    _choice(
        "land",
        "assets",
        "Apakah keluarga Anda punya sawah, kebun, atau lahan pertanian lain?",
        "Tanah tempat rumah berdiri tidak dihitung. Satu hektare sama dengan 10.000 meter persegi.",
        {
            "none": "Tidak punya",
            "under_1ha": "Punya, kurang dari 1 hektare",
            "from_1ha": "Punya, 1 hektare atau lebih",
        },
    ),
)
