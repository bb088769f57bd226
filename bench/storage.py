"""What policies of a battery alone make of West Texas prices, beside perfect foresight.

Run as ``MARA_BENCH_DATA=folder python -m bench.storage`` from the repository's root, with the
folder that holds ``ercot_rt15min_2023.csv.gz`` and ``ercot_da_hourly_2023.csv.gz``. Laws are
calibrated on the first 182.5 days of the file and policies run on the rest of it; nothing was
chosen by how it does there. ``--join FILE`` writes the joined price file for ``python -m mara
agents --feed replay`` and ends.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mara.domain import KnownSeries
from mara.domain.presets import battery_site
from mara.models.storage.day_ahead import StorageDays
from mara.models.storage.deviation import calibrate
from mara.models.storage.foresight import perfect_foresight
from mara.models.storage.known_days import DayCurve, day_curves, level_days, observed
from mara.models.storage.markov import PriceChain, solve
from mara.models.storage.operate import Operated, operate
from mara.models.storage.unit import Floats, StorageUnit
from mara.models.strategies.mpc import path_ahead
from mara.models.strategies.sdp import PATIENCE
from mara.models.strategies.stored_energy import Market

if TYPE_CHECKING:
    from collections.abc import Iterator


__all__ = ["Result", "joined", "main", "policies", "result_of"]

HUB: Final = "HB_WEST"
ZONE: Final = "America/Chicago"
HOURS: Final = 0.25
HALF_FULL_MWH: Final = 0.5
DRAWS: Final = 4_000
SEED: Final = 20230702
DECAY_AN_HOUR: Final = 0.7
"""Decay of MPC's deviation, the best of .1, .3, .5 and .7 on the training half."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A policy's profit, its share of the ceiling with a 90 % interval, and the best days' part."""

    name: str
    profit_usd: float
    share: float
    low: float
    high: float
    best_days: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tape:
    """The file's days and prices; the test half begins at row `split`."""

    epoch_s: NDArray[np.int64]
    price: Floats
    days: tuple[DayCurve, ...]
    split: int

    @property
    def tested(self) -> Floats:
        """Prices of the test half."""
        return self.price[self.split :]


def joined(folder: Path, hub: str = HUB) -> pd.DataFrame:
    """Join real-time and day-ahead prices to one table in the form of a price file."""
    real = pd.read_csv(folder / "ercot_rt15min_2023.csv.gz")
    ahead = pd.read_csv(folder / "ercot_da_hourly_2023.csv.gz")
    at = pd.to_datetime(real["interval_start_utc"])
    hourly = pd.Series(ahead[hub].to_numpy(), index=pd.to_datetime(ahead["interval_start_utc"]))
    return pd.DataFrame(
        {
            "timestamp": real["interval_start_utc"],
            "energy_price": real[hub],
            "exog_day_ahead": hourly.reindex(at.dt.floor("h")).to_numpy(),
        }
    )


def tape_of(table: pd.DataFrame) -> Tape:
    """Cut the joined table into days, and halve it."""
    epoch = pd.to_datetime(table["timestamp"]).astype("datetime64[s, UTC]").astype("int64")
    epoch_s: NDArray[np.int64] = np.asarray(epoch.tolist(), dtype=np.int64)
    series = KnownSeries(
        name="day ahead", tz=ZONE, epoch_s=epoch_s, values=table["exog_day_ahead"].to_numpy(float)
    )
    return Tape(
        epoch_s=epoch_s,
        price=table["energy_price"].to_numpy(float),
        days=day_curves(series, 60 * HOURS),
        split=len(table) // 2,
    )


def _markets(tape: Tape) -> Iterator[Market]:
    """Give what each step of the test half may see, as the strategies see it."""
    first = 0
    for i, day in enumerate(tape.days):
        before = tape.days[max(i - 6, 0) : i]
        curve = np.concatenate([*(d.curve for d in before[-1:]), day.curve])
        lead = curve.size - day.curve.size
        for step in range(max(tape.split - first, 0), day.curve.size):
            low = max(lead + step - 96, 0)
            shift = first - lead
            yield Market(
                today=day,
                before=before,
                step=step,
                prices=tape.price[shift + low : first + step + 1],
                curve=curve[low : lead + step + 1],
            )
        first += day.curve.size


