"""What a plan commits the site to over a span of equal intervals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mara.domain import Site
from mara.errors import InvalidValue
from mara.models.dispatch.grid import uniform_grid
from mara.models.dispatch.problem import import_caps

if TYPE_CHECKING:
    from mara.domain import Plan

__all__ = ["Position", "position_of"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Position:
    """A plan of `site` in T intervals of `minutes` from `at` on; C machine classes.

    `units` shape (C, T); `units_before` (C,) on before the first interval; `charge_mw`,
    `discharge_mw` and `import_cap_mw` (T,); `stored_usd_per_mwh` (T,) worth of a MWh in store at
    the interval's end; `soc_mwh` stored at `at`, None without a battery.
    """

    site: Site
    at: datetime
    minutes: float
    units: Floats
    units_before: Floats
    charge_mw: Floats
    discharge_mw: Floats
    import_cap_mw: Floats
    stored_usd_per_mwh: Floats
    soc_mwh: float | None

    @property
    def intervals(self) -> int:
        """Number of intervals T."""
        return int(self.units.shape[1])

    @property
    def hours(self) -> float:
        """Length of one interval, h."""
        return self.minutes / 60.0


def position_of(
    plan: Plan, site: Site, *, at: datetime, minutes: float, intervals: int
) -> Position:
    """Cut `intervals` equal intervals of `minutes` from `at` on out of a plan.

    Each takes the plan's set points at its start. Counts are rounded down to whole machines.

    Raises
    ------
    InvalidValue
        The plan does not cover the span.
    """
    starts = np.array([start.timestamp() for start in plan.starts])
    ends = starts + 3_600.0 * np.asarray(plan.hours)
    wanted = at.timestamp() + 60.0 * minutes * np.arange(intervals)
    if not intervals or wanted[0] < starts[0] - 1e-6 or wanted[-1] >= ends[-1] - 1e-6:
        raise InvalidValue(
            f"position_of: {intervals} intervals of {minutes:g} min from {at} are not within the "
            f"plan, {plan.starts[0]} for {sum(plan.hours):g} h; plan a longer horizon"
        )
    rows = np.searchsorted(starts, wanted + 1e-6, side="right") - 1
    units = np.floor(np.array([s.values for s in plan.units]) + 1e-6)
    before = max(int(rows[0]) - 1, 0)
    values = (0.0,) * len(starts) if plan.duals is None else plan.duals.storage
    return Position(
        site=site,
        at=at,
        minutes=minutes,
        units=units[:, rows],
        units_before=units[:, before],
        charge_mw=np.asarray(plan.charge_mw)[rows],
        discharge_mw=np.asarray(plan.discharge_mw)[rows],
        import_cap_mw=import_caps(site, uniform_grid(at, minutes, intervals)),
        stored_usd_per_mwh=np.asarray(values)[rows] if len(values) else np.zeros(intervals),
        soc_mwh=_stored_at(plan, site, int(rows[0])),
    )


def _stored_at(plan: Plan, site: Site, row: int) -> float | None:
    """Energy in store when interval `row` begins, as planned: that at its end less its flows."""
    battery = site.battery
    if battery is None or not plan.soc_mwh:
        return None
    taken = battery.charge_efficiency * plan.charge_mw[row]
    given = plan.discharge_mw[row] / battery.discharge_efficiency
    return plan.soc_mwh[row] - plan.hours[row] * (taken - given)
