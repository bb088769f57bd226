"""Jump sizes, and jumps scattered over a block of paths.

A compound Poisson process of intensity ``lambda`` over ``n`` steps of length d and m paths is one
Poisson number of jumps with mean ``lambda d n m``, each at a uniform path, step and time within the
step: drawing them so costs in proportion to the jumps, not to the steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from mara.domain.checks import finite, positive, within

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mara.models.stochastic.grid import Floats, Paths

    Complexes = NDArray[np.complex128]

__all__ = ["DoubleExponentialJumps", "JumpSizes", "NormalJumps", "scatter"]


class JumpSizes(Protocol):
    """A law of jump sizes."""

    @property
    def mean(self) -> float:
        """Expected size."""

    @property
    def mean_square(self) -> float:
        """Expected square of the size."""

    def draw(self, rng: np.random.Generator, count: int) -> Floats:
        """Draw sizes."""

    @property
    def steepest(self) -> tuple[float, float]:
        """Tilts t down and up, above zero, as far as which ``E e^{-tJ}`` and ``E e^{tJ}`` are asked."""

    def characteristic(self, u: Floats | Complexes) -> Complexes:
        """Give ``E e^{iuJ}``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NormalJumps:
    """Sizes ``J ~ N(mean, deviation^2)``, in the unit of the process."""

    mean: float
    deviation: float

    def __post_init__(self) -> None:
        finite("NormalJumps", "mean", self.mean)
        positive("NormalJumps", "deviation", self.deviation)

    @property
    def mean_square(self) -> float:
        """Expected square of the size."""
        return self.mean**2 + self.deviation**2

    def draw(self, rng: np.random.Generator, count: int) -> Floats:
        """Draw sizes."""
        return rng.normal(self.mean, self.deviation, size=count)

    @property
    def steepest(self) -> tuple[float, float]:
        """Where the tilted law has e^18 times the jumps, ``t^2 s^2 / 2 -+ t m = 18``."""
        root = (self.mean**2 + 36.0 * self.deviation**2) ** 0.5
        return (root + self.mean) / self.deviation**2, (root - self.mean) / self.deviation**2

    def characteristic(self, u: Floats | Complexes) -> Complexes:
        """Give ``e^{ium - u^2 s^2 / 2}``."""
        return np.asarray(np.exp(1j * u * self.mean - 0.5 * (u * self.deviation) ** 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubleExponentialJumps:
    """Upward with probability `share_up` and mean `up`, else downward with mean `down`.

    Source: Kou, Management Science 48 (2002).
    """

    share_up: float
    up: float
    down: float

    def __post_init__(self) -> None:
        within("DoubleExponentialJumps", "share_up", self.share_up, 0.0, 1.0)
        positive("DoubleExponentialJumps", "up", self.up)
        positive("DoubleExponentialJumps", "down", self.down)

    @property
    def mean(self) -> float:
        """Expected size, ``p a - (1 - p) b``."""
        return self.share_up * self.up - (1.0 - self.share_up) * self.down

    @property
    def mean_square(self) -> float:
        """Expected square of the size, ``2 (p a^2 + (1 - p) b^2)``."""
        return 2.0 * (self.share_up * self.up**2 + (1.0 - self.share_up) * self.down**2)

    def draw(self, rng: np.random.Generator, count: int) -> Floats:
        """Draw sizes."""
        upward = rng.random(count) < self.share_up
        return rng.standard_exponential(count) * np.where(upward, self.up, -self.down)

    @property
    def steepest(self) -> tuple[float, float]:
        """Half the rates at which the tails fall: the tilted tails still die out within the grid."""
        return 0.5 / self.down, 0.5 / self.up

    def characteristic(self, u: Floats | Complexes) -> Complexes:
        """Give ``p / (1 - iua) + (1 - p) / (1 + iub)``."""
        up = self.share_up / (1.0 - 1j * u * self.up)
        return up + (1.0 - self.share_up) / (1.0 + 1j * u * self.down)


def scatter(
    block: Paths, rng: np.random.Generator, sizes: JumpSizes, *, per_step: float, decay: float
) -> None:
    """Add jumps to columns 1 onwards of a block.

    Parameters
    ----------
    block
        Shape (n_paths, n_steps + 1), in the unit of the sizes.
    sizes
        Law of the sizes.
    per_step
        Expected number of jumps of a path in a step.
    decay
        ``kappa d``: a jump that comes at the share u of a step counts ``e^{-decay (1 - u)}`` at its
        end.
    """
    n_paths, n_steps = block.shape[0], block.shape[1] - 1
    count = int(rng.poisson(per_step * n_paths * n_steps))
    cell = rng.integers(n_paths * n_steps, size=count)
    size = sizes.draw(rng, count)
    if decay > 0.0:
        size *= np.exp(-decay * rng.random(count))
    np.add.at(block, (cell // n_steps, 1 + cell % n_steps), size.astype(block.dtype, copy=False))
