"""The covariance of a Gaussian process over days, and its marginal likelihood.

Law, with G_g the Gram matrix of the features of group g over their number, D_g their squared
distances and t days apart::

    K = sum_g w_g G_g + exp(-t / a) sum_g v_g G_g
        + s exp(-t / c - sum_g u_g D_g / 2) + d exp(-t / b) + noise I

a linear law, one that fades, a nonlinear one and a drift. All weights are positive: the parameters
are their logarithms, with a Gaussian prior about the start. The 24 hours share K, so that one
factor serves all. Sources: Rasmussen and Williams, Gaussian Processes for Machine Learning (2006),
sections 2.2, 2.7 and 5.4.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from mara.models.forecasting.past import Floats

__all__ = ["Grams", "covariance", "cross_covariance", "grams", "loss", "start"]

PRIOR: Final = 0.02
"""Weight of the prior, a day and hour each worth one."""
_SCALARS: Final = (60.0, 20.0, 0.3, 0.1, 0.1, 1000.0)
"""Start of a, b, s, d, noise, c; times in days, the others in units of the target's square."""
_WEEK: Final = 7
_GROUP: Final = 0.3
"""Start of the sum of each kind of group weights."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Grams:
    """Gram matrices of the groups, shape (g, n, n), as torch tensors, and days apart, (n, n)."""

    of: Any
    apart: Any


def grams(x: Floats, groups: tuple[int, ...], times: Floats) -> Grams:
    """Gram matrices of features `x`, shape (n, p), over groups of so many columns."""
    import torch  # noqa: PLC0415

    blocks = np.split(x, np.cumsum(groups)[:-1], axis=1)
    made = [torch.from_numpy(np.ascontiguousarray(b)) for b in blocks]
    time = torch.from_numpy(times)
    return Grams(
        of=torch.stack([b @ b.T * (_weight(b.shape[1]) / b.shape[1]) for b in made]),
        apart=(time[:, None] - time[None]).abs(),
    )


def _weight(width: int) -> float:
    """Weekdays, the one group of seven columns, count as dummies of size 3, as the rest spreads."""
    return 9.0 if width == _WEEK else 1.0


def start(groups: int) -> Floats:
    """Parameters from which a fit starts: logarithms, shape (3 g + 6,)."""
    return np.asarray(np.log(np.concatenate([np.full(3 * groups, _GROUP / groups), _SCALARS])))


def covariance(theta: Floats, of: Grams) -> Any:  # noqa: ANN401
    """K of the days of `of`, a torch matrix."""
    parts = _Parts.of(theta, of)
    made = parts.linear + parts.faded + parts.bent + parts.drift
    made.diagonal().add_(parts.noise)
    return made


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Parts:
    linear: Any
    faded: Any
    fade: Any
    bent: Any
    drift: Any
    noise: float
    weights: Any
    scalars: Any

    @classmethod
    def of(cls, theta: Floats, grams: Grams) -> _Parts:
        import torch  # noqa: PLC0415

        groups, n = grams.of.shape[:2]
        weights = torch.from_numpy(np.exp(theta[: 3 * groups].reshape(3, groups)))
        scalars = np.exp(theta[3 * groups :])
        a, b, s, d, noise, c = scalars.tolist()
        linear, faded, near = (weights @ grams.of.reshape(groups, -1)).reshape(3, n, n)
        size = near.diagonal()
        distance = (size[:, None] + size[None] - 2.0 * near).clamp(min=0.0)
        fade = torch.exp(-grams.apart / a)
        return cls(
            linear=linear,
            faded=faded * fade,
            fade=fade,
            bent=s * torch.exp(-0.5 * distance - grams.apart / c),
            drift=d * torch.exp(-grams.apart / b),
            noise=noise,
            weights=weights,
            scalars=scalars,
        )


def loss(theta: Floats, of: Grams, y: Any) -> tuple[float, Floats]:  # noqa: ANN401
    """Negative logarithm of the marginal likelihood with its prior, a value, and its gradient.

    With M = (24 K^-1 - K^-1 y y' K^-1) / 2 the derivative by any parameter is <M, dK>.
    """
    import torch  # noqa: PLC0415

    parts, (n, hours) = _Parts.of(theta, of), y.shape
    k = parts.linear + parts.faded + parts.bent + parts.drift
    k.diagonal().add_(parts.noise)
    factor = torch.linalg.cholesky(k)
    solved = torch.cholesky_solve(y, factor)
    value = 0.5 * float((y * solved).sum()) + hours * float(factor.diagonal().log().sum())
    m = 0.5 * (hours * torch.cholesky_inverse(factor) - solved @ solved.T)
    away = theta - start(len(of.of))
    gradient = _gradient(parts, of, m) + 2.0 * PRIOR * hours * away
    value += PRIOR * hours * float(away @ away)
    return value / (n * hours), gradient / (n * hours)


def _gradient(parts: _Parts, of: Grams, m: Any) -> Floats:  # noqa: ANN401
    import torch  # noqa: PLC0415

    groups = len(of.of)
    bent = m * parts.bent
    sums = of.of.reshape(groups, -1) @ torch.stack([m, m * parts.fade, bent]).reshape(3, -1).T
    sizes = torch.diagonal(of.of, dim1=1, dim2=2)
    sums[:, 2] -= sizes @ bent.sum(dim=1)
    a, b, _, _, noise, c = parts.scalars.tolist()
    drift = m * parts.drift
    scalars = [
        (m * parts.faded * of.apart).sum() / a,
        (drift * of.apart).sum() / b,
        bent.sum(),
        drift.sum(),
        noise * m.trace(),
        (bent * of.apart).sum() / c,
    ]
    by_group = (sums.T * parts.weights).reshape(-1).numpy()
    return np.concatenate([by_group, np.array([float(value) for value in scalars])])


def cross_covariance(
    theta: Floats, groups: tuple[int, ...], rows: Floats, new: Floats, apart: Floats
) -> Floats:
    """Covariance of one day of features `new`, (p,), with days of features `rows`, (n, p)."""
    count = len(groups)
    weights = np.exp(theta[: 3 * count].reshape(3, count))
    a, b, s, d, _, c = np.exp(theta[3 * count :])
    share = np.array([_weight(width) / width for width in groups])
    by_column = np.repeat(weights * share, groups, axis=1)
    linear, faded = (by_column[:2] * new) @ rows.T
    distance = ((rows - new) ** 2) @ by_column[2]
    bent = s * np.exp(-0.5 * distance - apart / c)
    return np.asarray(linear + faded * np.exp(-apart / a) + bent + d * np.exp(-apart / b))
