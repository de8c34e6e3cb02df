"""Recipe of the demonstration model: an Indonesian form, weights from a Pakistani survey.

The official weights of Indonesia's proxy means test are not public, and no Indonesian
consumption survey can be had. So the questions are worded as SUSENAS and DTSEN word them, and
each level is matched to the nearest level of the survey; `MAPPING` says how near. The model
shows how the system works. It says nothing about who is poor in Indonesia.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelling.recipe import Inputs, Recipe, Spec, logarithm, number, ordered

if TYPE_CHECKING:
    from modelling.surveys import Survey

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
        "",
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

_WORKING = [
    "farmer",
    "fisher",
    "labourer",
    "self_employed",
    "employer",
    "employee",
    "family_worker",
    "state_employee",
    "state_company",
]
_SCHOOLING = [
    "none",
    "primary_unfinished",
    "primary",
    "lower_secondary",
    "upper_secondary",
    "diploma",
    "bachelor",
    "postgraduate",
]

READS: dict[str, dict[str, object]] = {
    "size": {"from": "count", "min": 1},
    "toddlers": {"from": "count", "where": {"age": [0, 4]}},
    "out_of_school": {"from": "count", "where": {"age": [7, 16], "attending": ["no"]}},
    "elderly": {"from": "count", "where": {"age": [60, 120]}},
    "workers": {"from": "count", "where": {"age": [10, 120], "occupation": _WORKING}},
    "students": {"from": "count", "where": {"attending": ["tertiary"]}},
    "head_schooling": {"from": "head", "field": "schooling"},
    "highest_schooling": {"from": "highest", "field": "schooling", "order": _SCHOOLING},
    "head_work": {"from": "head", "field": "occupation"},
    "urban": {"from": "urban"},
    **{str(q["code"]): {"from": "answer", "question": q["code"]} for q in QUESTIONS},
}

_SCHOOL = ordered(*([code] for code in _SCHOOLING))

SPECS = (
    Spec("size", "Jumlah anggota keluarga", "size", number(1, 20, down=True, form=logarithm)),
    Spec("toddlers", "Jumlah anak di bawah 5 tahun", "toddlers", number(0, 4, down=True)),
    Spec(
        "out_of_school",
        "Anak usia 7 sampai 16 tahun yang tidak bersekolah",
        "out_of_school",
        number(0, 4, down=True),
    ),
    Spec("elderly", "Jumlah anggota berusia 60 tahun ke atas", "elderly", number(0, 2, down=True)),
    Spec("workers", "Jumlah anggota yang bekerja", "workers", number(0, 4)),
    Spec("students", "Jumlah anggota yang kuliah", "students", number(0, 3)),
    Spec("head_schooling", "Pendidikan kepala keluarga", "head_schooling", _SCHOOL),
    Spec("highest_schooling", "Pendidikan tertinggi di keluarga", "highest_schooling", _SCHOOL),
    Spec(
        "head_work",
        "Pekerjaan kepala keluarga",
        "head_work",
        ordered(
            ("not_working", "housework", "student"),
            ("labourer",),
            ("farmer", "fisher", "family_worker"),
            ("self_employed",),
            ("employee",),
            ("state_employee", "state_company", "pensioner"),
            ("employer",),
        ),
    ),
    Spec("urban", "Tinggal di kelurahan atau di desa", "urban", ordered(("rural",), ("urban",))),
    Spec(
        "tenure",
        "Status tempat tinggal",
        "tenure",
        ordered(("free",), ("rented", "owned"), ("official",)),
    ),
    Spec("rooms", "Jumlah ruangan", "rooms", number(1, 12, form=logarithm)),
    Spec(
        "toilet",
        "Jamban (WC)",
        "toilet",
        ordered(("none",), ("pit",), ("flush_drain",), ("flush_tank",), ("flush_sewer",)),
    ),
    Spec(
        "water",
        "Sumber air minum",
        "water",
        ordered(
            ("surface", "rain"),
            ("well_open",),
            ("hand_pump", "well_protected", "spring"),
            ("pump", "tap", "vendor"),
            ("refill",),
            ("bottled",),
        ),
    ),
    Spec(
        "lighting",
        "Sumber penerangan",
        "lighting",
        ordered(("none",), ("shared", "other_power"), ("meter",)),
    ),
    Spec(
        "fuel",
        "Bahan bakar memasak",
        "fuel",
        ordered(("solid",), ("gas", "electric"), unscored=("no_cooking",)),
    ),
    Spec("internet", "Internet di rumah", "internet", ordered(("none",), ("mobile",), ("fixed",))),
    Spec("mobile", "HP", "mobile", number(0, 1)),
    Spec("laptop", "Laptop atau tablet", "laptop", number(0, 1)),
    Spec("computer", "Komputer meja", "computer", number(0, 1)),
    Spec("landline", "Telepon kabel", "landline", number(0, 1)),
    Spec("land", "Lahan pertanian", "land", ordered(("none",), ("under_1ha",), ("from_1ha",))),
)

_LABOUR = {
    "Building construction labourers",
    "Cleaners and helpers in offices, hotels and other establishments",
    "Crop farm labourers",
    "Drivers of animal-drawn vehicles and machinery",
    "Elementary workers not elsewhere classified",
    "Freight handlers",
    "House builders",
    "Manufacturing labourers not elsewhere classified",
}
_STATE = {
    "Defense activities",
    "General public administration activities",
    "Public order and safety activities",
}
_WORK = {
    "Own cultivator": "farmer",
    "Share cropper": "farmer",
    "Contract cultivator": "farmer",
    "Live stock (only)": "farmer",
    "Employer, employing less than 10 person": "employer",
    "Employer, employing 10 or more persons": "employer",
    "Self employed non agri": "self_employed",
    "Contributing family worker": "family_worker",
}
_HECTARE_ACRES = 2.471


def _schooling(years: str) -> str:
    """Pakistan: primary 5 years, middle 8, matric and intermediate 10 to 12, degrees 14 and up."""
    steps = ((1, "none"), (5, "primary_unfinished"), (8, "primary"), (10, "lower_secondary"))
    higher = ((13, "upper_secondary"), (15, "diploma"), (17, "bachelor"))
    taken = float(years)
    return next((code for bound, code in (*steps, *higher) if taken < bound), "postgraduate")


def _work(status: str, occupation: str, industry: str, pension: str) -> str:
    if status == "Paid employee":
        if occupation in _LABOUR:
            return "labourer"
        return "state_employee" if industry in _STATE else "employee"
    return _WORK.get(status) or ("pensioner" if pension == "1" else "not_working")


def _land(acres: float) -> str:
    if acres <= 0:
        return "none"
    return "under_1ha" if acres < _HECTARE_ACRES else "from_1ha"


_LEVELS = {
    "tenure": (
        "tenure",
        {
            "owner occupied(not self hired)": "owned",
            "owner occupied (self hired)": "owned",
            "on rent": "rented",
            "rent free": "free",
            "subsidized rent": "official",
        },
    ),
    "toilet": (
        "toilet",
        {
            "flush connected to public sewerage": "flush_sewer",
            "flush connected to pit": "flush_tank",
            "flush connected to open drain": "flush_drain",
            "dry pit latrine": "pit",
            "dry raised laterine": "pit",
            "no toilet in the household": "none",
        },
    ),
    "water": (
        "water_source",
        {
            "mineral water": "bottled",
            "filtration plant": "refill",
            "piped water": "tap",
            "motorized pumping/tubewell": "pump",
            "hand pump": "hand_pump",
            "closed well": "well_protected",
            "open well": "well_open",
            "spring": "spring",
            "tanker/truck/water be arer": "vendor",
            "pound/canal/river/stream": "surface",
            "others": "surface",
        },
    ),
    "lighting": ("electricity", {"yes": "meter", "yes extension": "shared", "no": "none"}),
    "fuel": ("piped_gas", {"yes": "gas", "yes extension": "gas", "no": "solid"}),
}


def inputs(survey: Survey) -> Inputs:
    """The survey's households as this model's inputs.

    Raises:
        SurveyError: the survey lacks a column.
        KeyError: a level that the mapping does not know.
    """
    found: Inputs = {
        code: [levels[cell] for cell in survey.text(column)]
        for code, (column, levels) in _LEVELS.items()
    }
    most = 20
    found["size"] = [min(n, most) for n in survey.whole("hhsize")]
    counts = {
        "toddlers": "n_0_4",
        "out_of_school": "n_out_of_school",
        "elderly": "n_60p",
        "workers": "n_workers",
        "students": "n_tertiary_students",
        "rooms": "rooms",
    }
    for code, column in counts.items():
        found[code] = [min(n, most) for n in survey.whole(column)]
    found["head_schooling"] = [_schooling(years) for years in survey.text("head_educ_years")]
    found["highest_schooling"] = [_schooling(years) for years in survey.text("max_educ_years")]
    traits = ("head_status", "head_occupation", "head_industry", "any_pension")
    found["head_work"] = [_work(*row) for row in zip(*map(survey.text, traits), strict=True)]
    found["urban"] = ["urban" if cell == "1" else "rural" for cell in survey.text("urban")]
    found["internet"] = [
        "fixed" if fixed else ("mobile" if any_kind else "none")
        for fixed, any_kind in zip(
            survey.whole("has_broadband"), survey.whole("has_internet"), strict=True
        )
    ]
    found["mobile"] = list(survey.whole("has_mobile"))
    found["landline"] = list(survey.whole("has_landline"))
    found["computer"] = list(survey.whole("has_desktop"))
    portable = [survey.whole(f"has_{kind}") for kind in ("laptop", "tablet", "ipad")]
    found["laptop"] = [max(row) for row in zip(*portable, strict=True)]
    found["land"] = [_land(acres) for acres in survey.number("land_owned_acres")]
    return found


MAPPING = (
    {"read": "size", "survey": "hhsize", "note": "the same; above 20 counted as 20"},
    {"read": "toddlers", "survey": "n_0_4", "note": "the same"},
    {
        "read": "out_of_school",
        "survey": "n_out_of_school",
        "note": "the survey's own school age, not stated; 7 to 16 is the nearest here",
    },
    {"read": "elderly", "survey": "n_60p", "note": "the same"},
    {"read": "workers", "survey": "n_workers", "note": "the survey counts work in a season too"},
    {"read": "students", "survey": "n_tertiary_students", "note": "the same"},
    {
        "read": "head_schooling, highest_schooling",
        "survey": "head_educ_years, max_educ_years",
        "note": "years to levels: 0 none, 1-4 unfinished primary, 5-7 primary, 8-9 lower "
        "secondary, 10-12 upper secondary, 13-14 diploma, 15-16 bachelor, 17 and more "
        "postgraduate; Pakistan's primary school has 5 years, Indonesia's 6",
    },
    {
        "read": "head_work",
        "survey": "head_status, head_occupation, head_industry, any_pension",
        "note": "labourers from eight occupations, state employees from three industries "
        "(teachers stay employees); no fisher, student or state company in the survey: they "
        "take the points of their group",
    },
    {
        "read": "urban",
        "survey": "urban",
        "note": "kelurahan is taken for urban and desa for rural; the statistics office draws "
        "that line otherwise, village by village",
    },
    {
        "read": "tenure",
        "survey": "tenure",
        "note": "subsidized rent is taken for an official dwelling",
    },
    {"read": "rooms", "survey": "rooms", "note": "the survey does not say whether kitchens count"},
    {
        "read": "toilet",
        "survey": "toilet",
        "note": "flush to a pit is taken for a septic tank or soakaway, both latrines for a pit",
    },
    {
        "read": "water",
        "survey": "water_source",
        "note": "filtration plant is taken for refill water; rain water has the points of "
        "surface water, for the survey has none",
    },
    {
        "read": "lighting",
        "survey": "electricity",
        "note": "extension is taken for PLN without an own meter; other power has its points, "
        "for the survey has none",
    },
    {
        "read": "fuel",
        "survey": "piped_gas",
        "note": "the survey only knows piped gas: with it is taken for gas of any kind, without "
        "it for solid fuel or kerosene; electricity has the points of gas; who does not cook at "
        "home cannot be scored",
    },
    {
        "read": "internet",
        "survey": "has_internet, has_broadband",
        "note": "broadband is taken for a subscription; of 2015-2016, when it was rarer",
    },
    {"read": "mobile", "survey": "has_mobile", "note": "the same"},
    {"read": "laptop", "survey": "has_laptop, has_tablet, has_ipad", "note": "any of the three"},
    {"read": "computer", "survey": "has_desktop", "note": "the same"},
    {"read": "landline", "survey": "has_landline", "note": "the same; rare in Indonesia"},
    {"read": "land", "survey": "land_owned_acres", "note": "1 hectare is 2.471 acres"},
)

DROPPED = (
    {"what": "floor and walls", "why": "not in the survey"},
    {
        "what": "livestock",
        "why": "owners are poorer in the survey; a goat that lowers a score is not defensible",
    },
    {
        "what": "female head",
        "why": "slightly better off in the survey; not defensible on screen",
    },
    {
        "what": "rent above ownership",
        "why": "tenants are 13 % better off in the survey; held equal to owners",
    },
    {
        "what": "head without work above labourers",
        "why": "many live on pensions or from abroad in the survey; held at or below labourers",
    },
    {"what": "dwelling type, waste water, garbage, distance to water", "why": "no value held out"},
    {"what": "age of the head, children 5 to 14", "why": "no value held out"},
    {
        "what": "private school",
        "why": "a sign of wealth there, and often of poverty here",
    },
    {"what": "province", "why": "levels of Pakistan's provinces say nothing here"},
)

RECIPE = Recipe(
    id="demonstration-pk",
    version="1",
    name="Model peragaan",
    notice=NOTICE,
    effective_from="2026-11-21",
    population_unit="household",
    weighting="persons",
    questions=QUESTIONS,
    reads=READS,
    specs=SPECS,
    inputs=inputs,
    mapping=MAPPING,
    dropped=DROPPED,
)
