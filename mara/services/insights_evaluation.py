"""What the agents' decisions of today were worth, against what came and against foresight."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np

from mara.errors import SolverError
from mara.models.dispatch import DispatchProblem, FastDispatch, Grid, import_caps, stored_value
from mara.services.insights_facts import FactWriter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mara.agents.snapshot import Snapshot
    from mara.domain import Forecast, Settlement, Site, SiteState, Tick, TickRecord
    from mara.insights.facts import Fact
    from mara.ledger.ledger import Ledger

__all__ = ["DayEvaluation", "ForecastScore", "Foresight", "evaluate_day", "facts_of", "foresight"]

_AHEAD: Final = timedelta(hours=1)
_SAMPLE: Final = timedelta(hours=1)
_ENERGY: Final = "energy_usd_per_mwh"


@dataclass(frozen=True, slots=True, kw_only=True)
class Foresight:
    """The same intervals re-solved with all prices known: no plan could have earned more.

    `bound_usd` and `realised_usd` count stored energy gained at the same value a MWh.
    """

    bound_usd: float
    realised_usd: float
    intervals: int

    @property
    def captured(self) -> float | None:
        """Share of the bound that was earned; None where there was nothing to earn."""
        return self.realised_usd / self.bound_usd if self.bound_usd > 0.0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastScore:
    """Misses of the energy price an hour ahead, in USD/MWh, and those of persistence."""

    count: int
    mae: float
    naive_mae: float
    coverage: float | None
    interval: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DayEvaluation:
    """What is known of the site's day so far."""

    day: str
    decisions: int
    safe: int
    by_chosen: tuple[tuple[str, int], ...]
    foresight: Foresight | None
    forecast: ForecastScore | None


def evaluate_day(snapshot: Snapshot, ledger: Ledger) -> DayEvaluation:
    """Evaluate the site's calendar day from what the ledger holds of it."""
    start = _midnight(snapshot)
    end = snapshot.clock
    decisions = ledger.decisions_between(start, end)
    ticks = ledger.ticks(start, end)
    chosen = sorted({d.chosen for d in decisions})
    return DayEvaluation(
        day=f"{start.astimezone(snapshot.site.zone):%Y-%m-%d}",
        decisions=len(decisions),
        safe=sum(d.safe for d in decisions),
        by_chosen=tuple((name, sum(d.chosen == name for d in decisions)) for name in chosen),
        foresight=_foresight_of(snapshot.site, ledger, ticks, ledger.settlements(start, end)),
        forecast=_score(_sampled(ledger, start, end), ticks),
    )


def _midnight(snapshot: Snapshot) -> datetime:
    local = snapshot.clock.astimezone(snapshot.site.zone)
    return local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


def _sampled(ledger: Ledger, start: datetime, end: datetime) -> tuple[TickRecord, ...]:
    """Open the records of the full hours, which carry the forecasts made then."""
    hours = int((end - start) / _SAMPLE) + 1
    opened = (ledger.decision(start + i * _SAMPLE) for i in range(hours))
    return tuple(record for record in opened if record is not None)


def _score(records: Sequence[TickRecord], ticks: Sequence[Tick]) -> ForecastScore | None:
    """Compare each forecast an hour ahead with what came."""
    came = {tick.at: tick.energy_usd_per_mwh for tick in ticks}
    rows = [row for record in records if (row := _row(record, came)) is not None]
    if not rows:
        return None
    table = np.array([row[:3] for row in rows])
    inside = [row[3] for row in rows if row[3] is not None]
    widths = [row[4] for row in rows if row[4] is not None]
    return ForecastScore(
        count=len(rows),
        mae=float(np.abs(table[:, 0] - table[:, 2]).mean()),
        naive_mae=float(np.abs(table[:, 1] - table[:, 2]).mean()),
        coverage=float(np.mean(inside)) if inside else None,
        interval=widths[0] if widths else None,
    )


def _row(
    record: TickRecord, came: dict[datetime, float]
) -> tuple[float, float, float, bool | None, float | None] | None:
    """Give forecast, persistence, truth, whether the band held it, and the band's level."""
    at = record.tick_at + _AHEAD
    forecast = next((f for f in record.forecasts if f.target == _ENERGY), None)
    if forecast is None or at not in came or at not in forecast.starts or record.tick is None:
        return None
    i = forecast.starts.index(at)
    inside, level = _band(forecast, i, came[at])
    return forecast.mean[i], record.tick.energy_usd_per_mwh, came[at], inside, level


def _band(forecast: Forecast, i: int, truth: float) -> tuple[bool | None, float | None]:
    if len(forecast.quantiles) < 2:
        return None, None
    low, high = forecast.quantiles[0], forecast.quantiles[-1]
    return low.values[i] <= truth <= high.values[i], high.level - low.level


