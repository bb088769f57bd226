"""VaR of the demo site on real prices: how every method held, and how long 10,000 scenarios take.

Run as ``MARA_BENCH_DATA=folder python -m bench.stochastic_risk``, with the folder that holds
``ercot_rt15min_2023.csv.gz`` and ``bitcoin_daily_2015_2026.csv.gz``. `python -m mara bench
stochastic` prints the same lines.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from bench.core import Line
from mara.domain.presets import DEMO_DEMAND_MTOK_PER_H, demo_site
from mara.feeds.pricefile import read_price_file
from mara.models.risk.answers import Answer
from mara.models.risk.day_ahead import DayPlanner, DayRecord, day_records, tomorrow
from mara.models.risk.margins import margins_of
from mara.models.risk.measures import LEVELS, tail_weights
from mara.models.risk.methods import Method, monte_carlo
from mara.models.risk.rolling import (
    WARM_UP_DAYS,
    MethodTest,
    backtest,
    chosen,
    rolling_quantiles,
)
from mara.models.scenarios.days import DaySheet, day_sheet
from mara.models.scenarios.simulated import calibrate_day, simulate_day
from mara.models.stochastic import LAWS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mara.models.scenarios.simulated import DayLaw

    Floats = NDArray[np.float64]

__all__ = ["Study", "lines", "main", "real_days", "study", "ten_thousand_s"]

MINUTES: Final = 15.0
TOKEN_USD_PER_MTOK: Final = 0.7
SCENARIOS: Final = 400
RECALIBRATED_EVERY: Final = 7
LAW: Final = "ou"
_DAY_S: Final = 86_400
_LEVEL: Final = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """The rolling days, and the tests of every method at every level."""

    records: tuple[DayRecord, ...]
    tests: dict[float, tuple[MethodTest, ...]]


def real_days(folder: Path) -> DaySheet:
    """Read 2023: hub West in real time, the hash price of the day before, the rest assumed.

    Assumed are the token price of 0.70 USD/Mtok and a daily wave of inference demand.
    """
    table = read_price_file(
        folder / "ercot_rt15min_2023.csv.gz", columns={"energy_price": "HB_WEST"}
    )
    hour = (table.epoch_s % _DAY_S) / 3_600.0 - 6.0
    demand = DEMO_DEMAND_MTOK_PER_H * (1.0 + 0.4 * np.sin((hour - 8.0) * np.pi / 12.0))
    figures = {
        "hash_usd_per_ph_day": _hash_prices(folder, table.epoch_s),
        "token_usd_per_mtok": np.full(len(table), TOKEN_USD_PER_MTOK),
        "demand_mtok_per_h": demand,
    }
    for name, values in figures.items():
        table = table.assuming(name, values)
    return day_sheet(table.history(), minutes=MINUTES)


def _hash_prices(folder: Path, epoch_s: NDArray[np.int64]) -> Floats:
    """Hash price fixed at the end of the day before each time."""
    file = pd.read_csv(folder / "bitcoin_daily_2015_2026.csv.gz", parse_dates=["date_utc"])
    fixed_s = file["date_utc"].to_numpy().astype("datetime64[s]").astype(np.int64) + _DAY_S
    prices = file["hashprice_subsidy_only_usd_per_ph_day"].to_numpy(dtype=np.float64)
    return np.asarray(prices[np.searchsorted(fixed_s, epoch_s, side="right") - 1])


def study(folder: Path, *, seed: int = 7, scenarios: int = SCENARIOS) -> Study:
    """Plan and settle each day of 2023, and test every method's VaR on the days after the first."""
    sheet = real_days(folder)
    records = tuple(day_records(demo_site(), sheet, Answer.ADAPTED))
    drawn = _drawn_quantiles(sheet, len(records), seed=seed, scenarios=scenarios)
    tests = {}
    for level in LEVELS:
        past = [m for m in Method if m is not Method.MONTE_CARLO]
        quantiles = {str(m): rolling_quantiles(records, m, level) for m in past}
        quantiles[f"{Method.MONTE_CARLO} ({LAW})"] = drawn[level]
        tests[level] = backtest(records, quantiles, level)
    return Study(records=records, tests=tests)


