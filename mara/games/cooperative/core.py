"""The core: payoffs that no coalition can better, and the proof where there are none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mara.errors import InvalidValue
from mara.games.cooperative.cuts import Cut, cheapest_cover
from mara.games.cooperative.subsets import members, sums

if TYPE_CHECKING:
    from mara.games.cooperative.game import CoalitionalGame

__all__ = ["Balance", "Core", "CoreMembership", "core", "core_membership"]

_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class CoreMembership:
    """Whether payoffs lie in the core, and the coalition that objects most.

    `excess` is what that coalition gains by leaving (v(S) - x(S), or x(S) - c(S) for costs);
    negative where all lose. `gap` is x(N) less the figure of N. In a game of one player no
    coalition could leave: `coalition` is empty and `excess` None.
    """

    belongs: bool
    coalition: tuple[str, ...]
    excess: float | None
    gap: float
    tolerance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """A coalition of a balanced collection, with its weight."""

    coalition: tuple[str, ...]
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Core:
    """Whether the core is empty, with a proof either way.

    Not empty: `payoffs` lie in it. Empty: each player's weights in `certificate` sum to one, and
    the weighted figures of its coalitions, `balanced_figure`, beat that of N (lie below the cost
    of N). `residual` is the largest error of that proof.
    """

    players: tuple[str, ...]
    empty: bool
    payoffs: tuple[float, ...] | None
    certificate: tuple[Balance, ...]
    balanced_figure: float
    method: str
    residual: float
    converged: bool


def core_membership(
    game: CoalitionalGame, payoffs: tuple[float, ...], *, tolerance: float = _TOLERANCE
) -> CoreMembership:
    """Check x(N) = v(N) and x(S) >= v(S) for every S; `tolerance` is relative to the game's scale.

    Raises
    ------
    InvalidValue
        There is not one finite payoff for each player.
    """
    paid = np.array(payoffs, dtype=np.float64)
    if paid.shape != (game.count,) or not np.isfinite(paid).all():
        raise InvalidValue(
            f"core_membership: payoffs={payoffs!r}; give one finite number for each of the "
            f"{game.count} players"
        )
    excess = (game.worth - sums(game.sign * paid))[1:-1]
    gap, slack = float(paid.sum() - game.values[-1]), tolerance * game.scale
    if not len(excess):
        return CoreMembership(
            belongs=abs(gap) <= slack, coalition=(), excess=None, gap=gap, tolerance=slack
        )
    worst = int(np.argmax(excess))
    return CoreMembership(
        belongs=bool(max(abs(gap), excess[worst]) <= slack),
        coalition=_names(game, worst + 1),
        excess=float(excess[worst]),
        gap=gap,
        tolerance=slack,
    )


def core(game: CoalitionalGame) -> Core:
    """Find a payoff in the core, or a balanced collection that proves there is none.

    min x(N) subject to x(S) >= v(S) is at most v(N) exactly where the core is not empty; its
    duals are the balanced weights. Source: Bondareva, Problemy Kibernetiki 10, 1963; Shapley,
    "On balanced sets and cores", Naval Research Logistics Quarterly 14, 1967.
    """
    if game.count == 1:
        return _of_one(game)
    worth = game.worth / game.scale
    proper = np.ones(len(worth), dtype=np.bool_)
    proper[[0, -1]] = False
    cover = cheapest_cover("core", worth, proper)
    total = float(cover.payoffs.sum())
    empty = bool(total > worth[-1] + _TOLERANCE)
    residual = _unbalanced(game, cover) + abs(_balanced(game, cover) / game.scale - total)
    spare = (worth[-1] - total) / game.count
    shared = (cover.payoffs + spare) * game.sign * game.scale
    return Core(
        players=game.players,
        empty=empty,
        payoffs=None if empty else tuple(shared.tolist()),
        certificate=_certificate(game, cover),
        balanced_figure=game.sign * _balanced(game, cover),
        method="cheapest cover by cutting planes",
        residual=residual,
        converged=residual <= _TOLERANCE,
    )


def _of_one(game: CoalitionalGame) -> Core:
    alone = float(game.values[-1])
    return Core(
        players=game.players,
        empty=False,
        payoffs=(alone,),
        certificate=(Balance(coalition=game.players, weight=1.0),),
        balanced_figure=alone,
        method="one player takes all",
        residual=0.0,
        converged=True,
    )


def _balanced(game: CoalitionalGame, cover: Cut) -> float:
    """Sum the worths of the collection by their weights."""
    return float(sum(weight * game.worth[mask] for mask, weight in cover.weights.items()))


def _unbalanced(game: CoalitionalGame, cover: Cut) -> float:
    """Give the largest distance of a player's weights from one."""
    sums_of = np.zeros(game.count)
    for mask, weight in cover.weights.items():
        sums_of[list(members(mask, game.count))] += weight
    return float(np.abs(sums_of - 1.0).max())


def _certificate(game: CoalitionalGame, cover: Cut) -> tuple[Balance, ...]:
    return tuple(
        Balance(coalition=_names(game, mask), weight=weight)
        for mask, weight in sorted(cover.weights.items())
    )


def _names(game: CoalitionalGame, mask: int) -> tuple[str, ...]:
    return tuple(game.players[i] for i in members(mask, game.count))
