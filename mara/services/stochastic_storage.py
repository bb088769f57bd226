"""The worth of stored energy by dynamic programming on the law of the real-time price."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from mara.errors import InvalidValue
from mara.models.scenarios.days import PROFILE_DAYS
from mara.models.storage.day_ahead import StorageDays, stored_worth
from mara.models.storage.deviation import Observed, calibrate
from mara.models.storage.known_days import DayCurve
from mara.models.storage.unit import StorageUnit

if TYPE_CHECKING:
    from datetime import datetime

    from mara.domain import Site
    from mara.models.scenarios.days import DaySheet

__all__ = ["WorthMap", "worth_map"]

Floats = NDArray[np.float64]

_DAYS_BEFORE: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WorthMap:
    """Worth of one more MWh in store, `usd_per_mwh` (prices, charges), at the price of now.

    `learnt_from` counts the intervals that the law was calibrated to.
    """

    stored_mwh: Floats
    price_usd_per_mwh: Floats
    usd_per_mwh: Floats
    learnt_from: int


def worth_map(site: Site, sheet: DaySheet) -> WorthMap:
    """Calibrate the price's law around what is expected of each day, and value the store.

    The known curve of a day is what `DaySheet.expected` says of it: the mean of the week before.

    Raises
    ------
    InvalidValue
        The site has no battery, or the past is too short for the law.
    """
    battery = site.battery
    if battery is None:
        raise InvalidValue(f"worth of stored energy: site {site.site_id} has no battery")
    rows = range(PROFILE_DAYS, len(sheet))
    if len(rows) < 1:
        raise InvalidValue(
            f"worth of stored energy: {len(sheet)} days are too few; give more than {PROFILE_DAYS}"
        )
    curves = np.array([sheet.expected(row).energy_usd_per_mwh[0] for row in rows])
    hours = np.array([_local_hours(sheet, sheet.begins[row], site) for row in rows])
    law = calibrate(
        Observed(
            price=sheet.energy_usd_per_mwh[PROFILE_DAYS:].ravel(),
            curve=curves.ravel(),
            hour=hours.ravel(),
        )
    )
    days = [
        _day(sheet, row, site)
        for row in range(max(len(sheet) - _DAYS_BEFORE, PROFILE_DAYS), len(sheet) + 1)
    ]
    unit = StorageUnit.of(battery, sheet.minutes / 60.0)
    value = StorageDays(law=law, unit=unit).value(days[-1], days[:-1])
    found = stored_worth(law, value, step=0, curve_usd_per_mwh=float(days[-1].curve[0]), memory=0.0)
    return WorthMap(
        stored_mwh=battery.floor_mwh + found.stored_mwh,
        price_usd_per_mwh=found.price_usd_per_mwh,
        usd_per_mwh=found.usd_per_mwh,
        learnt_from=curves.size,
    )


def _local_hours(sheet: DaySheet, begins: datetime, site: Site) -> NDArray[np.int64]:
    local = begins.astimezone(site.zone)
    minutes = local.hour * 60 + local.minute + sheet.minutes * np.arange(sheet.intervals)
    return (minutes // 60 % 24).astype(np.int64)


def _day(sheet: DaySheet, row: int, site: Site) -> DayCurve:
    begins = sheet.begins[row] if row < len(sheet) else sheet.next_day()
    step_s = round(sheet.minutes * 60)
    return DayCurve(
        day=begins.date(),
        epoch_s=int(begins.timestamp()) + step_s * np.arange(sheet.intervals, dtype=np.int64),
        curve=sheet.expected(row).energy_usd_per_mwh[0],
        hours=_local_hours(sheet, begins, site),
    )
