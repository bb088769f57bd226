"""Standard normals of a block: plain, antithetic, or quasi-random along a Brownian bridge.

Source of the bridge: Glasserman, Monte Carlo Methods in Financial Engineering (2003), section
3.1.1: the first Sobol dimensions decide the ends of the path, the last ones its detail.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy.special import ndtri

from mara.errors import InvalidValue
from mara.models.stochastic.grid import Noise

if TYPE_CHECKING:
    from mara.models.stochastic.grid import Floats, Grid, Paths

__all__ = ["MOST_SOBOL_STEPS", "bridged", "fill_noise"]

MOST_SOBOL_STEPS: Final = 21_201
"""Dimensions for which direction numbers are known (Joe and Kuo 2008)."""


def fill_noise(
    block: Paths, rng: np.random.Generator, grid: Grid, *, root: tuple[int, ...], first: int
) -> None:
    """Fill a block with standard normals of the grid's kind; `first` is its first path's number."""
    if grid.noise is Noise.SOBOL:
        block[:, 1:] = _sobol(len(block), grid.n_steps, root, first)
    elif grid.noise is Noise.ANTITHETIC:
        half = block[: (len(block) + 1) // 2]
        _plain(half, rng)
        np.negative(half[: len(block) - len(half)], out=block[len(half) :])
    else:
        _plain(block, rng)


def _plain(block: Paths, rng: np.random.Generator) -> None:
    """Fill whole rows, the unused column 0 as well: one call, and no copy."""
    # The overloads of numpy's stubs tie the dtype to a literal.
    dtype: Any = block.dtype
    rng.standard_normal(out=block, dtype=dtype)


def _sobol(n_paths: int, n_steps: int, root: tuple[int, ...], first: int) -> Floats:
    """Make normals of scrambled Sobol points `first` to `first + n_paths`."""
    from scipy.stats import qmc  # noqa: PLC0415 - slow to load, and seldom used

    if n_steps > MOST_SOBOL_STEPS:
        raise InvalidValue(
            f"simulate: n_steps={n_steps} is above {MOST_SOBOL_STEPS}, the dimensions of Sobol's "
            "sequence; use plain or antithetic noise"
        )
    scramble = np.random.Generator(np.random.PCG64(np.random.SeedSequence(root)))
    points = qmc.Sobol(n_steps, scramble=True, rng=scramble)
    if first:
        points.fast_forward(first)
    # One point first: scipy warns of counts that are no power of two in the first call alone.
    uniform = np.vstack([points.random(1), points.random(n_paths - 1)])
    return bridged(ndtri(np.clip(uniform, 2.0**-53, 1.0 - 2.0**-53)))


def bridged(normals: Floats) -> Floats:
    """Make normals of the steps from those of a Brownian bridge, shape (n_paths, n_steps).

    Column 0 decides the end, column 1 the middle, and so on; the map is orthogonal, so the steps
    are standard normal and independent where the bridge's are.
    """
    n_steps = normals.shape[1]
    walk = np.zeros((len(normals), n_steps + 1))
    walk[:, n_steps] = np.sqrt(n_steps) * normals[:, 0]
    for column, (left, middle, right) in enumerate(_order(n_steps), start=1):
        weight = (middle - left) / (right - left)
        spread = np.sqrt((middle - left) * (right - middle) / (right - left))
        between = (1.0 - weight) * walk[:, left] + weight * walk[:, right]
        walk[:, middle] = between + spread * normals[:, column]
    return np.diff(walk, axis=1)


@lru_cache(maxsize=8)
def _order(n_steps: int) -> tuple[tuple[int, int, int], ...]:
    """Left end, middle and right end of each stretch that is halved, the longest first."""
    found, stretches = [], [(0, n_steps)]
    for left, right in stretches:
        if right - left > 1:
            middle = (left + right) // 2
            found.append((left, middle, right))
            stretches += [(left, middle), (middle, right)]
    return tuple(found)
