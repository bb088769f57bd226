"""Ticks as they came, every version of them, and the records that were refused."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, insert, select, update

from mara.domain import Tick
from mara.domain.checks import aware
from mara.ledger import schema
from mara.ledger.codec import decode, encode
from mara.ledger.part import Part, same_site
from mara.ledger.values import QuarantinedRecord, Recorded

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

__all__ = ["Ticks"]

_RECORD_CHARS: Final = 1024
_TABLE: Final = schema.ticks
_VERSIONS: Final = select(
    _TABLE.c.version, _TABLE.c.revision, _TABLE.c.effective, _TABLE.c.body
).where(_TABLE.c.site_id == bindparam("site"), _TABLE.c.at == bindparam("start"))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Version:
    version: int
    revision: int
    effective: bool
    body: bytes


class Ticks(Part):
    """Record and read ticks; the newest version of an interval is the effective one."""

    def record_tick(self, tick: Tick) -> Recorded:
        """Keep `tick`; the same figures of the same interval are kept once."""
        return self.record_ticks((tick,))[0]

    def record_ticks(self, ticks: Sequence[Tick]) -> tuple[Recorded, ...]:
        """Keep several ticks in one atomic block."""
        for tick in ticks:
            same_site("Ledger.record_tick", tick.site_id, self.site_id)
        with self._store.write() as connection:
            return tuple(self._record(connection, tick) for tick in ticks)

    def _record(self, connection: Connection, tick: Tick) -> Recorded:
        known = self._versions(connection, tick.at)
        body = encode(replace(tick, revision=0))
        if any(_repeats(version, tick.revision, body) for version in known):
            return Recorded.DUPLICATE
        newest = all(tick.revision >= version.revision for version in known)
        if known and newest:
            here = self._mine(_TABLE) & (_TABLE.c.at == tick.at)
            connection.execute(update(_TABLE).where(here).values(effective=False))
        connection.execute(insert(_TABLE), self._tick_row(tick, len(known), newest, body))
        return Recorded.REVISION if known else Recorded.NEW

    def _tick_row(self, tick: Tick, version: int, effective: object, body: bytes) -> dict[str, Any]:
        return {
            "site_id": self.site_id,
            "at": tick.at,
            "version": version,
            "revision": tick.revision,
            "effective": effective,
            "body": body,
        }

    def _versions(self, connection: Connection, at: datetime) -> list[_Version]:
        rows = connection.execute(_VERSIONS, {"site": self.site_id, "start": at}).mappings()
        return [_Version(**row) for row in rows]

    def ticks(self, start: datetime, end: datetime, *, effective: bool = True) -> tuple[Tick, ...]:
        """Ticks of the intervals that begin in [`start`, `end`), oldest first.

        `effective=False` gives every version, in order of arrival within an interval.
        """
        query = (
            select(_TABLE.c.body, _TABLE.c.revision)
            .where(self._mine(_TABLE), _TABLE.c.at >= start, _TABLE.c.at < end)
            .order_by(_TABLE.c.at, _TABLE.c.version)
        )
        if effective:
            query = query.where(_TABLE.c.effective)
        with self._store.read() as connection:
            rows = connection.execute(query).all()
        return tuple(_tick(row.body, row.revision) for row in rows)

    def last_tick(self) -> Tick | None:
        """Read the effective tick of the newest interval; None before the first."""
        query = (
            select(_TABLE.c.body, _TABLE.c.revision)
            .where(self._mine(_TABLE), _TABLE.c.effective)
            .order_by(_TABLE.c.at.desc())
            .limit(1)
        )
        with self._store.read() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _tick(row.body, row.revision)

    def quarantine(self, at: datetime, record: str, reason: str) -> None:
        """Keep a record that was refused (its first 1,024 characters) with the reason."""
        aware("Ledger.quarantine", "at", at)
        table = schema.quarantine
        with self._store.write() as connection:
            row = {
                "site_id": self.site_id,
                "number": self._next(connection, table),
                "at": at,
                "record": record[:_RECORD_CHARS],
                "reason": reason[:_RECORD_CHARS],
            }
            connection.execute(insert(table), row)

    def quarantined(self, limit: int = 100) -> tuple[QuarantinedRecord, ...]:
        """Read the refused records, newest first."""
        table = schema.quarantine
        query = (
            select(table.c.at, table.c.record, table.c.reason)
            .where(self._mine(table))
            .order_by(table.c.number.desc())
            .limit(limit)
        )
        with self._store.read() as connection:
            rows = connection.execute(query).mappings().all()
        return tuple(QuarantinedRecord(**row) for row in rows)


def _repeats(known: _Version, revision: int, body: bytes) -> bool:
    """Whether a tick says nothing new: as the version in force, or exactly as an older one."""
    return known.body == body and (known.effective or known.revision == revision)


def _tick(body: bytes, revision: int) -> Tick:
    return replace(decode(Tick, body), revision=revision)
