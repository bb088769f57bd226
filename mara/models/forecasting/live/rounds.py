"""One round of the experts on one figure: what a worker process does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mara.errors import InvalidValue, MaraError
from mara.models.forecasting.base import Fitted
from mara.models.forecasting.live.adaptive import Adaptive
from mara.models.forecasting.live.book import Book, Issue, Said
from mara.models.forecasting.live.limit import LateError, limit
from mara.models.forecasting.past import Past
from mara.models.forecasting.registry import FORECASTERS, forecaster

if TYPE_CHECKING:
    from mara.models.forecasting.live.breaks import Break

__all__ = ["Failure", "Learnt", "Round", "Task", "run_round"]

_REHEARSED_DAYS: Final = 3
_REHEARSE_EVERY_H: Final = 6
_LEAST_DAYS: Final = 9
_CERTAIN: Final = 15.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Learnt:
    """The fitted model of an expert."""

    expert: str
    fitted: Fitted


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An expert that could not be fitted or asked, and why."""

    expert: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Task:
    """Ask the experts of `book` for `horizon` hours after `past`.

    Those in `learnt` move on without a fit; the others are fitted, each within `limit_s` seconds
    of real time (None for as long as it takes). With `rehearse` they first forecast the newest
    three days of the past as if these had not come yet, so that it is known whom to trust.
    """

    past: Past
    book: Book
    learnt: tuple[Learnt, ...] = ()
    horizon: int
    limit_s: float | None = None
    rehearse: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Round:
    """The experts' models, the book with what they said, and who failed.

    `issues` are those that were added to the book. `broken_h` is how many hours ago the past
    broke, None where it did not.
    """

    target: str
    past: Past
    learnt: tuple[Learnt, ...]
    book: Book
    issues: tuple[Issue, ...]
    failures: tuple[Failure, ...]
    broken_h: float | None = None


def run_round(task: Task) -> Round:
    """Fit whom the task asks to fit, and have every expert predict.

    An expert that fails is named, and stops nobody else. One that the past is still too short for
    has not failed: it joins when there is enough.
    """
    past, change = _as_since_the_break(task.past)
    ready = {} if change is not None else {n.expert: n.fitted for n in task.learnt}
    learnt: list[Learnt] = []
    said: list[Said] = []
    rehearsed: list[Said] = []
    failures: list[Failure] = []
    for name in task.book.experts:
        try:
            with limit(task.limit_s):
                if task.rehearse:
                    rehearsed += _rehearsal(name, task.past, task.horizon)
                fitted = ready[name].updated(past) if name in ready else _fit(name, past)
                said.append(Said(expert=name, predicted=fitted.predict(task.horizon)))
                learnt.append(Learnt(expert=name, fitted=fitted))
        except Exception as error:  # noqa: BLE001 - whatever a library raises must not stop the others
            if name not in FORECASTERS or not _wants_more_past(error, past):
                failures.append(Failure(expert=name, reason=_reason(error, task.limit_s)))
    book, issues = task.book.extended(tuple(said), task.past, tuple(rehearsed))
    return Round(
        target=task.past.target,
        past=task.past,
        learnt=tuple(learnt),
        book=book,
        issues=issues,
        failures=tuple(failures),
        broken_h=None if change is None else change.rows_ago / _per_hour(past),
    )


def _as_since_the_break(past: Past) -> tuple[Past, Break | None]:
    """Write a past that has just broken as if its new law had always held; else leave it.

    The experts are then fitted anew, whatever they had learnt of the old law.
    """
    try:
        law = Adaptive().fit(past)
    except InvalidValue:
        return past, None
    change = law.change()
    if change is None or change.gain < _CERTAIN:
        return past, None
    return law.rebased(change), change


def _per_hour(past: Past) -> float:
    return 3_600 / past.step_s


def _fit(name: str, past: Past) -> Fitted:
    return forecaster(name).fit(past)


def _wants_more_past(error: Exception, past: Past) -> bool:
    return isinstance(error, InvalidValue) and len(past) < _LEAST_DAYS * 24 * _per_hour(past)


def _reason(error: Exception, limit_s: float | None) -> str:
    if isinstance(error, LateError):
        return f"its fit took longer than {limit_s:g} s"
    text = str(error) if isinstance(error, MaraError) else f"{type(error).__name__}: {error}"
    return text[:300]


def _rehearsal(name: str, past: Past, horizon: int) -> list[Said]:
    """Forecast the newest days from one fit before them; nothing where the past is short."""
    per_hour = max(round(_per_hour(past)), 1)
    begin = len(past) - _REHEARSED_DAYS * 24 * per_hour
    if begin < _LEAST_DAYS * 24 * per_hour:
        return []
    fitted = _fit(name, past.first(begin))
    rows = range(begin, len(past), _REHEARSE_EVERY_H * per_hour)
    seen = (fitted.updated(past.first(row)) for row in rows)
    return [Said(expert=name, predicted=made.predict(horizon)) for made in seen]
