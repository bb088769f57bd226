"""The forecasting agent: fits in worker processes on a schedule, predicts at every tick."""

from __future__ import annotations

import asyncio
from collections import deque
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import structlog

from mara.agents.messages import ForecastsMade, MarketSeen, Message
from mara.models.forecasting import fit_figure
from mara.models.forecasting.scores import pinball
from mara.models.signals import AnomalyKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Executor, Future
    from datetime import datetime

    from mara.agents.messages import MarketRead
    from mara.domain import Forecast, History, Origin, Tick
    from mara.models.forecasting.figures import FigureFitted as Fitted

__all__ = ["TARGETS", "ForecastingAgent"]

_log = structlog.get_logger("mara.agents.forecasting")

TARGETS: Final = (
    "energy_usd_per_mwh",
    "hash_usd_per_ph_day",
    "token_usd_per_mtok",
    "demand_mtok_per_h",
)
"""Figures that are forecast."""

_HORIZONS: Final = {"demand_mtok_per_h": timedelta(hours=48)}
"""Figures that are forecast further than the others."""

_ENERGY: Final = TARGETS[0]
_KEPT: Final = timedelta(hours=1)
"""How long a forecast of a slow figure is kept."""

_NAIVE: Final = "seasonal-naive"
_SCORED: Final = 288


class ForecastingAgent:
    """Answers a market by forecasts, one a figure, from the last fitted models.

    They reach `horizon` ahead, that of the demand two days.

    A fit is submitted every `refit_every` of market time. With `wait` (a clock that runs through
    a file) its result is awaited at the next tick, so that a run does not depend on the
    machine's speed; otherwise it is taken when it has come. Until then, and when a fit fails,
    the seasonal naive stands in.
    """

    name = "forecasting"

    def __init__(
        self,
        *,
        executor: Executor,
        model: str = "seasonal-ar",
        horizon: timedelta = timedelta(hours=24),
        refit_every: timedelta = timedelta(hours=6),
        wait: bool = False,
    ) -> None:
        self._executor = executor
        self._model = model
        self._horizon = horizon
        self._refit_every = refit_every
        self._wait = wait
        self._fitted: dict[str, Fitted] = {}
        self._naive: dict[str, Fitted] = {}
        self._running: dict[str, Future[Fitted]] = {}
        self._made: dict[str, Forecast] = {}
        self._made_by: dict[str, tuple[datetime, Fitted]] = {}
        self._last_fit: datetime | None = None
        self._last: tuple[Forecast, Forecast] | None = None
        self._losses: deque[tuple[float, float]] = deque(maxlen=_SCORED)
        self.forecasts: tuple[Forecast, ...] = ()

    async def prepare(self, message: Message) -> None:
        """Await the fits that run, where the clock runs through a file."""
        if self._wait and isinstance(message, MarketSeen):
            running = [asyncio.wrap_future(future) for future in self._running.values()]
            await asyncio.gather(*running, return_exceptions=True)

    def handle(self, message: Message) -> Sequence[Message]:
        """Forecast the market that was seen."""
        if not isinstance(message, MarketSeen):
            return ()
        read = message.read
        self._score_last(read.tick)
        self._collect()
        self._schedule(read)
        self.forecasts = self._predict(message)
        return (ForecastsMade(seen=message, forecasts=self.forecasts),)

    def _predict(self, seen: MarketSeen) -> tuple[Forecast, ...]:
        """Predict energy at every tick; slower figures at the full hour and from new models."""
        history, at = seen.read.history, seen.read.tick.at
        hour = at.replace(minute=0, second=0, microsecond=0)
        flat = {a.figure for a in seen.anomalies if a.kind is AnomalyKind.FLATLINE}
        for name, learnt in self._fitted.items():
            fitted = self._naive[name] if name in flat else learnt
            made_by = (hour, fitted)
            if name == _ENERGY or self._made_by.get(name) != made_by:
                steps = self._steps(name, history.minutes)
                self._made[name] = fitted.predict(history, steps)
                self._made_by[name] = made_by
        if _ENERGY in self._made:
            self._last = (self._made[_ENERGY], self._naive[_ENERGY].predict(history, 1))
        return tuple(self._made.values())

    def _steps(self, name: str, minutes: float) -> int:
        horizon = _HORIZONS.get(name, self._horizon)
        if name != _ENERGY:
            horizon += _KEPT
        return max(round(horizon / timedelta(minutes=minutes)), 1)

    def _schedule(self, read: MarketRead) -> None:
        """Fit the naive to figures seen for the first time, and submit the fits that are due."""
        known = [name for name in TARGETS if _has_values(read.history, name)]
        for name in known:
            if name not in self._fitted:
                self._fitted[name] = self._naive[name] = fit_figure(*_task(_NAIVE, read, name))
        at = read.tick.at
        due = self._last_fit is None or at - self._last_fit >= self._refit_every
        if due and not self._running:
            self._last_fit = at
            self._running = {
                name: self._executor.submit(fit_figure, *_task(self._model, read, name))
                for name in known
            }

    def _collect(self) -> None:
        for name, future in list(self._running.items()):
            if not future.done():
                continue
            del self._running[name]
            try:
                self._fitted[name] = future.result()
            except Exception as error:  # noqa: BLE001
                _log.warning("fit failed", figure=name, error=str(error))
                self._fitted[name] = self._naive[name]

    def _score_last(self, tick: Tick) -> None:
        if self._last is None or self._last[0].starts[0] != tick.at:
            return
        ours, naive = (_loss(forecast, tick) for forecast in self._last)
        self._losses.append((ours, naive))

    def score(self) -> tuple[float, str] | None:
        """Pinball skill of the next interval's energy price against the seasonal naive."""
        naive = sum(loss for _, loss in self._losses)
        if not naive:
            return None
        return 1.0 - sum(loss for loss, _ in self._losses) / naive, "pinball skill"


def _task(model: str, read: MarketRead, name: str) -> tuple[str, History, str, str, Origin]:
    """Arguments of `fit_figure`."""
    zone = read.situation.site.time_zone
    return model, read.history, name, zone, read.tick.origin_of(name)


def _has_values(history: History, name: str) -> bool:
    series = history.series(name)
    return bool(len(series) and series[-1] == series[-1])


def _loss(forecast: Forecast, tick: Tick) -> float:
    value = tick.figure(forecast.target)
    levels = forecast.quantiles
    if value is None or not levels:
        return 0.0
    return sum(pinball(q.level, q.values[0], value) for q in levels) / len(levels)
