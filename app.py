"""Tepat's Chalice app: registers the blueprints that this surface carries. No logic.

One code base, deployed as three apps per pilot: the public one (families, agents, workers), the
staff one, and the one that opens files from outside, each with roles of its own (architecture,
Surfaces). What a surface's branch here does not come to is left out of its package
(`infra/reach.py` reads these lines).
"""

from chalice.app import Chalice

from chalicelib.settings import surface

app = Chalice(app_name="tepat", configure_logs=False)  # telemetry.py writes the only lines

if surface() == "public":
    from chalicelib.entrypoints.agent_api import agents
    from chalicelib.entrypoints.citizen_api import citizen
    from chalicelib.entrypoints.dispute_api import disputes
    from chalicelib.entrypoints.person_api import person
    from chalicelib.entrypoints.report_api import reports
    from chalicelib.entrypoints.schedules import schedules
    from chalicelib.entrypoints.workers import workers

    for blueprint in (citizen, person, agents, schedules, workers, disputes, reports):
        app.register_blueprint(blueprint)
elif surface() == "staff":
    from chalicelib.entrypoints.agent_desk import desk
    from chalicelib.entrypoints.agent_door import door
    from chalicelib.entrypoints.officer_desk import officers
    from chalicelib.entrypoints.staff_api import staff
    from chalicelib.entrypoints.staff_disputes import staff_disputes
    from chalicelib.entrypoints.staff_findings import staff_findings
    from chalicelib.entrypoints.staff_objectors import staff_objectors
    from chalicelib.entrypoints.staff_queue_forms import queue_forms
    from chalicelib.entrypoints.staff_queues import staff_queues
    from chalicelib.entrypoints.staff_reports import staff_reports

    for blueprint in (
        staff,
        desk,
        door,
        officers,
        staff_disputes,
        staff_findings,
        staff_objectors,
        staff_queues,
        queue_forms,
        staff_reports,
    ):
        app.register_blueprint(blueprint)
else:
    from chalicelib.entrypoints.screening import screening

    app.register_blueprint(screening)
