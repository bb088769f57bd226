"""Stationary latent processes, filled between carried block ends by exact bridges.

Law of one row: the Ornstein-Uhlenbeck process sampled every step,
``x[i] = phi x[i-1] + sqrt(1 - phi^2) e[i]``, ``phi = exp(-step / relaxation)``, of unit variance.
Only its values at the ends of blocks are carried, by
``x[n] = phi^n x[0] + sqrt(1 - phi^(2n)) e``; the steps between are drawn afterwards, conditioned on
both ends, so that a distant block costs no more than the ends that lead to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg.blas import dtbsv

from mara.domain.checks import positive, within
from mara.errors import InvalidValue

if TYPE_CHECKING:
    from mara.models.market.local_time import FloatArray, LocalTime

__all__ = ["Factor", "Latent", "OuBridge"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """One additive part of a latent process.

    Attributes
    ----------
    share
        Part of the latent's variance that this factor has.
    relaxation_min
        Time in minutes after which its autocorrelation has fallen to 1/e.
    daily_cycle
        Whether it modulates a daily cycle: ``a cos + b sin`` of the hour, with its own two rows,
        so that an unusual evening makes the next evening unusual too.
    """

    share: float
    relaxation_min: float
    daily_cycle: bool = False

    def __post_init__(self) -> None:
        within("Factor", "share", self.share, 0.0, 1.0)
        positive("Factor", "relaxation_min", self.relaxation_min)


@dataclass(frozen=True, slots=True, kw_only=True)
class Latent:
    """A sum of independent factors with mean 0 and variance 1."""

    factors: tuple[Factor, ...]

    def __post_init__(self) -> None:
        total = sum(factor.share for factor in self.factors)
        if abs(total - 1.0) > 1e-9:
            raise InvalidValue(f"Latent: the shares sum to {total}; make them sum to 1.")

    @property
    def relaxations_min(self) -> tuple[float, ...]:
        """The relaxation time of each row, in minutes; a daily cycle has two rows."""
        return tuple(
            factor.relaxation_min
            for factor in self.factors
            for _ in range(2 if factor.daily_cycle else 1)
        )

    def combine(self, rows: FloatArray, time: LocalTime) -> FloatArray:
        """Sum the factors from their rows, shape ``(rows, n)``, over the intervals `time`."""
        total = np.zeros(rows.shape[1])
        waiting = iter(rows)
        for factor in self.factors:
            part = next(waiting)
            if factor.daily_cycle:
                part = part * time.daily[1] + next(waiting) * time.daily[2]
            total += np.sqrt(factor.share) * part
        return total


class OuBridge:
    """Rows of unit Ornstein-Uhlenbeck processes over one block of `n_steps` steps.

    Parameters
    ----------
    relaxations_min
        Relaxation time of each row, minutes.
    step_minutes
        Length of a step, minutes.
    n_steps
        Steps of a block.
    """

    def __init__(
        self, *, relaxations_min: tuple[float, ...], step_minutes: int, n_steps: int
    ) -> None:
        rate = step_minutes / np.asarray(relaxations_min)
        steps = np.arange(n_steps + 1)
        self._phi = np.exp(-rate)
        self._shock = np.sqrt(-np.expm1(-2.0 * rate))
        self._end_phi = np.exp(-n_steps * rate)
        self._end_shock = np.sqrt(-np.expm1(-2.0 * n_steps * rate))
        reach = -np.expm1(-2.0 * np.outer(rate, steps))
        self._pull = np.exp(-np.outer(rate, n_steps - steps)) * reach / reach[:, -1:]

    @property
    def rows(self) -> int:
        """How many processes there are."""
        return len(self._phi)

    def carry(self, start: FloatArray, shocks: FloatArray) -> FloatArray:
        """Return the rows at the block's end, from those at its start and one standard normal each."""
        return self._end_phi * start + self._end_shock * shocks

    def fill(self, start: FloatArray, end: FloatArray, shocks: FloatArray) -> FloatArray:
        """Fill the rows at steps 0 to ``n_steps - 1``, given both ends.

        Law: a free path ``y`` from `start`, then
        ``x[i] = y[i] + (end - y[n]) phi^(n-i) (1 - phi^(2i)) / (1 - phi^(2n))``,
        which is the Gaussian conditional law of the path on its end.

        Parameters
        ----------
        start, end
            Values at step 0 and step `n_steps`, shape ``(rows,)``.
        shocks
            Standard normals, shape ``(rows, n_steps)``.
        """
        free = np.empty((self.rows, shocks.shape[1] + 1))
        free[:, 0] = start
        for row, phi in enumerate(self._phi):
            noise = self._shock[row] * shocks[row]
            noise[:1] += phi * start[row]
            free[row, 1:] = _recursed(phi, noise)
        bridged: FloatArray = free + (end - free[:, -1])[:, None] * self._pull
        return bridged[:, :-1]


def _recursed(phi: float, noise: FloatArray) -> FloatArray:
    """Solve ``y[i] - phi y[i-1] = noise[i]``, ``y[-1] = 0``."""
    bands = np.empty((2, noise.size), order="F")
    bands[1] = -phi
    path: FloatArray = dtbsv(1, bands, noise, lower=1, diag=1)
    return path
