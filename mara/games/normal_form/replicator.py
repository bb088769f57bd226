"""Replicator dynamics: strategies that pay more than the average grow.

Law: ``dx_ia/dt = x_ia (u_i(a, x_-i) - u_i(x))`` for every strategy a of every player i, integrated
by the classical Runge-Kutta scheme of fourth order on the logarithms of the weights: they stay
positive, and each player's are scaled back to a sum of one.

Sources: Taylor and Jonker, Evolutionary stable strategies and game dynamics, 1978; Weibull,
Evolutionary Game Theory, 1995, chapter 5 (many populations).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mara.errors import InvalidValue
from mara.games.normal_form.mixed import replies, split
from mara.games.normal_form.path import judged_path, recorded, start_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mara.games.normal_form.game import Floats, NormalFormGame
    from mara.games.normal_form.path import Path

__all__ = ["METHOD", "replicator"]

METHOD = "replicator"


def replicator(
    game: NormalFormGame,
    *,
    start: Sequence[Sequence[float]] | None = None,
    rounds: int = 2_000,
    step: float = 0.05,
    tolerance: float = 1e-2,
) -> Path:
    """Path from `start` over `rounds` steps of `step` each; payoffs count as scaled to [0, 1].

    A strategy of weight zero stays at zero.

    Raises
    ------
    InvalidValue
        The step is not within (0, 1], or the start is no distribution.
    """
    if not 0.0 < step <= 1.0:
        raise InvalidValue(f"{METHOD}: step={step!r} must lie above 0 and at most at 1")
    wanted = recorded(METHOD, rounds)
    marks = set(wanted.tolist())
    payoffs = game.scaled()
    point = np.concatenate(start_of(game, METHOD, start))
    kept = [point]
    for turn in range(1, rounds + 1):
        point = _advanced(payoffs, point, step)
        if turn in marks:
            kept.append(point)
    laws = split(np.array(kept).T, game.shape)
    times = np.concatenate(([0.0], wanted * step))
    return judged_path(game, METHOD, times, [law.T for law in laws], tolerance)


def _advanced(payoffs: Floats, point: Floats, step: float) -> Floats:
    """Take one Runge-Kutta step of the logarithms, whose speed is the payoff itself."""
    first = _speed(payoffs, point)
    second = _speed(payoffs, _grown(payoffs, point, first * step / 2.0))
    third = _speed(payoffs, _grown(payoffs, point, second * step / 2.0))
    fourth = _speed(payoffs, _grown(payoffs, point, third * step))
    return _grown(payoffs, point, (first + 2.0 * (second + third) + fourth) * step / 6.0)


def _speed(payoffs: Floats, point: Floats) -> Floats:
    return np.concatenate(replies(payoffs, split(point, payoffs.shape[1:])))


def _grown(payoffs: Floats, point: Floats, by: Floats) -> Floats:
    """Let weights grow by exp(`by`) and scale each player's back to a sum of one."""
    grown = split(point * np.exp(by), payoffs.shape[1:])
    return np.concatenate([law / law.sum() for law in grown])
