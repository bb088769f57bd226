"""Densities from characteristic functions by one fast Fourier transform.

``f(x_j) = (1 / N h) sum_k phi(u_k) e^{-i u_k x_j}`` on N points h apart, ``u_k = 2 pi k / (N h)``,
then cubic interpolation between the points.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from mara.errors import SolverFailed
from mara.models.stochastic.grid import Floats
from mara.models.stochastic.uniforms import normal_scores

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Complexes", "Density", "density_of"]

Complexes = NDArray[np.complex128]

_POINTS_A_DEVIATION: Final = 8.0
"""Grid points in one standard deviation of the law's narrowest part."""

_MOST_POINTS: Final = 2**18
_LEAST_POINTS: Final = 2**10
_FLOOR: Final = 1e-15
"""Of the peak: what a transform in double precision cannot tell from zero."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Density:
    """A density on points `step` apart, the first at `first`."""

    first: float
    step: float
    values: Floats

    def log_at(self, x: Floats) -> Floats:
        """Interpolate the logarithm of the density; never below `_FLOOR` of the peak.

        The logarithm, as it is smooth where the density falls by orders from point to point.
        """
        known = np.maximum(self.values, _FLOOR * float(self.values.max()))
        return self._cubic(np.log(known), x)

    def scores(self, x: Floats) -> Floats:
        """Give the normal scores of the distribution function at `x`."""
        mass = np.maximum(self.values, 0.0) * self.step
        total = float(mass.sum())
        below = (np.cumsum(mass) - 0.5 * mass) / total
        above = (np.cumsum(mass[::-1])[::-1] - 0.5 * mass) / total
        return normal_scores(self._cubic(below, x), self._cubic(above, x))

    def _cubic(self, values: Floats, x: Floats) -> Floats:
        """Interpolate by the cubic through the four nearest points (Lagrange)."""
        place = (x - self.first) / self.step
        cell = np.clip(np.floor(place).astype(np.int64), 1, values.size - 3)
        t = place - cell
        a, b, c, d = (values[cell + k] for k in (-1, 0, 1, 2))
        left = -t * (t - 1.0) * (t - 2.0) / 6.0 * a + (t + 1.0) * (t - 1.0) * (t - 2.0) / 2.0 * b
        right = -(t + 1.0) * t * (t - 2.0) / 2.0 * c + (t + 1.0) * t * (t - 1.0) / 6.0 * d
        return np.asarray(left + right)


def density_of(
    characteristic: Callable[[Floats], Complexes], *, finest: float, reach: float
) -> Density:
    """Invert a characteristic function.

    Parameters
    ----------
    characteristic
        ``E e^{iuX}`` at frequencies of shape (m,).
    finest
        Standard deviation of the law's narrowest part.
    reach
        Largest distance from zero at which the density is wanted.

    Raises
    ------
    SolverFailed
        The narrowest part is too narrow for so wide a law.
    """
    step = finest / _POINTS_A_DEVIATION
    wanted = max(2.2 * reach / step, 20.0 * _POINTS_A_DEVIATION, _LEAST_POINTS)
    if not wanted <= _MOST_POINTS:
        raise SolverFailed(
            f"density_of: finest={finest:.3g} is too small for reach={reach:.3g}: {wanted:.3g} "
            f"points, at most {_MOST_POINTS}; give a series with less extreme jumps"
        )
    points = 2 ** int(np.ceil(np.log2(wanted)))
    u = 2.0 * np.pi / (points * step) * np.arange(points // 2 + 1)
    first = -step * (points // 2)
    spectrum = np.conj(characteristic(u) * np.exp(-1j * u * first))
    return Density(first=first, step=step, values=np.fft.irfft(spectrum, points) / step)
