"""One figure's forecasts: its quick law, its experts, and the bands that both have earned."""

from __future__ import annotations

from collections import deque
from concurrent.futures import BrokenExecutor, Future
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np
import structlog

from mara.agents.forecast_report import ExpertTrust, FigureReport
from mara.errors import InvalidValue
from mara.models.forecasting.figures import fit_figure
from mara.models.forecasting.live.bands import Bands
from mara.models.forecasting.live.composed import Composed, Correction, composed, correction_of
from mara.models.forecasting.live.hearing import Heard, Question, ask
from mara.models.forecasting.live.hourly import hourly_past
from mara.models.forecasting.past import LEVELS

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor
    from datetime import timedelta

    from mara.domain import Forecast, History, Origin
    from mara.models.forecasting.figures import FigureFitted
    from mara.models.forecasting.live.book import Issue
    from mara.models.forecasting.past import Floats, Ints, Past

__all__ = ["Desk"]

T = TypeVar("T")

_log = structlog.get_logger("mara.agents.forecasting")

_NAIVE: Final = "seasonal-naive"
_ARCHIVE: Final = 24 * 8
_PAST_DAYS: Final = 60
_NEWS_H: Final = 24
_HOUR_S: Final = 3_600
_SIGNED: Final = frozenset({"energy_usd_per_mwh", "temperature_c"})


