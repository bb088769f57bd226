"""Keys and what hangs on them: the settings' key, and keys given for one session only."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mara.errors import InvalidValue
from mara.insights.breaker import Breaker
from mara.insights.claude.connection import Connection, Endpoint

if TYPE_CHECKING:
    from pydantic import SecretStr

    from mara.clock import Clock
    from mara.settings import InsightSettings

__all__ = ["Access", "Keys"]

_SESSIONS: Final = 256
_IDLE_S: Final = 20.0
_LEAST_CHARS: Final = 12
_MOST_CHARS: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Access:
    """A key's connection and breaker; `own` says that a session gave it."""

    connection: Connection
    breaker: Breaker
    own: bool


class Keys:
    """Finds the access of a session; keys of sessions live in memory alone."""

    def __init__(self, settings: InsightSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._lock = threading.Lock()
        self._sessions: OrderedDict[str, Access] = OrderedDict()
        key = settings.api_key
        self._shared = self._made(key, own=False) if key and key.get_secret_value() else None

    def _made(self, key: SecretStr, *, own: bool) -> Access:
        endpoint = Endpoint(
            key=key,
            base_url=self._settings.base_url,
            idle_s=min(_IDLE_S, self._settings.deadline_s),
        )
        return Access(connection=Connection(endpoint), breaker=Breaker(self._clock), own=own)

    def give(self, session: str, key: SecretStr) -> None:
        """Take a key for one session.

        Raises
        ------
        InvalidValue
            It cannot be a key; the text does not repeat it.
        """
        text = key.get_secret_value().strip()
        if not _LEAST_CHARS <= len(text) <= _MOST_CHARS or not text.isascii() or " " in text:
            raise InvalidValue("key: this is no key of the API; paste it whole, without spaces")
        self.forget(session)
        dropped = []
        with self._lock:
            self._sessions[session] = self._made(type(key)(text), own=True)
            while len(self._sessions) > _SESSIONS:
                dropped.append(self._sessions.popitem(last=False)[1])
        for access in dropped:
            access.connection.close()

    def forget(self, session: str) -> None:
        """Drop the key of a session."""
        with self._lock:
            access = self._sessions.pop(session, None)
        if access is not None:
            access.connection.close()

    def of(self, session: str) -> Access | None:
        """Find the access of a session: its own, else that of the settings; None without a key."""
        with self._lock:
            return self._sessions.get(session, self._shared)

    @property
    def shared(self) -> Access | None:
        """The access of the settings' key."""
        return self._shared

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            accesses = [*self._sessions.values(), *([self._shared] if self._shared else [])]
            self._sessions.clear()
        for access in accesses:
            access.connection.close()
