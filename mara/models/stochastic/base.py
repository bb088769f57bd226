"""The protocol of all laws.

A law turns blocks of standard normals into paths. Everything else is shared: blocks have their own
streams, so that a simulation depends on its generator alone and not on who computed which block;
antithetic, quasi-random and correlated normals come from outside, and every law takes them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, Self

from mara.models.stochastic.blocks import simulate_blocks

if TYPE_CHECKING:
    from concurrent.futures import Executor

    import numpy as np

    from mara.models.stochastic.calibration import Calibration
    from mara.models.stochastic.grid import Floats, Grid, Moments, Paths
    from mara.models.stochastic.series import PriceSeries

__all__ = ["Law"]


class Law(ABC):
    """A stochastic law of one price; its parameters are the fields of a frozen dataclass."""

    __slots__ = ()

    name: ClassVar[str]

    signed: ClassVar[bool] = True
    """Whether its values may be zero or negative."""

    @abstractmethod
    def moments(self, grid: Grid) -> Moments:
        """Mean and variance at each step, in closed form, from the grid's one start."""

    @abstractmethod
    def advance(self, block: Paths, rng: np.random.Generator, grid: Grid) -> None:
        """Turn a block of standard normals into paths, in place.

        Parameters
        ----------
        block
            Shape (grid.n_paths, grid.n_steps + 1). Column j holds the normals of step j; column 0
            is overwritten with the start.
        rng
            For what the normals do not decide, such as the times of jumps.
        """

    @classmethod
    @abstractmethod
    def calibrate(cls, series: PriceSeries) -> Calibration[Self]:
        """Find the parameters of greatest likelihood.

        Raises
        ------
        InvalidValue
            The series cannot be one of this law, such as a negative price of a positive law.
        SolverFailed
            The search did not converge; there are no parameters then.
        """

    @abstractmethod
    def residuals(self, series: PriceSeries) -> Floats:
        """Give one standard normal for each transition, where the series follows this law.

        The probability integral transform ``z = Phi^-1(F(x[i+1] | x[0..i]))``.
        """

    def simulate(
        self, rng: np.random.Generator, grid: Grid, *, executor: Executor | None = None
    ) -> Paths:
        """Simulate paths, shape (n_paths, n_steps + 1).

        The numbers are the same for the same state of `rng`, with any executor or none. Threads
        write into the answer; from processes blocks are copied one by one.

        Raises
        ------
        InvalidValue
            The answer would not fit in memory; the text says how to have its moments.
        """
        return simulate_blocks(self, rng, grid, executor=executor)
