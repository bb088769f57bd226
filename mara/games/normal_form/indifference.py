"""The equilibrium on given supports: every strategy in use pays its player the same.

Law: u_i(a, x_-i) = v_i for each a in the support of player i, and the weights of a player sum to
one; polynomial equations in x and v, solved by Newton's method with least-squares steps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mara.games.normal_form.mixed import cross_effects, gap, replies, seats, split

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mara.games.normal_form.game import Floats

__all__ = ["GAP", "on_supports"]

GAP = 1e-11
"""Largest gain from deviating that is taken for none; payoffs lie in [0, 1]."""

_STEPS = 15
_SMALL_STEP = 1e-13
_FAR = 30.0


def on_supports(
    payoffs: Floats, start: Sequence[Floats], used: NDArray[np.bool_]
) -> list[Floats] | None:
    """Equilibrium of payoffs in [0, 1] near `start` in which only `used` strategies have weight.

    `used` is a flag for each strategy, player after player. None where Newton's method finds no
    solution, or the one that it finds has negative weights or leaves a better reply unused.
    """
    shape = payoffs.shape[1:]
    weights = np.where(used, np.concatenate(start), 0.0)
    for _ in range(_STEPS):
        step = _newton_step(payoffs, split(weights, shape), used)
        weights[used] += step
        size = float(np.abs(step).max())
        if size < _SMALL_STEP or size > _FAR:
            break
    laws = split(np.maximum(weights, 0.0), shape)
    if min(float(law.sum()) for law in laws) < 0.5:
        return None
    laws = [law / law.sum() for law in laws]
    return laws if gap(payoffs, laws) < GAP else None


def _newton_step(payoffs: Floats, laws: list[Floats], used: NDArray[np.bool_]) -> Floats:
    """Change of the weights in use; the values v are unknowns of the same linear system."""
    owner = seats(payoffs.shape[1:])[used]
    effects = cross_effects(payoffs, laws)[np.ix_(used, used)]
    players = owner.shape[1]
    system = np.block([[effects, -owner], [owner.T, np.zeros((players, players))]])
    paid = np.concatenate(replies(payoffs, laws))[used]
    sums = np.array([law.sum() for law in laws])
    side = np.concatenate((-paid, 1.0 - sums))
    found, *_ = np.linalg.lstsq(system, side, rcond=1e-12)
    return np.asarray(found[: len(owner)])
