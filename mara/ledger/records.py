"""Records of decisions, alerts, and small keyed notes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, delete, insert, select, update

from mara.domain import Alert, Decision, TickRecord
from mara.domain.checks import named
from mara.ledger import schema
from mara.ledger.codec import decode, encode
from mara.ledger.part import Part, same_site

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection

__all__ = ["Records", "insert_record"]

_TABLE: Final = schema.decisions
_KNOWN: Final = select(_TABLE.c.tick_at).where(
    _TABLE.c.site_id == bindparam("site"), _TABLE.c.tick_at == bindparam("start")
)
_SET_NOTE: Final = (
    update(schema.notes)
    .where(
        schema.notes.c.site_id == bindparam("site"),
        schema.notes.c.key == bindparam("name"),
    )
    .values(value=bindparam("content"))
)


def insert_record(connection: Connection, record: TickRecord, site_id: str) -> bool:
    """Write the record of a tick within an atomic block; False where the interval has one."""
    same_site("Ledger.record_decision", record.site_id, site_id)
    key = {"site": site_id, "start": record.tick_at}
    if connection.execute(_KNOWN, key).one_or_none() is not None:
        return False
    row = {
        "site_id": site_id,
        "tick_at": record.tick_at,
        "decision": encode(replace(record.decision, plan=None)),
        "record": encode(record),
    }
    connection.execute(insert(_TABLE), row)
    return True


class Records(Part):
    """Keep what was decided and why, once an interval, to the byte."""

    def record_decision(self, record: TickRecord) -> bool:
        """Keep the record of a tick; False where the interval has one."""
        with self._store.write() as connection:
            return insert_record(connection, record, self.site_id)

    def decision(self, tick_at: datetime) -> TickRecord | None:
        """Open the record of the interval that begins at `tick_at`; None where there is none."""
        query = select(_TABLE.c.record).where(self._mine(_TABLE), _TABLE.c.tick_at == tick_at)
        with self._store.read() as connection:
            body = connection.execute(query).scalar()
        return None if body is None else decode(TickRecord, body)

    def records_between(self, start: datetime, end: datetime) -> tuple[TickRecord, ...]:
        """Open the records of intervals that begin in [`start`, `end`), oldest first."""
        query = (
            select(_TABLE.c.record)
            .where(self._mine(_TABLE), _TABLE.c.tick_at >= start, _TABLE.c.tick_at < end)
            .order_by(_TABLE.c.tick_at)
        )
        with self._store.read() as connection:
            bodies = connection.execute(query).scalars().all()
        return tuple(decode(TickRecord, body) for body in bodies)

    def decisions(self, limit: int = 100) -> tuple[Decision, ...]:
        """Read the newest decisions first, each without its plan."""
        query = (
            select(_TABLE.c.decision)
            .where(self._mine(_TABLE))
            .order_by(_TABLE.c.tick_at.desc())
            .limit(limit)
        )
        with self._store.read() as connection:
            bodies = connection.execute(query).scalars().all()
        return tuple(decode(Decision, body) for body in bodies)

    def decisions_between(self, start: datetime, end: datetime) -> tuple[Decision, ...]:
        """Decisions for intervals that begin in [`start`, `end`), oldest first, without plans."""
        query = (
            select(_TABLE.c.decision)
            .where(self._mine(_TABLE), _TABLE.c.tick_at >= start, _TABLE.c.tick_at < end)
            .order_by(_TABLE.c.tick_at)
        )
        with self._store.read() as connection:
            bodies = connection.execute(query).scalars().all()
        return tuple(decode(Decision, body) for body in bodies)

    def prune_records(self, before: datetime) -> int:
        """Drop the records of decisions made for intervals before `before`; return how many.

        Ticks, intents, trades, settlements and entries are never dropped.
        """
        old = self._mine(_TABLE) & (_TABLE.c.tick_at < before)
        with self._store.write() as connection:
            return int(connection.execute(delete(_TABLE).where(old)).rowcount)

    def record_alert(self, alert: Alert) -> bool:
        """Keep an alert; False where the same code is there since the same time."""
        table = schema.alerts
        here = self._mine(table) & (table.c.code == alert.code) & (table.c.since == alert.since)
        with self._store.write() as connection:
            if connection.execute(select(table.c.code).where(here)).one_or_none() is not None:
                return False
            row = {"site_id": self.site_id, "code": alert.code, "since": alert.since}
            connection.execute(insert(table), row | {"body": encode(alert)})
            return True

    def alerts(self, limit: int = 100) -> tuple[Alert, ...]:
        """Read the alerts, newest first."""
        table = schema.alerts
        query = (
            select(table.c.body)
            .where(self._mine(table))
            .order_by(table.c.since.desc(), table.c.code)
            .limit(limit)
        )
        with self._store.read() as connection:
            bodies = connection.execute(query).scalars().all()
        return tuple(decode(Alert, body) for body in bodies)

    def save_note(self, key: str, value: bytes) -> None:
        """Keep `value` under `key` in place of what was there."""
        named("Ledger.save_note", "key", key)
        with self._store.write() as connection:
            self._set_note(connection, key, value)

    def _set_note(self, connection: Connection, key: str, value: bytes) -> None:
        found = {"site": self.site_id, "name": key, "content": value}
        if connection.execute(_SET_NOTE, found).rowcount == 0:
            row = {"site_id": self.site_id, "key": key, "value": value}
            connection.execute(insert(schema.notes), row)

    def save_remark(self, key: str, value: bytes) -> None:
        """Keep a note as `save_note` does, but for who does not lead: no engine reads it."""
        named("Ledger.save_remark", "key", key)
        with self._store.unfenced() as connection:
            self._set_note(connection, key, value)

    def note(self, key: str) -> bytes | None:
        """Read what is kept under `key`; None where there is nothing."""
        return self.notes(key).get(key)

    def notes(self, prefix: str = "") -> Mapping[str, bytes]:
        """Read all that is kept under keys that begin with `prefix`, in order of key."""
        table = schema.notes
        query = (
            select(table.c.key, table.c.value)
            .where(self._mine(table), table.c.key.startswith(prefix, autoescape=True))
            .order_by(table.c.key)
        )
        with self._store.read() as connection:
            return {row.key: row.value for row in connection.execute(query)}