def sdp(tape: Tape, unit: StorageUnit, *, patience: float, level: bool) -> Operated:
    """Run dynamic programming on the deviation from the curve, or on the price alone."""
    days = level_days(tape.days) if level else tape.days
    cut = slice(0, tape.split)
    law = calibrate(observed(days[: tape.split // 96], tape.epoch_s[cut], tape.price[cut]))
    valued = StorageDays(law=law, unit=unit)

    def slopes() -> Iterator[Floats]:
        for market in _markets(tape if not level else _levelled(tape)):
            x = law.deviation(market.prices, market.curve)
            weights = law.weights(float(x[-1]), law.memory(x))
            before = () if level else market.before
            yield patience * (weights @ valued.value(market.today, before).after[market.step])

    return operate(tape.tested, slopes(), unit, start_mwh=HALF_FULL_MWH)


def _levelled(tape: Tape) -> Tape:
    days = level_days(tape.days)
    return Tape(epoch_s=tape.epoch_s, price=tape.price, days=days, split=tape.split)


def mpc(tape: Tape, unit: StorageUnit) -> Operated:
    """Run model predictive control on the curve with a decaying deviation."""

    def slopes() -> Iterator[Floats]:
        for market in _markets(tape):
            path = path_ahead(market, DECAY_AN_HOUR**HOURS)
            chain = PriceChain(
                prices=path[:, None], transitions=np.ones((1, 1, 1)), which=(0,) * path.size
            )
            yield solve(chain, unit, cells=40).after[0, 0]

    return operate(tape.tested, slopes(), unit, start_mwh=HALF_FULL_MWH)


def result_of(name: str, run: Operated, ceiling: Operated) -> Result:
    """Set a run beside the ceiling; whole days of 96 steps are drawn with replacement."""
    made, most = (_by_day(x.cash_usd) for x in (run, ceiling))
    rng = np.random.default_rng(SEED)
    drawn = rng.integers(0, made.size, size=(DRAWS, made.size))
    low, high = np.quantile(made[drawn].sum(axis=1) / most[drawn].sum(axis=1), [0.05, 0.95])
    total = float(made.sum())
    best = float(np.sort(made)[-5:].sum())
    return Result(
        name=name,
        profit_usd=total,
        share=total / float(most.sum()),
        low=float(low),
        high=float(high),
        best_days=best / total if total > 0.0 else 0.0,
    )


def _by_day(cash: Floats) -> Floats:
    return np.add.reduceat(cash, np.arange(0, cash.size, 96))


def policies(tape: Tape) -> Iterator[Result]:
    """Run all policies over the test half, each beside the exact ceiling."""
    battery = battery_site().battery
    assert battery is not None
    unit = StorageUnit.of(battery, HOURS)
    ceiling = perfect_foresight(tape.tested, unit, start_mwh=HALF_FULL_MWH)
    yield result_of("perfect foresight (LP, HiGHS)", ceiling, ceiling)
    idle = Operated(cash_usd=np.zeros(tape.tested.size), stored_mwh=ceiling.stored_mwh)
    yield result_of("strike rule (battery idle)", idle, ceiling)
    alone = sdp(tape, unit, patience=1.0, level=True)
    yield result_of("SDP, price alone", alone, ceiling)
    yield result_of("MPC, curve and decaying deviation", mpc(tape, unit), ceiling)
    ours = sdp(tape, unit, patience=PATIENCE, level=False)
    yield result_of("SDP, deviation from the curve", ours, ceiling)


def main() -> None:
    """Print the table, or write the joined file."""
    asked = argparse.ArgumentParser(description="Policies of a battery alone.")
    asked.add_argument("--join", type=Path, help="write the joined price file here and end")
    chosen = asked.parse_args()
    folder = os.environ.get("MARA_BENCH_DATA")
    if not folder:
        sys.exit("bench storage: set MARA_BENCH_DATA to the folder of real market data")
    table = joined(Path(folder))
    if chosen.join:
        table.to_csv(chosen.join, index=False)
        return
    print(f"hub {HUB}, second half of 2023, 1 MWh, .5 MW; 90 % interval by days drawn anew")
    begun = time.perf_counter()
    for row in policies(tape_of(table)):
        now = time.perf_counter()
        print(
            f"{row.name:36s} {row.profit_usd:9,.0f} USD {row.share:7.1%} of the ceiling "
            f"[{row.low:.1%}, {row.high:.1%}], best five days {row.best_days:.0%} of it, "
            f"{now - begun:.0f} s",
            flush=True,
        )
        begun = now


if __name__ == "__main__":
    main()
