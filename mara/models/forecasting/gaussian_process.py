"""A Gaussian process over days, shared by the hours, in a frame."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from mara.models.forecasting.frames import (
    FRAMES,
    Framed,
    Reference,
    framed,
    newest,
    referenced,
    widths,
)
from mara.models.forecasting.gp_kernel import (
    Grams,
    covariance,
    cross_covariance,
    grams,
    loss,
    start,
)
from mara.models.forecasting.past import Floats

if TYPE_CHECKING:
    from mara.models.forecasting.days import Days

__all__ = ["FittedGaussianProcess", "GaussianProcess"]

_LEARNT_DAYS: Final = 900
"""Newest days on which the likelihood is maximised."""
_KEPT_DAYS: Final = 1_456
"""Newest days on which a prediction is conditioned."""
_MOST_STEPS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FittedGaussianProcess:
    """Law: the mean of day n given the days before is k(n, .) K^-1 z; K as in `gp_kernel`.

    `rows`, shape (n, p), are the features of the days of number `times`, (n,), and `solved`,
    (n, 24), is K^-1 z.
    """

    frame: str
    theta: Floats
    reference: Reference
    rows: Floats
    times: Floats
    solved: Floats

    def predict(self, days: Days) -> Floats:
        """Prices of the day that follows `days`, shape (24,)."""
        now = newest(days, self.frame, self.reference)
        groups = widths(days.exog.shape[2])
        apart = np.abs(days.number - self.times)
        against = cross_covariance(self.theta, groups, self.rows, now.x[-1], apart)
        return np.asarray(now.back(against[None] @ self.solved, slice(-1, None))[0])

    def conditioned(self, days: Days) -> FittedGaussianProcess:
        """Learn the days that came, with the same parameters: one Cholesky factor."""
        import torch  # noqa: PLC0415

        x, y, times = _rows(framed(days, FRAMES[self.frame], self.reference), days, _KEPT_DAYS)
        k = covariance(self.theta, grams(x, widths(days.exog.shape[2]), times))
        solved = torch.cholesky_solve(torch.from_numpy(y), torch.linalg.cholesky(k))
        return replace(self, rows=x, times=times, solved=solved.numpy())


@dataclass(frozen=True, slots=True, kw_only=True)
class GaussianProcess:
    """Parameters by marginal likelihood on the newest 900 days."""

    frame: str = "month"

    def fit(self, days: Days) -> FittedGaussianProcess:
        """Fit, then condition on all days."""
        reference = referenced(days)
        seen = framed(days, FRAMES[self.frame], reference)
        x, y, times = _rows(seen, days, _LEARNT_DAYS)
        fitted = FittedGaussianProcess(
            frame=self.frame,
            theta=likeliest(grams(x, widths(days.exog.shape[2]), times), y),
            reference=reference,
            rows=x[:0],
            times=times[:0],
            solved=y[:0],
        )
        return fitted.conditioned(days)

    def rolling(self, days: Days, first: int) -> Floats:
        """Forecasts of days `first` to the last, shape (n - first, 24), each from days before it.

        Parameters and scaling are those of the days before `first`. With K = L L' the forecast of
        day i from all before it is z_i - L_ii (L^-1 z)_i: one factor gives them all.
        """
        import torch  # noqa: PLC0415

        law = self.fit(days.until(first))
        seen = framed(days, FRAMES[self.frame], law.reference)
        x, y, times = _rows(seen, days, len(days))
        factor = torch.linalg.cholesky(
            covariance(law.theta, grams(x, widths(days.exog.shape[2]), times))
        )
        moved = torch.linalg.solve_triangular(factor, torch.from_numpy(y), upper=False)
        mean = (torch.from_numpy(y) - factor.diagonal()[:, None] * moved).numpy()
        return seen.back(mean[first - len(days) :], slice(first - len(days) - 1, -1))


def likeliest(of: Grams, y: Floats) -> Floats:
    """Parameters of the largest marginal likelihood, by L-BFGS from `start`."""
    import torch  # noqa: PLC0415
    from scipy.optimize import minimize  # noqa: PLC0415

    found = minimize(
        loss,
        start(len(of.of)),
        args=(of, torch.from_numpy(y)),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": _MOST_STEPS},
    )
    return np.asarray(found.x)


def _rows(seen: Framed, days: Days, most: int) -> tuple[Floats, Floats, Floats]:
    """Features, targets and numbers of the newest `most` days that had no gap."""
    kept = np.flatnonzero(seen.kept)[-most:]
    numbers = days.number - len(seen.y) + kept
    return seen.x[:-1][kept], seen.y[kept], numbers.astype(np.float64)
