"""What the stochastic tab has worked out by worker processes: pieces and their answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from mara.errors import InvalidValue
from mara.models.risk.answers import Answer
from mara.models.risk.contributions import Contribution, contributions_of
from mara.models.risk.day_ahead import DayRecord, day_records, deviations_of, tomorrow
from mara.models.risk.goodness import Goodness, goodness_of
from mara.models.risk.margins import Margins, margins_of
from mara.models.risk.measures import LEVELS, RiskFigure
from mara.models.risk.methods import LEAST_DAYS, Method, from_past, monte_carlo
from mara.models.risk.rolling import (
    WARM_UP_DAYS,
    MethodTest,
    backtest,
    rolling_quantiles,
)
from mara.models.scenarios.days import PROFILE_DAYS, DaySheet
from mara.models.scenarios.simulated import calibrate_day, simulate_day
from mara.models.scenarios.stored_worth import departed, posed_next_day, stored_values
from mara.models.stochastic import Calibration, Grid, Noise, Precision, law_called
from mara.models.stochastic.seasonal import calibrate_seasonal

if TYPE_CHECKING:
    from mara.domain import Site
    from mara.models.scenarios.two_stage import RiskAversion
    from mara.models.stochastic import PriceSeries

__all__ = [
    "Calibrated",
    "RiskReport",
    "Simulated",
    "Worth",
    "calibrated",
    "drawn_margins",
    "paths_piece",
    "record_piece",
    "risk_report",
    "simulated",
    "stored_worth",
]

Floats = NDArray[np.float64]

FAN: Final = (0.05, 0.25, 0.5, 0.75, 0.95)
_SHOWN: Final = 40
_BINS: Final = 60
_CHARGES: Final = 11
_SCENARIOS: Final = 8
_FEWEST_TESTED: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Calibrated:
    """A calibrated law with its goodness of fit, and the series' histogram beside the law's own."""

    name: str
    seasonal: bool
    calibration: Calibration[Any]
    goodness: Goodness
    edges: Floats
    seen: Floats
    drawn: Floats


def calibrated(
    name: str, series: PriceSeries, rng: np.random.Generator, *, seasonal: bool
) -> Calibrated:
    """Calibrate a law, test its residuals, and simulate a stretch as long as the series."""
    law = law_called(name)
    found = calibrate_seasonal(law, series) if seasonal else law.calibrate(series)
    grid = Grid(
        n_paths=8,
        n_steps=len(series) - 1,
        dt=series.dt,
        start=float(series.values[0]),
        begins=series.begins,
    )
    paths = np.asarray(found.law.simulate(rng, grid), dtype=np.float64)
    low, high = np.quantile(series.values, (0.005, 0.995))
    edges = np.linspace(low, high, _BINS + 1)
    return Calibrated(
        name=name,
        seasonal=seasonal,
        calibration=found,
        goodness=goodness_of(np.asarray(found.law.residuals(series))),
        edges=edges,
        seen=_density(series.values, edges),
        drawn=_density(paths.ravel(), edges),
    )


def _density(values: Floats, edges: Floats) -> Floats:
    counts = np.histogram(values, bins=edges)[0]
    return counts / (len(values) * np.diff(edges))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Simulated:
    """Paths in figures: times in hours, quantiles at `FAN`, some paths, and the ends' histogram.

    `mean` and `spread` are those of the law's closed form, None where it has none.
    """

    n_paths: int
    hours: Floats
    fan: Floats
    paths: Floats
    edges: Floats
    ends: Floats
    mean: Floats | None
    spread: Floats | None


def paths_piece(law: Any, grid: Grid, rng: np.random.Generator) -> NDArray[np.float32]:  # noqa: ANN401
    """Simulate some of the paths, in single precision for the way back."""
    return np.asarray(law.simulate(rng, grid), dtype=np.float32)


def simulated(law: Any, grid: Grid, pieces: list[NDArray[np.float32]]) -> Simulated:  # noqa: ANN401
    """Put the pieces together."""
    paths = np.concatenate(pieces).astype(np.float64)
    ends = paths[:, -1]
    low, high = np.quantile(ends, (0.002, 0.998))
    edges = np.linspace(low, max(high, low + 1e-9), _BINS + 1)
    mean, spread = _closed_form(law, grid)
    return Simulated(
        n_paths=len(paths),
        hours=grid.times,
        fan=np.quantile(paths, FAN, axis=0),
        paths=paths[:_SHOWN],
        edges=edges,
        ends=_density(ends, edges),
        mean=mean,
        spread=spread,
    )


def _closed_form(law: Any, grid: Grid) -> tuple[Floats | None, Floats | None]:  # noqa: ANN401
    try:
        moments = law.moments(grid)
    except (InvalidValue, NotImplementedError):
        return None, None
    return moments.mean, moments.standard_deviation


def grid_of(series: PriceSeries, *, paths: int, hours: float, noise: Noise) -> Grid:
    """Lay the grid of a simulation that goes on where the series ends."""
    return Grid(
        n_paths=paths,
        n_steps=max(round(hours / series.dt), 1),
        dt=series.dt,
        start=float(series.values[-1]),
        begins=_end_of(series),
        noise=noise,
        precision=Precision.DOUBLE,
    )


def _end_of(series: PriceSeries) -> Any:  # noqa: ANN401
    from datetime import timedelta  # noqa: PLC0415

    if series.begins is None:
        return None
    return series.begins + timedelta(hours=series.dt * (len(series) - 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """What one more MWh in store is worth an hour from now, by how much is there."""

    soc_mwh: tuple[float, ...]
    usd_per_mwh: tuple[float, ...]


def stored_worth(site: Site, sheet: DaySheet, aversion: RiskAversion) -> Worth:
    """Value stored energy at several charges, by the two-stage programme.

    Raises
    ------
    InvalidValue
        The site has no battery, or the past is too short.
    """
    battery = site.battery
    if battery is None:
        raise InvalidValue(f"stored energy: site {site.site_id} has no battery")
    charges = np.linspace(battery.floor_mwh, battery.ceiling_mwh, _CHARGES)
    few = departed(sheet, _SCENARIOS)
    worth = stored_values(
        posed_next_day(site, sheet), few.energy_usd_per_mwh, few.probabilities, charges, aversion
    )
    return Worth(soc_mwh=tuple(charges.tolist()), usd_per_mwh=tuple(worth.tolist()))


def record_piece(site: Site, sheet: DaySheet) -> tuple[DayRecord, ...]:
    """Plan and settle the days of a sheet after its first `PROFILE_DAYS`."""
    return tuple(day_records(site, sheet, Answer.ADAPTED))


def sheets_of(sheet: DaySheet, days: int) -> list[DaySheet]:
    """Cut a sheet into stretches of `days` days to plan, each with the profile days before it."""
    firsts = range(PROFILE_DAYS, len(sheet), days)
    return [sheet.rows(first - PROFILE_DAYS, min(first + days, len(sheet))) for first in firsts]


def drawn_margins(
    site: Site, sheet: DaySheet, law: str, count: int, rng: np.random.Generator
) -> Margins:
    """Earn tomorrow's plan in `count` joint scenarios drawn from a law calibrated to the sheet."""
    position, _ = tomorrow(site, sheet)
    day = calibrate_day(sheet, len(sheet), law_called(law), zone=site.zone)
    return margins_of(position, simulate_day(day, rng, count), Answer.ADAPTED)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RiskReport:
    """Risk of tomorrow's margin by every method that has enough to learn from.

    `expected_usd` is what the plan expects; `margins_usd` are those of the drawn scenarios.
    `tests` are backtests of the methods that learn from the past, empty where it is too short.
    """

    days: int
    scenarios: int
    figures: tuple[RiskFigure, ...]
    contributions: tuple[Contribution, ...]
    margins_usd: Floats
    probabilities: Floats
    records: tuple[DayRecord, ...]
    tests: tuple[MethodTest, ...]