class Desk:
    """Keeps what is fitted to one figure, and composes its forecast.

    Two kinds of work go to the executor: the quick law of the ticks is fitted anew, and once an
    hour the experts speak. Until they have, and where they fail, the quick law speaks alone;
    until that is fitted, the seasonal naive.
    """

    def __init__(
        self, history: History, target: str, *, experts: tuple[str, ...], zone: str, origin: Origin
    ) -> None:
        self.target = target
        self.naive: FigureFitted = fit_figure(_NAIVE, history, target, zone, origin)
        self._law = self.naive
        self._zone = zone
        self._origin = origin
        self._floor = -np.inf if target in _SIGNED else 0.0
        self._fitting: Future[FigureFitted] | None = None
        self._speaking: Future[Heard] | None = None
        self._experts = experts
        self._asked: Past | None = None
        self._heard: Heard | None = None
        self._past: Past | None = None
        self._archive: deque[Issue] = deque(maxlen=_ARCHIVE)
        self._correction: Correction | None = None
        self._together_fresh = False
        self._bands = Bands()
        self._said: deque[Composed] = deque(maxlen=49)
        self._failures: tuple[str, ...] = ()
        self._leader: str | None = None
        self._replaced: str | None = None
        self._replaced_for = 0
        self._broken_h: float | None = None
        self._fitted_at: datetime | None = None
        self.version = 0

    @property
    def running(self) -> tuple[Future[FigureFitted] | Future[Heard], ...]:
        """Work that has not been taken in yet."""
        return tuple(f for f in (self._fitting, self._speaking) if f is not None)

    def ask_law(self, executor: Executor, model: str, history: History) -> None:
        """Have the quick law fitted anew, unless that is still under way."""
        if self._fitting is None:
            self._fitting = _submitted(
                executor, fit_figure, model, history, self.target, self._zone, self._origin
            )

    def ask_experts(
        self,
        executor: Executor,
        history: History,
        ahead: timedelta,
        *,
        refit: bool,
        limit_s: float | None,
    ) -> None:
        """Have the experts speak of the hours after the newest that is over.

        With `refit` they learn anew first. Nothing is asked while the last answer is out.
        """
        if self._speaking is not None:
            return
        try:
            past = hourly_past(history, self.target, zone=self._zone, days=_PAST_DAYS)
        except InvalidValue as error:
            self._failures = (str(error),)
            return
        question = Question(
            past=past,
            experts=self._experts,
            horizon=int(-(-ahead.total_seconds() // past.step_s)) + 2,
            memory=None if self._heard is None else self._heard.memory,
            relearn=refit,
            limit_s=limit_s,
        )
        self._asked = past
        self._speaking = _submitted(executor, ask, question)

    def collect(self, at: datetime) -> tuple[str, ...]:
        """Take in what has come; name what did."""
        return tuple(name for name in (self._collect_law(at), self._collect_round(at)) if name)

    def _collect_law(self, at: datetime) -> str | None:
        future = self._fitting
        if future is None or not future.done():
            return None
        self._fitting = None
        try:
            self._law = future.result()
        except Exception as error:  # noqa: BLE001
            _log.warning("fit failed", figure=self.target, error=str(error))
            self._law = self.naive
            self._failures = (f"its quick law failed: {error}",)
            self.version += 1
            return None
        self._fitted_at = at
        self.version += 1
        return f"{self.target}: {self._law.model}"

    def _collect_round(self, at: datetime) -> str | None:
        future = self._speaking
        if future is None or not future.done():
            return None
        self._speaking = None
        try:
            heard = future.result()
        except Exception as error:  # noqa: BLE001
            _log.warning("round failed", figure=self.target, error=str(error))
            self._failures = (f"its experts gave no answer: {error}",)
            self._leader = self._correction = None
            self.version += 1
            return None
        if heard.fitted and not (self._heard and self._heard.fitted):
            self._fitted_at = at
        self._take(heard)
        self.version += 1
        return f"{self.target}: experts of {datetime.fromtimestamp(heard.until_s, UTC)}"

    def _take(self, heard: Heard) -> None:
        self._follow(heard)
        self._heard, self._past = heard, self._asked
        self._archive.extend(heard.issues)
        self._broken_h = heard.broken_h
        self._failures = tuple(f"{f.expert} failed: {f.reason}" for f in heard.failures)
        self._together_fresh = True

    def predict(self, history: History, steps: int, *, flat: bool) -> Composed:
        """Forecast `steps` intervals; where the figure is `flat` for too long, by the naive alone."""
        law = self.naive if flat else self._law
        base = law.predict(history, steps)
        self._set_correction(base)
        correction = self._correction if self._correction and not flat else Correction()
        return composed(base, correction, self._bands, self._floor)

    def _set_correction(self, base: Forecast) -> None:
        """Set the quick law to the ensemble where that has just spoken."""
        if not self._together_fresh or self._heard is None:
            return
        self._together_fresh = False
        together = self._heard.newest
        self._correction = None if together is None else correction_of(together, base)

    def keep(self, made: Composed) -> None:
        """Keep a forecast of the full hour, for its bands to be judged."""
        if made.quantiles.size:
            self._said.append(made)

    def judge(self, history: History) -> None:
        """Judge the bands by the values of the hour that has just ended."""
        if not self._said:
            return
        step_s = self._said[-1].step_s
        rows = max(_HOUR_S // step_s, 1)
        newest = history.last(rows + 1)
        at_s, came = newest.epoch_s[:-1], newest.series(self.target)[:-1]
        parts = [_judged(made, at_s, came) for made in self._said]
        values, told, lead_h = (np.concatenate(p) for p in zip(*parts, strict=True))
        if values.size:
            self._bands = self._bands.learnt(values, told, lead_h)

    @property
    def troubles(self) -> tuple[str, ...]:
        """What is wrong with whom, and who stands in, in one sentence each."""
        texts = tuple(f"{text}; {self._stand_in()} instead" for text in self._failures)
        return (*texts, self._replaced) if self._replaced else texts

    def _stand_in(self) -> str:
        return f"mostly {self._leader}" if self._leader else self._law.model

    def _follow(self, heard: Heard) -> None:
        """Note who leads far ahead; a leader that drifted is named for a day."""
        far = heard.weights[-1]
        best = max(far, key=far.__getitem__, default=None)
        if self._leader in heard.drifted and best != self._leader:
            self._replaced = f"{self._leader} has drifted; mostly {best} instead"
            self._replaced_for = _NEWS_H
        self._replaced_for -= 1
        if self._replaced_for <= 0:
            self._replaced = None
        self._leader = best

    def report(self) -> FigureReport | None:
        """Show the figure's state; None before the experts have spoken."""
        if self._past is None or self._heard is None:
            return None
        near, middle, far = self._heard.weights
        return FigureReport(
            target=self.target,
            model=self._law.model,
            past=self._past,
            issues=tuple(self._archive),
            trust=tuple(
                ExpertTrust(
                    expert=e, near=near.get(e, 0.0), middle=middle.get(e, 0.0), far=far.get(e, 0.0)
                )
                for e in self._experts
            ),
            fitted_at=self._fitted_at,
            broken_h=self._broken_h,
        )


def _submitted(executor: Executor, work: Callable[..., T], *arguments: Any) -> Future[T]:  # noqa: ANN401
    """Hand work to the executor; where that is broken, the answer is its error."""
    try:
        return executor.submit(work, *arguments)
    except (BrokenExecutor, RuntimeError) as error:
        failed: Future[T] = Future()
        failed.set_exception(error)
        return failed


def _judged(made: Composed, at_s: Ints, came: Floats) -> tuple[Floats, Floats, Floats]:
    """Values that came within reach of a forecast, its quantiles of them, and their leads."""
    step = (at_s - made.start_s) // made.step_s
    there = (step >= 0) & (step < len(made.quantiles))
    lead_h = (at_s[there] - made.start_s) / _HOUR_S
    return came[there], made.quantiles[step[there]].reshape(-1, len(LEVELS)), lead_h
