"""Several prices at once: energy, hash and token price with dependent innovations.

Law: each price follows its own law, driven by standard normals whose dependence is a copula:
Gaussian, ``z = L e`` with ``L L' = R``, or Student's, ``z = Phi^-1(t_nu(L e sqrt(nu / chi2)))``,
which makes extremes come together. What a law draws beside its normals (jumps, regimes, hidden
variances) is independent.

Source: McNeil, Frey and Embrechts, Quantitative Risk Management (2015), sections 7.3 and 7.5.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import gammaln, stdtr, stdtrit

from mara.errors import InvalidValue
from mara.models.stochastic.base import Law
from mara.models.stochastic.blocks import generator_of, root_of
from mara.models.stochastic.uniforms import normal_scores

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mara.models.stochastic.grid import Floats, Grid, Paths
    from mara.models.stochastic.series import PriceSeries

__all__ = ["Asset", "Copula", "JointLaw", "calibrate_copula"]

_MOST_DEGREES: Final = 200.0
_CHUNK: Final = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Copula:
    """Dependence of innovations.

    Attributes
    ----------
    correlation
        Rows of the correlation matrix R, positive definite.
    degrees
        ``nu`` of Student's copula, above 2; None for the Gaussian one.

    Raises
    ------
    InvalidValue
        The matrix is no correlation matrix, or `degrees` is too small.
    """

    correlation: tuple[tuple[float, ...], ...]
    degrees: float | None = None

    def __post_init__(self) -> None:
        matrix = np.array(self.correlation, dtype=np.float64)
        square = matrix.ndim == 2 and matrix.shape[0] == matrix.shape[1]
        if not square or not np.allclose(matrix, matrix.T) or not np.allclose(np.diag(matrix), 1.0):
            raise InvalidValue(
                "Copula: correlation is no symmetric matrix with ones on its diagonal; give one"
            )
        if np.linalg.eigvalsh(matrix)[0] <= 0.0:
            raise InvalidValue(
                "Copula: correlation is not positive definite: these correlations cannot hold "
                "together; give smaller ones"
            )
        if self.degrees is not None and not self.degrees > 2.0:
            raise InvalidValue(f"Copula: degrees={self.degrees!r} must be above 2")

    def normals(self, rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
        """Draw dependent standard normals, shape (assets, *shape)."""
        factor = np.linalg.cholesky(np.array(self.correlation))
        free = rng.standard_normal((len(factor), *shape))
        joined = np.einsum("ij,jkl->ikl", factor, free)
        if self.degrees is None:
            return np.asarray(joined)
        joined /= np.sqrt(rng.chisquare(self.degrees, size=shape) / self.degrees)
        return normal_scores(stdtr(self.degrees, joined), stdtr(self.degrees, -joined))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A price by name: its law and where it starts."""

    name: str
    law: Law
    start: float


@dataclass(frozen=True, slots=True, kw_only=True)
class JointLaw:
    """Prices that move together."""

    assets: tuple[Asset, ...]
    copula: Copula

    def __post_init__(self) -> None:
        if len(self.assets) != len(self.copula.correlation):
            raise InvalidValue(
                f"JointLaw: {len(self.assets)} assets and a copula of "
                f"{len(self.copula.correlation)}; give a row of correlations for each asset"
            )

    def simulate(self, rng: np.random.Generator, grid: Grid) -> dict[str, Paths]:
        """Simulate all prices, each of shape (n_paths, n_steps + 1).

        The grid's own start is not used: each asset has its own.
        """
        root = root_of(rng)
        made: dict[str, Paths] = {
            asset.name: np.empty((grid.n_paths, grid.n_steps + 1)) for asset in self.assets
        }
        for number, first in enumerate(range(0, grid.n_paths, _CHUNK)):
            last = min(first + _CHUNK, grid.n_paths)
            self._fill(made, grid.rows(first, last), slice(first, last), (root, number))
        return made

    def _fill(
        self,
        made: dict[str, Paths],
        grid: Grid,
        rows: slice,
        stream: tuple[tuple[int, ...], int],
    ) -> None:
        rng = generator_of(*stream)
        normals = self.copula.normals(rng, (grid.n_paths, grid.n_steps + 1))
        for asset, block in zip(self.assets, normals, strict=True):
            asset.law.advance(block, rng, replace(grid, start=asset.start))
            made[asset.name][rows] = block


def calibrate_copula(laws: Sequence[Law], series: Sequence[PriceSeries]) -> Copula:
    """Calibrate the copula to the residuals of calibrated laws over the same times.

    The correlation is that of the normal scores of the residuals' ranks; the degrees of freedom
    maximise the likelihood of Student's copula, and the Gaussian one is kept where that needs more
    than 200.

    Raises
    ------
    InvalidValue
        The series are not of one length.
    """
    lengths = {len(one) for one in series}
    if len(laws) != len(series) or len(lengths) != 1:
        raise InvalidValue(
            f"calibrate_copula: {len(laws)} laws and series of lengths {sorted(lengths)}; "
            "give each law a series over the same times"
        )
    residuals = [law.residuals(one) for law, one in zip(laws, series, strict=True)]
    shortest = min(r.size for r in residuals)
    uniform = np.stack([_ranked(r[-shortest:]) for r in residuals])
    scores = normal_scores(uniform, 1.0 - uniform)
    matrix: Floats = np.atleast_2d(np.corrcoef(scores))
    degrees = _degrees(uniform, matrix)
    return Copula(
        correlation=tuple(tuple(row) for row in matrix.tolist()),
        degrees=degrees if degrees < 0.99 * _MOST_DEGREES else None,
    )


def _ranked(values: Floats) -> Floats:
    """Ranks within (0, 1)."""
    order = np.argsort(np.argsort(values))
    return (order + 0.5) / values.size


def _degrees(uniform: Floats, matrix: Floats) -> float:
    """Degrees of freedom of greatest likelihood, the correlation given."""
    inverse, (_, log_det) = np.linalg.inv(matrix), np.linalg.slogdet(matrix)

    def cost(log_nu: float) -> float:
        nu, d = float(np.exp(log_nu)), len(matrix)
        t = stdtrit(nu, uniform)
        together = np.einsum("in,ij,jn->n", t, inverse, t)
        each = np.log1p(t**2 / nu).sum(axis=0)
        scale = gammaln(0.5 * (nu + d)) + (d - 1) * gammaln(0.5 * nu)
        scale -= d * gammaln(0.5 * (nu + 1.0)) + 0.5 * log_det
        terms = scale - 0.5 * (nu + d) * np.log1p(together / nu) + 0.5 * (nu + 1.0) * each
        return -float(terms.sum())

    bounds = (float(np.log(2.05)), float(np.log(_MOST_DEGREES)))
    return float(np.exp(minimize_scalar(cost, bounds=bounds, method="bounded").x))
