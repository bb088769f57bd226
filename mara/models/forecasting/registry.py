"""All forecasters by name; a forecaster's module, and what it needs, loads when it is made."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from mara.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Callable

    from mara.models.forecasting.base import Forecaster

__all__ = ["FORECASTERS", "KINDS", "forecaster"]


def _make(module: str, kind: str, **options: Any) -> Forecaster:  # noqa: ANN401
    made: Forecaster = getattr(import_module(f"mara.models.forecasting.{module}"), kind)(**options)
    return made


FORECASTERS: Final[dict[str, Callable[[], Forecaster]]] = {
    "persistence": partial(_make, "on_ticks", "OnTicks", name="persistence"),
    "seasonal-naive": partial(_make, "on_ticks", "OnTicks", name="seasonal-naive"),
    "seasonal-ar": partial(_make, "on_ticks", "OnTicks", name="seasonal-ar"),
    "adaptive": partial(_make, "live.adaptive", "Adaptive"),
}
"""Makers of the forecasters, by name."""

KINDS: Final = frozenset(
    {
        "past:Past",
        "on_ticks:FittedOnTicks",
        "live.adaptive:FittedAdaptive",
        "persistence:FittedPersistence",
        "seasonal_naive:FittedSeasonalNaive",
        "seasonal_ar:FittedSeasonalAr",
        "seasonal_profile:SeasonalProfile",
        "spread:ErrorSpread",
    }
)
"""Classes, `module:name`, that a file of a fitted model may hold."""


def forecaster(name: str) -> Forecaster:
    """Make the forecaster called `name`, one of `FORECASTERS`.

    Raises
    ------
    InvalidValue
        There is none of that name.
    """
    if name not in FORECASTERS:
        raise InvalidValue(f"forecaster: name={name!r} is unknown; use one of {list(FORECASTERS)}")
    return FORECASTERS[name]()
