"""What a simulated policy assumes, each with its default and where that comes from.

Every figure is printed with its source. A source that begins with "assumed" has no measurement
behind it: try other values before anything is decided on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from modelling.stated_settings import faults, stated, stated_share


@dataclass(frozen=True, slots=True)
class Assumptions:
    """All that the simulation is told; shares lie from 0 to 1, money is in rupiah."""

    quota: float = stated_share(
        0.40,
        "share of families, the poorest, who are to be reached in each region",
        "PKH and Sembako go to desil 1-4 (officials, 2025)",
    )
    registered_poorest: float = stated_share(
        0.89,
        "share of the very poorest families who are registered",
        "derived: enumerating everyone would cut undercoverage by one third (Bah, Bazzi, Sumarto, "
        "Tobias, WBER 33(3), 2019); with a ranking error of 25 % that is 11 % not registered",
    )
    registered_richest: float = stated_share(
        0.89,
        "share of the very richest families who are registered; in between it runs straight",
        "assumed like the poorest, which is on the safe side: the richer register less "
        "(Banyuwangi 2025: 359,000 of 680,000 families), and that helps",
    )
    register_line: float = stated_share(
        0.60,
        "families truly above this rank may have a record (wage, vehicle, land) that shows it",
        "assumed: clearly above a quota of 40 %",
    )
    register_coverage: float = stated_share(
        0.28,
        "share of those families whom a register shows",
        "derived: 26.3 million members paying from wages in BPJS Ketenagakerjaan (Kemnaker, "
        "February 2025) over 95.0 million families (DTSEN, 23 January 2026); wages alone",
    )
    register_error: float = stated_share(
        0.01,
        "share of the other families whom a register wrongly shows (a borrowed NIK, say)",
        "assumed: misused NIK are reported from the pilot, no rate is published",
    )
    appeal_wrong: float = stated_share(
        0.10,
        "share of eligible families refused who appeal",
        "assumed: no rate is published; the whole nation filed 389,318 proposals and 5,453 "
        "objections from May to 24 June 2025",
    )
    appeal_right: float = stated_share(
        0.03,
        "share of other families refused who appeal",
        "assumed: on the safe side of the 87 % of decided proposals that Kemensos approved "
        "(113,454 of 129,893, September 2022)",
    )
    objection_wrong: float = stated_share(
        0.02,
        "share of listed families not eligible against whom somebody objects",
        "assumed: no rate is published; objections are rare (5,453 from May to 24 June 2025)",
    )
    objection_right: float = stated_share(
        0.001,
        "share of listed eligible families against whom somebody objects",
        "derived: 85 % of decided objections were approved (4,061 of 4,763, Kemensos, September "
        "2022), with an inclusion error of 25 %",
    )
    visit_noise: float = stated(
        0.25,
        "times the variance of welfare",
        "error variance of what a visit finds, against the variance of true welfare; 0 is a "
        "perfect visit",
        "derived: 61 % of Uganda's poorest 40 % were still there a year later, as if the two "
        "readings correlated 0.53; about half of yearly movement is error or passing (Luttmer "
        "2002). No validation of Indonesian ground checks was found",
    )
    budget: float = stated_share(
        0.10,
        "ground checks in the table of steps, as a share of registered families",
        "assumed: the region's choice; the curve shows others",
    )
    random_share: float = stated_share(
        0.15,
        "share of ground checks drawn at random, when mixed",
        "the middle of 10 to 20 %, kept so that errors can be estimated without bias",
    )
    visit_cost: float = stated(
        100_000.0,
        "rupiah",
        "one ground check, appeal or objection on the spot",
        "assumed [C]: three times the Rp33.000 a family of Regsosek 2022, since the families "
        "visited live apart",
    )
    registration_cost: float = stated(
        33_000.0,
        "rupiah",
        "registering one family",
        "derived [C]: Regsosek 2022, Rp3,3 trillion for 400,000 officers of 250 families each "
        "(BPS in Republika, 12 October 2022)",
    )
    families: float = stated(
        100_000.0, "families", "families of the region, to which counts and costs are scaled", "-"
    )
    target: float = stated_share(
        0.10, "exclusion error aimed at", "minister's target: below 10 %, then below 5 %"
    )

    def faults(self) -> Iterator[str]:
        """What is out of range, named as on the command line."""
        yield from faults(self)
        if self.quota in {0.0, 1.0}:
            yield "--quota must lie between 0 and 1"
        if self.families <= 0:
            yield "--families must be above 0"
