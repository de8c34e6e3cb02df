"""What a registration costs, from counted work and dated prices: `python -m infra.cost`.

Counts are pinned by tests/bench: the units and calls are metered there, never taken from an
emulator's own figures. Seconds and batch sizes cannot be counted and are stated as assumptions.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

PRICES = Path(__file__).parent / "prices.json"
GB = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Work:
    """What one registration of a family of four needs, from the form to the decision.

    Attributes:
        write_units, read_units: DynamoDB units (a transactional write counts twice; the region's
            cut-offs are read once for a batch).
        api_requests: requests through API Gateway and the firewall.
        key_requests: calls to the key service; the one a cold start makes is left out.
        relayed: changes of state that the relay gets from the stream (received, matched).
        log_bytes: our own lines; those that Lambda adds are switched off.
        batch: assumed messages a batch, where work comes in batches.
        gb_seconds: assumed memory x time of all functions (12 ms of own work each, and waiting).
    """

    write_units: int = 24  # 16 to register, 4 to check, 4 to score
    read_units: float = 6.2  # 3 to check (the case, two vault items), 3.2 to score (cut-offs)
    api_requests: int = 1
    key_requests: int = 1
    relayed: int = 2
    log_bytes: int = 340
    batch: int = 5
    gb_seconds: float = 0.032


@dataclass(frozen=True, slots=True)
class Bill:
    """US dollars for a thousand registrations, by what is paid for."""

    lines: dict[str, float] = field(default_factory=dict)

    @property
    def total(self) -> float:
        """The sum."""
        return sum(self.lines.values())


def prices() -> dict[str, float]:
    """US dollars per unit, by name."""
    raw = json.loads(PRICES.read_text("utf-8"))["prices"]
    return {name: float(entry["usd"]) for name, entry in raw.items()}


def per_thousand(work: Work) -> Bill:
    """The bill of a thousand registrations."""
    usd = prices()
    batches = (work.relayed + 2) / work.batch  # and check, score
    # A queue is paid to send, to receive and to delete, each once a batch; two queues.
    queue_requests = 6 / work.batch
    one = {
        "DynamoDB writes": work.write_units * usd["ddb_wru"],
        "API Gateway (REST)": work.api_requests * usd["apigw_rest_first_333m"],
        "key service": work.key_requests * usd["kms_request"],
        "DynamoDB reads": work.read_units * usd["ddb_rru"],
        "firewall": work.api_requests * usd["waf_request"],
        "logs": work.log_bytes / GB * usd["logs_ingest_gb"],
        "functions, requests": (work.api_requests + batches) * usd["lambda_request"],
        "functions, time": work.gb_seconds * usd["lambda_gb_s_arm"],
        "queues": queue_requests * usd["sqs_request"],
    }
    return Bill({name: cost * 1000 for name, cost in one.items()})


def main() -> None:
    """Print the bill of a thousand registrations."""
    bill = per_thousand(Work())
    print("A thousand registrations, from the form to the decision (USD, Jakarta):")
    for name, cost in sorted(bill.lines.items(), key=lambda line: -line[1]):
        print(f"  {name:<22}{cost:8.4f}")
    print(f"  {'together':<22}{bill.total:8.4f}")


if __name__ == "__main__":
    main()
