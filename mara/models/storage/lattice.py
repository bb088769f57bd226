"""A price law on a lattice, for dynamic programming.

The states are equally spaced values x of an Ornstein-Uhlenbeck process; a transition is the exact
normal law between the borders halfway to the neighbours. Rounding to the states adds a variance of
spacing^2 / 12 (Sheppard 1898), which is taken from the normal law, so that the lattice has the
variance of the process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import ndtr

from mara.errors import InvalidValue
from mara.models.storage.markov import PriceChain

if TYPE_CHECKING:
    from collections.abc import Callable

    from mara.models.stochastic.ornstein_uhlenbeck import OrnsteinUhlenbeck
    from mara.models.storage.unit import Floats

__all__ = ["lattice_chain", "lattice_states"]

_WIDTHS: Final = 5.0


def lattice_states(law: OrnsteinUhlenbeck, states: int) -> Floats:
    """Space `states` values over five stationary deviations on each side of the mean.

    Raises
    ------
    InvalidValue
        There are fewer than three.
    """
    if states < 3:
        raise InvalidValue(f"lattice_states: states={states} must be at least 3")
    reach = _WIDTHS * float(np.sqrt(law.stationary_variance))
    spaced: Floats = law.mean + np.linspace(-reach, reach, states)
    return spaced


def lattice_chain(
    law: OrnsteinUhlenbeck,
    x: Floats,
    *,
    dt: float,
    steps: int,
    price: Callable[[Floats], Floats] = np.asarray,
    discount: float = 1.0,
) -> PriceChain:
    """Make the chain of ``price(X)`` over `steps` of length `dt`, on the states `x`, which rise.

    `price` is the identity unless given; ``np.exp`` makes the exponential process.

    Raises
    ------
    InvalidValue
        The states lie too far apart for a step of `dt`.
    """
    mean, variance = law.transition(x, dt)
    rounding = float(np.diff(x).max()) ** 2 / 12.0
    if rounding >= variance:
        raise InvalidValue(
            f"lattice_chain: {x.size} states are too few for a step of {dt:g}, whose deviation is "
            f"{np.sqrt(variance):g}; give more states or a longer step"
        )
    variance -= rounding
    borders = 0.5 * (x[1:] + x[:-1])
    below = ndtr((borders[None, :] - mean[:, None]) / np.sqrt(variance))
    ends = np.hstack([np.zeros((x.size, 1)), below, np.ones((x.size, 1))])
    return PriceChain(
        prices=np.tile(price(x), (steps, 1)),
        transitions=np.diff(ends, axis=1)[None],
        which=(0,) * steps,
        discount=discount,
    )
