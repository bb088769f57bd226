"""Ensembles of day models, weighted by their own past errors.

Rules: `mean`, equal weights; `inverse`, one over the discounted mean absolute error; `online`, the
mean of error-covariance weights and of Bernstein online aggregation by hour.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from mara.errors import InvalidValue
from mara.models.forecasting.day_model import DayLaw, DayModel, Learner
from mara.models.forecasting.online_experts import Experts
from mara.models.forecasting.past import Floats
from mara.models.forecasting.weights import covariance_weights, equal_weights, inverse_weights

if TYPE_CHECKING:
    from mara.models.forecasting.days import Days

__all__ = ["RULES", "Ensemble", "FittedEnsemble", "combined", "learnt", "rolled", "weights_by_day"]

RULES: Final = ("mean", "inverse", "covariance", "experts", "online")
LEAST_DAYS: Final = 14
"""Days of errors below which all weights are equal."""
_BOUND_SPREADS: Final = 3.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FittedEnsemble:
    """Law: the sum over members of `weights`, shape (members, 24), times their forecasts."""

    members: tuple[DayLaw, ...]
    weights: Floats

    def predict(self, days: Days) -> Floats:
        """Prices of the day that follows `days`, shape (24,)."""
        made = np.array([member.predict(days) for member in self.members])
        return np.asarray((self.weights * made).sum(axis=0))

    def conditioned(self, days: Days) -> FittedEnsemble:
        """Let each member learn the days that came; the weights stand."""
        return replace(self, members=tuple(m.conditioned(days) for m in self.members))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ensemble:
    """Weighs `members` by the errors of their rolling forecasts of the newest days."""

    members: tuple[DayModel, ...]
    rule: str = "online"

    def __post_init__(self) -> None:
        if self.rule not in RULES or not self.members:
            raise InvalidValue(
                f"Ensemble: rule={self.rule!r} of {len(self.members)} members; use one of {RULES} "
                "and at least one member"
            )

    def learnt(self, days: Days, held: int) -> tuple[FittedEnsemble, Floats]:
        """Fit, and forecast the newest `held` days from the days before each.

        The members' forecasts of these days give the weights, each day's from the days before it.
        """
        first = len(days) - held
        made = np.stack([rolled(member, days, first) for member in self.members], axis=1)
        actual = days.prices[first:]
        weights = weights_by_day(made, actual, self.rule)
        law = FittedEnsemble(
            members=tuple(member.fit(days) for member in self.members), weights=weights[-1]
        )
        return law, (weights[:-1] * made).sum(axis=1)

    def fit(self, days: Days) -> FittedEnsemble:
        """Fit, with weights from a quarter of the days, at most 56."""
        return self.learnt(days, min(56, len(days) // 4))[0]

    def rolling(self, days: Days, first: int) -> Floats:
        """Forecasts of days `first` to the last, the weights learnt from these days alone."""
        made = np.stack([rolled(member, days, first) for member in self.members], axis=1)
        return combined(made, days.prices[first:], self.rule)


def learnt(model: DayModel, days: Days, held: int) -> tuple[DayLaw, Floats]:
    """Fit a model on all days, and forecast the newest `held`, shape (held, 24), honestly."""
    if isinstance(model, Learner):
        return model.learnt(days, held)
    return model.fit(days), rolled(model, days, len(days) - held)


def rolled(model: DayModel, days: Days, first: int) -> Floats:
    """Roll a model over days `first` to the last; its parts are averaged, shape (days, 24)."""
    made = model.rolling(days, first)
    return np.asarray(made if made.ndim == 2 else made.mean(axis=1))


def combined(forecasts: Floats, actual: Floats, rule: str) -> Floats:
    """Combine members' forecasts, shape (days, members, 24), each day from the days before it."""
    weights = weights_by_day(forecasts, actual, rule)
    return np.asarray((weights[:-1] * forecasts).sum(axis=1))


def weights_by_day(forecasts: Floats, actual: Floats, rule: str) -> Floats:
    """Weights of each day and of the one to come, shape (days + 1, members, 24).

    Those of day d are learnt from the days before d; of the first 14 days they are equal.
    """
    days, members, hours = forecasts.shape
    made = np.full((days + 1, members, hours), 1.0 / members)
    errors = actual[:, None] - forecasts
    spread = np.ptp(forecasts[:LEAST_DAYS], axis=1)
    experts = Experts.begun(members, hours, _BOUND_SPREADS * float(spread.max(initial=0.0)) + 1e-9)
    for day in range(days + 1):
        if day >= LEAST_DAYS:
            made[day] = _weights(rule, errors[:day], experts)
        if day < days:
            experts = experts.seen(forecasts[day], actual[day])
    return made


def _weights(rule: str, errors: Floats, experts: Experts) -> Floats:
    """Weights after some days' errors, of a shape that broadcasts to (members, 24)."""
    if rule == "mean":
        return equal_weights(errors.shape[1])[:, None]
    if rule == "inverse":
        return inverse_weights(errors)[:, None]
    if rule == "experts":
        return experts.weights
    covariance = covariance_weights(errors)[:, None]
    return covariance if rule == "covariance" else 0.5 * (covariance + experts.weights)
