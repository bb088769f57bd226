"""When to curtail a machine and when to resume it: optimal switching on the calibrated price."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from mara.domain import Tick
from mara.errors import InvalidValue
from mara.models.storage.band import Band, switching_band
from mara.models.storage.scored import ScoredPrice
from mara.models.storage.scored_lattice import fine_states, scored_chain
from mara.models.storage.switching import Machine
from mara.models.strike import strike_price
from mara.units import HOURS_PER_DAY, MINUTES_PER_HOUR

if TYPE_CHECKING:
    from mara.domain import History, MachineClass, Site
    from mara.models.stochastic import PriceSeries
    from mara.services.stochastic_sources import Source

__all__ = [
    "ClassBand",
    "SwitchingAsk",
    "SwitchingReport",
    "newest_tick",
    "start_cost_usd",
    "switching_report",
]

_OUTPUTS: Final = ("hash_usd_per_ph_day", "token_usd_per_mtok")
_DISCOUNT_A_DAY: Final = 0.01
"""What a day's delay takes from money; so small that the prices do not hang on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchingAsk:
    """Ask for the prices to curtail and to resume at, deciding every `minutes`."""

    digest: str
    minutes: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassBand:
    """A machine class beside its band of prices; money of a start and of a day is a unit's.

    `strike_usd_per_mwh` and `band` are None where its output has no price.
    """

    name: str
    units: int
    unit_mw: float
    start_usd: float
    strike_usd_per_mwh: float | None
    band: Band | None

    def gain_usd(self, steps_a_day: float) -> float:
        """Tell what the band's two prices earn more a day than the strike price, all units."""
        if self.band is None:
            return 0.0
        return (self.band.best.earned_usd - self.band.strike.earned_usd) * steps_a_day * self.units


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchingReport:
    """The bands of all classes, by a law of `steps` observed moves of `minutes` each.

    `low` and `high` are the prices between which the law moves, USD/MWh; `borrowed` names the
    figures that the source lacks and the market of now has given.
    """

    classes: tuple[ClassBand, ...]
    price_usd_per_mwh: float
    minutes: float
    steps: int
    low: float
    high: float
    borrowed: tuple[str, ...] = ()

    @property
    def foremost(self) -> ClassBand | None:
        """The class that gains most by its two prices; None where none has both."""
        banded = [c for c in self.classes if c.band is not None and c.band.whole]
        return max(banded, key=lambda c: c.gain_usd(self.steps_a_day), default=None)

    @property
    def steps_a_day(self) -> float:
        """Decisions a day."""
        return HOURS_PER_DAY * MINUTES_PER_HOUR / self.minutes


def newest_tick(site: Site, source: Source, history: History, market: Tick | None = None) -> Tick:
    """Read the newest interval of a past.

    A hash or token price that it does not know is that of `market`, and named in `assumed`; None
    where the market has none either.

    Raises
    ------
    InvalidValue
        It ends without a price of energy.
    """
    end = history.end
    energy = _known(history, "energy_usd_per_mwh")
    if end is None or energy is None:
        raise InvalidValue("curtail and resume: this source ends without a price of energy")
    known = {name: _known(history, name) for name in _OUTPUTS}
    lent = {} if market is None else {name: market.figure(name) for name in _OUTPUTS}
    borrowed = {n for n in _OUTPUTS if known[n] is None and lent.get(n) is not None}
    found = {name: lent[name] if name in borrowed else known[name] for name in _OUTPUTS}
    return Tick(
        site_id=site.site_id,
        at=end,
        minutes=history.minutes,
        energy_usd_per_mwh=energy,
        hash_usd_per_ph_day=found["hash_usd_per_ph_day"],
        token_usd_per_mtok=found["token_usd_per_mtok"],
        origin=source.origin,
        source=source.label,
        assumed=frozenset(borrowed),
    )


def _known(history: History, figure: str) -> float | None:
    values = history.series(figure)[-1:]
    return float(values[0]) if np.isfinite(values).all() and len(values) else None


def start_cost_usd(machine: MachineClass, strike_usd_per_mwh: float) -> float:
    """Cost of a unit's start, USD: the site's switching cost, and what warming up does not earn.

    Law: switch_cost + warm_up x strike x power, for a unit that warms up draws power and earns
    nothing.
    """
    lost_usd_per_h = max(strike_usd_per_mwh, 0.0) * machine.unit_mw
    return machine.switch_cost_usd + machine.warm_up_min / MINUTES_PER_HOUR * lost_usd_per_h


def switching_report(site: Site, tick: Tick, series: PriceSeries) -> SwitchingReport:
    """Calibrate the price, and find each class's band; runs in a worker.

    Raises
    ------
    InvalidValue
        The site has no machines, or the lattice is too coarse for the step.
    SolverFailed
        The price shows no reversion.
    """
    if not site.machines:
        raise InvalidValue(f"curtail and resume: site {site.site_id} has no machines")
    law = ScoredPrice.calibrate_steady(series).law
    chain = scored_chain(law, fine_states(law, series.dt), dt=series.dt, steps=1)
    prices, transitions = chain.prices[0], chain.transitions[0]
    discount = float((1.0 - _DISCOUNT_A_DAY) ** (series.dt / HOURS_PER_DAY))

    def found(machine: MachineClass) -> ClassBand:
        strike = strike_price(site, machine, tick)
        start = start_cost_usd(machine, strike or 0.0)
        costs = Machine(start_cost_usd=start, stop_cost_usd=0.0, discount=discount)
        mwh = machine.unit_mw * series.dt
        return ClassBand(
            name=machine.name,
            units=site.available(machine.name),
            unit_mw=machine.unit_mw,
            start_usd=start,
            strike_usd_per_mwh=strike,
            band=None
            if strike is None
            else switching_band(prices, transitions, costs, strike=strike, mwh=mwh),
        )

    classes = [found(machine) for machine in site.machines]
    return SwitchingReport(
        classes=tuple(sorted(classes, key=lambda c: -(c.strike_usd_per_mwh or 0.0))),
        price_usd_per_mwh=tick.energy_usd_per_mwh,
        minutes=series.dt * MINUTES_PER_HOUR,
        steps=len(series) - 1,
        low=float(prices[0]),
        high=float(prices[-1]),
        borrowed=tuple(sorted(tick.assumed)),
    )
