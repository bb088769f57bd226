"""Equilibria of an n-player game, support by support.

For every choice of strategies in use the equations of indifference are solved by Newton's method
from several starts spread over the simplices; the judge has the last word on each solution.
Supports with a strategy that another one always beats on the others' supports are passed over,
and those on which no regular equilibrium can lie.
With more than two players the equations are polynomials of higher degree, so a solution may be
missed: the list is not proven complete.

Source: Porter, Nudelman and Shoham, Simple search methods for finding a Nash equilibrium, 2008.
"""

from __future__ import annotations

from itertools import chain, combinations, product
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from mara.errors import InvalidValue
from mara.games.normal_form.indifference import on_supports
from mara.games.normal_form.mixed import replies, split, uniform
from mara.games.normal_form.solution import solution

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mara.games.normal_form.game import Floats, NormalFormGame
    from mara.games.normal_form.solution import Solution

__all__ = ["METHOD", "MOST_SUPPORTS", "support_enumeration", "support_profiles"]

METHOD = "support-enumeration"

MOST_SUPPORTS = 4_000
_STARTS = 6
_SAME = 1e-7
_TIED = 1e-9

Supports = tuple[tuple[int, ...], ...]


def support_profiles(shape: tuple[int, ...]) -> int:
    """Count the ways to choose the strategies in use."""
    return prod(2**count - 1 for count in shape)


def support_enumeration(game: NormalFormGame) -> Solution:
    """Every equilibrium that the search finds, smallest supports first.

    Raises
    ------
    InvalidValue
        The game has more than `MOST_SUPPORTS` combinations of supports.
    """
    number = support_profiles(game.shape)
    if number > MOST_SUPPORTS:
        raise InvalidValue(
            f"{METHOD}: the game has {number} combinations of supports, more than "
            f"{MOST_SUPPORTS}; use logit, which finds one equilibrium"
        )
    payoffs = game.scaled()
    found: list[list[Floats]] = []
    for supports in _supports(game.shape):
        for laws in _on(payoffs, supports):
            if _is_new(laws, found):
                found.append(laws)
    return solution(
        game,
        METHOD,
        found,
        complete=False,
        degenerate=True if any(_has_idle_reply(payoffs, laws) for laws in found) else None,
        note="Found by search; with three players or more none is proven to be missing.",
    )


def _supports(shape: tuple[int, ...]) -> list[Supports]:
    """All combinations of supports, those with fewest strategies first."""
    own = [
        tuple(chain.from_iterable(combinations(range(count), k + 1) for k in range(count)))
        for count in shape
    ]
    return sorted(product(*own), key=lambda supports: sum(map(len, supports)))


def _balanced(supports: Supports) -> bool:
    """Whether no player mixes more than the others can make him indifferent about.

    Regular equilibria have |S_i| - 1 <= sum over k != i of |S_k| - 1.
    Source: McKelvey and McLennan, The maximal number of regular totally mixed equilibria, 1997.
    """
    free = [len(own) - 1 for own in supports]
    return all(2 * own <= sum(free) for own in free)


def _plausible(payoffs: Floats, supports: Supports) -> bool:
    """Whether no strategy in use is always beaten on the others' supports."""
    for player, own in enumerate(supports):
        others = tuple(s for k, s in enumerate(supports) if k != player)
        table = np.moveaxis(payoffs[player], player, 0)
        rows = table[np.ix_(range(len(table)), *others)].reshape(len(table), -1)
        if any((rows > rows[a]).all(axis=1).any() for a in own):
            return False
    return True


def _on(payoffs: Floats, supports: Supports) -> Iterator[list[Floats]]:
    """Solutions on one combination of supports; one start is enough where it is linear."""
    if not (_balanced(supports) and _plausible(payoffs, supports)):
        return
    shape = payoffs.shape[1:]
    used = np.concatenate(
        [np.isin(np.arange(count), own) for count, own in zip(shape, supports, strict=True)]
    )
    starts = 1 if sum(len(own) > 1 for own in supports) <= 2 else _STARTS
    for turn in range(starts):
        laws = on_supports(payoffs, _start(used, shape, turn), used)
        if laws is not None:
            yield laws


def _start(used: np.ndarray, shape: tuple[int, ...], turn: int) -> list[Floats]:
    """Weights of a Kronecker sequence, made exponential and scaled to sums of one."""
    if not turn:
        weights = np.concatenate(uniform(shape))
    else:
        spread = np.modf(turn * np.sqrt(np.arange(len(used)) + 2.5))[0]
        weights = -np.log(spread * 0.98 + 0.01)
    return [law / law.sum() for law in split(np.where(used, weights, 0.0), shape)]


def _is_new(laws: list[Floats], found: list[list[Floats]]) -> bool:
    at = np.concatenate(laws)
    return all(float(np.abs(np.concatenate(old) - at).max()) > _SAME for old in found)


def _has_idle_reply(payoffs: Floats, laws: list[Floats]) -> bool:
    """Whether a best reply stands unused, the mark of a degenerate game."""
    values = replies(payoffs, laws)
    return any(
        bool(((value > value.max() - _TIED) & (law < _TIED)).any())
        for value, law in zip(values, laws, strict=True)
    )
