"""Leagues of forecasters: the live ones by their records, and any on a past, by rolling through it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from mara.errors import InvalidValue
from mara.models.forecasting.evaluation.importance import Importance, importance
from mara.models.forecasting.evaluation.profiles import (
    Calibration,
    Slot,
    by_hour,
    by_lead,
    calibration,
)
from mara.models.forecasting.evaluation.rolling import rolled
from mara.models.forecasting.evaluation.schedule import last_days
from mara.models.forecasting.evaluation.scorecard import Scorecard, scorecard
from mara.models.forecasting.evaluation.track import Track, joined
from mara.models.forecasting.live.book import ENSEMBLE
from mara.models.forecasting.live.records import ensemble_of, record_of
from mara.models.forecasting.past import Past
from mara.models.forecasting.registry import forecaster
from mara.services.forecasting import NAIVE
from mara.services.jobs import Work

if TYPE_CHECKING:
    import numpy as np

    from mara.agents.forecast_report import FigureReport
    from mara.models.forecasting.evaluation.schedule import Schedule

__all__ = ["CompareAsk", "League", "Standing", "compare_work", "league_of_report"]

_LIVE_HOURS: Final = 24.0
_DAYS_A_PIECE: Final = 7
_ISSUES_OF_IMPORTANCE: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Standing:
    """One model's record and scores, and where it errs."""

    model: str
    track: Track
    card: Scorecard
    by_lead: tuple[Slot, ...]
    by_hour: tuple[Slot, ...]
    calibration: tuple[Calibration, ...]
    importance: tuple[Importance, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class League:
    """Models on the same intervals, the smallest mean absolute error first."""

    past: Past
    standings: tuple[Standing, ...]

    @property
    def naive(self) -> Standing:
        """Standing of the seasonal naive."""
        return next(s for s in self.standings if s.model == NAIVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareAsk:
    """Compare `models` on the newest `days` of a past frozen under `digest`, `horizon` hours ahead."""

    digest: str
    figure: str
    models: tuple[str, ...]
    days: int
    horizon: int
    refit_every: int
    seed: int


def league_of_report(report: FigureReport) -> League | None:
    """Score what was said live; None before the first day has come true."""
    names = (ENSEMBLE, *(trust.expert for trust in report.trust))
    tracks = {name: record_of(name, report.issues, report.past) for name in names}
    known = {name: t.within(_LIVE_HOURS) for name, t in tracks.items() if t is not None}
    if NAIVE not in known or not len(known[NAIVE].known()):
        return None
    return _league(report.past, known, {})


def compare_work(past: Past, ask: CompareAsk, rng: np.random.Generator) -> Work:
    """Cut a comparison into pieces of about a week a model, and put the league together of them.

    Each piece begins with a fit of the schedule, so that pieces say what the whole would.

    Raises
    ------
    InvalidValue
        The past is shorter than the test, or no model was named.
    """
    if not ask.models:
        raise InvalidValue("compare: no model is chosen; choose at least one")
    models = tuple(dict.fromkeys((NAIVE, *ask.models)))
    schedule = last_days(past, ask.days, horizon=ask.horizon, refit_every=ask.refit_every)
    chunks = _chunks(schedule)
    pieces: list[tuple[Any, tuple[Any, ...]]] = [
        (_rolled_piece, (model, past, chunk)) for model in models for chunk in chunks
    ]
    rngs = rng.spawn(len(models))
    pieces += [
        (_importance_piece, (model, past, schedule, one))
        for model, one in zip(models, rngs, strict=True)
    ]
    return Work(pieces=tuple(pieces), combine=partial(_compared, past, models, len(chunks)))


def _chunks(schedule: Schedule) -> list[Schedule]:
    """Cut a schedule where models are fitted anew: after a week at most, or at each fit if rarer."""
    size = schedule.refit_every * max(_DAYS_A_PIECE // schedule.refit_every, 1)
    issues_s = schedule.issues_s
    return [
        replace(schedule, issues_s=issues_s[i : i + size]) for i in range(0, len(issues_s), size)
    ]


def _rolled_piece(model: str, past: Past, schedule: Schedule) -> list[Track]:
    return list(rolled(forecaster(model), past, schedule))


def _importance_piece(
    model: str, past: Past, schedule: Schedule, rng: np.random.Generator
) -> tuple[Importance, ...]:
    """Measure the inputs of a model that was fitted before the test."""
    first = (schedule.issues_s[0] - past.start_s) // past.step_s
    fitted = forecaster(model).fit(past.first(first))
    issues = schedule.issues_s[:: max(len(schedule.issues_s) // _ISSUES_OF_IMPORTANCE, 1)]
    return importance(fitted, past, issues, schedule.horizon, rng)


def _compared(past: Past, models: tuple[str, ...], chunks: int, answers: list[Any]) -> League:
    said: dict[str, list[Track]] = {
        model: [piece for answer in answers[i * chunks : (i + 1) * chunks] for piece in answer]
        for i, model in enumerate(models)
    }
    inputs = dict(zip(models, answers[len(models) * chunks :], strict=True))
    tracks = {model: joined(pieces) for model, pieces in said.items()}
    if len(models) > 1:
        tracks[ENSEMBLE] = ensemble_of(said, past)
    return _league(past, tracks, inputs)


def _league(
    past: Past, tracks: dict[str, Track], inputs: dict[str, tuple[Importance, ...]]
) -> League:
    naive, zone = tracks[NAIVE], ZoneInfo(past.zone)
    standings = (
        Standing(
            model=model,
            track=track,
            card=scorecard(track, naive),
            by_lead=by_lead(track),
            by_hour=by_hour(track, zone),
            calibration=calibration(track),
            importance=inputs.get(model, ()),
        )
        for model, track in tracks.items()
    )
    return League(past=past, standings=tuple(sorted(standings, key=lambda s: s.card.mae)))
