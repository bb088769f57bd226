"""The adaptive profile: a daily shape with autoregressive noise that notices when it has changed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from mara.errors import InvalidValue
from mara.models.forecasting.live.breaks import (
    LOOK_BACK_H,
    Break,
    Floats,
    daily_design,
    find_break,
)
from mara.models.forecasting.past import LEVELS, Known, Past, Predicted, steps_ahead
from mara.models.forecasting.series import local_slots

__all__ = ["Adaptive", "FittedAdaptive"]

_HOUR_S: Final = 3_600
_HARMONICS: Final = 4
_LEAST_DAYS: Final = 8
_READ_DAYS: Final = 60
_RIDGE: Final = 1e-2
_LARGEST_PHI: Final = 0.97
_LARGEST_SCORE: Final = 4.0
_CLIP_SD: Final = 3.5
_TAILS: Final = (0.005, 0.995)
_MAD_TO_SD: Final = 1.4826
_LEADS_H: Final = (1, 2, 3, 6, 12, 24, 48)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FittedAdaptive:
    """Law: z[t] = profile[t] + change[t] + n[t], n[t] = phi n[t-1] + noise, y = centre + scale sinh z.

    The profile is four harmonics of the local day and a weekend's level; `change` is the break
    that the newest three days show, none where they show none. The mean is the law's median, kept
    within what the figure was; `spread` holds quantiles of past errors in z, a row a lead of
    `_LEADS_H`.
    """

    past: Past
    centre: float
    scale: float
    coefficients: Floats
    phi: float
    variance: float
    spread: Floats
    model: str = "adaptive"

    def predict(self, horizon: int, known_future: Known | None = None) -> Predicted:
        """Go on with the profile, the change and what is left of the noise."""
        del known_future
        steps_ahead(self.past.target, horizon)
        score, low, high = self._scores(horizon)
        lead = np.arange(1, horizon + 1) * self.past.step_s / _HOUR_S
        told = [np.interp(np.sqrt(lead), np.sqrt(_LEADS_H), row) for row in self.spread.T]
        values = self._values(np.column_stack([score, *(score + error for error in told)]))
        values = np.clip(values, low, high)
        return Predicted(
            target=self.past.target,
            model=self.model,
            start_s=self.past.end_s,
            step_s=self.past.step_s,
            mean=values[:, 0],
            quantiles=np.sort(values[:, 1:], axis=1),
            levels=LEVELS,
        ).floored()

    def updated(self, past: Past) -> FittedAdaptive:
        """Put the law at the end of another past; a break is looked for there anew."""
        if past.step_s != self.past.step_s:
            raise InvalidValue(
                f"adaptive: step_s={past.step_s} is not the {self.past.step_s} of the fit"
            )
        _known(past)
        return replace(self, past=past.last(_READ_DAYS * past.per_day))

    def change(self) -> Break | None:
        """Find the break that the newest days show."""
        recent, left = self._left()
        return find_break(
            left,
            _hours(recent),
            per_hour=_per_hour(self.past),
            phi=self.phi,
            variance=self.variance,
        )

    def rebased(self, change: Break) -> Past:
        """Write the past as it would have been under the law since `change`."""
        old = self.past.first(len(self.past) - change.rows_ago)
        z = np.arcsinh((old.values - self.centre) / self.scale) + _change(change, old)
        return replace(
            self.past,
            values=np.concatenate([self._values(z), self.past.values[-change.rows_ago :]]),
        )

    def _left(self) -> tuple[Past, Floats]:
        """Give the newest days, and what the profile leaves of them."""
        recent = self.past.last(LOOK_BACK_H * _per_hour(self.past) + 2)
        z = np.arcsinh((recent.values - self.centre) / self.scale)
        return recent, self._bounded(np.nan_to_num(z - self._profile(recent)))

    def _scores(self, horizon: int) -> tuple[Floats, float, float]:
        """Scores of the steps ahead, and the bounds of the figure."""
        recent, left = self._left()
        change = self.change()
        ahead = replace(
            self.past.first(0), values=np.zeros(horizon), start_s=self.past.end_s, exog_names=()
        )
        newest = left[-1] - _change(change, recent)[-1]
        noise = newest * self.phi ** np.arange(1, horizon + 1)
        score = self._profile(ahead) + _change(change, ahead) + noise
        known = self.past.values[np.isfinite(self.past.values)]
        low, high = np.quantile(known, _TAILS)
        return score, min(low, known[-1]), max(high, known[-1])

    def _bounded(self, left: Floats) -> Floats:
        """Clip what the profile leaves, so that a spike makes no break and one step no new level."""
        most = _CLIP_SD * np.sqrt(self.variance / (1.0 - self.phi**2))
        return np.clip(left, -most, most)

    def _profile(self, past: Past) -> Floats:
        return np.asarray(_design(past) @ self.coefficients)

    def _values(self, score: Floats) -> Floats:
        bounded = np.clip(score, -_LARGEST_SCORE, _LARGEST_SCORE)
        return np.asarray(self.centre + self.scale * np.sinh(bounded))


@dataclass(frozen=True, slots=True, kw_only=True)
class Adaptive:
    """Fits the profile on all but the newest three days, where a change may hide.

    The figure is centred on its median and scaled by its mean distance from it, and arcsinh tames
    its spikes. Steps are an hour or a whole part of one.
    """

    name: str = "adaptive"

    def fit(self, past: Past) -> FittedAdaptive:
        """Fit profile and noise by ridge regression."""
        known = _known(past)
        whole = past.last(_READ_DAYS * past.per_day)
        centre = float(np.median(known))
        scale = max(_MAD_TO_SD * float(np.median(np.abs(known - centre))), _least(known))
        z = np.arcsinh((whole.values - centre) / scale)
        old = np.isfinite(z)
        recent = LOOK_BACK_H * _per_hour(past)
        old[-recent:] = False
        design = _design(whole)
        gram = design[old].T @ design[old] + _RIDGE * np.eye(design.shape[1])
        coefficients = np.linalg.solve(gram, design[old].T @ z[old])
        left = np.where(old, z - design @ coefficients, 0.0)[:-recent]
        phi, variance = _noise(left)
        return FittedAdaptive(
            past=whole,
            centre=centre,
            scale=scale,
            coefficients=np.asarray(coefficients, dtype=np.float64),
            phi=phi,
            variance=variance,
            spread=_spread(left, phi, _per_hour(past)),
        )


def _known(past: Past) -> Floats:
    """Values that are there.

    Raises
    ------
    InvalidValue
        Steps are no whole part of an hour, or less than eight days are known.
    """
    _per_hour(past)
    known = past.values[np.isfinite(past.values)]
    if known.size < _LEAST_DAYS * past.per_day:
        raise InvalidValue(
            f"adaptive: {known.size} values of {past.target} are known; "
            f"{_LEAST_DAYS * past.per_day} ({_LEAST_DAYS} days) are needed"
        )
    return np.asarray(known)


def _per_hour(past: Past) -> int:
    steps, off = divmod(_HOUR_S, past.step_s)
    if off or not steps:
        raise InvalidValue(f"adaptive: step_s={past.step_s} must divide an hour of {_HOUR_S} s")
    return steps


def _least(known: Floats) -> float:
    """Stand-in for the scale of a figure that hardly moves."""
    return max(float(known.std()), 1e-9 * float(np.abs(known).max()), np.finfo(np.float64).tiny)


def _hours(past: Past) -> Floats:
    slots, _ = local_slots(past.epoch_s, ZoneInfo(past.zone), slot_s=past.step_s)
    return np.asarray(slots * (past.step_s / _HOUR_S))


def _design(past: Past) -> Floats:
    _, weekend = local_slots(past.epoch_s, ZoneInfo(past.zone), slot_s=past.step_s)
    return np.column_stack([daily_design(_hours(past), _HARMONICS), weekend])


def _change(change: Break | None, past: Past) -> Floats:
    if change is None:
        return np.zeros(len(past))
    return np.asarray(daily_design(_hours(past), 3) @ change.coefficients)


def _noise(left: Floats) -> tuple[float, float]:
    """Coefficient of the noise and variance of its innovations."""
    power = float(left @ left)
    if power == 0.0:
        return 0.0, 1.0
    phi = float(np.clip((left[1:] @ left[:-1]) / power, 0.0, _LARGEST_PHI))
    return phi, max(float(np.square(left[1:] - phi * left[:-1]).mean()), 1e-12)


def _spread(left: Floats, phi: float, per_hour: int) -> Floats:
    """Quantiles of past errors by lead, shape (leads, levels)."""
    leads = [h * per_hour for h in _LEADS_H]
    errors = [left[rows:] - phi**rows * left[:-rows] for rows in leads]
    return np.array([np.quantile(error, LEVELS) for error in errors])
