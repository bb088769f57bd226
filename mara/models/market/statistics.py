"""What a year of energy prices looks like in numbers, and two markets side by side.

Statistics are of 15-minute means, the interval at which the real market settles.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from mara.errors import InvalidValue

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mara.models.market.local_time import FloatArray

__all__ = [
    "LAGS",
    "QUANTILES",
    "SETTLEMENT_MINUTES",
    "PriceStatistics",
    "Runs",
    "autocorrelation",
    "comparison_table",
    "price_statistics",
    "runs_of",
    "settlement_means",
]

SETTLEMENT_MINUTES: Final = 15
"""The interval at which the real market settles."""

QUANTILES: Final = (0.001, 0.01, 0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999)
LAGS: Final = {"15 min": 1, "1 h": 4, "24 h": 96, "7 d": 672}
"""Entries of 15 minutes, by name."""

HIGH_USD_PER_MWH: Final = 100.0
SPIKE_USD_PER_MWH: Final = 1_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    """Stretches in which something held without a break; durations in minutes, 0 for none."""

    count: int
    mean_min: float
    median_min: float
    longest_min: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceStatistics:
    """Statistics of one year of 15-minute prices; shares are parts of 1.

    Attributes
    ----------
    mean, standard_deviation
        USD/MWh.
    quantiles
        At `QUANTILES`, USD/MWh.
    share_below_0, share_below_0_first_half, share_below_0_second_half
        Negative prices in the year and in its halves.
    share_above_100, share_above_1000
        Prices above 100 and 1,000 USD/MWh.
    autocorrelations
        At `LAGS`.
    spikes, surplus
        Runs above 1,000 USD/MWh and below 0.
    """

    mean: float
    standard_deviation: float
    quantiles: tuple[float, ...]
    share_below_0: float
    share_below_0_first_half: float
    share_below_0_second_half: float
    share_above_100: float
    share_above_1000: float
    autocorrelations: tuple[float, ...]
    spikes: Runs
    surplus: Runs


def settlement_means(prices: FloatArray, *, step_minutes: int) -> FloatArray:
    """Return means over 15 minutes of prices every `step_minutes`.

    Raises
    ------
    InvalidValue
        The prices do not fill whole intervals of 15 minutes.
    """
    width, rest = divmod(SETTLEMENT_MINUTES, step_minutes)
    if rest or len(prices) % width:
        raise InvalidValue(
            f"settlement_means: {len(prices)} prices every {step_minutes} minutes do not fill "
            f"whole intervals of {SETTLEMENT_MINUTES} minutes; cut them to whole ones."
        )
    means: FloatArray = prices.reshape(-1, width).mean(axis=1)
    return means


def autocorrelation(values: FloatArray, lag: int) -> float:
    """Correlate the values with those `lag` entries later."""
    return float(np.corrcoef(values[:-lag], values[lag:])[0, 1])


def runs_of(held: NDArray[np.bool_], *, step_minutes: int) -> Runs:
    """Measure the runs of true entries."""
    edges = np.diff(np.concatenate(([0], held.astype(np.int8), [0])))
    minutes = (np.flatnonzero(edges < 0) - np.flatnonzero(edges > 0)) * float(step_minutes)
    if not len(minutes):
        return Runs(count=0, mean_min=0.0, median_min=0.0, longest_min=0.0)
    return Runs(
        count=len(minutes),
        mean_min=float(minutes.mean()),
        median_min=float(np.median(minutes)),
        longest_min=float(minutes.max()),
    )


def price_statistics(prices: FloatArray) -> PriceStatistics:
    """Compute the statistics of one year of 15-minute prices, USD/MWh."""
    below, half = prices < 0.0, len(prices) // 2
    spike = prices > SPIKE_USD_PER_MWH
    return PriceStatistics(
        mean=float(prices.mean()),
        standard_deviation=float(prices.std()),
        quantiles=tuple(np.quantile(prices, QUANTILES).tolist()),
        share_below_0=float(below.mean()),
        share_below_0_first_half=float(below[:half].mean()),
        share_below_0_second_half=float(below[half:].mean()),
        share_above_100=float((prices > HIGH_USD_PER_MWH).mean()),
        share_above_1000=float(spike.mean()),
        autocorrelations=tuple(autocorrelation(prices, lag) for lag in LAGS.values()),
        spikes=runs_of(spike, step_minutes=SETTLEMENT_MINUTES),
        surplus=runs_of(below, step_minutes=SETTLEMENT_MINUTES),
    )


def comparison_table(real: FloatArray, simulated: FloatArray) -> str:
    """Write the Markdown table of the real year against simulated ones.

    Parameters
    ----------
    real
        15-minute prices of the real year, USD/MWh.
    simulated
        15-minute prices of simulated years, one a row, USD/MWh.
    """
    years = [_titled(price_statistics(year)) for year in simulated]
    lines = [
        "| statistic | real | simulated, median | 5 to 95 % of years |",
        "|---|---:|---:|---:|",
    ]
    for title, value in _titled(price_statistics(real)).items():
        low, median, high = np.quantile([year[title] for year in years], [0.05, 0.5, 0.95])
        cells = (_cell(value), _cell(median), f"{_cell(low)} to {_cell(high)}")
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _titled(statistics: PriceStatistics) -> dict[str, float]:
    """Name the rows of the table: title with unit, value in that unit."""
    spikes, surplus = statistics.spikes, statistics.surplus
    return {
        "mean, USD/MWh": statistics.mean,
        "standard deviation, USD/MWh": statistics.standard_deviation,
        **{
            f"quantile {100.0 * part:g} %, USD/MWh": value
            for part, value in zip(QUANTILES, statistics.quantiles, strict=True)
        },
        "share below 0, %": 100.0 * statistics.share_below_0,
        "share below 0, first half-year, %": 100.0 * statistics.share_below_0_first_half,
        "share below 0, second half-year, %": 100.0 * statistics.share_below_0_second_half,
        "share above 100 USD/MWh, %": 100.0 * statistics.share_above_100,
        "share above 1,000 USD/MWh, %": 100.0 * statistics.share_above_1000,
        **{
            f"autocorrelation at {name}": value
            for name, value in zip(LAGS, statistics.autocorrelations, strict=True)
        },
        "spikes above 1,000 USD/MWh, count": float(spikes.count),
        "spike duration, mean, min": spikes.mean_min,
        "spike duration, median, min": spikes.median_min,
        "spike duration, longest, min": spikes.longest_min,
        "runs below 0, count": float(surplus.count),
        "runs below 0, mean duration, min": surplus.mean_min,
    }


def _cell(value: float) -> str:
    return f"{value:,.3f}" if abs(value) < 1.0 else f"{value:,.1f}"
