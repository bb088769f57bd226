"""Trades as they were filled, and the position they make."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from sqlalchemy import insert, select

from mara.domain import Trade
from mara.errors import AlreadyDone
from mara.ledger import schema
from mara.ledger.codec import decode, encode
from mara.ledger.intents import close_intent
from mara.ledger.part import Part, same_site

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import ColumnElement

__all__ = ["Trades"]

_TABLE: Final = schema.trades


class Trades(Part):
    """Keep trades, one an order."""

    def book_trade(self, trade: Trade) -> bool:
        """Keep `trade` and close its order's intent; False where it is kept already.

        Raises
        ------
        AlreadyDone
            The order was filled by another trade.
        """
        same_site("Ledger.book_trade", trade.site_id, self.site_id)
        with self._store.write() as connection:
            query = select(_TABLE.c.trade_id).where(
                self._mine(_TABLE), _TABLE.c.order_id == trade.order_id
            )
            known = connection.execute(query).scalar()
            if known is not None:
                return _refuse_other(trade, known)
            row = {
                "site_id": self.site_id,
                "order_id": trade.order_id,
                "number": self._next(connection, _TABLE),
                "trade_id": trade.trade_id,
                "delivery": trade.delivery,
                "body": encode(trade),
            }
            connection.execute(insert(_TABLE), row)
            close_intent(connection, trade.order_id, self.site_id)
            return True

    def trade(self, order_id: str) -> Trade | None:
        """Find the trade that filled an order; None where it is not filled."""
        found = self._trades(_TABLE.c.order_id == order_id, None)
        return found[0] if found else None

    def trades(self, limit: int = 100) -> tuple[Trade, ...]:
        """Newest trades first."""
        return self._trades(_TABLE.c.number > 0, limit)

    def trades_between(self, start: datetime, end: datetime) -> tuple[Trade, ...]:
        """Trades for delivery in intervals that begin in [`start`, `end`), newest first."""
        return self._trades((_TABLE.c.delivery >= start) & (_TABLE.c.delivery < end), None)

    def positions(self, start: datetime) -> Mapping[datetime, Decimal]:
        """MWh bought (positive) or sold for each delivery interval that begins from `start` on."""
        position: defaultdict[datetime, Decimal] = defaultdict(Decimal)
        for trade in self._trades(_TABLE.c.delivery >= start, None):
            position[trade.delivery] += trade.signed_mwh
        return {delivery: position[delivery] for delivery in sorted(position)}

    def _trades(self, which: ColumnElement[bool], limit: int | None) -> tuple[Trade, ...]:
        query = (
            select(_TABLE.c.body)
            .where(self._mine(_TABLE), which)
            .order_by(_TABLE.c.number.desc())
            .limit(limit)
        )
        with self._store.read() as connection:
            bodies = connection.execute(query).scalars().all()
        return tuple(decode(Trade, body) for body in bodies)


def _refuse_other(trade: Trade, known: str) -> bool:
    if known != trade.trade_id:
        raise AlreadyDone(f"order {trade.order_id}: already filled by trade {known}")
    return False
