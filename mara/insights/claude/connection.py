"""The SDK's client of one key, made when it is first used: its import takes seconds."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from mara.errors import NarratorError

if TYPE_CHECKING:
    from anthropic import Anthropic

__all__ = ["Connection", "Endpoint"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where and as whom to ask. The longest silence allowed within a reply is `idle_s`."""

    key: SecretStr
    base_url: str
    idle_s: float


class Connection:
    """Holds the client of one endpoint; safe from any thread.

    Retries are ours, by cause: the client itself never repeats a request. Nothing of the
    environment decides where it goes or what it traces.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._lock = threading.Lock()
        self._client: Anthropic | None = None
        self._closed = False

    def client(self) -> Anthropic:
        """Make the client, or give the one that was made.

        Raises
        ------
        NarratorError
            The connection was closed (cause "connection").
        """
        with self._lock:
            if self._closed:
                raise NarratorError("Claude: the connection was closed", cause="connection")
            if self._client is None:
                self._client = _made(self._endpoint)
            return self._client

    def close(self) -> None:
        """Close what is open, for good."""
        with self._lock:
            self._closed = True
            if self._client is not None:
                self._client.close()
                self._client = None


def _made(endpoint: Endpoint) -> Anthropic:
    import anthropic  # noqa: PLC0415 - takes seconds, and most processes never need it

    settings: dict[str, Any] = {"open_telemetry": False}
    return anthropic.Anthropic(
        api_key=endpoint.key.get_secret_value(),
        base_url=endpoint.base_url,
        max_retries=0,
        timeout=endpoint.idle_s,
        **settings,
    )
