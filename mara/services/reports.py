"""What can be read of a running system, beyond its snapshot; nothing here changes anything."""

from __future__ import annotations

import math
import tempfile
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mara.agents.explainer import Explainer
from mara.domain import Decision, Forecast, Intent, Outcome, TickRecord, Trade
from mara.errors import InvalidValue, RefusedError
from mara.ledger.export import Exported, export, frame_of
from mara.models.signals import Anomaly, Trend, find_anomalies, market_trends
from mara.models.strategies.base import DecisionContext
from mara.services.tomorrow import Tomorrow, tomorrow_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from decimal import Decimal

    import pandas as pd

    from mara.agents.replay import Replayed, Replayer
    from mara.agents.snapshot import Market, Snapshot
    from mara.ledger.ledger import Ledger
    from mara.ledger.values import BookedPosting
    from mara.models.dispatch.whatif import Change, WhatIf

__all__ = ["Portfolio", "Reports", "Risk"]

_WHOLE_PAST: Final = datetime(2000, 1, 1, tzinfo=UTC)
_WHOLE_FUTURE: Final = datetime(2200, 1, 1, tzinfo=UTC)
_FIGURES: Final = {"price": "energy_usd_per_mwh", "demand": "demand_mtok_per_h"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Portfolio:
    """What the optimiser would do now, and what that is expected to earn."""

    text: str
    decision: Decision
    expected_margin_usd: float
    horizon_h: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """What the site stands to lose, from the plan and the books.

    `tomorrow` holds VaR and CVaR of the next day's margin; None where the past is too short.
    """

    text: str
    exposure_mw: float
    open_position_mwh: float
    margin_today_usd: float
    worst_interval_usd: float | None
    loss_at_cap_usd_per_interval: float
    tomorrow: Tomorrow | None = None


class Reports:
    """Reads for faces: from the snapshot, from the ledger, and by computation beside the loop."""

    def __init__(
        self,
        newest: Callable[[], Snapshot],
        *,
        ledger: Ledger,
        replayer: Callable[[], Replayer],
    ) -> None:
        self._newest = newest
        self._ledger = ledger
        self._replayer = replayer
        self._explainer = Explainer()

    def market(self) -> Market:
        """Read the newest prices with the health of their feed."""
        return self._newest().market

    def trends(self) -> tuple[Trend, ...]:
        """Compute the market's trends anew."""
        return market_trends(self.market().history)

    def anomalies(self) -> tuple[Anomaly, ...]:
        """Look for spikes, flatlines, gaps and regime breaks now."""
        market = self.market()
        assumed = market.tick.assumed if market.tick else frozenset()
        return find_anomalies(market.history, assumed=assumed)

    def predict(self, what: str = "price", horizon_h: float = 24.0) -> Forecast:
        """Read the forecast of 'price' or 'demand', cut to `horizon_h` hours.

        Raises
        ------
        InvalidValue
            The horizon is not within what was forecast, or there is no forecast yet.
        """
        target = _FIGURES.get(what, what)
        market = self.market()
        found = next((f for f in market.forecasts if f.target == target), None)
        if found is None:
            raise InvalidValue(f"predict: there is no forecast of {what!r} yet; wait for a tick")
        if market.tick is not None:
            found = found.after(market.tick.at)
        known = math.isfinite(horizon_h)
        steps = round(horizon_h * 60.0 / market.history.minutes) if known else 0
        if not 1 <= steps <= len(found.starts):
            most = len(found.starts) * market.history.minutes / 60.0
            raise InvalidValue(
                f"predict: horizon={horizon_h:g} h must lie above 0 and up to {most:g} h"
            )
        return found.first(steps)

    def what_if(self, change: Change) -> WhatIf:
        """Plan the newest tick again as `change` supposes, and compare.

        Raises
        ------
        RefusedError
            No tick was decided yet.
        Infeasible
            The supposed site admits no plan.
        """
        newest = self._newest()
        if newest.state is None or newest.market.tick is None:
            raise RefusedError("no tick was decided yet; try again in a moment", rule="running")
        context = DecisionContext(
            site=newest.site,
            state=newest.state,
            tick=newest.market.tick,
            history=newest.market.history,
            forecasts=newest.market.forecasts,
        )
        return self._explainer.what_if(context, change)

    def optimize_portfolio(self) -> Portfolio:
        """Say what the newest plan does, and what it is expected to earn.

        Raises
        ------
        RefusedError
            No plan was made yet.
        """
        verdict = self._newest().verdict
        plan = None if verdict is None else verdict.decision.plan
        if verdict is None or plan is None:
            raise RefusedError("no plan yet: the safe controller decides", rule="running")
        horizon_h = sum(plan.hours)
        return Portfolio(
            text=(
                f"{verdict.decision.reason}; expected {plan.expected_margin_usd:,.0f} over "
                f"{horizon_h:g} h by {plan.method}"
            ),
            decision=verdict.decision,
            expected_margin_usd=plan.expected_margin_usd,
            horizon_h=horizon_h,
        )

    def assess_risk(self) -> Risk:
        """Put the exposure in force against the books, the price cap and tomorrow's risk."""
        newest = self._newest()
        now = risk_of(newest)
        ahead = self._tomorrow(newest)
        if ahead is None:
            return replace(now, text=f"{now.text}; the past is too short for tomorrow's VaR")
        return replace(now, tomorrow=ahead, text=f"{now.text}; {_ahead_text(ahead)}")

    def _tomorrow(self, newest: Snapshot) -> Tomorrow | None:
        """Work tomorrow's risk out, here and now."""
        return tomorrow_of(newest.site, newest.market.history)

    def orders(self, limit: int = 100) -> tuple[tuple[Intent, Outcome | None], ...]:
        """Read the newest intents to trade, each with the newest word on it."""
        return self._ledger.orders(limit)

    def trades(self, limit: int = 100) -> tuple[Trade, ...]:
        """Read the newest trades."""
        return self._ledger.trades(limit)

    def postings(self, limit: int = 100) -> tuple[BookedPosting, ...]:
        """Read the newest lines of the books."""
        return self._ledger.postings(limit)

    def balances(self) -> Mapping[str, Decimal]:
        """Read the balance of each account."""
        return self._ledger.balances()

    def trial_balance(self) -> Decimal:
        """Sum all postings ever made; zero, or the books are wrong."""
        return self._ledger.trial_balance()

    def decisions(self, limit: int = 100) -> tuple[Decision, ...]:
        """Read the newest decisions."""
        return self._ledger.decisions(limit)

    def reopen(self, tick_at: datetime) -> TickRecord:
        """Open the record of an interval.

        Raises
        ------
        InvalidValue
            The interval was not decided, or its record was pruned.
        """
        record = self._ledger.decision(tick_at)
        if record is None:
            raise InvalidValue(f"reopen: no record of {tick_at.isoformat()} is kept")
        return record

    def replay(self, tick_at: datetime) -> Replayed:
        """Decide a stored interval again, and say whether it comes out the same."""
        record = self.reopen(tick_at)
        hour = tick_at.replace(minute=0, second=0, microsecond=0)
        return self._replayer().replay(record, self._ledger.records_between(hour, tick_at))

    def table(self, kind: str, *, days: float | None = None) -> pd.DataFrame:
        """Read 'postings', 'ticks', 'decisions' or 'flows' as a table, units in its headers."""
        try:
            what = Exported(kind)
        except ValueError:
            names = ", ".join(Exported)
            raise InvalidValue(f"export: kind={kind!r} is unknown; use one of {names}") from None
        newest = self._newest()
        start = _WHOLE_PAST if days is None else newest.clock - timedelta(days=days)
        currency = newest.site.labels.currency
        return frame_of(self._ledger, what, start, _WHOLE_FUTURE, currency=currency)

    def exported(self, kind: str, suffix: str = "csv", *, days: float | None = None) -> bytes:
        """Read a table as the bytes of a CSV or Parquet file."""
        frame = self.table(kind, days=days)
        with tempfile.TemporaryDirectory() as folder:
            return export(frame, Path(folder) / f"{kind}.{suffix}").read_bytes()


def _ahead_text(ahead: Tomorrow) -> str:
    found = ahead.at(0.95)
    return (
        f"tomorrow {ahead.expected_usd:,.0f} is expected, {found.quantile_usd:,.0f} undercut one "
        f"day in twenty (VaR {found.var_usd:,.0f}, CVaR {found.cvar_usd:,.0f}, from {ahead.days} "
        "past days)"
    )


_CAP_USD_PER_MWH: Final = 5_000.0
"""Price cap of the Texas market (16 TAC 25.509)."""


def risk_of(snapshot: Snapshot) -> Risk:
    """Compute what the site stands to lose.

    Law: loss at the cap = (import in force) x hours x (cap - price now), the cost of one interval
    at the market's cap with everything left as it is.
    """
    settled, tick = snapshot.books.settlements, snapshot.market.tick
    last = settled[-1] if settled else None
    imported = last.import_mw if last else 0.0
    price, hours = (tick.energy_usd_per_mwh, tick.hours) if tick else (0.0, 0.0)
    worst = min((s.margin_usd for s in settled), default=None)
    at_cap = imported * hours * max(_CAP_USD_PER_MWH - price, 0.0)
    exposure = last.machines_mw + last.charge_mw if last else 0.0
    worst_text = "nothing is settled yet" if worst is None else f"worst interval {worst:,.0f}"
    return Risk(
        text=(
            f"{exposure:,.1f} MW in force, {snapshot.books.position_mwh:,.2f} MWh of open trades, "
            f"today {snapshot.books.earnings.margin_usd:,.0f}, {worst_text}; one interval at "
            f"{_CAP_USD_PER_MWH:,.0f} USD/MWh would cost {at_cap:,.0f} more"
        ),
        exposure_mw=exposure,
        open_position_mwh=snapshot.books.position_mwh,
        margin_today_usd=snapshot.books.earnings.margin_usd,
        worst_interval_usd=worst,
        loss_at_cap_usd_per_interval=at_cap,
    )
