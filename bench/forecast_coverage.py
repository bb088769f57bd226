"""Print how often the agent's 90 % intervals held over 30 days of the simulated market.

Run as ``python -m bench.forecast_coverage`` from the repository's root. The forecasting agent
itself runs, tick by tick; every forecast that it issued five minutes after a full hour is held
against the five-minute values that came, at all its leads.
"""

from __future__ import annotations

import argparse
import asyncio
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from mara.agents.forecasting import ForecastingAgent
from mara.agents.messages import ForecastsMade, MarketRead, MarketSeen, Situation
from mara.agents.snapshot import FeedStatus
from mara.domain import History, Origin, SiteState, Tick
from mara.domain.presets import demo_site
from mara.feeds.simulated import SimulatedFeed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mara.domain import Forecast

__all__ = ["Coverage", "Inline", "coverage_lines", "covered", "forecasts_over"]

START: Final = datetime(2026, 6, 2, 6, tzinfo=UTC)
BAND: Final = (0.88, 0.92)
_MINUTE_KEPT: Final = 5


class Inline(Executor):
    """Does the work where it is submitted: the answer is there at the next tick."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:  # noqa: ANN401
        """Do the work now."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - as any executor
            future.set_exception(error)
        return future


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How one figure's forecasts did; errors in its unit, coverage as a share of one."""

    target: str
    values: int
    covered: float
    mae: float
    naive_mae: float


def _generator(seed: int, block: int) -> np.random.Generator:
    return np.random.default_rng([seed, block])


def ticks_of(seed: int, days: int) -> tuple[Tick, ...]:
    """Draw the market's history of 30 days, and `days` from `START` on."""
    feed = SimulatedFeed(
        site_id="demo",
        rng_for_block=partial(_generator, seed),
        start=START,
        demand_mean_mtok_per_h=2_000.0,
    )
    batch = asyncio.run(feed.read(after=None, until=START + timedelta(days=days)))
    return batch.ticks


def forecasts_over(ticks: Iterable[Tick]) -> list[Forecast]:
    """Run the agent through the ticks; give what it issued five minutes after each full hour."""
    agent = ForecastingAgent(executor=Inline(), wait=True)
    site = demo_site()
    state = SiteState(at=START, classes=(), soc_mwh=4.0)
    feed = FeedStatus(
        name="simulated", origin=Origin.SIMULATED, label="SIMULATED", stale=False, age_ticks=0
    )
    known = list(ticks)
    history = History.of((t for t in known if t.at < START), minutes=5.0)
    issued: list[Forecast] = []
    for tick in (t for t in known if t.at >= START):
        history = history.extended(tick)
        read = MarketRead(
            tick=tick, history=history, feed=feed, situation=Situation(site=site, state=state)
        )
        (said,) = agent.handle(MarketSeen(read=read, trends=(), anomalies=()))
        if tick.at.minute == _MINUTE_KEPT and isinstance(said, ForecastsMade):
            issued += [f for f in said.forecasts if f.quantiles]
    return issued


def covered(target: str, issued: list[Forecast], came: dict[datetime, Tick]) -> Coverage:
    """Hold one figure's forecasts against what came, beside repeating the newest day."""
    held: list[bool] = []
    errors: list[float] = []
    naive: list[float] = []
    for forecast in (f for f in issued if f.target == target):
        low, high = forecast.quantile(0.05), forecast.quantile(0.95)
        for i, at in enumerate(forecast.starts):
            value = came[at].figure(target) if at in came else None
            days = 1 if at - timedelta(days=1) <= forecast.issued_at else 2
            before = came.get(at - timedelta(days=days))
            last = before.figure(target) if before else None
            if value is None or last is None:
                continue
            held.append(low[i] <= value <= high[i])
            errors.append(abs(value - forecast.mean[i]))
            naive.append(abs(value - last))
    return Coverage(
        target=target,
        values=len(held),
        covered=float(np.mean(held)),
        mae=float(np.mean(errors)),
        naive_mae=float(np.mean(naive)),
    )


def coverage_lines(seed: int, days: int) -> list[str]:
    """Write the table of all figures, and their mean coverage."""
    ticks = ticks_of(seed, days)
    issued = forecasts_over(ticks)
    came = {t.at: t for t in ticks}
    rows = [covered(target, issued, came) for target in dict.fromkeys(f.target for f in issued)]
    mean = float(np.mean([row.covered for row in rows]))
    verdict = "within" if BAND[0] <= mean <= BAND[1] else "NOT within"
    lines = [
        f"{days} days of the simulated market (SIMULATED, seed {seed}), all leads to 24 or 48 h:",
        "",
        "| figure | 90 % interval covers | MAE | naive MAE | rMAE | values |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {r.target} | {r.covered:.1%} | {r.mae:.4g} | {r.naive_mae:.4g} | "
        f"{r.mae / r.naive_mae:.3f} | {r.values:,} |"
        for r in rows
    ]
    return [*lines, "", f"Mean coverage {mean:.1%}, {verdict} 88 to 92 %."]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    print("\n".join(coverage_lines(asked.seed, asked.days)))


if __name__ == "__main__":
    main()
