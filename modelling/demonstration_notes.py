"""How near the demonstration model's inputs are to the survey's columns, and what was left out.

Both lists go into the artefact, so that who reads a decision can read them too.
"""

from __future__ import annotations

MAPPING = (
    {
        "read": "size",
        "survey": "hhsize",
        "note": "the survey counts a household (who eat together), the register a family (who "
        "stand on one family card); above 20 counted as 20",
    },
    {"read": "toddlers", "survey": "n_0_4", "note": "the same"},
    {
        "read": "out_of_school",
        "survey": "n_out_of_school",
        "note": "the survey's own school age, not stated; 7 to 16 is the nearest here",
    },
    {"read": "elderly", "survey": "n_60p", "note": "the same"},
    {"read": "workers", "survey": "n_workers", "note": "the survey counts work in a season too"},
    {"read": "head_sex", "survey": "head_female", "note": "the same"},
    {
        "read": "head_schooling, highest_schooling",
        "survey": "head_educ_years, max_educ_years",
        "note": "years to levels: 0 none, 1-4 unfinished primary, 5-7 primary, 8-9 lower "
        "secondary, 10-12 upper secondary, 13-14 diploma, 15-16 bachelor, 17 and more "
        "postgraduate; Pakistan's primary school has 5 years, Indonesia's 6",
    },
    {
        "read": "head_work",
        "survey": "head_status, head_occupation, head_industry, any_pension (of the household)",
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
        "what": "rent above ownership",
        "why": "tenants are better off in the survey; held equal to owners",
    },
    {
        "what": "head without work above labourers",
        "why": "many live on pensions or on money from abroad in the survey; held at the bottom",
    },
    {"what": "private school", "why": "a sign of wealth there, and often of poverty here"},
    {"what": "province", "why": "levels of Pakistan's provinces say nothing here"},
    {
        "what": "dwelling type, waste water, garbage, distance to water, age of the head, "
        "children 5 to 14, tertiary students",
        "why": "no value on villages the fit has not seen",
    },
)
