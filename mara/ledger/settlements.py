"""What each interval did, settled once, with the state it leaves and its postings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, insert, select, update

from mara.domain import Settlement, SiteState
from mara.errors import InvalidValue
from mara.ledger import schema
from mara.ledger.books import append
from mara.ledger.codec import decode, encode
from mara.ledger.entries import find, opposite
from mara.ledger.part import Part, same_site

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from mara.domain import Entry

__all__ = ["ESTIMATED", "Settlements", "settlement_entry_id"]

ESTIMATED: Final = ":estimated"
_TABLE: Final = schema.settlements
_KNOWN: Final = select(_TABLE.c.settlement).where(
    _TABLE.c.site_id == bindparam("site"),
    _TABLE.c.at == bindparam("start"),
    _TABLE.c.effective,
)


def settlement_entry_id(settlement: Settlement) -> str:
    """Name the entry of a settlement after site and interval, so that it is booked once."""
    name = f"settle:{settlement.site_id}:{settlement.at:%Y-%m-%dT%H:%M:%SZ}"
    return name + ESTIMATED if settlement.estimated else name


class Settlements(Part):
    """Settle intervals and read what was settled."""

    def settle(
        self, settlement: Settlement, next_state: SiteState, entries: Sequence[Entry]
    ) -> bool:
        """Keep the settlement, the state it leads to and its `entries` in one atomic block.

        An interval settles once; False where it has. An estimate is trued up by settling the
        interval again with real figures: the estimate's entry is reversed in the same block.

        Raises
        ------
        InvalidValue
            The next state is not after the interval's start.
        """
        same_site("Ledger.settle", settlement.site_id, self.site_id)
        if next_state.at <= settlement.at:
            raise InvalidValue(
                f"Ledger.settle: next_state.at={next_state.at} must come after {settlement.at}"
            )
        with self._store.write() as connection:
            known = self._known(connection, settlement.at)
            if known is not None and (settlement.estimated or not known.estimated):
                return False
            if known is not None:
                self._true_up(connection, known)
            self._insert(connection, settlement, next_state, 0 if known is None else 1)
            for entry in entries:
                append(connection, entry, self.site_id)
            return True

    def _known(self, connection: Connection, at: datetime) -> Settlement | None:
        body = connection.execute(_KNOWN, {"site": self.site_id, "start": at}).scalar()
        return None if body is None else decode(Settlement, body)

    def _true_up(self, connection: Connection, estimate: Settlement) -> None:
        here = self._mine(_TABLE) & (_TABLE.c.at == estimate.at)
        connection.execute(update(_TABLE).where(here).values(effective=False))
        entry_id = settlement_entry_id(estimate)
        booked = find(connection, schema.entries.c.entry_id == entry_id, self.site_id)
        if booked is not None:
            memo = f"true-up of {booked.memo}"
            reversal = opposite(booked, f"{entry_id}:reversed", booked.at, memo)
            append(connection, reversal, self.site_id)

    def _insert(
        self, connection: Connection, settlement: Settlement, next_state: SiteState, version: int
    ) -> None:
        row = {
            "site_id": self.site_id,
            "at": settlement.at,
            "version": version,
            "effective": True,
            "settlement": encode(settlement),
            "next_state": encode(next_state),
        }
        connection.execute(insert(_TABLE), row)

    def settlements(self, start: datetime, end: datetime) -> tuple[Settlement, ...]:
        """Settlements of intervals that begin in [`start`, `end`), oldest first."""
        query = (
            select(_TABLE.c.settlement)
            .where(self._effective(), _TABLE.c.at >= start, _TABLE.c.at < end)
            .order_by(_TABLE.c.at)
        )
        with self._store.read() as connection:
            bodies = connection.execute(query).scalars().all()
        return tuple(decode(Settlement, body) for body in bodies)

    def last_settlement(self) -> Settlement | None:
        """Settlement of the newest interval settled; None before the first."""
        body = self._newest("settlement")
        return None if body is None else decode(Settlement, body)

    def last_state(self) -> SiteState | None:
        """State after the newest interval settled; None before the first."""
        body = self._newest("next_state")
        return None if body is None else decode(SiteState, body)

    def _newest(self, column: str) -> bytes | None:
        query = (
            select(_TABLE.c[column]).where(self._effective()).order_by(_TABLE.c.at.desc()).limit(1)
        )
        with self._store.read() as connection:
            body: bytes | None = connection.execute(query).scalar()
        return body

    def _effective(self) -> ColumnElement[bool]:
        return self._mine(_TABLE) & _TABLE.c.effective
