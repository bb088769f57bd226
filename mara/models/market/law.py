"""The law of the whole market over one block: what is carried, and what fills it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from mara.models.market.demand import demand_mtok_per_h
from mara.models.market.energy import EnergyPrice
from mara.models.market.hashprice import HashPrice, HashState
from mara.models.market.latent import Latent, OuBridge
from mara.models.market.load import grid_load_mw
from mara.models.market.local_time import FloatArray, LocalTime
from mara.models.market.temperature import temperature_c
from mara.models.market.tokenprice import token_usd_per_mtok

if TYPE_CHECKING:
    from datetime import datetime

    from mara.models.market.parameters import MarketParameters

__all__ = ["QUANTITIES", "STEPS_PER_BLOCK", "STEP_MINUTES", "MarketLaw", "MarketState"]

STEP_MINUTES: Final = 5
STEPS_PER_BLOCK: Final = 7 * 24 * 60 // STEP_MINUTES
"""A block is a week."""

QUANTITIES: Final = (
    "energy_usd_per_mwh",
    "hash_usd_per_ph_day",
    "token_usd_per_mtok",
    "demand_mtok_per_h",
    "grid_load_mw",
    "temperature_c",
)
"""The rows of a block, by their names in `MarketPath`."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MarketState:
    """What is carried from one block to the next: the latent rows and the hash price."""

    rows: FloatArray
    hash: HashState


class MarketLaw:
    """Carries and fills blocks. Each method uses the generator from its beginning.

    A block's generator gives the shocks of the block's end first and those of its steps after, so
    that the ends can be chained without filling what lies between.
    """

    def __init__(self, parameters: MarketParameters) -> None:
        p = parameters
        self._p = p
        self._energy = EnergyPrice(p.energy)
        self._hash = HashPrice(p.hash, step_minutes=STEP_MINUTES, n_steps=STEPS_PER_BLOCK)
        self._latents: dict[str, Latent] = {
            "driver": p.energy.driver,
            "scarcity": p.energy.scarcity,
            "token": p.token.latent,
            "demand": p.demand.latent,
            "load": p.load.latent,
            "temperature": p.temperature.latent,
        }
        sizes = [len(latent.relaxations_min) for latent in self._latents.values()]
        bounds = pairwise(np.cumsum([0, *sizes]))
        self._rows = {name: slice(*ends) for name, ends in zip(self._latents, bounds, strict=True)}
        self._bridge = OuBridge(
            relaxations_min=tuple(
                minutes for latent in self._latents.values() for minutes in latent.relaxations_min
            ),
            step_minutes=STEP_MINUTES,
            n_steps=STEPS_PER_BLOCK,
        )

    def first(self, rng: np.random.Generator) -> MarketState:
        """Draw a state at the beginning from the latent processes' stationary law."""
        rows = rng.standard_normal(self._bridge.rows)
        gone, shock = float(rng.random()), float(rng.standard_normal())
        return MarketState(rows=rows, hash=self._hash.first(epoch_gone=gone, shock=shock))

    def carry(self, state: MarketState, rng: np.random.Generator) -> MarketState:
        """Return the state at a block's end from that at its start."""
        shocks = self._end_shocks(rng)
        return MarketState(
            rows=self._bridge.carry(state.rows, shocks[2:]),
            hash=self._hash.carry(state.hash, price_shock=shocks[0], step_shock=shocks[1]),
        )

    def fill(self, state: MarketState, rng: np.random.Generator, start: datetime) -> FloatArray:
        """Fill the block from `start` on: one row for each of `QUANTITIES`, one column a step."""
        ends = self._end_shocks(rng)
        steps = rng.standard_normal((self._bridge.rows + 1, STEPS_PER_BLOCK))
        end_rows = self._bridge.carry(state.rows, ends[2:])
        rows = self._bridge.fill(state.rows, end_rows, steps[1:])
        hash_price = self._hash.usd_per_ph_day(state.hash, price_shock=ends[0], shocks=steps[0])
        time = LocalTime.of(start, STEPS_PER_BLOCK, step_minutes=STEP_MINUTES, zone=self._p.zone)
        return self._observe(rows, hash_price, time)

    def _end_shocks(self, rng: np.random.Generator) -> FloatArray:
        return rng.standard_normal(2 + self._bridge.rows)

    def _observe(self, rows: FloatArray, hash_price: FloatArray, time: LocalTime) -> FloatArray:
        part = {name: rows[where] for name, where in self._rows.items()}
        z = {name: law.combine(part[name], time) for name, law in self._latents.items()}
        weather = part["temperature"][0]
        energy = self._energy.usd_per_mwh(
            own=z["driver"], scarcity=z["scarcity"], weather=weather, time=time
        )
        air = temperature_c(self._p.temperature, z["temperature"], time)
        return np.stack(
            [
                energy,
                hash_price,
                token_usd_per_mtok(self._p.token, z["token"]),
                demand_mtok_per_h(self._p.demand, z["demand"], time),
                grid_load_mw(self._p.load, z["load"], air, time),
                air,
            ]
        )
