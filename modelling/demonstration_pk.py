"""Recipe of the demonstration model: an Indonesian form, weights from a Pakistani survey.

The official weights of Indonesia's proxy means test are not public, and no Indonesian
consumption survey can be had. So the questions are worded as SUSENAS and DTSEN word them, and
each level is matched to the nearest level of the survey; `demonstration_notes` says how near.
The model shows how the system works. It says nothing about who is poor in Indonesia.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelling.demonstration_form import NOTICE, QUESTIONS
from modelling.demonstration_notes import DROPPED, MAPPING
from modelling.recipe import Inputs, Recipe, Spec, logarithm, number, ordered

if TYPE_CHECKING:
    from modelling.surveys import Survey

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
    "head_sex": {"from": "head", "field": "sex"},
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
        "Jumlah anak usia 7 sampai 16 tahun yang tidak bersekolah",
        "out_of_school",
        number(0, 4, down=True),
    ),
    Spec("elderly", "Jumlah anggota berusia 60 tahun ke atas", "elderly", number(0, 2, down=True)),
    Spec("workers", "Jumlah anggota yang bekerja", "workers", number(0, 4)),
    Spec("head_sex", "Jenis kelamin kepala keluarga", "head_sex", ordered(("P",), ("L",))),
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
WORK = {
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
    return WORK.get(status) or ("pensioner" if pension == "1" else "not_working")


def _land(acres: float) -> str:
    if acres <= 0:
        return "none"
    return "under_1ha" if acres < _HECTARE_ACRES else "from_1ha"


LEVELS = {
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
        for code, (column, levels) in LEVELS.items()
    }
    most = 20
    found["size"] = [min(n, most) for n in survey.whole("hhsize")]
    counts = {
        "toddlers": "n_0_4",
        "out_of_school": "n_out_of_school",
        "elderly": "n_60p",
        "workers": "n_workers",
        "rooms": "rooms",
    }
    for code, column in counts.items():
        found[code] = [min(n, most) for n in survey.whole(column)]
    found["head_schooling"] = [_schooling(years) for years in survey.text("head_educ_years")]
    found["highest_schooling"] = [_schooling(years) for years in survey.text("max_educ_years")]
    traits = ("head_status", "head_occupation", "head_industry", "any_pension")
    found["head_work"] = [_work(*row) for row in zip(*map(survey.text, traits), strict=True)]
    found["head_sex"] = ["P" if cell == "1" else "L" for cell in survey.text("head_female")]
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


RECIPE = Recipe(
    id="demonstration-pk",
    version="1",
    name="Model peragaan",
    notice=NOTICE,
    effective_from="2026-11-21",
    population_unit="family",
    weighting="persons",
    mean_size=289_060_513 / 95_006_179,
    mean_size_source="DTSEN of 23 January 2026: 289,060,513 people in 95,006,179 families",
    questions=QUESTIONS,
    reads=READS,
    specs=SPECS,
    inputs=inputs,
    mapping=MAPPING,
    dropped=DROPPED,
)
