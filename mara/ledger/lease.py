"""Who leads a site: a lease with a fencing token (Kleppmann, 2016).

A token only grows. Every write compares its own with the newest, so a leader that was paused past
its lease cannot write after another has taken over. Times are the machine's, never the market's.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import insert, select, update

from mara.domain.checks import aware, named, positive
from mara.errors import FencedOut
from mara.ledger import schema
from mara.ledger.part import Part

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

__all__ = ["Leases"]

_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Leases(Part):
    """Acquire, renew and release the lead of the site."""

    def acquire(self, owner: str, now: datetime, ttl_s: float) -> int:
        """Take the lead for `ttl_s` seconds and return the fencing token of all writes from now.

        Raises
        ------
        FencedOut
            Another owner's lease has not run out; the text names the holder.
        """
        named("Ledger.acquire", "owner", owner)
        aware("Ledger.acquire", "now", now)
        positive("Ledger.acquire", "ttl_s", ttl_s)
        with self._store.unfenced() as connection:
            token = self._take(connection, owner, now, now + timedelta(seconds=ttl_s))
        self._store.token = token
        return token

    def _take(self, connection: Connection, owner: str, now: datetime, expires_at: datetime) -> int:
        held = self._held(connection)
        if held is None:
            row = {"site_id": self.site_id, "token": 1, "owner": owner, "expires_at": expires_at}
            connection.execute(insert(schema.leases), row)
            return 1
        if held.owner != owner and held.expires_at > now:
            raise FencedOut(
                f"ledger of {self.site_id}: {held.owner} leads until {held.expires_at:%H:%M:%S} "
                "UTC; stop that engine or wait"
            )
        token = int(held.token) + 1
        self._set(connection, token=token, owner=owner, expires_at=expires_at)
        return token

    def renew(self, token: int, now: datetime, ttl_s: float) -> None:
        """Prolong the lease to `ttl_s` seconds from `now`.

        Raises
        ------
        FencedOut
            Somebody else has taken the lead, or it was released.
        """
        positive("Ledger.renew", "ttl_s", ttl_s)
        with self._store.unfenced() as connection:
            held = self._held(connection)
            if held is None or held.token != token or held.expires_at == _LONG_AGO:
                holder = "nobody" if held is None else held.owner
                raise FencedOut(
                    f"ledger of {self.site_id}: token {token} leads no more, {holder} does; "
                    "stop this engine"
                )
            self._set(connection, expires_at=now + timedelta(seconds=ttl_s))

    def release(self, token: int) -> None:
        """Give the lead back; nothing happens where a newer leader has it already."""
        with self._store.unfenced() as connection:
            held = self._held(connection)
            if held is not None and held.token == token:
                self._set(connection, expires_at=_LONG_AGO)
        self._store.token = 0

    def _held(self, connection: Connection) -> Row[str, int, str, datetime] | None:
        query = select(schema.leases).where(self._mine(schema.leases)).with_for_update()
        return connection.execute(query).one_or_none()

    def _set(self, connection: Connection, **values: object) -> None:
        table = schema.leases
        connection.execute(update(table).where(self._mine(table)).values(**values))
