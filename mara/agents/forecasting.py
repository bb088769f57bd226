"""The forecasting agent: experts learn in worker processes, and every tick has its forecast."""

from __future__ import annotations

import asyncio
from collections import deque
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from mara.agents.forecast_desk import Desk
from mara.agents.forecast_report import ForecastingReport
from mara.agents.messages import ForecastsMade, MarketSeen, Message
from mara.models.forecasting.scores import pinball
from mara.models.signals import AnomalyKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Executor

    from mara.agents.base import Agent
    from mara.agents.messages import MarketRead
    from mara.domain import Forecast, History, Tick

__all__ = ["EXPERTS", "TARGETS", "ForecastingAgent"]

TARGETS: Final = (
    "energy_usd_per_mwh",
    "hash_usd_per_ph_day",
    "token_usd_per_mtok",
    "demand_mtok_per_h",
    "grid_load_mw",
)
"""Figures that are forecast."""

EXPERTS: Final = ("persistence", "seasonal-naive", "seasonal-ar", "adaptive")
"""Forecasters of the ensemble, by their names in the registry."""

_HORIZONS: Final = {
    "demand_mtok_per_h": timedelta(hours=48),
    "grid_load_mw": timedelta(hours=48),
}
"""Figures that are forecast further than the others."""

_ENERGY: Final = TARGETS[0]
_HOUR: Final = timedelta(hours=1)
_QUICK: Final = "seasonal-ar"
_SCORED: Final = 288


