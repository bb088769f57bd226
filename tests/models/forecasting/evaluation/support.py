"""Pasts and forecasters whose behaviour is known exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mara.models.forecasting.past import LEVELS, Known, Past, Predicted

START_S = 1_767_225_600  # 2026-01-01T00:00Z, a Thursday.
HOUR_S = 3_600


def hourly(days: int, *, zone: str = "UTC", exog: bool = False, seed: int = 1) -> Past:
    """Daily sine with noise, one value an hour; `exog` adds the noiseless sine as a column."""
    rng = np.random.default_rng(seed)
    hours = np.arange(24 * days)
    shape = 50.0 + 20.0 * np.sin(2.0 * np.pi * hours / 24)
    return Past(
        target="energy_usd_per_mwh",
        values=shape + rng.normal(size=hours.size),
        start_s=START_S,
        step_s=HOUR_S,
        zone=zone,
        exog=shape[:, None] if exog else np.empty((hours.size, 0)),
        exog_names=("exog_shape",) if exog else (),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FittedEcho:
    """Says the last value, plus what `Known` told; counts how old its fit is."""

    past: Past
    fits: list[int]
    peeks: bool
    model: str = "echo"

    def predict(self, horizon: int, known_future: Known | None = None) -> Predicted:
        mean = np.full(horizon, self.past.values[-1])
        if known_future is not None:
            told = known_future.values[:, 0]
            mean[: told.size] += told
        if self.peeks:
            base = self.past.values.base
            assert base is not None
            mean += base[len(self.past) :][:horizon].mean()
        return Predicted(
            target=self.past.target,
            model=self.model,
            start_s=self.past.end_s,
            step_s=self.past.step_s,
            mean=mean,
            quantiles=mean[:, None] + np.array([-2.0, -1.0, 0.0, 1.0, 2.0]),
            levels=LEVELS,
        )

    def updated(self, past: Past) -> FittedEcho:
        return FittedEcho(past=past, fits=self.fits, peeks=self.peeks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Echo:
    """Remembers at which lengths of the past it was fitted; `peeks` looks behind the curtain."""

    fits: list[int]
    peeks: bool = False
    name: str = "echo"

    def fit(self, past: Past) -> FittedEcho:
        self.fits.append(len(past))
        return FittedEcho(past=past, fits=self.fits, peeks=self.peeks)
