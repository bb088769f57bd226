"""The stochastic tab: calibrate, simulate, risk, stress, scenarios; heavy work in worker processes.

Every piece of work has a name made of all that it depends on, seed and frozen past included: the
same question asked twice, by whomever, is one piece of work with one answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from mara.errors import InvalidValue
from mara.models.risk.answers import Answer
from mara.models.risk.day_ahead import tomorrow
from mara.models.risk.margins import margins_of
from mara.models.risk.stress import Stress, StressResult, stressed
from mara.models.scenarios.days import day_sheet
from mara.models.scenarios.two_stage import RiskAversion
from mara.models.stochastic import Noise
from mara.services.jobs import Jobs, Progress, Work
from mara.services.stochastic_battery import BatteryAsk, battery_report
from mara.services.stochastic_joint import JointAsk, check_size, joint_report, joint_series
from mara.services.stochastic_scenarios import ScenarioAsk, scenario_report
from mara.services.stochastic_sources import (
    Source,
    SourceStore,
    live_source,
    read_upload,
    series_of,
)
from mara.services.stochastic_storage import worth_map
from mara.services.stochastic_switching import SwitchingAsk, newest_tick, switching_report
from mara.services.stochastic_work import (
    Calibrated,
    calibrated,
    drawn_margins,
    grid_of,
    paths_piece,
    record_piece,
    risk_report,
    sheets_of,
    simulated,
    stored_worth,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from mara.domain import History, Site
    from mara.feeds.pricetable import PriceTable
    from mara.models.scenarios.days import DaySheet
    from mara.models.stochastic import PriceSeries
    from mara.services.console import Console

__all__ = [
    "BatteryAsk",
    "CalibrationAsk",
    "JointAsk",
    "RiskAsk",
    "ScenarioAsk",
    "SimulationAsk",
    "StochasticDesk",
    "StressAsk",
    "SwitchingAsk",
    "WorthAsk",
]

_PIECES: Final = 8
_DAYS_A_PIECE: Final = 30
_MOST_PATHS: Final = 50_000
_MOST_CELLS: Final = 20_000_000
MINUTES: Final = 15.0
_HOUR_MIN: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationAsk:
    """Calibrate `law` to one figure of a frozen past, in intervals of `minutes`."""

    digest: str
    figure: str
    minutes: float
    law: str
    seasonal: bool
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationAsk:
    """Draw `paths` paths over `hours` from what a calibration found."""

    calibration: CalibrationAsk
    paths: int
    hours: float
    noise: Noise
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskAsk:
    """Ask for the risk of tomorrow's margin; contributions at `level`."""

    digest: str
    law: str
    scenarios: int
    level: float
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WorthAsk:
    """Ask what a MWh in store is worth, by how much is there; `level` begins the tail weighed."""

    digest: str
    level: float
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StressAsk:
    """Put tomorrow under stresses."""

    digest: str
    stresses: tuple[Stress, ...]


