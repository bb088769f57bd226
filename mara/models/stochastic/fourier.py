"""Densities from characteristic functions by one fast Fourier transform.

``f(x_j) = (1 / N h) sum_k phi(u_k) e^{-i u_k x_j}`` on N points h apart, ``u_k = 2 pi k / (N h)``,
then cubic interpolation between the points.

A transform knows a density to 1e-16 of its peak only. Far out, where a spike may stand, the tilted
density (Esscher) is transformed instead, whose peak lies there: ``f(x) = e^{K(t) - t x} f_t(x)`` with
``K(t) = ln phi(-it)`` and ``f_t`` of the characteristic function ``phi(u - it) e^{-K(t)}``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mara.errors import SolverFailed
from mara.models.stochastic.grid import Floats
from mara.models.stochastic.uniforms import normal_scores

__all__ = ["Characteristic", "Complexes", "Density", "density_of", "log_density_at"]

Complexes = NDArray[np.complex128]
Characteristic = Callable[[Floats | Complexes], Complexes]

_POINTS_A_DEVIATION: Final = 8.0
"""Grid points in one standard deviation of the law's narrowest part."""

_MOST_POINTS: Final = 2**18
_LEAST_POINTS: Final = 2**10
_BAND: Final = 8.6
"""Frequency times `finest` beyond which no characteristic function exceeds 1e-16."""

_FLOOR: Final = 1e-15
"""Of the peak: what a transform in double precision cannot tell from zero."""

_FAINT: Final = 1e-9
"""Of the peak: below it the tilted density is asked, before the digits run out."""

_TILTS: Final = np.linspace(0.05, 1.0, 20)
"""Shares of the steepest tilt that are tried."""

_AIM: Final = 0.6
"""Where the tilted density has its mean, as a share of the way to the farthest value."""


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


def log_density_at(
    characteristic: Characteristic,
    x: Floats,
    *,
    finest: float,
    reach: float,
    steepest: tuple[float, float],
) -> Floats:
    """Logarithm of the density at `x`, shape (n,), with its digits far out as well.

    Parameters
    ----------
    characteristic, finest, reach
        As in `density_of`; the characteristic function is asked at complex frequencies, too.
    steepest
        Largest tilts downwards and upwards, above zero: `characteristic` exists as far as there.

    Raises
    ------
    SolverFailed
        As in `density_of`.
    """
    plain = density_of(characteristic, finest=finest, reach=reach)
    found = plain.log_at(x)
    faint = found < np.log(_FAINT * plain.values.max())
    for tilts, far in ((-steepest[0] * _TILTS, x < 0.0), (steepest[1] * _TILTS, x > 0.0)):
        beyond = faint & far
        if beyond.any():
            here = x[beyond]
            farthest = float(here[np.argmax(np.abs(here))])
            tilt, height = _best_tilt(characteristic, tilts, _AIM * farthest)
            of_tilted = _tilted(characteristic, tilt, height)
            tilted = density_of(of_tilted, finest=finest, reach=reach)
            found[beyond] = tilted.log_at(here) + height - tilt * here
    return found


def _tilted(characteristic: Characteristic, tilt: float, height: float) -> Characteristic:
    """Characteristic function of ``f_t``, `height` being ``K(t)``."""
    return lambda u: characteristic(np.asarray(u - 1j * tilt)) * np.exp(-height)


def _best_tilt(characteristic: Characteristic, tilts: Floats, x: float) -> tuple[float, float]:
    """Give t and ``K(t)`` of the tilted density whose mean is nearest `x`: least ``K(t) - t x``."""
    with np.errstate(all="ignore"):  # Tilts too steep overflow, and are not the least.
        heights = np.log(characteristic(np.asarray(-1j * tilts)).real)
    best = int(np.argmin(np.nan_to_num(heights - tilts * x, nan=np.inf)))
    return float(tilts[best]), float(heights[best])


def density_of(characteristic: Characteristic, *, finest: float, reach: float) -> Density:
    """Invert a characteristic function.

    Parameters
    ----------
    characteristic
        ``E e^{iuX}`` at frequencies of shape (m,), which falls at least as ``e^{-(u finest)^2 / 2}``.
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
    heard = 1 + int(points * min(0.5, step * _BAND / (2.0 * np.pi * finest)))
    u = 2.0 * np.pi / (points * step) * np.arange(heard)
    spectrum = np.conj(characteristic(u))
    spectrum[1::2] *= -1.0  # e^{-i u first} = (-1)^k; as an exponential it is exact to 1e-12 only
    values = np.fft.irfft(spectrum, points) / step
    return Density(first=-step * (points // 2), step=step, values=values)
