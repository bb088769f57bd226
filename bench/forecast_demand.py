"""Print how well demand, and real-time prices, are forecast: every model beside the naive one.

Run as ``MARA_BENCH_DATA=folder python -m bench.forecast_demand --demand`` (or ``--ercot``, or
``--coverage``, which needs no data) from the repository's root.
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from mara.domain import FIGURES, History
from mara.errors import MaraError
from mara.feeds.pricefile import read_price_file
from mara.models.forecasting.evaluation.rolling import rolled
from mara.models.forecasting.evaluation.schedule import last_days
from mara.models.forecasting.evaluation.scorecard import scorecard
from mara.models.forecasting.evaluation.track import joined
from mara.models.forecasting.live.book import ENSEMBLE
from mara.models.forecasting.live.hourly import hourly_past
from mara.models.forecasting.live.records import ensemble_of
from mara.models.forecasting.past import Past
from mara.models.forecasting.registry import FORECASTERS, forecaster
from mara.models.market import MarketSimulator
from mara.services.forecasting import NAIVE, past_of

if TYPE_CHECKING:
    from mara.models.forecasting.evaluation.scorecard import Scorecard
    from mara.models.forecasting.evaluation.track import Track

__all__ = ["CLAIMS", "demand_tables", "ercot_table", "main"]

CLAIMS: Final = {
    "neural networks": (0.88, 0.82),
    "Prophet": (0.91, 0.85),
    "stochastic": (0.85, 0.79),
    "ensemble": (0.93, 0.87),
}
"""What the public seed project claims of its forecasts' accuracy at 24 and 48 h: quoted, not ours."""

ZONE: Final = "America/Chicago"
QUICK: Final = (
    "persistence",
    "seasonal-naive",
    "naive-week",
    "seasonal-ar",
    "adaptive",
    "ornstein-uhlenbeck",
    "lear",
    "gaussian-process",
)
"""Models that are fitted within seconds; any other of the registry is run by naming it."""

_MINUTES: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is evaluated: `models` on the `days` from `start`, refit every `refit_every` days."""

    models: tuple[str, ...]
    days: int
    start: date
    refit_every: int = 7
    horizon: int = 48


def load_past(folder: Path) -> Past:
    """Read the hourly load of ERCOT's grid, MW."""
    columns = {"timestamp": "local_hour_start_central", "grid_load": "total_load_mw"}
    file = folder / "ercot_load_hourly_2022_2023.csv.gz"
    table = read_price_file(file, tz=ZONE, columns=columns, needed="grid_load")
    return past_of(table, "grid_load")


def price_past(folder: Path) -> Past:
    """Read hourly means of the real-time price at hub West, with day-ahead price and load known.

    The day-ahead price of a day is known before it begins. The load is of the hour a week ago:
    no forecast of it is published in the folder.
    """
    spot = read_price_file(
        folder / "ercot_rt15min_2023.csv.gz", tz=ZONE, columns={"energy_price": "HB_WEST"}
    )
    ahead = read_price_file(
        folder / "ercot_da_hourly_2023.csv.gz", tz=ZONE, columns={"energy_price": "HB_WEST"}
    )
    hourly = hourly_past(spot.history(), FIGURES[0], zone=ZONE, days=400)
    load = load_past(folder)
    names = ("exog_day_ahead", "exog_load_week_ago")
    exog = np.full((len(hourly), 2), np.nan)
    for column, (at, values) in enumerate(
        (
            (ahead.epoch_s, ahead.figures[FIGURES[0]]),
            (load.epoch_s + 7 * 86_400, load.values),
        )
    ):
        row = (at - hourly.start_s) // hourly.step_s
        there = (row >= 0) & (row < len(hourly))
        exog[row[there], column] = values[there]
    return Past(
        target=hourly.target,
        values=hourly.values,
        start_s=hourly.start_s,
        zone=ZONE,
        exog=exog,
        exog_names=names,
    )


def inference_past(seed: int, days: int) -> Past:
    """Simulate hourly means of the inference demand, Mtok/h."""
    start = datetime(2025, 6, 1, 5, tzinfo=UTC)
    market = MarketSimulator(rng_for_block=partial(_generator, seed), start=start)
    path = market.path(start, days * 288)
    values = np.full((days * 288, len(FIGURES)), np.nan)
    column = FIGURES.index("demand_mtok_per_h")
    values[:, column] = path.demand_mtok_per_h
    epoch_s = int(start.timestamp()) + 300 * np.arange(days * 288, dtype=np.int64)
    history = History(minutes=_MINUTES, max_rows=days * 288, epoch_s=epoch_s, values=values)
    return hourly_past(history, FIGURES[column], zone=ZONE, days=days)


