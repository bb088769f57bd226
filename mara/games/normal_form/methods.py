"""Methods by name, for the command line and the dashboard."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from mara.games.normal_form.correlated import (
    CorrelatedEquilibrium,
    coarse_correlated,
    correlated,
)
from mara.games.normal_form.fictitious_play import fictitious_play
from mara.games.normal_form.lemke_howson import lemke_howson
from mara.games.normal_form.logit import logit
from mara.games.normal_form.pure import pure_equilibria
from mara.games.normal_form.regret_matching_plus import regret_matching_plus
from mara.games.normal_form.replicator import replicator
from mara.games.normal_form.solution import Equilibrium, Solution
from mara.games.normal_form.support_enumeration import (
    support_enumeration,
    support_profiles,
)
from mara.games.normal_form.vertex_enumeration import vertex_enumeration

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mara.games.normal_form.game import NormalFormGame
    from mara.games.normal_form.path import Path

__all__ = ["Method", "solve"]

Answer = Solution | CorrelatedEquilibrium

_MOST_ENUMERATED = 26
_FEW_SUPPORTS = 350


class Method(StrEnum):
    """What `solve` can be asked for."""

    AUTO = "auto"
    PURE = "pure"
    VERTEX_ENUMERATION = "vertex-enumeration"
    LEMKE_HOWSON = "lemke-howson"
    LOGIT = "logit"
    SUPPORT_ENUMERATION = "support-enumeration"
    CORRELATED = "correlated"
    COARSE_CORRELATED = "coarse-correlated"
    FICTITIOUS_PLAY = "fictitious-play"
    REGRET_MATCHING_PLUS = "regret-matching-plus"
    REPLICATOR = "replicator"


def solve(game: NormalFormGame, method: Method = Method.AUTO) -> Answer:
    """Solve a game by one method.

    `auto` lists all equilibria of a game of two with at most 26 strategies in all, searches the
    supports of a small game of more, and finds one equilibrium of a larger one.
    """
    return _METHODS[_chosen(game) if method is Method.AUTO else method](game)


def _chosen(game: NormalFormGame) -> Method:
    if len(game.shape) == 2:
        few = sum(game.shape) <= _MOST_ENUMERATED
        return Method.VERTEX_ENUMERATION if few else Method.LEMKE_HOWSON
    few = support_profiles(game.shape) <= _FEW_SUPPORTS
    return Method.SUPPORT_ENUMERATION if few else Method.LOGIT


def _end_of(learn: Callable[[NormalFormGame], Path]) -> Callable[[NormalFormGame], Solution]:
    """Answer with the last point of a path."""

    def answer(game: NormalFormGame) -> Solution:
        path = learn(game)
        last = Equilibrium(
            strategies=path.last, payoffs=path.payoffs, regret=float(path.regrets[-1])
        )
        reached = "reached" if path.converged else "did not reach"
        return Solution(
            method=path.method,
            equilibria=(last,),
            complete=False,
            degenerate=None,
            tolerance=path.tolerance,
            note=f"End of a learning path, which {reached} a regret of {path.tolerance:g}.",
        )

    return answer


_METHODS: Final[Mapping[Method, Callable[[NormalFormGame], Answer]]] = MappingProxyType(
    {
        Method.PURE: pure_equilibria,
        Method.VERTEX_ENUMERATION: vertex_enumeration,
        Method.LEMKE_HOWSON: lemke_howson,
        Method.LOGIT: logit,
        Method.SUPPORT_ENUMERATION: support_enumeration,
        Method.CORRELATED: correlated,
        Method.COARSE_CORRELATED: coarse_correlated,
        Method.FICTITIOUS_PLAY: _end_of(fictitious_play),
        Method.REGRET_MATCHING_PLUS: _end_of(regret_matching_plus),
        Method.REPLICATOR: _end_of(replicator),
    }
)
