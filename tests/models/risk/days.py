"""A made past of days and a plan of the next, for the tests of risk."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from mara.domain.presets import demo_site
from mara.models.risk.day_ahead import DayPlanner
from mara.models.scenarios.days import DaySheet

if TYPE_CHECKING:
    from mara.models.risk.position import Position
    from mara.models.scenarios.joint import JointScenarios

BEGIN = datetime(2026, 3, 1, 6, tzinfo=UTC)
MINUTES = 15.0
T = 96


def wave(days: int, seed: int = 3) -> DaySheet:
    """Days with a daily wave of price, noise, some spikes and some negative nights."""
    rng = np.random.default_rng(seed)
    hour = np.arange(T) / 4.0
    level = 45.0 + 35.0 * np.sin((hour - 10.0) * np.pi / 12.0)
    energy = level + 12.0 * rng.standard_normal((days, T)).cumsum(axis=1) / 6.0
    energy[rng.random((days, T)) < 0.004] = 900.0
    demand = 2_000.0 * (1.0 + 0.3 * np.sin((hour - 8.0) * np.pi / 12.0))
    return DaySheet(
        minutes=MINUTES,
        begins=tuple(BEGIN + timedelta(days=d) for d in range(days)),
        energy_usd_per_mwh=energy,
        hash_usd_per_ph_day=np.repeat(
            50.0 * np.exp(0.02 * rng.standard_normal(days).cumsum())[:, None], T, axis=1
        ),
        token_usd_per_mtok=np.full((days, T), 0.7),
        demand_mtok_per_h=np.tile(demand, (days, 1)),
    )


def position(sheet: DaySheet, row: int = 7) -> Position:
    return DayPlanner(demo_site()).position(sheet.begins[row], sheet.expected(row))


def drawn(sheet: DaySheet, count: int) -> JointScenarios:
    return sheet.days(np.arange(count) % len(sheet))
