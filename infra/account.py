"""An AWS account to work on, in the cloud, on this machine or inside moto."""

from __future__ import annotations

from typing import Any


class Account:
    """Hands out clients: one of each, because making one costs a tenth of a second."""

    def __init__(self, session: Any, endpoint_url: str | None = None) -> None:  # noqa: ANN401
        """Point at an account.

        Args:
            session: a boto3 session (Any: its stubs know services by literal names only).
            endpoint_url: of a local AWS; None for the session's own.
        """
        self.region: str = session.region_name
        self._session = session
        self._endpoint_url = endpoint_url
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3's own
        """Return the client of a service."""
        if service not in self._clients:
            self._clients[service] = self._session.client(service, endpoint_url=self._endpoint_url)
        return self._clients[service]
