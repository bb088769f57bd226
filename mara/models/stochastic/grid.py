"""What is asked of a law: so many paths over so many steps; and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mara.domain.checks import aware, positive
from mara.errors import InvalidValue

__all__ = ["MOST_CELLS", "MOST_STEPS", "Floats", "Grid", "Moments", "Noise", "Paths", "Precision"]

Floats = NDArray[np.float64]
Paths = NDArray[np.floating[Any]]

MOST_CELLS: Final = 10**12
"""Most paths times steps of one call, stored or streamed."""

MOST_STEPS: Final = 10_000_000
"""Most steps of a path."""


class Noise(StrEnum):
    """Where the standard normals of a simulation come from."""

    PLAIN = "plain"
    ANTITHETIC = "antithetic"
    SOBOL = "sobol"


class Precision(StrEnum):
    """Width of the numbers of a path."""

    DOUBLE = "float64"
    SINGLE = "float32"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Grid:
    """`n_paths` paths of `n_steps` steps.

    Attributes
    ----------
    dt
        Length of a step in the unit of time of the law's rates; hours for laws of price files.
    start
        Value at step 0: one for all paths, or one for each, shape (n_paths,).
    begins
        UTC time of step 0; only laws with a seasonal level need it, and their unit is the hour.
    noise, precision
        Kind of normals, and width of the numbers.

    Raises
    ------
    InvalidValue
        A size is not a whole number above zero or absurdly large, `dt` is not above zero, or
        `start` is not finite or of another length.
    """

    n_paths: int
    n_steps: int
    dt: float
    start: float | Floats
    begins: datetime | None = None
    noise: Noise = Noise.PLAIN
    precision: Precision = Precision.DOUBLE

    def __post_init__(self) -> None:
        _size("n_paths", self.n_paths, MOST_CELLS)
        _size("n_steps", self.n_steps, MOST_STEPS)
        if self.n_paths * self.n_steps > MOST_CELLS:
            raise InvalidValue(
                f"Grid: n_paths={self.n_paths} times n_steps={self.n_steps} is above "
                f"{MOST_CELLS:.0e}; ask for fewer"
            )
        positive("Grid", "dt", self.dt)
        if self.begins is not None:
            aware("Grid", "begins", self.begins)
        self._check_start()

    def _check_start(self) -> None:
        start = np.asarray(self.start, dtype=np.float64)
        if start.shape not in ((), (self.n_paths,)):
            raise InvalidValue(
                f"Grid: start has shape {start.shape}; give one number, or one for each of "
                f"{self.n_paths} paths"
            )
        if not np.isfinite(start).all():
            raise InvalidValue("Grid: start holds NaN or infinity; give finite numbers")

    @property
    def times(self) -> Floats:
        """Times of steps 0 to n_steps since the start."""
        return self.dt * np.arange(self.n_steps + 1, dtype=np.float64)

    @property
    def starts(self) -> Floats:
        """Value at step 0 of each path, shape (n_paths,)."""
        return np.broadcast_to(np.asarray(self.start, dtype=np.float64), (self.n_paths,))

    def one_start(self, owner: str) -> float:
        """Give the start where it is one number; moments are those from one start."""
        if np.ndim(self.start) > 0:
            raise InvalidValue(f"{owner}: start is an array; moments take one number")
        return float(self.start)

    def rows(self, first: int, last: int) -> Grid:
        """Cut the paths `first` to `last`, the latter not included."""
        start = self.start if np.ndim(self.start) == 0 else self.starts[first:last]
        return replace(self, n_paths=last - first, start=start)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Moments:
    """Mean and variance at steps 0 to n_steps, each of shape (n_steps + 1,)."""

    times: Floats
    mean: Floats
    variance: Floats

    @property
    def standard_deviation(self) -> Floats:
        """Square root of the variance."""
        return np.sqrt(self.variance)


def _size(field: str, value: int, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise InvalidValue(f"Grid: {field}={value!r} must be a whole number from 1 to {most:,}")
