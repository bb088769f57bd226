"""The way of every trade: gate, journal, fill, acknowledge, book; each order once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from mara.domain import Intent, IntentKind, Outcome, OutcomeKind
from mara.errors import AlreadyDone, InvalidValue, RefusedError
from mara.safepoint import no_probe
from mara.trading.gate import check_order
from mara.trading.paper import fill

if TYPE_CHECKING:
    from collections.abc import Callable

    from mara.domain import Order, Trade
    from mara.trading.gate import GateView

__all__ = ["Journal", "TradeDesk"]


class Journal(Protocol):
    """Where intents and what came of them are durable; the ledger is one."""

    def journal(self, intent: Intent) -> None:
        """Make `intent` durable, or raise `AlreadyDone`."""
        ...

    def intent(self, intent_id: str) -> Intent | None:
        """Find an intent."""
        ...

    def outcome(self, intent_id: str) -> Outcome | None:
        """Find the newest word on an intent."""
        ...

    def acknowledge(self, outcome: Outcome) -> bool:
        """Write down what came of an intent."""
        ...

    def book_trade(self, trade: Trade) -> bool:
        """Keep a trade and close its intent; False where it is kept already."""
        ...


class TradeDesk:
    """Executes orders on paper so that each takes effect exactly once.

    `probe` is called with `intent`, `send`, `ack` and `book` when that step is done.
    """

    def __init__(self, journal: Journal, *, probe: Callable[[str], None] = no_probe) -> None:
        self._journal = journal
        self._probe = probe

    def execute(self, order: Order, view: GateView) -> Trade:
        """Trade `order`; the same order again returns the first trade.

        Raises
        ------
        RefusedError
            The gate or the market refuses; `rule` says which rule. A refused order stays refused.
        AlreadyDone
            Another press of the same button is at work on it; ask again.
        InvalidValue
            The id belongs to another order.
        """
        if (first := self._journal.intent(order.order_id)) is not None:
            return self._repeated(order, first)
        check_order(order, view)
        try:
            self._journal.journal(_intent(order, view))
        except AlreadyDone:
            first = self._journal.intent(order.order_id)
            if first is None:
                raise
            return self._repeated(order, first)
        self._probe("intent")
        return self.resume(order, view)

    def resume(self, order: Order, view: GateView) -> Trade:
        """Fill, acknowledge and book an order whose intent is durable.

        Raises
        ------
        RefusedError
            The market is beyond the order's limit.
        """
        trade = fill(order, view.tick, view.limits.spread_usd_per_mwh)
        self._probe("send")
        if trade is None:
            raise self._refused(order, view)
        self._journal.acknowledge(
            Outcome(intent_id=order.order_id, at=view.now, kind=OutcomeKind.FILLED, trade=trade)
        )
        self._probe("ack")
        self._journal.book_trade(trade)
        self._probe("book")
        return trade

    def _refused(self, order: Order, view: GateView) -> RefusedError:
        price = view.tick.energy_usd_per_mwh
        text = (
            f"limit_price: {order.side} at {order.limit_usd_per_mwh} USD/MWh does not reach the "
            f"price {price:.2f} with a spread of {view.limits.spread_usd_per_mwh:g} USD/MWh"
        )
        self._journal.acknowledge(
            Outcome(
                intent_id=order.order_id,
                at=view.now,
                kind=OutcomeKind.REFUSED,
                detail=text,
                rule="limit_price",
            )
        )
        return RefusedError(text, rule="limit_price")

    def _repeated(self, order: Order, first: Intent) -> Trade:
        if first.order is None or _terms(first.order) != _terms(order):
            raise InvalidValue(
                f"TradeDesk.execute: order_id={order.order_id!r} belongs to another order of "
                f"{first.author} at {first.made_at}; make a new id"
            )
        outcome = self._journal.outcome(order.order_id)
        if outcome is not None and outcome.trade is not None:
            self._journal.book_trade(outcome.trade)
            return outcome.trade
        if outcome is not None and outcome.rule is not None:
            raise RefusedError(outcome.detail, rule=outcome.rule)
        raise AlreadyDone(
            f"order {order.order_id}: made by {first.author} at {first.made_at}, "
            f"{'still at work' if outcome is None else outcome.kind}; look at the orders first"
        )


def _terms(order: Order) -> tuple[object, ...]:
    """List what makes two presses the same order; who pressed and when may differ."""
    return (
        order.site_id,
        order.side,
        order.quantity_mwh,
        order.limit_usd_per_mwh,
        order.delivery,
    )


def _intent(order: Order, view: GateView) -> Intent:
    return Intent(
        intent_id=order.order_id,
        site_id=order.site_id,
        tick_at=view.tick.at,
        kind=IntentKind.TRADE,
        made_at=view.now,
        author=order.author,
        order=order,
    )