class ForecastingAgent:
    """Answers a market by forecasts, one a figure, from the last fitted models.

    Each figure has a `Desk`: a quick law of its ticks, fitted every `refit_every` of market time,
    and experts of its hourly means, who speak at every full hour and learn anew every
    `relearn_every`; an expert's fit that takes longer than `limit_s` seconds is given up. All of
    that is worker processes' work. The tick takes in what has come: energy is forecast anew at
    every tick, the slower figures once an hour, one a tick. They reach `horizon` ahead, demand and load two
    days.

    With `wait` (a clock that runs through a file) work that is out is awaited at the next tick
    and has no limit, so that a run does not depend on the machine's speed. An agent made from the
    one `before` goes on with what that had learnt.
    """

    name = "forecasting"

    def __init__(
        self,
        *,
        executor: Executor,
        experts: tuple[str, ...] = EXPERTS,
        horizon: timedelta = timedelta(hours=24),
        limit_s: float = 60.0,
        wait: bool = False,
        before: Agent | None = None,
    ) -> None:
        self._executor = executor
        self._experts = experts
        self._horizon = horizon
        self._limit_s = None if wait else limit_s
        self._refit_every = timedelta(hours=6)
        self._relearn_every = timedelta(hours=24)
        self._wait = wait
        known = before.desks if isinstance(before, ForecastingAgent) else {}
        self.desks: dict[str, Desk] = dict(known)
        self._made: dict[str, Forecast] = {}
        self._made_by: dict[str, tuple[datetime, int, bool]] = {}
        self._hour: datetime | None = None
        self._refitted: datetime | None = None
        self._relearnt: datetime | None = None
        self._naive_said: Forecast | None = None
        self._losses: deque[tuple[float, float]] = deque(maxlen=_SCORED)
        self.forecasts: tuple[Forecast, ...] = ()
        self.report = ForecastingReport()
        self._reported: tuple[int, ...] = ()

    async def prepare(self, message: Message) -> None:
        """Await the work that is out, where the clock runs through a file."""
        if self._wait and isinstance(message, MarketSeen):
            running = [
                asyncio.wrap_future(work) for desk in self.desks.values() for work in desk.running
            ]
            await asyncio.gather(*running, return_exceptions=True)

    def handle(self, message: Message) -> Sequence[Message]:
        """Forecast the market that was seen."""
        if not isinstance(message, MarketSeen):
            return ()
        read = message.read
        self._score_last(read.tick)
        arrived = self._collect(read.tick.at)
        self._schedule(read)
        self.forecasts = self._predict(message)
        versions = tuple(desk.version for desk in self.desks.values())
        if versions != self._reported:
            self.report, self._reported = self._report(), versions
        return (ForecastsMade(seen=message, forecasts=self.forecasts, arrived=arrived),)

    def _collect(self, at: datetime) -> tuple[str, ...]:
        return tuple(name for desk in self.desks.values() for name in desk.collect(at))

    def _schedule(self, read: MarketRead) -> None:
        """Open desks of figures seen for the first time, and submit the work that is due."""
        at, history = read.tick.at, read.history
        for name in TARGETS:
            if name not in self.desks and _has_values(history, name):
                self._open(name, read)
        hour = at.replace(minute=0, second=0, microsecond=0)
        if self._hour == hour:
            return
        for desk in self.desks.values():
            desk.judge(history)
        self._hour = hour
        refit = _due(self._refitted, at, self._refit_every)
        relearn = _due(self._relearnt, at, self._relearn_every)
        self._refitted = at if refit else self._refitted
        self._relearnt = at if relearn else self._relearnt
        for name, desk in self.desks.items():
            if refit:
                desk.ask_law(self._executor, _QUICK, history)
            desk.ask_experts(
                self._executor, history, self._ahead(name), refit=relearn, limit_s=self._limit_s
            )

    def _open(self, name: str, read: MarketRead) -> None:
        self.desks[name] = Desk(
            read.history,
            name,
            experts=self._experts,
            zone=read.situation.site.time_zone,
            origin=read.tick.origin_of(name),
        )

    def _ahead(self, name: str) -> timedelta:
        """How far a figure is forecast; what is made once an hour reaches two hours further."""
        return _HORIZONS.get(name, self._horizon) + (timedelta() if name == _ENERGY else 2 * _HOUR)

    def _predict(self, seen: MarketSeen) -> tuple[Forecast, ...]:
        """Predict energy at every tick, and one of the slower figures that are due."""
        history, at = seen.read.history, seen.read.tick.at
        flat = {a.figure for a in seen.anomalies if a.kind is AnomalyKind.FLATLINE}
        due = [name for name in self.desks if self._is_due(name, at, flat=name in flat)]
        slow = [name for name in due if name != _ENERGY]
        late = [name for name in slow if name not in self._made]
        for name in dict.fromkeys([*self.desks.keys() & {_ENERGY}, *late, *slow[:1]]):
            steps = max(round(self._ahead(name) / timedelta(minutes=history.minutes)), 1)
            made = self.desks[name].predict(history, steps, flat=name in flat)
            self._made[name] = made.forecast
            if name in due:
                self.desks[name].keep(made)
                self._made_by[name] = (at, self.desks[name].version, name in flat)
        self._say_naive(history, at)
        return tuple(self._made.values())

    def _is_due(self, name: str, at: datetime, *, flat: bool) -> bool:
        """Say whether a figure has new models, or its forecast is an hour old."""
        if name not in self._made_by:
            return True
        made_at, version, was_flat = self._made_by[name]
        return (self.desks[name].version, flat) != (version, was_flat) or at - made_at >= _HOUR

    def _say_naive(self, history: History, at: datetime) -> None:
        """Have the naive forecast the energy of the hour ahead, to be scored against."""
        said, desk = self._naive_said, self.desks.get(_ENERGY)
        if desk is None or (said is not None and said.starts[-1] > at):
            return
        steps = max(round(_HOUR / timedelta(minutes=history.minutes)), 1)
        self._naive_said = desk.naive.predict(history, steps)

    def _report(self) -> ForecastingReport:
        reports = [desk.report() for desk in self.desks.values()]
        return ForecastingReport(
            figures=tuple(report for report in reports if report is not None),
            troubles=tuple(
                f"forecast of {name}: {text}"
                for name, desk in self.desks.items()
                for text in desk.troubles
            ),
            at_work=tuple(name for name, desk in self.desks.items() if desk.running),
        )

    def _score_last(self, tick: Tick) -> None:
        """Score the last forecast of this tick's energy price, and the naive's."""
        made, naive = self._made.get(_ENERGY), self._naive_said
        if made is None or naive is None or made.starts[0] != tick.at:
            return
        if tick.at in naive.starts:
            step = naive.starts.index(tick.at)
            self._losses.append((_loss(made, tick, 0), _loss(naive, tick, step)))

    def score(self) -> tuple[float, str] | None:
        """Pinball skill of the next interval's energy price against the seasonal naive."""
        naive = sum(loss for _, loss in self._losses)
        if not naive:
            return None
        return 1.0 - sum(loss for loss, _ in self._losses) / naive, "pinball skill"


def _due(last: datetime | None, at: datetime, every: timedelta) -> bool:
    return last is None or at - last >= every


def _has_values(history: History, name: str) -> bool:
    series = history.series(name)
    return bool(len(series) and series[-1] == series[-1])


def _loss(forecast: Forecast, tick: Tick, step: int) -> float:
    value = tick.figure(forecast.target)
    levels = forecast.quantiles
    if value is None or not levels:
        return 0.0
    return sum(pinball(q.level, q.values[step], value) for q in levels) / len(levels)
