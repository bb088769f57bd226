"""Columns that several tables share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from mara.domain import Site

__all__ = ["at_header", "local_times"]


def at_header(site: Site, name: str = "At") -> str:
    """Name a column of times in the site's zone."""
    return f"{name} ({site.time_zone})"


def local_times(times: Iterable[datetime], site: Site) -> pd.DatetimeIndex:
    """Turn times into the site's local time."""
    return pd.DatetimeIndex(pd.to_datetime(list(times), utc=True)).tz_convert(site.time_zone)
