"""A stretch of the market: one value of each quantity an interval."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime

import numpy as np

from mara.domain.checks import aware, positive
from mara.errors import InvalidValue
from mara.models.market.local_time import FloatArray

__all__ = ["MarketPath"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MarketPath:
    """Consecutive intervals from `start`; the arrays have one length and are read-only.

    Attributes
    ----------
    start
        Beginning of the first interval, UTC.
    energy_usd_per_mwh, hash_usd_per_ph_day, token_usd_per_mtok
        Prices.
    demand_mtok_per_h
        Demand for inference.
    grid_load_mw
        Load of the whole grid.
    temperature_c
        Air temperature.
    step_minutes
        Length of an interval.
    """

    start: datetime
    energy_usd_per_mwh: FloatArray
    hash_usd_per_ph_day: FloatArray
    token_usd_per_mtok: FloatArray
    demand_mtok_per_h: FloatArray
    grid_load_mw: FloatArray
    temperature_c: FloatArray
    step_minutes: int = 5

    def __post_init__(self) -> None:
        aware("MarketPath", "start", self.start)
        positive("MarketPath", "step_minutes", self.step_minutes)
        for name, values in self._arrays().items():
            if values.shape != (len(self),):
                raise InvalidValue(
                    f"MarketPath: {name} has shape {values.shape}; give ({len(self)},) as energy has."
                )
            if not np.isfinite(values).all():
                raise InvalidValue(f"MarketPath: {name} is not finite throughout; leave such out.")
            values.setflags(write=False)

    def __len__(self) -> int:
        return int(self.energy_usd_per_mwh.size)

    def _arrays(self) -> dict[str, FloatArray]:
        held = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in held.items() if isinstance(value, np.ndarray)}
