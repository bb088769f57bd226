"""The scored price on a lattice, and paths drawn on that very lattice.

What is valued by dynamic programming and by simulation is then one problem, to the last digit: the
two may differ by chance and by the simulation's policy alone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from mara.models.storage.lattice import lattice_chain, lattice_states

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray

    from mara.models.storage.markov import PriceChain
    from mara.models.storage.scored import ScoredPrice
    from mara.models.storage.unit import Floats

__all__ = ["drawn_states", "fine_states", "nearest_state", "scored_chain"]

_FEWEST: Final = 161
_MOST: Final = 401


def fine_states(law: ScoredPrice, dt: float) -> Floats:
    """Space states of the score closer than the deviation of a step of `dt` hours, 161 to 401."""
    _, variance = law.noise.transition(np.zeros(1), dt)
    reach = float(np.ptp(lattice_states(law.noise, _FEWEST)))
    wanted = int(np.ceil(reach / np.sqrt(variance))) + 1
    return lattice_states(law.noise, min(max(wanted, _FEWEST), _MOST))


def scored_chain(
    law: ScoredPrice, x: Floats, *, dt: float, steps: int, begins: datetime | None = None
) -> PriceChain:
    """Make the chain of the price over `steps` of `dt` hours from `begins`, on the states `x`.

    Raises
    ------
    InvalidValue
        The states lie too far apart for a step, or the law has a season and `begins` is missing.
    """
    chain = lattice_chain(law.noise, x, dt=dt, steps=steps)
    known = np.zeros(steps) if law.level is None else law.level.at(begins, steps, dt)
    return replace(chain, prices=law.prices.price(known[:, None] + x[None, :]))


def nearest_state(chain: PriceChain, price_usd_per_mwh: float) -> int:
    """Find the state whose first price is nearest."""
    return int(np.argmin(np.abs(chain.prices[0] - price_usd_per_mwh)))


def drawn_states(
    chain: PriceChain, rng: np.random.Generator, *, start: int, paths: int
) -> NDArray[np.int64]:
    """Draw paths of the chain's state from `start`, shape (paths, steps)."""
    steps, last = len(chain.prices), chain.prices.shape[1] - 1
    rising = np.cumsum(chain.transitions, axis=2)
    states = np.full((paths, steps), start, dtype=np.int64)
    for t in range(1, steps):
        rows = rising[chain.which[t - 1]][states[:, t - 1]]
        passed = (rows < rng.random(paths)[:, None]).sum(axis=1)
        states[:, t] = np.minimum(passed, last)
    return states
