"""Published games to begin with, each with its source."""

from __future__ import annotations

from itertools import permutations, product
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np

from mara.games.normal_form.game import NormalFormGame, bimatrix, symmetric

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["PRESETS", "anti_coordination", "kuhn_poker"]


def anti_coordination(players: int = 3, value: float = 2.0) -> NormalFormGame:
    """Make a game in which one strategy pays 1 for sure, the other `value` to him who is alone.

    In the symmetric equilibrium the sure one is played with probability
    ``value ** (-1 / (players - 1))``.
    """
    own = np.zeros((2,) * players)
    own[0] = 1.0
    own[1].flat[0] = value
    return symmetric(own, title=f"Anti-coordination of {players}")


def kuhn_poker() -> NormalFormGame:
    """Kuhn's poker of three cards in normal form, 27 x 64; its value is -1/18 for the first.

    For each card the first player bets, or checks and then calls or folds; the second bets or
    checks after a check, and calls or folds after a bet.
    Source: Kuhn, A simplified two-person poker, 1950.
    """
    first = list(product(("fold", "call", "bet"), repeat=3))
    second = list(product(product(("check", "bet"), ("fold", "call")), repeat=3))
    deals = list(permutations(range(3), 2))
    table = [
        [sum(_hand(a, b, x[a], y[b]) for a, b in deals) / len(deals) for y in second] for x in first
    ]
    return bimatrix(table, title="Kuhn's poker")


def _hand(own: int, other: int, plan: str, answer: tuple[str, str]) -> float:
    """Antes that the first player wins in one deal."""
    stronger = 1.0 if own > other else -1.0
    after_check, after_bet = answer
    if plan == "bet":
        return 1.0 if after_bet == "fold" else 2.0 * stronger
    if after_check == "check":
        return stronger
    return -1.0 if plan == "fold" else 2.0 * stronger


PRESETS: Final[Mapping[str, Callable[[], NormalFormGame]]] = MappingProxyType(
    {
        "von Stengel 2007, three equilibria": lambda: bimatrix(
            [[3, 3], [2, 5], [0, 6]], [[3, 2], [2, 6], [3, 1]], title="von Stengel 2007"
        ),
        "Battle of the sexes (Luce and Raiffa 1957)": lambda: bimatrix(
            [[3, 0], [0, 2]], [[2, 0], [0, 3]], title="Battle of the sexes"
        ),
        "Prisoner's dilemma (Tucker 1950)": lambda: bimatrix(
            [[3, 0], [5, 1]], [[3, 5], [0, 1]], title="Prisoner's dilemma"
        ),
        "Chicken (Aumann 1974)": lambda: bimatrix(
            [[6, 2], [7, 0]], [[6, 7], [2, 0]], title="Chicken"
        ),
        "Matching pennies (von Neumann 1928)": lambda: bimatrix(
            [[1, -1], [-1, 1]], title="Matching pennies"
        ),
        "Shapley 1964, where play circles": lambda: bimatrix(
            np.eye(3), np.roll(np.eye(3), 1, axis=1), title="Shapley's game"
        ),
        "Anti-coordination of three": anti_coordination,
        "Kuhn's poker (Kuhn 1950)": kuhn_poker,
    }
)
