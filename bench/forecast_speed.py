"""How fast fitted forecasters predict and fit, on a made-up market of two years."""

from __future__ import annotations

import resource
import time
import warnings
from typing import TYPE_CHECKING, Final

import numpy as np

from mara.models.forecasting.calendar import calendar
from mara.models.forecasting.lear_window import Line, calibrated, scaled_moments
from mara.models.forecasting.past import Past
from mara.models.forecasting.registry import FORECASTERS, forecaster

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mara.models.forecasting.days import Days
    from mara.models.forecasting.past import Floats

__all__ = ["lear_line", "market_like", "speed_lines"]

DAYS: Final = 240
LEAR_DAYS: Final = 1_500
CALLS: Final = 200
ALIKE: Final = ("ensemble-mean", "ensemble-inverse", "ensemble-quantile")
"""Ensembles of the members that `ensemble-online` weighs: the same fits and predictions."""
WINDOWS: Final = (56, 84, 1_092, 1_456)


def speed_lines() -> Iterator[str]:
    """Measure each forecaster, then LEAR against a plain form of it."""
    import torch  # noqa: PLC0415

    torch.set_num_threads(1)
    whole = market_like(DAYS, np.random.default_rng(0))
    past = whole.first(len(whole) - 24)
    known = whole.known_after(len(past), 24)
    yield f"one prediction of 24 h, batch 1, warm ({CALLS} calls), and a fit on {DAYS} days"
    for name in FORECASTERS:
        if name in ALIKE:
            continue
        began = time.perf_counter()
        fitted = forecaster(name).fit(past)
        fit_s = time.perf_counter() - began
        took = []
        for _ in range(CALLS):
            began = time.perf_counter()
            fitted.predict(24, known)
            took.append(1e3 * (time.perf_counter() - began))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        yield (
            f"  {name:20} p50 {np.median(took):7.2f} ms  p99 {np.quantile(took, 0.99):7.2f} ms  "
            f"fit {fit_s:6.1f} s  peak so far {peak:5.0f} MB"
        )
    yield lear_line()


def lear_line() -> str:
    """Measure a day's LEAR fit of four windows, warm-started as on every day, and the plain one."""
    past = market_like(LEAR_DAYS, np.random.default_rng(1))
    days = calendar(past, 1, past.known_after(0, 24)).days
    starts: dict[int, Line] = {
        w: calibrated(days.until(len(days) - 1), window=w, penalty=_P[w]).line for w in WINDOWS
    }
    began = time.perf_counter()
    for window in WINDOWS:
        calibrated(days, window=window, penalty=_P[window], start=starts[window])
    ours = time.perf_counter() - began
    plain = sum(_plain_s(days, window) for window in WINDOWS)
    return (
        f"  LEAR a day, four windows: {ours:.3f} s; plain scikit-learn (LassoLarsIC, then Lasso) "
        f"{plain:.1f} s: {plain / ours:.0f} times"
    )


_P: Final = {56: 0.015, 84: 0.015, 1_092: 0.002, 1_456: 0.002}


def _plain_s(days: Days, window: int) -> float:
    """Seconds of the form of the paper: each hour a LARS path with AIC, then a LASSO."""
    from sklearn.linear_model import Lasso, LassoLarsIC  # type: ignore[import-untyped]  # noqa: PLC0415

    x, y = _rows(days, window)
    began = time.perf_counter()
    warnings.simplefilter("ignore")
    for hour in range(24):
        variance = float(y[:, hour].var()) if len(x) <= x.shape[1] else None
        found = LassoLarsIC(criterion="aic", max_iter=2_500, noise_variance=variance).fit(
            x, y[:, hour]
        )
        Lasso(max_iter=2_500, alpha=max(found.alpha_, 1e-6)).fit(x, y[:, hour])
    return time.perf_counter() - began


def _rows(days: Days, window: int) -> tuple[Floats, Floats]:
    from mara.models.forecasting.days import LONGEST_LAG, features  # noqa: PLC0415

    _, prices, exog = scaled_moments(days, window)
    newest = days.newest(window + LONGEST_LAG)
    known = exog.to(newest.exog.reshape(len(newest.exog), -1)).reshape(newest.exog.shape)
    x = features(prices.to(newest.prices), known, newest.weekday)[:-1]
    return x, prices.to(newest.prices[-len(x) :])


def market_like(days: int, rng: np.random.Generator) -> Past:
    """Draw hourly prices that follow load and wind, both known a day ahead."""
    n = 24 * days
    hour, day = np.arange(n) % 24, np.arange(n) // 24
    load = 10.0 + 3.0 * np.sin(2.0 * np.pi * (hour - 6) / 24) - 1.5 * (day % 7 >= 5)
    load += np.repeat(np.cumsum(rng.normal(0.0, 0.2, days)) * 0.3, 24)
    wind = np.convolve(rng.normal(0.0, 1.0, n + 23), np.ones(24) / 5.0, mode="valid")
    price = 30.0 + 2.0 * load - 3.0 * wind + rng.normal(0.0, 1.5, n)
    return Past(
        target="energy_usd_per_mwh",
        values=price,
        start_s=1_451_606_400,
        exog=np.column_stack([load, wind]),
        exog_names=("exog_load", "exog_wind"),
    )
