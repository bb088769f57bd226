"""Pasts of the simulated market, with and without a change of its law at noon."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import numpy as np

from mara.models.forecasting.past import Past
from mara.models.market import WEST_TEXAS, MarketParameters, MarketSimulator
from mara.models.market.seasonal import SeasonalShape

ZONE = "America/Chicago"
START = datetime(2026, 5, 1, 5, tzinfo=UTC)  # midnight there
HOUR_S = 3_600
NOON = 32 * 24 + 12


def _generator(seed: int, block: int) -> np.random.Generator:
    return np.random.default_rng([seed, block])


def other_law() -> MarketParameters:
    """The same market, dearer, with its daily shape turned upside down."""
    energy = WEST_TEXAS.energy
    centre = SeasonalShape(
        level=(energy.centre.level[0] + 1.2, *energy.centre.level[1:]),
        daily=tuple(tuple(-2.0 * c for c in series) for series in energy.centre.daily),
    )
    return replace(WEST_TEXAS, energy=replace(energy, centre=centre))


def hourly_energy(seed: int, days: int, parameters: MarketParameters = WEST_TEXAS) -> np.ndarray:
    """Hourly means of the energy price; equal seeds give the same weather under any law."""
    market = MarketSimulator(
        rng_for_block=partial(_generator, seed), start=START, parameters=parameters
    )
    return market.path(START, days * 288).energy_usd_per_mwh.reshape(-1, 12).mean(axis=1)


def past_until(values: np.ndarray, hour: int, days: int = 30) -> Past:
    begin = hour - 24 * days
    return Past(
        target="energy_usd_per_mwh",
        values=values[begin:hour],
        start_s=int(START.timestamp()) + HOUR_S * begin,
        zone=ZONE,
    )


def broken_at_noon(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Prices whose law changes at `NOON`, and those of the new law all along."""
    old, new = hourly_energy(seed, 36), hourly_energy(seed, 36, other_law())
    return np.concatenate([old[:NOON], new[NOON:]]), new