def _drawn_quantiles(
    sheet: DaySheet, count: int, *, seed: int, scenarios: int
) -> dict[float, Floats]:
    """Quantiles of each tested day's margin over simulated joint scenarios."""
    planner, rng = DayPlanner(demo_site()), np.random.default_rng(seed)
    first = len(sheet) - count + WARM_UP_DAYS
    found: dict[float, list[float]] = {level: [] for level in LEVELS}
    law: DayLaw | None = None
    for row in range(first, len(sheet)):
        if law is None or (row - first) % RECALIBRATED_EVERY == 0:
            law = calibrate_day(sheet, row, LAWS[LAW])
        day = law.at(sheet, row)
        position = planner.position(sheet.begins[row], day.expected)
        margins = margins_of(position, simulate_day(day, rng, scenarios), Answer.ADAPTED)
        for level in LEVELS:
            found[level].append(monte_carlo(margins, level).quantile_usd)
    return {level: np.array(values) for level, values in found.items()}


def ten_thousand_s(sheet: DaySheet, *, count: int = 10_000) -> tuple[float, float]:
    """Time, by the clock and of the processor, the VaR of tomorrow over `count` joint scenarios of 15 minutes: plan, draw, earn, read.

    The law is calibrated before, and the simulation's kernel compiled.
    """
    law = calibrate_day(sheet, len(sheet), LAWS[LAW])
    simulate_day(law, np.random.default_rng(1), 2)
    begun, busy = time.perf_counter(), time.process_time()
    position, _ = tomorrow(demo_site(), sheet)
    scenarios = simulate_day(law, np.random.default_rng(7), count)
    margins = margins_of(position, scenarios, Answer.ADAPTED)
    for level in LEVELS:
        monte_carlo(margins, level)
    taken = time.perf_counter() - begun, time.process_time() - busy
    assert abs(tail_weights(margins.usd, margins.probabilities, _LEVEL).sum() - 1.0) < 1e-9
    return taken


def lines(folder: Path | None = None) -> list[Line]:
    """Give the lines of the table; without a folder of real data only a note."""
    if folder is None:
        return [Line(what="VaR on real prices", figure="no data: set MARA_BENCH_DATA", bound="")]
    made = study(folder)
    sheet = real_days(folder)
    picked = chosen(made.tests[_LEVEL])
    seconds, busy = min(ten_thousand_s(sheet) for _ in range(3))
    return [
        Line(
            what="VaR of the demo site's next day, 10,000 joint scenarios of 96 intervals",
            figure=f"{seconds:.2f} s ({busy:.2f} s of the processor)",
            bound="1 s",
        ),
        *(_line(test) for level in LEVELS for test in made.tests[level]),
        Line(
            what="chosen at 95 % on the first half, and tested on the second",
            figure=f"{picked.method}: {_verdict(picked)}",
            bound="passes",
        ),
    ]


def _line(test: MethodTest) -> Line:
    halves = "; ".join(
        f"{half.exceptions}/{half.days} p {half.kupiec_p:.2f} {half.independence_p:.2f} "
        f"{half.conditional_p:.2f}"
        for half in (test.first, test.second)
    )
    return Line(
        what=(
            f"VaR {test.level:.0%}, {test.method}: exceptions and p-values (Kupiec, independence, "
            "conditional), 1st; 2nd half of 2023"
        ),
        figure=halves,
        bound="p > 0.05",
    )


def _verdict(test: MethodTest) -> str:
    return "passes" if test.second.passes else "fails"


def main() -> None:
    """Print the table."""
    folder = os.environ.get("MARA_BENCH_DATA")
    print("| measured | figure | bound |")
    print("|---|---:|---:|")
    for line in lines(Path(folder) if folder else None):
        print(f"| {line.what} | {line.figure} | {line.bound} |", flush=True)


if __name__ == "__main__":
    main()
