"""Fictitious play: each player answers the others' past frequencies by a best reply.

Frequencies converge to equilibrium in zero-sum, potential and 2 x n games; in others they may
circle, as in Shapley's.

Sources: Brown, Iterative solution of games by fictitious play, 1951; Robinson, An iterative method
of solving a game, 1951.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mara.games.normal_form.mixed import replies
from mara.games.normal_form.path import judged_path, recorded, start_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mara.games.normal_form.game import NormalFormGame
    from mara.games.normal_form.path import Path

__all__ = ["METHOD", "fictitious_play"]

METHOD = "fictitious-play"


def fictitious_play(
    game: NormalFormGame,
    *,
    rounds: int = 10_000,
    start: Sequence[Sequence[float]] | None = None,
    tolerance: float = 1e-2,
) -> Path:
    """Path of the frequencies; all move at once, ties go to the first strategy.

    Law: after t rounds the frequency is ``f + (best reply - f) / (t + 1)``; the start counts as
    one round.
    """
    wanted = recorded(METHOD, rounds)
    marks = set(wanted.tolist())
    beliefs = start_of(game, METHOD, start)
    kept = []
    for turn in range(1, rounds + 1):
        answers = [int(value.argmax()) for value in replies(game.payoffs, beliefs)]
        for player, answer in enumerate(answers):
            beliefs[player] *= turn / (turn + 1.0)
            beliefs[player][answer] += 1.0 / (turn + 1.0)
        if turn in marks:
            kept.append([belief / belief.sum() for belief in beliefs])
    laws = [np.array(law) for law in zip(*kept, strict=True)]
    return judged_path(game, METHOD, wanted.astype(np.float64), laws, tolerance)
