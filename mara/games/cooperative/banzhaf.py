"""The Banzhaf value: the mean contribution to a coalition drawn at random."""

from __future__ import annotations

from mara.errors import InvalidValue
from mara.games.cooperative.game import Allocation, CoalitionalGame
from mara.games.cooperative.subsets import totals_with

__all__ = ["banzhaf", "banzhaf_index"]


def banzhaf(game: CoalitionalGame) -> Allocation:
    """beta[i] = 2**(1 - n) * sum over S without i of v(S + i) - v(S).

    It does not share out v(N): the residual |sum(beta) - v(N)| says by how much, and is no error.
    Source: Banzhaf, "Weighted voting doesn't work", Rutgers Law Review 19, 1965.
    """
    with_player = totals_with(game.values)
    values = (2.0 * with_player - game.values.sum()) / 2 ** (game.count - 1)
    return Allocation(
        players=game.players,
        values=tuple(values.tolist()),
        method="exact, by subsets",
        residual=abs(float(values.sum() - game.values[-1])),
        converged=True,
    )


def banzhaf_index(game: CoalitionalGame) -> Allocation:
    """Banzhaf value in shares of its sum: the power index of a voting game.

    Raises
    ------
    InvalidValue
        The values sum to zero, so there are no shares.
    """
    raw = banzhaf(game)
    total = sum(raw.values)
    if abs(total) <= 1e-12 * game.scale:
        raise InvalidValue("banzhaf_index: the Banzhaf values sum to 0; use banzhaf instead")
    return Allocation(
        players=game.players,
        values=tuple(value / total for value in raw.values),
        method="exact, by subsets, in shares of the sum",
        residual=0.0,
        converged=True,
    )
