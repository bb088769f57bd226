"""The site's battery valued twice on one lattice: by dynamic programming, and by simulation."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import numpy as np

from mara.errors import InvalidValue
from mara.models.storage.least_squares import SimulatedValue, storage_value
from mara.models.storage.markov import solve
from mara.models.storage.scored import ScoredPrice
from mara.models.storage.scored_lattice import (
    drawn_states,
    fine_states,
    nearest_state,
    scored_chain,
)
from mara.models.storage.unit import StorageUnit

if TYPE_CHECKING:
    from mara.domain import Battery, Site
    from mara.models.stochastic import PriceSeries
    from mara.models.storage.markov import PriceChain
    from mara.models.storage.unit import Floats

__all__ = ["BatteryAsk", "BatteryReport", "battery_report", "levelled_unit"]

_WHOLE: Final = 1e-9
_ERRORS: Final = 2.0
"""Standard errors within which two values are held to agree."""

_MOST_CELLS: Final = 12_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryAsk:
    """Ask what the battery is worth over `hours`, by `paths` simulated paths beside the exact."""

    digest: str
    hours: float
    paths: int
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryReport:
    """The empty battery's value over the horizon, USD, by both methods.

    Both start at `price_usd_per_mwh`, move the store by whole `level_mwh` of `levels`, take
    `steps` steps of `hours_a_step`, and leave energy at the end unpaid. The law was calibrated to
    `learnt_from` intervals.
    """

    dynamic_usd: float
    simulated: SimulatedValue
    price_usd_per_mwh: float
    level_mwh: float
    levels: int
    steps: int
    hours_a_step: float
    paths: int
    learnt_from: int

    @property
    def apart(self) -> float:
        """Simulated less dynamic, in standard errors; zero where both are sure and equal."""
        gap = self.simulated.value - self.dynamic_usd
        return gap / max(self.simulated.standard_error, _WHOLE * (1.0 + abs(self.dynamic_usd)))

    @property
    def agree(self) -> bool:
        """They lie within two standard errors."""
        return abs(self.apart) <= _ERRORS


def levelled_unit(battery: Battery, hours: float) -> StorageUnit:
    """See the battery in equal levels, of which a step moves one.

    The level is the largest part of its energy that a step can charge and discharge, so that the
    store is never quicker than the battery.
    """
    whole = StorageUnit.of(battery, hours)
    step = min(whole.charge_mwh, whole.discharge_mwh, whole.energy_mwh)
    level = whole.energy_mwh / math.ceil(whole.energy_mwh / step - _WHOLE)
    return StorageUnit(
        energy_mwh=whole.energy_mwh,
        charge_mwh=level,
        discharge_mwh=level,
        charge_efficiency=whole.charge_efficiency,
        discharge_efficiency=whole.discharge_efficiency,
        wear_usd_per_mwh=whole.wear_usd_per_mwh,
    )


def battery_report(
    site: Site, series: PriceSeries, ask: BatteryAsk, rng: np.random.Generator
) -> BatteryReport:
    """Calibrate the price with its season, and value the battery both ways; runs in a worker.

    Raises
    ------
    InvalidValue
        The site has no battery, or more is asked than is worked out in seconds.
    SolverFailed
        The price shows no reversion.
    """
    if site.battery is None:
        raise InvalidValue(f"value of the battery: site {site.site_id} has no battery")
    unit = levelled_unit(site.battery, series.dt)
    levels = round(unit.energy_mwh / unit.charge_mwh)
    steps = max(round(ask.hours / series.dt), 1)
    if ask.paths * steps * (levels + 1) > _MOST_CELLS:
        raise InvalidValue(
            f"value of the battery: {ask.paths:,} paths of {steps:,} steps and {levels + 1} levels "
            f"are above {_MOST_CELLS:,} values; ask for fewer paths or hours"
        )
    law = ScoredPrice.calibrate(series).law
    chain = _chain(law, series, steps)
    start = nearest_state(chain, float(series.values[-1]))
    exact = solve(chain, unit, cells=levels).value_usd(start, 0.0)
    fitted, new = (_paths(chain, rng, start=start, paths=ask.paths) for _ in range(2))
    found = storage_value(fitted, new, unit, discount=1.0, seen=law.prices.score)
    return BatteryReport(
        dynamic_usd=exact,
        simulated=found,
        price_usd_per_mwh=float(chain.prices[0, start]),
        level_mwh=unit.charge_mwh,
        levels=levels,
        steps=steps,
        hours_a_step=series.dt,
        paths=ask.paths,
        learnt_from=len(series),
    )


def _chain(law: ScoredPrice, series: PriceSeries, steps: int) -> PriceChain:
    """Begin where the series ends."""
    begins = series.begins
    ends = None if begins is None else begins + timedelta(hours=series.dt * (len(series) - 1))
    return scored_chain(law, fine_states(law, series.dt), dt=series.dt, steps=steps, begins=ends)


def _paths(chain: PriceChain, rng: np.random.Generator, *, start: int, paths: int) -> Floats:
    states = drawn_states(chain, rng, start=start, paths=paths)
    return chain.prices[np.arange(len(chain.prices)), states]
