"""The budgets that tests hold and the table of `make bench` shows (docs/budgets.md)."""

from __future__ import annotations

KILOBYTE = 1024

# Most modules (architecture, budgets), and packages that are never loaded.
WORKER = 430
NEVER = "boto3 s3transfer aws_xray_sdk"
COLD = {
    # 500 is aimed at: docs/budgets.md says what stands between
    "public_api": (534, "jinja2"),
    "status": (500, "jinja2 cryptography segno"),
    "staff_api": (553, "pydantic"),  # 530 is aimed at: docs/budgets.md
    "relay": (WORKER, "jinja2 cryptography pydantic segno"),
    "check_identity": (WORKER, "jinja2 pydantic segno"),
    "score_household": (WORKER, "jinja2 cryptography pydantic segno"),
    "release_guards": (WORKER, "jinja2 cryptography pydantic segno"),
    "carry_out": (WORKER, "jinja2 cryptography pydantic segno"),
    "conduct_dispute": (WORKER, "jinja2 cryptography pydantic segno"),
    "sweep": (WORKER, "jinja2 cryptography pydantic segno"),
    "seal_day": (WORKER, "jinja2 cryptography pydantic segno"),
    "send_visits": (WORKER, "jinja2 cryptography pydantic segno"),
    "screen_evidence": (WORKER, "jinja2 cryptography pydantic segno PIL pypdfium2 pypdf"),
}

MOST_USD = 0.0275  # for a thousand registrations; the budget is 0.026, docs/cost.md says why not
LOG_BUDGET = 500  # bytes of one line