class StochasticDesk:
    """Starts work and reads its progress; safe from any thread. `generator` makes chance of a seed."""

    def __init__(
        self, console: Console, *, generator: Callable[[int], np.random.Generator]
    ) -> None:
        self._console = console
        self._generator = generator
        self._store = SourceStore()
        self._jobs = Jobs(console.executor)

    def live(self) -> Source:
        """Freeze the live market's history."""
        return self._store.put(*live_source(self._console.snapshot()))

    def put(self, source: Source, history: History, file: PriceTable | None = None) -> Source:
        """Keep a past that was made elsewhere, and the file that it was read from."""
        return self._store.put(source, history, file)

    def upload(self, content: bytes, name: str, tz: str, columns: str) -> PriceTable:
        """Read a file in a worker.

        Raises
        ------
        DataFileError, InvalidValue
            What is wrong with it.
        """
        return self._console.executor.submit(read_upload, content, name, tz, columns).result()

    def made(self, make: Callable[..., History], *arguments: object) -> History:
        """Make a past in a worker."""
        return self._console.executor.submit(make, *arguments).result()

    def source(self, digest: str) -> Source:
        """Find a frozen past's description."""
        return self._store.find(digest)[0]

    def history(self, digest: str) -> History:
        """Find a frozen past."""
        return self._store.find(digest)[1]

    def file(self, digest: str) -> PriceTable | None:
        """Find the file that a frozen past was read from; None where it is of none."""
        return self._store.file(digest)

    def series(self, ask: CalibrationAsk) -> PriceSeries:
        """Cut the series that a calibration is made on."""
        history = self.history(ask.digest)
        zone = self._site.time_zone
        return series_of(history, ask.figure, minutes=ask.minutes, zone=zone)

    def sheet(self, digest: str) -> DaySheet:
        """Cut a frozen past into days of 15 minutes, or of its own longer intervals."""
        history = self.history(digest)
        return day_sheet(history, minutes=max(MINUTES, history.minutes))

    @property
    def _site(self) -> Site:
        return self._console.snapshot().site

    def calibrate(self, ask: CalibrationAsk) -> None:
        """Begin a calibration."""
        rng = self._generator(ask.seed)
        work = partial(calibrated, seasonal=ask.seasonal)
        pieces = ((work, (ask.law, self.series(ask), rng)),)
        self._jobs.start(repr(ask), Work(pieces=pieces, combine=_only))

    def simulate(self, ask: SimulationAsk) -> None:
        """Begin a simulation.

        Raises
        ------
        InvalidValue
            Its law is not calibrated yet, or it asks for too much.
        """
        found = self._calibration(ask.calibration)
        if not 2 <= ask.paths <= _MOST_PATHS:
            raise InvalidValue(f"simulate: paths={ask.paths} must be 2 to {_MOST_PATHS:,}")
        grid = grid_of(
            self.series(ask.calibration), paths=ask.paths, hours=ask.hours, noise=ask.noise
        )
        if grid.n_paths * grid.n_steps > _MOST_CELLS:
            raise InvalidValue(
                f"simulate: {grid.n_paths:,} paths of {grid.n_steps:,} steps are above "
                f"{_MOST_CELLS:,} values; ask for fewer, or use `python -m mara simulate`"
            )
        law = found.calibration.law
        edges = np.linspace(0, grid.n_paths, _PIECES + 1).astype(int).tolist()
        chances = self._generator(ask.seed).spawn(_PIECES)
        pieces = tuple(
            (paths_piece, (law, grid.rows(first, last), rng))
            for first, last, rng in zip(edges, edges[1:], chances, strict=False)
            if last > first
        )
        self._jobs.start(repr(ask), Work(pieces=pieces, combine=partial(simulated, law, grid)))

    def _calibration(self, ask: CalibrationAsk) -> Calibrated:
        progress = self._jobs.look(repr(ask))
        if progress is None or not isinstance(progress.answer, Calibrated):
            raise InvalidValue("simulate: nothing is calibrated yet; calibrate a law first")
        return progress.answer

    def risk(self, ask: RiskAsk) -> None:
        """Begin the risk of tomorrow's margin."""
        site, sheet = self._site, self.sheet(ask.digest)
        position, expected = tomorrow(site, sheet)
        expected_usd = margins_of(position, expected, Answer.ADAPTED).mean_usd
        days: list[Any] = [(record_piece, (site, s)) for s in sheets_of(sheet, _DAYS_A_PIECE)]
        rng = self._generator(ask.seed)
        draw = (drawn_margins, (site, sheet, ask.law, ask.scenarios, rng))

        def combine(answers: list[Any]) -> object:
            records = tuple(record for piece in answers[:-1] for record in piece)
            return risk_report(expected_usd, records, answers[-1], level=ask.level)

        self._jobs.start(repr(ask), Work(pieces=(*days, draw), combine=combine))

    def stress(self, ask: StressAsk) -> None:
        """Begin stresses of tomorrow, one piece each."""
        site, sheet = self._site, self.sheet(ask.digest)
        expected, at = sheet.expected(len(sheet)), sheet.next_day()
        pieces = tuple((stressed, (site, at, expected, stress)) for stress in ask.stresses)
        self._jobs.start(repr(ask), Work(pieces=pieces, combine=_all))

    def scenarios(self, ask: ScenarioAsk) -> None:
        """Begin scenarios of tomorrow and the dispatch under them."""
        site, sheet = self._site, self.sheet(ask.digest)
        piece = (scenario_report, (site, sheet, ask, self._generator(ask.seed)))
        self._jobs.start(repr(ask), Work(pieces=(piece,), combine=_only))

    def worth(self, ask: WorthAsk) -> None:
        """Begin the value of stored energy: by dynamic programming, and by two stages."""
        site, history = self._site, self.history(ask.digest)
        hourly = day_sheet(history, minutes=max(_HOUR_MIN, history.minutes))
        aversion = RiskAversion(weight=ask.weight, level=ask.level)
        pieces = (
            (worth_map, (site, self.sheet(ask.digest))),
            (stored_worth, (site, hourly, aversion)),
        )
        self._jobs.start(repr(ask), Work(pieces=pieces, combine=tuple))

    def joint(self, ask: JointAsk) -> None:
        """Begin the joint law of energy, hash and token price.

        Raises
        ------
        InvalidValue
            The source lacks one of them, or too much is asked.
        """
        history, zone = self.history(ask.digest), self._site.time_zone
        series = joint_series(history, minutes=ask.minutes, zone=zone)
        check_size(ask, series[0])
        piece = (joint_report, (ask, series, self._generator(ask.seed)))
        self._jobs.start(repr(ask), Work(pieces=(piece,), combine=_only))

    def switching(self, ask: SwitchingAsk) -> None:
        """Begin the prices at which to curtail and to resume."""
        source, history = self._store.find(ask.digest)
        tick = newest_tick(self._site, source, history, self._console.snapshot().market.tick)
        series = self._energy(history, ask.minutes)
        piece = (switching_report, (self._site, tick, series))
        self._jobs.start(repr(ask), Work(pieces=(piece,), combine=_only))

    def battery(self, ask: BatteryAsk) -> None:
        """Begin the value of the battery by two methods."""
        series = self._energy(self.history(ask.digest), MINUTES)
        piece = (battery_report, (self._site, series, ask, self._generator(ask.seed)))
        self._jobs.start(repr(ask), Work(pieces=(piece,), combine=_only))

    def _energy(self, history: History, minutes: float) -> PriceSeries:
        zone = self._site.time_zone
        return series_of(history, "energy_usd_per_mwh", minutes=minutes, zone=zone)

    def look(self, ask: object) -> Progress | None:
        """Tell how far the work of `ask` is; None where it was never begun."""
        return self._jobs.look(repr(ask))

    def cancel(self, ask: object) -> None:
        """Drop what of it has not begun."""
        self._jobs.cancel(repr(ask))


def _only(answers: list[Any]) -> Any:  # noqa: ANN401
    return answers[0]


def _all(answers: list[StressResult]) -> tuple[StressResult, ...]:
    return tuple(answers)
