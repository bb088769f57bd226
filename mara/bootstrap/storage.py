"""Strategies of stored energy, calibrated on the training part of a price file."""

from __future__ import annotations

from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from mara.domain import KnownSeries
from mara.errors import SettingsError
from mara.feeds.pricefile import read_price_file
from mara.models.storage.deviation import DeviationLaw, calibrate
from mara.models.storage.known_days import day_curves, level_days, observed
from mara.models.strategies.mpc import StorageMpc
from mara.models.strategies.sdp import PriceOnlySdp, StorageSdp
from mara.models.strategies.stored_energy import DAY_AHEAD
from mara.units import HOURS_PER_DAY, SECONDS_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Callable

    from mara.models.strategies.base import Strategy
    from mara.settings import ReplaySettings, Settings

__all__ = ["STORAGE", "storage_maker"]

STORAGE: Final = ("storage-sdp", "storage-sdp-price", "storage-mpc")
"""Names of the strategies of stored energy; they run when they are asked for by name."""


def storage_maker(name: str, settings: Settings) -> Callable[[], Strategy]:
    """Prepare the strategy called `name`; its law is that of the first `--train` days of the file.

    Raises
    ------
    SettingsError
        There is no price file, it has no day-ahead price, or no day of it is history.
    """
    if name == "storage-mpc":
        return StorageMpc
    level = name == "storage-sdp-price"
    law = _law(*_source(name, settings.feed.replay), level=level)
    return partial(PriceOnlySdp if level else StorageSdp, law, valued={})


def _source(
    name: str, chosen: ReplaySettings
) -> tuple[Path, str | None, tuple[tuple[str, str], ...], float]:
    if chosen.data is None or not chosen.train_days:
        raise SettingsError(
            f"strategy {name}: learns from a price file; give --data FILE with a column "
            f"{DAY_AHEAD}, and --train DAYS"
        )
    return Path(chosen.data), chosen.tz, tuple(sorted(chosen.columns.items())), chosen.train_days


@cache
def _law(
    path: Path,
    tz: str | None,
    columns: tuple[tuple[str, str], ...],
    train_days: float,
    *,
    level: bool,
) -> DeviationLaw:
    """Calibrate on the file's first days: equal files give equal laws, so that runs repeat."""
    table = read_price_file(path, tz=tz, columns=dict(columns))
    if DAY_AHEAD not in table.exogenous:
        raise SettingsError(
            f"{table.name}: has no column {DAY_AHEAD}; map it with --columns {DAY_AHEAD}=NAME"
        )
    end = table.epoch_s[0] + train_days * HOURS_PER_DAY * SECONDS_PER_HOUR
    values = table.exogenous[DAY_AHEAD]
    past = (table.epoch_s < end) & np.isfinite(values)
    series = KnownSeries(
        name=DAY_AHEAD, tz=table.tz, epoch_s=table.epoch_s[past], values=values[past]
    )
    days = day_curves(series, table.minutes)
    price = table.figures["energy_usd_per_mwh"]
    return calibrate(
        observed(level_days(days) if level else days, table.epoch_s[past], price[past])
    )
