"""Print how simulated years of each law compare with the real year 2023, as a Markdown table.

Run as ``MARA_BENCH_DATA=folder python -m bench.stochastic_year`` from the repository's root, with
the folder that holds ``ercot_rt15min_2023.csv.gz``. Each law is calibrated to hub West and then
simulated over the same year; figures are medians over the simulated years. A figure outside its
bound is marked with an exclamation mark.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import numpy as np

from mara.errors import MaraError
from mara.feeds.pricefile import read_price_file
from mara.models.market.statistics import autocorrelation
from mara.models.stochastic import LAWS, Grid, PriceSeries
from mara.models.stochastic.seasonal import calibrate_seasonal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from mara.models.stochastic import Law

    Floats = NDArray[np.float64]

__all__ = ["BOUNDS", "Figures", "compared", "figures_of", "main", "real_year", "simulated_median"]

ZONE: Final = ZoneInfo("America/Chicago")
YEARS: Final = 100
CHUNK: Final = 20

BOUNDS: Final = {
    "mean": 0.05,
    "standard deviation": 0.20,
    "share below 0": 0.20,
    "share above 100": 0.20,
    "share above 1,000": 0.20,
    "autocorrelation at 15 min": 0.1,
    "autocorrelation at 24 h": 0.1,
}
"""Largest distance from the real figure: relative, but absolute for autocorrelations."""

ON_A_SEASON: Final = ("ou", "jumps_normal", "jumps_exponential", "regimes")
"""Laws calibrated on a seasonal level; of the others one holds a season itself, and those of
positive prices take the prices as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The figures of one row, in the order of `BOUNDS`; None where the law cannot be calibrated."""

    law: str
    values: tuple[float, ...] | None
    reason: str = ""

    def held(self, real: Figures) -> tuple[bool, ...]:
        """Whether each figure is within its bound of the real one."""
        if self.values is None or real.values is None:
            return (False,) * len(BOUNDS)
        pairs = zip(BOUNDS.items(), self.values, real.values, strict=True)
        return tuple(
            abs(own - true) <= bound * (1.0 if name.startswith("auto") else abs(true))
            for (name, bound), own, true in pairs
        )


def real_year(folder: Path, column: str = "HB_WEST") -> PriceSeries:
    """Read the real 15-minute prices of a hub in 2023."""
    table = read_price_file(folder / "ercot_rt15min_2023.csv.gz", columns={"energy_price": column})
    return PriceSeries.at_times(table.figures["energy_usd_per_mwh"], table.epoch_s, zone=ZONE)


def figures_of(prices: Floats) -> tuple[float, ...]:
    """Compute the figures of one year of 15-minute prices."""
    return (
        float(prices.mean()),
        float(prices.std()),
        float((prices < 0.0).mean()),
        float((prices > 100.0).mean()),
        float((prices > 1_000.0).mean()),
        autocorrelation(prices, 1),
        autocorrelation(prices, 96),
    )


def calibrated(name: str, series: PriceSeries) -> Law:
    """Calibrate a law, on a seasonal level where it can ride on one."""
    law = LAWS[name]
    if name in ON_A_SEASON:
        return calibrate_seasonal(law, series).law
    return law.calibrate(series).law


def simulated_median(
    law: Law, series: PriceSeries, *, years: int, seed: int = 1
) -> tuple[float, ...]:
    """Median of each figure over simulated years like `series`."""
    rng = np.random.default_rng(seed)
    grid = Grid(
        n_paths=CHUNK,
        n_steps=len(series) - 1,
        dt=series.dt,
        start=float(series.values[0]),
        begins=series.begins,
    )
    found: list[tuple[float, ...]] = []
    while len(found) < years:
        part = replace(grid, n_paths=min(CHUNK, years - len(found)))
        found += [figures_of(path) for path in law.simulate(rng, part)]
    return tuple(float(x) for x in np.median(np.array(found), axis=0))


def compared(series: PriceSeries, *, years: int, names: tuple[str, ...]) -> Iterator[Figures]:
    """Calibrate and simulate law after law; one that cannot be calibrated says why."""
    for name in names:
        try:
            law = calibrated(name, series)
        except MaraError as error:
            yield Figures(law=name, values=None, reason=str(error))
            continue
        yield Figures(law=name, values=simulated_median(law, series, years=years))


def row(figures: Figures, real: Figures) -> str:
    """Write one row of the table."""
    if figures.values is None:
        return f"| {figures.law} |" + " - |" * len(BOUNDS) + f" cannot: {figures.reason} |"
    held = figures.held(real)
    cells = []
    for name, value, good in zip(BOUNDS, figures.values, held, strict=True):
        share = name.startswith("share")
        cell = (
            f"{100.0 * value:.2f} %" if share else f"{value:.3f}" if value < 2.0 else f"{value:.1f}"
        )
        cells.append(cell if good else f"{cell} !")
    verdict = "holds" if all(held) else f"fails {held.count(False)} of {len(held)}"
    return f"| {figures.law} | " + " | ".join(cells) + f" | {verdict} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--years", type=int, default=YEARS)
    parser.add_argument("--hub", default="HB_WEST")
    parser.add_argument("--laws", default=",".join(LAWS))
    given = parser.parse_args()
    folder = os.environ.get("MARA_BENCH_DATA")
    if not folder:
        parser.error("set MARA_BENCH_DATA to the folder of real market data")
    series = real_year(Path(folder), given.hub)
    real = Figures(law=f"real, {given.hub}", values=figures_of(series.values))
    print("| law | " + " | ".join(BOUNDS) + " | verdict |")
    print("|---|" + "---:|" * len(BOUNDS) + "---|")
    print(row(real, real), flush=True)
    for figures in compared(series, years=given.years, names=tuple(given.laws.split(","))):
        print(row(figures, real), flush=True)


if __name__ == "__main__":
    main()