def _foresight_of(
    site: Site, ledger: Ledger, ticks: Sequence[Tick], settled: Sequence[Settlement]
) -> Foresight | None:
    """Re-solve the newest unbroken run of settled intervals."""
    run = _unbroken(settled, {tick.at for tick in ticks})
    record = ledger.decision(run[0].at) if run else None
    if record is None:
        return None
    by_time = {tick.at: tick for tick in ticks}
    try:
        return foresight(site, record.state, tuple(by_time[s.at] for s in run), run)
    except SolverError:
        return None


def _unbroken(settled: Sequence[Settlement], known: set[datetime]) -> tuple[Settlement, ...]:
    run: list[Settlement] = []
    for one in settled:
        follows = run and abs(run[-1].at + timedelta(hours=run[-1].hours) - one.at) < timedelta(
            seconds=1
        )
        run = [] if one.at not in known else [*run, one] if follows else [one]
    return tuple(run)


def foresight(
    site: Site, state: SiteState, ticks: tuple[Tick, ...], settled: tuple[Settlement, ...]
) -> Foresight:
    """Plan the intervals of `settled` from `state` with every price known.

    The bound is that of the relaxed programme: objective + gap x max(|objective|, 1). Stored
    energy gained counts at `stored_value` on both sides.

    Raises
    ------
    SolverError
        The programme has no plan, or a limit came first.
    """
    grid = Grid(at=settled[0].at, minutes=tuple(s.hours * 60.0 for s in settled))
    energy = np.array([tick.energy_usd_per_mwh for tick in ticks])
    problem = DispatchProblem(
        site=site,
        state=state,
        grid=grid,
        energy_usd_per_mwh=energy,
        hash_usd_per_ph_day=_series(ticks, "hash_usd_per_ph_day"),
        token_usd_per_mtok=_series(ticks, "token_usd_per_mtok"),
        demand_mtok_per_h=_series(ticks, "demand_mtok_per_h"),
        import_cap_mw=import_caps(site, grid),
        export_cap_mw=np.full(len(grid), site.export_limit_mw),
        terminal_usd_per_mwh=stored_value(site, grid, energy),
    )
    solved = FastDispatch(site, grid).solve(problem)
    slack = (solved.plan.gap or 0.0) * max(abs(solved.objective_usd), 1.0)
    gained = (settled[-1].soc_mwh or 0.0) - (state.soc_mwh or 0.0)
    earned = sum(one.margin_usd for one in settled)
    return Foresight(
        bound_usd=solved.objective_usd + slack,
        realised_usd=earned + problem.terminal_usd_per_mwh * gained,
        intervals=len(settled),
    )


def _series(ticks: Sequence[Tick], figure: str) -> np.ndarray | None:
    values = [tick.figure(figure) for tick in ticks]
    if any(value is None for value in values):
        return None
    return np.array(values, dtype=np.float64)


def facts_of(evaluation: DayEvaluation, snapshot: Snapshot) -> tuple[Fact, ...]:
    """Write an evaluation as facts."""
    tick = snapshot.market.tick
    to = FactWriter(
        at=tick.at if tick else snapshot.clock,
        source="evaluation of the stored decisions",
        badge=snapshot.market.feed.label,
    )
    currency = snapshot.site.labels.currency
    to.add("eval.decisions", "intervals decided today", evaluation.decisions, "intervals")
    to.add("eval.safe", "intervals decided by the safe controller", evaluation.safe)
    for name, count in evaluation.by_chosen:
        fact_id = f"eval.chosen.{name.replace('-', '_')}"
        to.add(fact_id, f"intervals in which {name} was chosen", count, "intervals")
    if (best := evaluation.foresight) is not None:
        source = "re-solve of the day with every price known"
        label = "margin of the day with perfect foresight"
        to.add("eval.foresight.margin", label, best.bound_usd, currency, source=source)
        label = "margin of the day, stored energy included"
        to.add("eval.realised.margin", label, best.realised_usd, currency, source=source)
        share = None if best.captured is None else 100.0 * best.captured
        to.add(
            "eval.captured", "share of perfect foresight that was earned", share, "%", source=source
        )
    _forecast_facts(to, evaluation.forecast, snapshot)
    return tuple(to.facts.values())


def _forecast_facts(to: FactWriter, score: ForecastScore | None, snapshot: Snapshot) -> None:
    if score is None:
        return
    unit, factor = snapshot.site.labels.energy_unit, snapshot.site.labels.energy_factor
    mae, naive = score.mae * factor, score.naive_mae * factor
    to.add("eval.forecast.mae_1h", "mean miss of the energy forecast in 1 h", mae, unit)
    to.add("eval.forecast.naive_mae_1h", "mean miss of persistence in 1 h", naive, unit)
    to.add("eval.forecast.count_1h", "forecasts looked at", score.count, "forecasts")
    if score.coverage is not None and score.interval is not None:
        label = f"share of outcomes within the {score.interval:.0%} interval".replace("%", " %")
        to.add("eval.forecast.coverage_1h", label, 100.0 * score.coverage, "%", own_label=True)
