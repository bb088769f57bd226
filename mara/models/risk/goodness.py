"""Whether a law fits: its residuals against independent standard normals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import kolmogorov, ndtr, ndtri

from mara.errors import InvalidValue

__all__ = ["Goodness", "goodness_of"]

Floats = NDArray[np.float64]

LAGS: Final = 96
_QUANTILES: Final = 200
_NORMAL_95: Final = 1.959963984540054


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Goodness:
    """Residuals in figures.

    `ks` is Kolmogorov's distance to the standard normal and `ks_p` its asymptotic p-value, which
    takes the law as given: for fitted parameters it is too kind. `theory` and `sample` are paired
    quantiles; `autocorrelation[k]` that at lag k + 1, within `band` for independent residuals 95
    times in 100.
    """

    n: int
    mean: float
    standard_deviation: float
    ks: float
    ks_p: float
    theory: Floats
    sample: Floats
    autocorrelation: Floats
    band: float


def goodness_of(residuals: Floats, *, lags: int = LAGS) -> Goodness:
    """Compare residuals with independent standard normals.

    Law: D = sup |F_n(z) - Phi(z)|, p = K(sqrt(n) D), K Kolmogorov's limit law; autocorrelation by
    products around the mean; band 1.96 / sqrt(n).

    Raises
    ------
    InvalidValue
        Fewer than ten residuals, or one that is not finite.
    """
    if residuals.ndim != 1 or len(residuals) < 10 or not np.isfinite(residuals).all():
        raise InvalidValue(
            f"goodness_of: residuals has shape {residuals.shape}; give one row of ten finite "
            "figures or more"
        )
    n, ordered = len(residuals), np.sort(residuals)
    share = ndtr(ordered)
    steps = np.arange(n + 1) / n
    distance = float(max((steps[1:] - share).max(), (share - steps[:-1]).max()))
    levels = (np.arange(min(n, _QUANTILES)) + 0.5) / min(n, _QUANTILES)
    return Goodness(
        n=n,
        mean=float(residuals.mean()),
        standard_deviation=float(residuals.std()),
        ks=distance,
        ks_p=float(kolmogorov(np.sqrt(n) * distance)),
        theory=ndtri(levels),
        sample=np.quantile(ordered, levels),
        autocorrelation=_autocorrelation(residuals, min(lags, n // 4)),
        band=_NORMAL_95 / float(np.sqrt(n)),
    )


def _autocorrelation(values: Floats, lags: int) -> Floats:
    centred = values - values.mean()
    power = float(centred @ centred)
    if power <= 1e-300:
        return np.zeros(lags)
    return np.array([float(centred[k:] @ centred[:-k]) / power for k in range(1, lags + 1)])
