"""A run in figures, for the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mara.services.console import Console

__all__ = ["summary_of"]


def summary_of(console: Console, *, ledger_url: str, seconds: float) -> dict[str, Any]:
    """Sum a run up: margin, decisions, latencies, and whether the books balance."""
    snapshot = console.snapshot()
    balances = {account: str(amount) for account, amount in console.balances().items()}
    pace = snapshot.pace
    tick = snapshot.market.tick
    earnings = snapshot.books.earnings
    return {
        "site": snapshot.site.site_id,
        "origin": snapshot.market.feed.label,
        "assumed": list(snapshot.market.feed.assumed),
        "feed": snapshot.market.feed.name,
        "mode": str(snapshot.mode),
        "state": str(snapshot.trading_state),
        "from": snapshot.started_at.isoformat(),
        "to": tick.end.isoformat() if tick else None,
        "decisions": snapshot.ticks,
        "margin_last_day": round(earnings.margin_usd, 2),
        "currency": snapshot.site.labels.currency,
        "margin_booked": balances.get("assets:cash", "0.00"),
        "shadow_profit": {w.agent: round(w.score_usd, 2) for w in snapshot.weights},
        "weights": {w.agent: round(w.weight, 4) for w in snapshot.weights},
        "balances": balances,
        "trial_balance": str(console.trial_balance()),
        "decision_ms_p50": round(pace.decide_ms_p50, 3),
        "decision_ms_p99": round(pace.decide_ms_p99, 3),
        "durable_ms_p50": round(pace.durable_ms_p50, 3),
        "durable_ms_p99": round(pace.durable_ms_p99, 3),
        "alerts": [alert.text for alert in snapshot.alerts],
        "seconds": round(seconds, 2),
        "ledger": ledger_url,
    }
