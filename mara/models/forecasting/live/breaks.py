"""Whether, since when and how a daily shape has changed, by penalised generalised least squares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["HARMONICS", "Break", "daily_design", "find_break"]

Floats = NDArray[np.float64]

HARMONICS: Final = 3
"""Harmonics of the day in a change of shape."""

LOOK_BACK_H: Final = 72
"""Only breaks of the last three days are looked for: an older one is in the profile."""

_CANDIDATES_H: Final = (6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 27, 30, 36, 42, 48, 60)
_PRIOR: Final = 1.0
_GATE: Final = 9.0
_HUBER: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Break:
    """A change of level and shape `rows_ago`: what to add to the profile since then.

    `coefficients` belong to the columns of `daily_design`; `gain` is by how much the change
    lowers the penalised loss, in variances of the noise.
    """

    rows_ago: int
    coefficients: Floats
    gain: float


def daily_design(hours: Floats, harmonics: int) -> Floats:
    """Columns 1, cos, sin, cos 2, sin 2, ... of the hour of the day, shape (n, 1 + 2 harmonics)."""
    phase = 2.0 * np.pi * np.asarray(hours, dtype=np.float64)[:, None] / 24.0
    order = np.arange(1, harmonics + 1)
    waves = np.stack([np.cos(order * phase), np.sin(order * phase)], axis=2)
    return np.hstack([np.ones((phase.size, 1)), waves.reshape(phase.size, -1)])


def find_break(
    residual: Floats, hours: Floats, *, per_hour: int, phi: float, variance: float
) -> Break | None:
    """Find the change that explains the newest residuals of a profile best, if any does.

    Law: with residuals r[t] of an AR(1) noise (coefficient `phi`, innovations of `variance`), a
    break s rows ago adds X b to r since then. For each candidate s, b minimises
    sum (e - E b)^2 + b' P b over the prewhitened e[t] = r[t] - phi r[t-1] and rows E[t] = X[t] -
    phi X[t-1], where P grows with the square of the harmonic. The candidate with the largest
    gain in Huber's loss, less the penalty, is taken where it gains more than 9 variances: less
    is what noise gives.

    Parameters
    ----------
    residual
        What the profile left, `per_hour` values an hour, the newest last; a gap counts as zero.
    hours
        Hour of the local day of each, with its fraction.
    """
    ago = np.array([rows for h in _CANDIDATES_H if (rows := per_hour * h) < residual.size])
    if not ago.size:
        return None
    penalty = _PRIOR * variance * _weights(HARMONICS)
    longest = int(ago.max()) + 1
    left, moved = _whitened(residual[-longest:], hours[-longest:], ago, phi)
    gram = moved.transpose(0, 2, 1) @ moved + np.diag(penalty)
    coefficients = np.linalg.solve(gram, moved.transpose(0, 2, 1) @ left[:, None])[..., 0]
    after = left - (moved @ coefficients[..., None])[..., 0]
    counted = _since(ago, longest - 1)
    gains = ((_huber(left, variance) - _huber(after, variance)) * counted).sum(axis=1)
    gains -= (penalty * coefficients**2).sum(axis=1) / variance
    best = int(gains.argmax())
    if gains[best] <= _GATE:
        return None
    return Break(rows_ago=int(ago[best]), coefficients=coefficients[best], gain=float(gains[best]))


def _weights(harmonics: int) -> Floats:
    """Penalties of the columns, in variances: 1 for the level, the harmonic's square for a wave."""
    return np.concatenate([[1.0], np.repeat(np.arange(1, harmonics + 1) ** 2, 2)])


def _since(ago: NDArray[np.int64], rows: int) -> Floats:
    """One since each break, else zero: shape (candidates, rows)."""
    return np.asarray(np.arange(rows) >= rows - ago[:, None], dtype=np.float64)


def _whitened(
    residual: Floats, hours: Floats, ago: NDArray[np.int64], phi: float
) -> tuple[Floats, Floats]:
    """Prewhiten residuals, shape (rows,), and what each break adds, (candidates, rows, columns).

    The first of `residual` only starts the noise.
    """
    rows = daily_design(hours[1:], HARMONICS)
    added = rows * _since(ago, len(rows))[:, :, None]
    before = np.concatenate([np.zeros_like(added[:, :1]), added[:, :-1]], axis=1)
    return residual[1:] - phi * residual[:-1], added - phi * before


def _huber(error: Floats, variance: float) -> Floats:
    """Huber's loss of each error, in variances: square up to two deviations, then straight."""
    size = np.abs(error) / np.sqrt(variance)
    straight = 2.0 * _HUBER * size - _HUBER**2
    return np.asarray(np.where(size < _HUBER, size**2, straight))
