"""What the experts of one figure said lately, how well they did, and what they say together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from mara.models.forecasting.live.bands import Bands, Floats
from mara.models.forecasting.live.mixture import Mixture
from mara.models.forecasting.past import LEVELS, Past, Predicted

if TYPE_CHECKING:
    from collections.abc import Iterable


__all__ = ["ENSEMBLE", "Book", "Issue", "Said"]

ENSEMBLE: Final = "ensemble"
"""Name of what the experts say together."""

_KEPT: Final = 26
"""Issues that are kept for scoring: those that a value to come may still judge."""

_SCORED_H: Final = ((0.0, 4.0), (5.0, 10.0), (11.0, 17.0))
"""Leads, in hours, by which experts are trusted near, in the middle and far ahead.

Far ahead they are scored by leads that come true within a day, so that trust follows a change.
"""

_FAR_H: Final = (4.5, 10.5)
"""Leads from which the second and the third trust speak."""

_HOUR_S: Final = 3_600


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Said:
    """What an expert predicted."""

    expert: str
    predicted: Predicted


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Issue:
    """What every expert said at one time, and the ensemble of them."""

    issued_s: int
    said: tuple[Said, ...]
    together: Predicted | None = None

    def of(self, expert: str) -> Predicted | None:
        """Find what one expert said, or the ensemble."""
        if expert == ENSEMBLE:
            return self.together
        return next((s.predicted for s in self.said if s.expert == expert), None)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Book:
    """The newest issues, oldest first, with the trust and the bands learnt from them.

    `scored_s` is the time up to which values were taken into account.
    """

    experts: tuple[str, ...]
    mixtures: tuple[Mixture, ...]
    bands: Bands
    issues: tuple[Issue, ...] = ()
    scored_s: int = 0

    @classmethod
    def of(cls, experts: tuple[str, ...]) -> Book:
        """Begin with nothing known."""
        mixtures = tuple(Mixture.of(experts) for _ in _SCORED_H)
        return cls(experts=experts, mixtures=mixtures, bands=Bands())

    def extended(
        self, said: tuple[Said, ...], past: Past, rehearsed: tuple[Said, ...] = ()
    ) -> tuple[Book, tuple[Issue, ...]]:
        """Learn from the hours that came since, then take in what is said now.

        `past` ends where it is said. Returns the book, and the issues added to it; what was
        `rehearsed` comes first, each judged as if it had been said at its time.
        """
        book, added = self, []
        for issue in _issues(rehearsed):
            seen = past.first((issue.issued_s - past.start_s) // past.step_s)
            book = book.learnt(seen).with_issue(issue)
            added.append(book.issues[-1])
        book = book.learnt(past).with_issue(Issue(issued_s=past.end_s, said=said))
        return book, (*added, book.issues[-1])

    @property
    def newest(self) -> Predicted | None:
        """What the experts said together last."""
        return self.issues[-1].together if self.issues else None

    @property
    def weights(self) -> tuple[dict[str, float], ...]:
        """Weights near, in the middle and far ahead of the experts that spoke last."""
        speaking = {s.expert for s in self.issues[-1].said} if self.issues else set()
        return tuple(mixture.weights(speaking) for mixture in self.mixtures)

    @property
    def drifted(self) -> tuple[str, ...]:
        """Experts that are not trusted any more far ahead."""
        return self.mixtures[-1].drifted()

    def with_issue(self, issue: Issue) -> Book:
        """Add an issue and have the ensemble speak, by the trust of this moment."""
        speaking = {s.expert for s in issue.said}
        weights = tuple(mixture.weights(speaking) for mixture in self.mixtures)
        together = _together(issue.said, weights, self.bands)
        return replace(self, issues=(*self.issues, replace(issue, together=together))[-_KEPT:])

    def learnt(self, past: Past) -> Book:
        """Take in the values between `scored_s` and the end of `past`."""
        book = replace(self, scored_s=max(self.scored_s, past.end_s))
        if not self.issues:
            return book
        begin_s = max(self.scored_s, past.start_s)
        for row in range((begin_s - past.start_s) // past.step_s, len(past)):
            if np.isfinite(past.values[row]):
                book = book.scored(past.start_s + row * past.step_s, float(past.values[row]))
        return book

    def scored(self, at_s: int, came: float) -> Book:
        """Score all that was said of one interval."""
        mixtures = tuple(
            mixture.learnt(_errors(self.issues, at_s, came, span))
            for mixture, span in zip(self.mixtures, _SCORED_H, strict=True)
        )
        told = ((issue.issued_s, _told(issue.together, at_s)) for issue in self.issues)
        rows = [((at_s - issued_s) / _HOUR_S, row) for issued_s, row in told if row is not None]
        return replace(self, mixtures=mixtures, bands=_banded(self.bands, came, rows))


def _errors(
    issues: tuple[Issue, ...], at_s: int, came: float, span: tuple[float, float]
) -> dict[str, float]:
    """Mean absolute error of each expert about one interval, from leads within `span`."""
    errors: dict[str, list[float]] = {}
    for issue in issues:
        if span[0] <= (at_s - issue.issued_s) / _HOUR_S < span[1]:
            for said in issue.said:
                step = (at_s - said.predicted.start_s) // said.predicted.step_s
                if step < said.predicted.mean.size:
                    miss = abs(came - float(said.predicted.mean[step]))
                    errors.setdefault(said.expert, []).append(miss)
    return {name: sum(e) / len(e) for name, e in errors.items()}


def _issues(rehearsed: Iterable[Said]) -> list[Issue]:
    """Sort what was rehearsed by the time at which it was said."""
    by_time: dict[int, list[Said]] = {}
    for said in rehearsed:
        by_time.setdefault(said.predicted.start_s, []).append(said)
    return [Issue(issued_s=at, said=tuple(by_time[at])) for at in sorted(by_time)]


def _told(made: Predicted | None, at_s: int) -> Floats | None:
    """Quantiles told of an interval; None where it is out of reach, or none were told."""
    if made is None or made.levels != LEVELS:
        return None
    step = (at_s - made.start_s) // made.step_s
    return made.quantiles[step] if 0 <= step < made.mean.size else None


def _banded(bands: Bands, came: float, rows: list[tuple[float, Floats]]) -> Bands:
    if not rows:
        return bands
    leads, told = zip(*rows, strict=True)
    return bands.learnt(np.full(len(rows), came), np.array(told), np.array(leads))


def _together(
    said: tuple[Said, ...], weights: tuple[dict[str, float], ...], bands: Bands
) -> Predicted | None:
    """Average means and quantiles by the weights, and set the bands to what held lately.

    Nothing lies below the figure's floor.
    """
    if not said or not weights[0]:
        return None
    first = said[0].predicted
    lead_h = np.arange(first.mean.size) * first.step_s / _HOUR_S
    shares = _shares(said, weights, lead_h)
    mean = (shares * np.stack([s.predicted.mean for s in said], axis=1)).sum(axis=1)
    telling = [i for i, s in enumerate(said) if s.predicted.levels == LEVELS]
    quantiles = np.empty((mean.size, 0))
    if telling and (heard := shares[:, telling]).sum(axis=1).min() > 0.0:
        told = [said[i].predicted for i in telling]
        offsets = np.stack([p.quantiles - p.mean[:, None] for p in told], axis=1)
        averaged = (heard[:, :, None] * offsets).sum(axis=1) / heard.sum(axis=1)[:, None]
        quantiles = np.sort(mean[:, None] + bands.widened(averaged, lead_h), axis=1)
    levels = LEVELS if quantiles.size else ()
    made = replace(first, model=ENSEMBLE, mean=mean, quantiles=quantiles, levels=levels)
    return made.floored()


def _shares(
    said: tuple[Said, ...], weights: tuple[dict[str, float], ...], lead_h: Floats
) -> Floats:
    """Weight of each expert at each lead, shape (steps, experts)."""
    table = np.array([[w.get(s.expert, 0.0) for s in said] for w in weights])
    return np.asarray(table[np.searchsorted(_FAR_H, lead_h)])
