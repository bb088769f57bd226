"""Pure equilibria: profiles in which every strategy is a best reply to the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mara.games.normal_form.solution import solution

if TYPE_CHECKING:
    from mara.games.normal_form.game import Floats, NormalFormGame
    from mara.games.normal_form.solution import Solution

__all__ = ["pure_equilibria", "pure_profiles"]

METHOD = "pure"


def pure_profiles(game: NormalFormGame) -> tuple[tuple[int, ...], ...]:
    """Strategy numbers, from zero, of all pure equilibria in lexicographic order.

    A profile s is one when u_i(s) = max_a u_i(a, s_-i) for every player i; payoffs are compared
    as given, so ties are exact.
    """
    stays = np.ones(game.shape, dtype=np.bool_)
    for player, table in enumerate(game.payoffs):
        stays &= table == table.max(axis=player, keepdims=True)
    return tuple(tuple(int(a) for a in profile) for profile in np.argwhere(stays))


def pure_equilibria(game: NormalFormGame) -> Solution:
    """All pure equilibria, each judged; complete among pure profiles alone."""
    profiles = [_certain(game, profile) for profile in pure_profiles(game)]
    return solution(
        game,
        METHOD,
        profiles,
        complete=False,
        degenerate=None,
        note="All pure equilibria; mixed ones were not looked for.",
    )


def _certain(game: NormalFormGame, profile: tuple[int, ...]) -> list[Floats]:
    """Put all of each player's weight on one strategy."""
    return [np.eye(count)[a] for count, a in zip(game.shape, profile, strict=True)]
