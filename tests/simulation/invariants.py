"""What must be true whatever happened: the roll of invariants (product), and when each is asked.

Each takes the schedule and yields what is wrong; an empty answer is what everybody hopes for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from tests.simulation.adoption_invariants import (
    a_comparison_counts_each_family_once,
    adopted_by_two_and_once,
    decided_anew_once_for_each_adoption,
    proposals_settle,
    villages_are_counted_once,
    what_was_closed_is_published,
)
from tests.simulation.appeal_invariants import (
    an_agent_appeals_in_its_own_name,
    an_objection_is_looked_at_again_once,
    what_is_not_theirs_counts_for_nothing,
    who_decided_does_not_look_again,
    who_is_not_the_head_finds_nothing,
)
from tests.simulation.case_invariants import (
    a_decision_can_be_computed_again,
    a_guard_has_an_owner,
    a_held_case_goes_to_nobody_but_an_officer,
    a_live_case_holds_its_guards,
    a_repeat_changes_nothing,
    a_replaced_receipt_stays_dead,
    acknowledged_is_never_lost,
    an_honest_client_is_answered,
    everything_settles,
    guards_of_ended_cases_are_released,
    it_settles_without_the_sweep,
    limits_hold,
    nobody_is_held_up_by_a_case_that_has_ended,
    nobody_is_refused_because_of_themselves,
    nobody_passes_unchecked,
    nothing_personal_in_the_open,
    one_nik_is_in_one_live_application,
    scored_once,
    the_erased_opens_nothing,
    the_registry_was_asked_about_the_corrected,
    what_cannot_be_computed_is_never_scored,
)
from tests.simulation.check_invariants import (
    a_finding_alone_changes_no_decision,
    a_finding_counts_once_and_stays,
    a_need_is_met_by_one_check,
    a_sample_is_what_its_seed_says,
    a_visit_has_its_check,
    roles_are_given_by_a_second_person,
    who_goes_has_no_interest,
)
from tests.simulation.dispute_invariants import (
    a_case_and_its_disputes_know_each_other,
    a_deadline_decides_nothing,
    a_person_holds_few_places,
    a_vote_counts_once_and_stays,
    disputes_settle,
    evidence_stays_settled,
    nobody_decides_alone,
    nobody_is_judged_unheard,
    what_is_drawn_anew_goes_to_somebody_else,
    what_was_filed_is_there,
    what_was_upheld_opened_its_case_once,
    who_votes_had_no_interest,
)
from tests.simulation.judging_invariants import (
    a_late_turn_is_a_supervisors,
    an_opinion_counts_once_and_stays,
    no_finding_is_forgotten,
    nobody_settles_a_finding_alone,
    what_two_found_takes_effect,
    who_has_judged_is_remembered,
    who_judges_had_no_interest,
)
from tests.simulation.ledger_invariants import (
    a_change_has_one_event,
    chains_verify,
    day_seals_verify,
    each_look_has_an_entry_of_its_own,
    reads_are_in_the_ledger,
    the_ledger_only_grows,
)
from tests.simulation.report_invariants import (
    a_passed_term_hands_a_report_on,
    a_report_is_closed_once_by_who_was_drawn,
    an_address_reports_seldom,
    no_open_report_is_forgotten,
    photos_of_reports_stay_settled,
    what_was_reported_is_there,
    who_is_drawn_for_a_report_is_from_elsewhere,
    who_reports_is_known_to_nobody,
    whoever_reports_is_answered,
)

if TYPE_CHECKING:
    from tests.simulation.schedule import Schedule

Check = Callable[["Schedule"], Iterator[str]]

ALWAYS: tuple[Check, ...] = (
    a_live_case_holds_its_guards,
    a_guard_has_an_owner,
    a_change_has_one_event,
    the_ledger_only_grows,
    adopted_by_two_and_once,
    villages_are_counted_once,
    what_was_closed_is_published,
    nobody_decides_alone,
    nobody_is_judged_unheard,
    a_person_holds_few_places,
    a_case_and_its_disputes_know_each_other,
    a_finding_alone_changes_no_decision,
    a_visit_has_its_check,
)
"""Asked after each run, while the faults go on."""


AT_THE_END: tuple[Check, ...] = (
    *ALWAYS,
    everything_settles,
    it_settles_without_the_sweep,
    acknowledged_is_never_lost,
    an_honest_client_is_answered,
    one_nik_is_in_one_live_application,
    nobody_is_refused_because_of_themselves,
    nobody_is_held_up_by_a_case_that_has_ended,
    a_held_case_goes_to_nobody_but_an_officer,
    nobody_passes_unchecked,
    the_registry_was_asked_about_the_corrected,
    scored_once,
    proposals_settle,
    a_comparison_counts_each_family_once,
    decided_anew_once_for_each_adoption,
    what_was_filed_is_there,
    a_vote_counts_once_and_stays,
    a_deadline_decides_nothing,
    who_votes_had_no_interest,
    what_is_drawn_anew_goes_to_somebody_else,
    what_was_upheld_opened_its_case_once,
    who_is_not_the_head_finds_nothing,
    an_agent_appeals_in_its_own_name,
    an_objection_is_looked_at_again_once,
    who_decided_does_not_look_again,
    what_is_not_theirs_counts_for_nothing,
    evidence_stays_settled,
    disputes_settle,
    who_goes_has_no_interest,
    a_finding_counts_once_and_stays,
    a_need_is_met_by_one_check,
    a_sample_is_what_its_seed_says,
    roles_are_given_by_a_second_person,
    an_opinion_counts_once_and_stays,
    nobody_settles_a_finding_alone,
    who_has_judged_is_remembered,
    who_judges_had_no_interest,
    a_late_turn_is_a_supervisors,
    no_finding_is_forgotten,
    what_two_found_takes_effect,
    what_was_reported_is_there,
    whoever_reports_is_answered,
    a_report_is_closed_once_by_who_was_drawn,
    who_is_drawn_for_a_report_is_from_elsewhere,
    a_passed_term_hands_a_report_on,
    no_open_report_is_forgotten,
    photos_of_reports_stay_settled,
    who_reports_is_known_to_nobody,
    an_address_reports_seldom,
    what_cannot_be_computed_is_never_scored,
    a_decision_can_be_computed_again,
    chains_verify,
    day_seals_verify,
    reads_are_in_the_ledger,
    each_look_has_an_entry_of_its_own,
    a_replaced_receipt_stays_dead,
    limits_hold,
    guards_of_ended_cases_are_released,
    the_erased_opens_nothing,
    a_repeat_changes_nothing,
    nothing_personal_in_the_open,
)


def after_each_run(run: Schedule) -> None:
    """Ask what must hold at any moment, if anything was written since it was asked last."""
    aws = run.aws
    written = len(aws.stream), len(aws.events), len(aws.guards), len(aws.vault), len(aws.parts)
    if written != run.asked_at:
        run.asked_at = written
        _ask(run, ALWAYS)


def at_the_end(run: Schedule) -> None:
    """Ask everything."""
    _ask(run, AT_THE_END)


def _ask(run: Schedule, checks: tuple[Check, ...]) -> None:
    if not run.violations:  # the first thing that is wrong is the one to look at
        for check in checks:
            for what in check(run):
                run.wrong(check.__name__, what)
