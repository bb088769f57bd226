"""What the optimiser is asked: a site, its state, and figures for each interval."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mara.domain import History, MachineKind, Site, SiteState
from mara.domain.checks import finite, non_negative
from mara.errors import InvalidValue
from mara.models.dispatch.grid import Grid, horizon_grid, mean_over
from mara.units import MINUTES_PER_HOUR, SECONDS_PER_HOUR

if TYPE_CHECKING:
    from mara.domain import Forecast
    from mara.models.strategies.base import DecisionContext

__all__ = ["DispatchProblem", "dispatched", "problem_from", "stored_value"]

Floats = NDArray[np.float64]

CAUTIOUS_QUANTILE = 0.25
"""Stored energy is valued at this quantile of the horizon's prices."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DispatchProblem:
    """One dispatch question; every array has one value an interval of `grid`, shape (n,).

    `terminal_usd_per_mwh` values a MWh in store at the end of the horizon,
    `stability_usd_per_mw` is the price of switching a MW of machines on, or off in the first
    interval. A figure that nobody knows is None: what lives on it is not dispatched.
    """

    site: Site
    state: SiteState
    grid: Grid
    energy_usd_per_mwh: Floats
    hash_usd_per_ph_day: Floats | None = None
    token_usd_per_mtok: Floats | None = None
    demand_mtok_per_h: Floats | None = None
    import_cap_mw: Floats
    export_cap_mw: Floats
    terminal_usd_per_mwh: float = 0.0
    stability_usd_per_mw: float = 0.0

    def __post_init__(self) -> None:
        non_negative("DispatchProblem", "terminal_usd_per_mwh", self.terminal_usd_per_mwh)
        non_negative("DispatchProblem", "stability_usd_per_mw", self.stability_usd_per_mw)
        for name in ("energy_usd_per_mwh", "import_cap_mw", "export_cap_mw"):
            self._check_series(name, getattr(self, name))
        for name in ("hash_usd_per_ph_day", "token_usd_per_mtok", "demand_mtok_per_h"):
            if (values := getattr(self, name)) is not None:
                self._check_series(name, values)
        if self.site.battery is not None and self.state.soc_mwh is None:
            raise InvalidValue(
                f"DispatchProblem: state.soc_mwh=None, but site {self.site.site_id} has a battery; "
                "read its state of charge first"
            )

    def _check_series(self, name: str, values: Floats) -> None:
        if values.shape != (len(self.grid),):
            raise InvalidValue(
                f"DispatchProblem: {name} has shape {values.shape}, needs ({len(self.grid)},)"
            )
        if not np.isfinite(values).all():
            bad = values[~np.isfinite(values)][0]
            finite("DispatchProblem", name, float(bad))


def dispatched(problem: DispatchProblem, kind: MachineKind) -> bool:
    """Tell whether machines of `kind` have all the figures that their revenue needs.

    Miners need a hash price; inference needs a token price and, where tiers are promised, demand.
    """
    if kind is MachineKind.MINER:
        return problem.hash_usd_per_ph_day is not None
    known_demand = not problem.site.tiers or problem.demand_mtok_per_h is not None
    return problem.token_usd_per_mtok is not None and known_demand


def stored_value(
    site: Site, grid: Grid, energy_usd_per_mwh: Floats, past: History | None = None
) -> float:
    """Value energy left in store at the end of the horizon, USD/MWh.

    Law: v = max(0, P), with P the time-weighted lower quartile of the horizon's prices and, where
    given, those of the `past` over as long a time: a spike that is expected to stay does not make
    stored energy dear. v lies above what discharging at P earns (P times the efficiency, less
    wear) and below what charging at P costs, so that a flat price leaves the battery as it is.
    """
    if site.battery is None:
        return 0.0
    before = _past_prices(grid, past)
    step_h = 0.0 if past is None else past.minutes / MINUTES_PER_HOUR
    prices = np.concatenate((energy_usd_per_mwh, before))
    hours = np.concatenate((np.asarray(grid.hours), np.full(len(before), step_h)))
    order = np.argsort(prices, kind="stable")
    reached = np.cumsum(hours[order])
    index = int(np.searchsorted(reached, CAUTIOUS_QUANTILE * reached[-1] - 1e-9))
    return max(0.0, float(prices[order[index]]))


def _past_prices(grid: Grid, past: History | None) -> Floats:
    """Known prices before `grid.at`, as far back as the grid looks ahead."""
    if past is None:
        return np.zeros(0)
    now = grid.at.timestamp()
    within = (past.epoch_s < now) & (past.epoch_s >= now - sum(grid.hours) * SECONDS_PER_HOUR)
    prices = past.series("energy_usd_per_mwh")[within]
    return np.asarray(prices[np.isfinite(prices)])


def problem_from(
    context: DecisionContext,
    *,
    hours: float = 24.0,
    stability_usd_per_mw: float = 0.0,
    grid: Grid | None = None,
) -> DispatchProblem:
    """Make the problem of a tick: its figures now, forecast means later.

    A figure without forecast stays at the tick's value. `grid` defaults to `horizon_grid`.
    """
    site, tick = context.site, context.tick
    laid = grid or horizon_grid(tick.at, tick.minutes, hours)
    energy = _expected(context, laid, "energy_usd_per_mwh", tick.energy_usd_per_mwh)
    return DispatchProblem(
        site=site,
        state=context.state,
        grid=laid,
        energy_usd_per_mwh=energy,
        hash_usd_per_ph_day=_if_known(context, laid, "hash_usd_per_ph_day"),
        token_usd_per_mtok=_if_known(context, laid, "token_usd_per_mtok"),
        demand_mtok_per_h=_if_known(context, laid, "demand_mtok_per_h"),
        import_cap_mw=import_caps(site, laid),
        export_cap_mw=np.full(len(laid), site.export_limit_mw),
        terminal_usd_per_mwh=stored_value(site, laid, energy, context.history),
        stability_usd_per_mw=stability_usd_per_mw,
    )


def import_caps(site: Site, grid: Grid) -> Floats:
    """Import limit in force in each interval, commitments to the grid included, MW."""
    if not site.commitments:
        return np.full(len(grid), site.import_limit_mw)
    edges = (*grid.starts, grid.end)
    pairs = itertools.pairwise(edges)
    return np.array([site.import_cap_mw(start, end) for start, end in pairs])


def _if_known(context: DecisionContext, grid: Grid, target: str) -> Floats | None:
    now = context.tick.figure(target)
    return None if now is None else _expected(context, grid, target, now)


def _expected(context: DecisionContext, grid: Grid, target: str, now: float) -> Floats:
    forecast = context.forecast(target)
    if forecast is None:
        return np.full(len(grid), now)
    first = context.tick.minutes
    later = _offsets_min(forecast, grid)
    ahead = np.append(later[1:], np.inf) > first
    knots = np.concatenate(([0.0], np.maximum(later[ahead], first)))
    values = np.concatenate(([now], np.asarray(forecast.mean)[ahead]))
    return mean_over(grid, knots, values)


def _offsets_min(forecast: Forecast, grid: Grid) -> Floats:
    """Minutes from `grid.at` to each step of a forecast, whose steps are equal."""
    starts = forecast.starts
    first_min = (starts[0] - grid.at).total_seconds() / 60.0
    last_min = (starts[-1] - grid.at).total_seconds() / 60.0
    offsets: Floats = np.linspace(first_min, last_min, len(starts))
    return offsets
