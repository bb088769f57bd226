"""Print the real year of West Texas prices against simulated ones, as a Markdown table.

Run as ``MARA_BENCH_DATA=folder python -m bench.market`` from the repository's root, with the folder
that holds ``ercot_rt15min_2023.csv.gz``.
"""

from __future__ import annotations

import argparse
import os
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from mara.models.market import MarketSimulator
from mara.models.market.statistics import comparison_table, settlement_means

if TYPE_CHECKING:
    from numpy.typing import NDArray

START: Final = datetime(2023, 1, 1, 6, tzinfo=UTC)
"""New Year's midnight in Texas, as the real file starts."""

STEPS_PER_YEAR: Final = 365 * 288


def real_year(folder: Path) -> NDArray[np.float64]:
    """Read the real 15-minute prices of hub West in 2023, USD/MWh."""
    file = pd.read_csv(folder / "ercot_rt15min_2023.csv.gz")
    return file["HB_WEST"].to_numpy(dtype=np.float64)


def generator(seed: int, block: int) -> np.random.Generator:
    """Make the generator of one block of the market with this seed."""
    return np.random.default_rng([seed, block])


def simulated_year(seed: int) -> NDArray[np.float64]:
    """Simulate 15-minute means of the energy price over the year from `START`, USD/MWh."""
    market = MarketSimulator(rng_for_block=partial(generator, seed), start=START)
    path = market.path(START, STEPS_PER_YEAR)
    return settlement_means(path.energy_usd_per_mwh, step_minutes=path.step_minutes)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--years", type=int, default=100, help="simulated years (default: 100)")
    years = parser.parse_args().years
    folder = os.environ.get("MARA_BENCH_DATA")
    if not folder:
        parser.error("set MARA_BENCH_DATA to the folder of real market data")
    simulated = np.stack([simulated_year(seed) for seed in range(years)])
    print(comparison_table(real_year(Path(folder)), simulated))


if __name__ == "__main__":
    main()