def risk_report(
    expected_usd: float, records: tuple[DayRecord, ...], margins: Margins, *, level: float
) -> RiskReport:
    """Put the figures of all methods together; contributions are at `level`."""
    past = [m for m in Method if m is not Method.MONTE_CARLO and len(records) >= LEAST_DAYS]
    deviations = deviations_of(records)
    figures = [from_past(m, deviations, expected_usd, lv) for m in past for lv in LEVELS]
    figures += [monte_carlo(margins, lv) for lv in LEVELS]
    return RiskReport(
        days=len(records),
        scenarios=len(margins.usd),
        figures=tuple(figures),
        contributions=contributions_of(margins, level),
        margins_usd=margins.usd,
        probabilities=margins.probabilities,
        records=records,
        tests=_tests(records),
    )


def _tests(records: tuple[DayRecord, ...]) -> tuple[MethodTest, ...]:
    """Backtests at every level, where enough days are left to test."""
    first = min(WARM_UP_DAYS, max(LEAST_DAYS, len(records) // 3))
    if len(records) < first + _FEWEST_TESTED:
        return ()
    past = [m for m in Method if m is not Method.MONTE_CARLO]
    found: list[MethodTest] = []
    for level in LEVELS:
        quantiles = {str(m): rolling_quantiles(records, m, level, first=first) for m in past}
        found += backtest(records, quantiles, level)
    return tuple(found)
