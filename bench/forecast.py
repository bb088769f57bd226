"""The forecasting table: the open benchmark beside its published forecasts, and speed.

Run as ``python -m mara bench forecast --epf FOLDER`` for the benchmark, without `--epf` for speed
alone. Each model's forecasts are kept under `var/epf`, so that a run that was stopped goes on
where it was, and one that is whole prints at once. Nothing is chosen by the test: the members and
their settings are the same in every market, and what is learnt is learnt from the days before.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from bench.epf import BURN_DAYS, MEMBERS, Market, forecasts, markets
from bench.forecast_speed import speed_lines
from mara.errors import DataFileError
from mara.models.forecasting.conformal import rolled_bands
from mara.models.forecasting.ensemble import RULES, combined
from mara.models.forecasting.evaluation.diebold_mariano import by_hour, multivariate
from mara.models.forecasting.evaluation.point import mae, rmae, smape
from mara.models.forecasting.evaluation.probabilistic import crps, interval
from mara.models.forecasting.naive_week import NaiveWeek
from mara.models.forecasting.past import LEVELS
from mara.models.forecasting.quantile_averaging import rolled_quantiles

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["main"]

RULE: Final = "online"
_BAR: Final = 30
_LEAST_MEMBERS: Final = 2


def main() -> None:
    """Print the tables."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--epf", type=Path, help="folder of epf_*.csv.gz; without it speed alone")
    asked.add_argument("--market", help="one market of it, e.g. NP")
    asked.add_argument("--kept", action="store_true", help="only what is on the disk already")
    options = asked.parse_args()
    if options.epf is None:
        for line in speed_lines():
            print(line, flush=True)
        return
    found = [m for m in markets(options.epf) if options.market in (None, m.name)]
    if not found:
        raise DataFileError(f"{options.epf}: no epf_*.csv.gz of market {options.market or 'any'}")
    for market in found:
        made = _forecast(market, kept=options.kept)
        for line in _table(market, made):
            print(line, flush=True)


def _forecast(market: Market, *, kept: bool) -> dict[str, Floats]:
    """Forecasts of each member from the burn-in on, (days, 24), under a progress bar."""
    made: dict[str, Floats] = {}
    for count, member in enumerate(MEMBERS):
        _progress(market.name, count, member.name)
        began = time.perf_counter()
        found = forecasts(market, member, kept=kept)
        if found is not None:
            made[member.name] = found.mean(axis=1)
        took = time.perf_counter() - began
        if took > 1.0:
            print(f"\r{market.name} {member.name}: {took:.0f} s{'':{_BAR}}", file=sys.stderr)
    _progress(market.name, len(MEMBERS), "done\n")
    return made


def _progress(market: str, count: int, what: str) -> None:
    full = _BAR * count // len(MEMBERS)
    bar = "#" * full + "." * (_BAR - full)
    print(
        f"\r{market} [{bar}] {count}/{len(MEMBERS)} {what:16}", end="", file=sys.stderr, flush=True
    )


def _table(market: Market, made: dict[str, Floats]) -> Iterator[str]:
    """All lines of one market."""
    naive = NaiveWeek().rolling(market.days, market.test)
    actual = market.actual
    missing = [m.name for m in MEMBERS if m.name not in made]
    yield f"\n{market.name}: {len(actual)} test days; MAE, relative MAE, sMAPE %"
    if missing:
        yield f"  not run yet, left out of all below: {', '.join(missing)}"
    for name, forecast in market.published.items():
        if "Ensemble" in name:
            yield _line(f"published {name}", actual, forecast, naive)
    rival = _rival(market)
    if rival is not None:
        yield _line("published, mean of both", actual, rival[1], naive)
    yield _line("naive-week", actual, naive, naive)
    for name, forecast in made.items():
        yield _line(name, actual, forecast[BURN_DAYS:], naive)
    weighed = {m.name: made[m.name] for m in MEMBERS if m.weighed and m.name in made}
    if len(weighed) >= _LEAST_MEMBERS:
        yield from _ensemble_lines(market, weighed, naive, rival)


def _rival(market: Market) -> tuple[Floats, Floats] | None:
    """Return the published network ensemble, and the mean of it and the LEAR one."""
    network, lear = (market.published.get(f"{n} Ensemble") for n in ("DNN", "LEAR"))
    return None if network is None or lear is None else (network, (network + lear) / 2.0)


def _ensemble_lines(
    market: Market, made: dict[str, Floats], naive: Floats, rival: tuple[Floats, Floats] | None
) -> Iterator[str]:
    stacked = np.stack(list(made.values()), axis=1)
    past = market.days.prices[market.first :]
    for rule in RULES:
        forecast = combined(stacked, past, rule)
        yield _line(f"ensemble {rule}", market.actual, forecast[BURN_DAYS:], naive)
    ours = combined(stacked, past, RULE)
    if rival is not None:
        yield _compared(market.actual, ours[BURN_DAYS:], rival[0])
    bands, _ = rolled_bands(ours, past, BURN_DAYS)
    yield _band_line(f"conformal on {RULE}", market.actual, bands)
    quantiles = rolled_quantiles(stacked, past, BURN_DAYS)
    yield _band_line("quantile averaging", market.actual, quantiles)
    for name in made:
        rest = np.stack([f for other, f in made.items() if other != name], axis=1)
        error = mae(market.actual, combined(rest, past, RULE)[BURN_DAYS:])
        gain = error - mae(market.actual, ours[BURN_DAYS:])
        yield f"  without {name:20} {error:.3f} ({gain:+.3f})"


def _line(name: str, actual: Floats, forecast: Floats, naive: Floats) -> str:
    return (
        f"  {name:28} {mae(actual, forecast):.3f}  {rmae(actual, forecast, naive):.3f}  "
        f"{100.0 * smape(actual, forecast):.2f}"
    )


def _compared(actual: Floats, ours: Floats, rival: Floats) -> str:
    found = multivariate(actual, ours, rival)
    hours = sum(test.p_value < 0.05 for test in by_hour(actual, ours, rival))
    return (
        f"  {RULE} against the published DNN ensemble: Diebold-Mariano {found.statistic:.2f}, "
        f"p = {found.p_value:.2g}; better at 5 % in {hours} of 24 hours"
    )


def _band_line(name: str, actual: Floats, bands: Floats) -> str:
    covered = interval(actual, bands[:, :, 0], bands[:, :, -1], nominal=0.9)
    score = crps(actual, bands, LEVELS)
    return (
        f"  {name:28} 90 % intervals cover {100 * covered.covered:.1f} %, "
        f"mean width {covered.width:.2f}, CRPS {score:.3f}"
    )


if __name__ == "__main__":
    main()