def _generator(seed: int, block: int) -> np.random.Generator:
    return np.random.default_rng([seed, block])


def records(past: Past, asked: Asked) -> dict[str, Track]:
    """Roll every model through the test, and the ensemble through what they said."""
    schedule = last_days(
        past, asked.days, horizon=asked.horizon, refit_every=asked.refit_every, start=asked.start
    )
    pieces: dict[str, list[Track]] = {}
    for name in asked.models:
        print(f"... {name}", file=sys.stderr, flush=True)
        try:
            pieces[name] = list(rolled(forecaster(name), past, schedule))
        except MaraError as error:
            print(f"{name} cannot be evaluated: {error}", file=sys.stderr)
    found = {name: joined(said) for name, said in pieces.items()}
    return found | {ENSEMBLE: ensemble_of(pieces, past)}


def table(tracks: dict[str, Track], hours: tuple[float, ...], unit: str) -> list[str]:
    """Write scores at each horizon as a Markdown table, the naive first."""
    head = "| model | " + " | ".join(
        f"MAE {h:g} h, {unit} | WAPE {h:g} h | accuracy {h:g} h | 90 % covers" for h in hours
    )
    lines = [head + " |", "|---|" + "---:|" * 4 * len(hours)]
    naive = tracks[NAIVE]
    for name in sorted(tracks, key=lambda name: name != NAIVE):
        cards = [scorecard(tracks[name].within(h), naive.within(h)) for h in hours]
        lines.append(f"| {name} | " + " | ".join(_cells(card) for card in cards) + " |")
    return lines


def _cells(card: Scorecard) -> str:
    covered = next((f"{band.covered:.1%}" for band in card.bands if band.nominal == 0.9), "-")
    return f"{card.mae:,.4g} | {card.wape or 0.0:.2%} | {card.accuracy or 0.0:.2%} | {covered}"


def demand_tables(folder: Path, models: tuple[str, ...]) -> list[str]:
    """Grid load of 2023 and a simulated year of inference demand, 24 and 48 h ahead."""
    year = Asked(models=models, days=363, start=date(2023, 1, 1))
    lines = ["ERCOT load 2023, fitted from 2022 on, refit weekly:", ""]
    lines += table(records(load_past(folder), year), (24.0, 48.0), "MW")
    simulated = Asked(models=models, days=180, start=date(2025, 8, 1))
    lines += ["", "Inference demand of the simulator (SIMULATED), 180 days, refit weekly:", ""]
    lines += table(records(inference_past(1, 250), simulated), (24.0, 48.0), "Mtok/h")
    claimed = ", ".join(f"{name} {a:.0%} / {b:.0%}" for name, (a, b) in CLAIMS.items())
    return [*lines, "", f"Claimed by the public seed project at 24 / 48 h (not ours): {claimed}."]


def ercot_table(folder: Path, models: tuple[str, ...]) -> list[str]:
    """Real-time price of hub West in 2023, a day ahead, tested on the second half of the year."""
    asked = Asked(models=models, days=180, start=date(2023, 7, 1), horizon=24)
    lines = ["ERCOT hub West real-time price, hourly means, second half of 2023:", ""]
    return lines + table(records(price_past(folder), asked), (24.0,), "USD/MWh")


def main() -> None:
    """Print what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--demand", action="store_true", help="grid load and inference demand")
    parser.add_argument("--ercot", action="store_true", help="real-time price")
    parser.add_argument("--models", help="names, separated by commas")
    asked = parser.parse_args()
    models = tuple(asked.models.split(",")) if asked.models else QUICK
    unknown = [name for name in (NAIVE, *models) if name not in FORECASTERS]
    if unknown:
        parser.error(f"unknown models {unknown}; use some of {', '.join(FORECASTERS)}")
    models = tuple(dict.fromkeys((NAIVE, *models)))
    folder = os.environ.get("MARA_BENCH_DATA")
    if not folder:
        parser.error("set MARA_BENCH_DATA to the folder of real market data")
    if asked.demand or not asked.ercot:
        print("\n".join(demand_tables(Path(folder), models)))
    if asked.ercot:
        print("\n".join(ercot_table(Path(folder), models)))


if __name__ == "__main__":
    main()
