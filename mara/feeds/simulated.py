"""The seeded market as a feed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from mara.domain import Origin, Tick
from mara.domain.checks import positive
from mara.feeds.base import Batch
from mara.models.market import WEST_TEXAS, MarketSimulator

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    from mara.models.market import MarketParameters, MarketPath

__all__ = ["STEP", "SimulatedFeed"]

STEP: Final = timedelta(minutes=5)
"""Length of the simulator's intervals."""


class SimulatedFeed:
    """Ticks of the seeded market, of origin SIMULATED; the same for the same generators and start.

    Any window can be asked for at any time, so that a restarted process goes on where it stopped.

    Parameters
    ----------
    site_id
        The site whose ticks they are.
    rng_for_block
        Gives the simulator's generators, as `MarketSimulator` asks for them.
    start
        Start of the first interval to decide; the market begins `history_days` before.
    history_days
        Days of market history that are there at the start.
    demand_mean_mtok_per_h
        Long-run mean of the inference demand, to fit a site's size; None for the simulator's own.
    energy_scale
        Factor on the price of energy.
    """

    def __init__(
        self,
        *,
        site_id: str,
        rng_for_block: Callable[[int], np.random.Generator],
        start: datetime,
        history_days: int = 30,
        demand_mean_mtok_per_h: float | None = None,
        energy_scale: float = 1.0,
    ) -> None:
        positive("SimulatedFeed", "history_days", history_days)
        positive("SimulatedFeed", "energy_scale", energy_scale)
        self._site_id = site_id
        self._start = start
        self._energy_scale = energy_scale
        self._market = MarketSimulator(
            rng_for_block=rng_for_block,
            start=start - timedelta(days=history_days),
            parameters=_sized(demand_mean_mtok_per_h),
        )

    @property
    def name(self) -> str:
        """How the source is called on the screen."""
        return "simulated"

    @property
    def origin(self) -> Origin:
        """What its figures are."""
        return Origin.SIMULATED

    @property
    def minutes(self) -> float:
        """Length of an interval."""
        return STEP / timedelta(minutes=1)

    @property
    def start(self) -> datetime | None:
        """Start of the first interval to decide."""
        return self._start

    async def read(self, *, after: datetime | None, until: datetime) -> Batch:
        """Ticks after `after` and not after `until`; the history where `after` is None."""
        begin = self._market.start
        first = 0 if after is None else max((after - begin) // STEP + 1, 0)
        steps = (until - begin) // STEP + 1 - first
        if steps <= 0:
            return Batch(ticks=())
        return Batch(ticks=self._ticks(self._market.path(begin + first * STEP, steps)))

    def _ticks(self, path: MarketPath) -> tuple[Tick, ...]:
        columns = (
            path.energy_usd_per_mwh * self._energy_scale,
            path.hash_usd_per_ph_day,
            path.token_usd_per_mtok,
            path.demand_mtok_per_h,
            path.grid_load_mw,
            path.temperature_c,
        )
        rows = zip(*(column.tolist() for column in columns), strict=True)
        start = path.start.astimezone(UTC)
        return tuple(self._tick(start + i * STEP, row) for i, row in enumerate(rows))

    def _tick(self, at: datetime, row: tuple[float, ...]) -> Tick:
        energy, hash_price, token, demand, load, temperature = row
        return Tick(
            site_id=self._site_id,
            at=at,
            minutes=self.minutes,
            energy_usd_per_mwh=energy,
            hash_usd_per_ph_day=hash_price,
            token_usd_per_mtok=token,
            demand_mtok_per_h=demand,
            grid_load_mw=load,
            temperature_c=temperature,
            origin=Origin.SIMULATED,
            source=self.name,
        )

    async def close(self) -> None:
        """Nothing is held open."""


def _sized(demand_mean_mtok_per_h: float | None) -> MarketParameters:
    """Give the simulator's parameters, with this mean demand."""
    if demand_mean_mtok_per_h is None:
        return WEST_TEXAS
    demand = replace(WEST_TEXAS.demand, demand_mean_mtok_per_h=demand_mean_mtok_per_h)
    return replace(WEST_TEXAS, demand=demand)
