"""One law of each kind with the parameters that the tests know, and a grid it is simulated on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mara.models.stochastic import LAWS, Grid, Noise, PriceSeries

if TYPE_CHECKING:
    from mara.models.stochastic import Law

DAY_OF_YEAR = 1.0 / 365.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A law by name, its true parameters, a step and a start."""

    name: str
    parameters: dict[str, float]
    dt: float
    start: float

    @property
    def law(self) -> Law:
        made: Any = LAWS[self.name]
        law: Law = made(**self.parameters)
        return law

    def grid(self, n_paths: int, n_steps: int, *, noise: Noise = Noise.PLAIN) -> Grid:
        return Grid(n_paths=n_paths, n_steps=n_steps, dt=self.dt, start=self.start, noise=noise)

    def series(self, seed: int, n: int = 2_000) -> PriceSeries:
        paths = self.law.simulate(np.random.default_rng(seed), self.grid(1, n))
        return PriceSeries(values=paths[0].astype(np.float64), dt=self.dt)


MARKOV = (
    Case(name="ou", parameters={"mean": 50.0, "rate": 0.5, "volatility": 10.0}, dt=0.25, start=50),
    Case(name="gbm", parameters={"drift": 0.1, "volatility": 0.6}, dt=DAY_OF_YEAR, start=50),
    Case(
        name="merton",
        parameters={
            "drift": 0.1,
            "volatility": 0.4,
            "intensity": 20.0,
            "jump_mean": -0.03,
            "jump_deviation": 0.12,
        },
        dt=DAY_OF_YEAR,
        start=50,
    ),
    Case(
        name="jumps_normal",
        parameters={
            "level": 30.0,
            "rate": 0.3,
            "volatility": 5.0,
            "intensity": 0.1,
            "jump_mean": 40.0,
            "jump_deviation": 30.0,
        },
        dt=1.0,
        start=30,
    ),
    Case(
        name="jumps_exponential",
        parameters={
            "level": 30.0,
            "rate": 0.3,
            "volatility": 5.0,
            "intensity": 0.1,
            "share_up": 0.75,
            "jump_up": 60.0,
            "jump_down": 30.0,
        },
        dt=1.0,
        start=30,
    ),
    Case(name="cir", parameters={"mean": 2.0, "rate": 0.5, "volatility": 0.6}, dt=0.25, start=2),
)
"""Laws whose transition has a closed form: their intervals must cover."""

HIDDEN = (
    Case(
        name="heston",
        parameters={
            "drift": 0.1,
            "variance": 0.16,
            "rate": 12.0,
            "volatility": 1.2,
            "correlation": -0.4,
        },
        dt=DAY_OF_YEAR,
        start=50,
    ),
    Case(
        name="regimes",
        parameters={
            "calm_mean": 30.0,
            "calm_rate": 0.3,
            "calm_volatility": 5.0,
            "spike_mean": 120.0,
            "spike_rate": 0.5,
            "spike_volatility": 60.0,
            "spike_onset": 0.02,
            "spike_end": 0.25,
        },
        dt=1.0,
        start=30,
    ),
)
"""Laws with a hidden state: their errors are stated and bounded."""

BY_NAME = {case.name: case for case in (*MARKOV, *HIDDEN)}
