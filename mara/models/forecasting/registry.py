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


def _daily(name: str, module: str, kind: str, **options: Any) -> Forecaster:  # noqa: ANN401
    from mara.models.forecasting.daily import Daily  # noqa: PLC0415

    model = getattr(import_module(f"mara.models.forecasting.{module}"), kind)(**options)
    return Daily(name=name, model=model)


def _quantile_averaging() -> Forecaster:
    from mara.models.forecasting.daily import Daily  # noqa: PLC0415
    from mara.models.forecasting.members import members  # noqa: PLC0415
    from mara.models.forecasting.quantile_averaging import QuantileAveraging  # noqa: PLC0415

    return Daily(name="ensemble-quantile", model=QuantileAveraging(members=members()))


def _ensemble(rule: str) -> Forecaster:
    from mara.models.forecasting.daily import Daily  # noqa: PLC0415
    from mara.models.forecasting.ensemble import Ensemble  # noqa: PLC0415
    from mara.models.forecasting.members import members  # noqa: PLC0415

    return Daily(name=f"ensemble-{rule}", model=Ensemble(members=members(), rule=rule))


FORECASTERS: Final[dict[str, Callable[[], Forecaster]]] = {
    "persistence": partial(_make, "on_ticks", "OnTicks", name="persistence"),
    "seasonal-naive": partial(_make, "on_ticks", "OnTicks", name="seasonal-naive"),
    "seasonal-ar": partial(_make, "on_ticks", "OnTicks", name="seasonal-ar"),
    "naive-week": partial(_daily, "naive-week", "naive_week", "NaiveWeek"),
    "lear": partial(_daily, "lear", "lear", "Lear"),
    "lear-framed": partial(_daily, "lear-framed", "lear", "FramedLear"),
    "gaussian-process": partial(_daily, "gaussian-process", "gaussian_process", "GaussianProcess"),
    "network": partial(_daily, "network", "network", "Network"),
    "johnson-su": partial(_daily, "johnson-su", "network", "JohnsonSu"),
    "ornstein-uhlenbeck": partial(_make, "stochastic_law", "StochasticLaw"),
    "prophet": partial(_make, "prophet_model", "Prophet"),
    "ensemble-mean": partial(_ensemble, "mean"),
    "ensemble-inverse": partial(_ensemble, "inverse"),
    "ensemble-online": partial(_ensemble, "online"),
    "ensemble-quantile": _quantile_averaging,
    "adaptive": partial(_make, "live.adaptive", "Adaptive"),
}
"""Makers of the forecasters, by name."""

KINDS: Final = frozenset(
    {
        "past:Past",
        "mara.models.stochastic.ornstein_uhlenbeck:OrnsteinUhlenbeck",
        "days:Scaling",
        "frames:Reference",
        "daily:FittedDaily",
        "naive_week:NaiveWeek",
        "lear:FittedLear",
        "lear_window:Window",
        "lear_window:FramedWindow",
        "lear_window:Line",
        "gaussian_process:FittedGaussianProcess",
        "network:FittedNetwork",
        "network:FittedJohnsonSu",
        "stochastic_law:FittedStochasticLaw",
        "prophet_model:FittedProphet",
        "quantile_averaging:FittedQuantileAveraging",
        "ensemble:FittedEnsemble",
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
