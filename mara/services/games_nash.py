"""Finite games: equilibria by any method, correlated play, and how players learn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from mara.games.normal_form.correlated import CorrelatedEquilibrium, coarse_correlated, correlated
from mara.games.normal_form.fictitious_play import fictitious_play
from mara.games.normal_form.game import NormalFormGame
from mara.games.normal_form.methods import Method
from mara.games.normal_form.methods import solve as solved
from mara.games.normal_form.path import Path
from mara.games.normal_form.regret_matching import regret_matching
from mara.games.normal_form.regret_matching_plus import regret_matching_plus
from mara.games.normal_form.replicator import replicator
from mara.games.normal_form.solution import Solution
from mara.services.games import parsed, tiny
from mara.services.games_finite import game_from

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mara.games.normal_form.solution import Equilibrium

__all__ = [
    "METHODS",
    "WAYS",
    "Learning",
    "Recommended",
    "Solved",
    "equilibria_of",
    "learnt",
    "learnt_by",
    "recommended",
    "who",
]

METHODS: Final = tuple(
    m.value for m in Method if m not in {Method.CORRELATED, Method.COARSE_CORRELATED}
)
"""Methods that give equilibria of independent players."""

_NAMED_AT_MOST: Final = 3
_IN_PLAY: Final = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Solved:
    """A game, what a method found, and what it means."""

    game: NormalFormGame
    solution: Solution
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Recommended:
    """The correlated and the coarse correlated equilibrium of greatest welfare."""

    game: NormalFormGame
    answers: tuple[CorrelatedEquilibrium, ...]
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Learning:
    """Paths of four ways to learn, in one game."""

    game: NormalFormGame
    paths: tuple[Path, ...]
    words: tuple[str, ...]


def equilibria_of(document: str, method: str = Method.AUTO) -> Solved:
    """Solve the game of a document.

    Raises
    ------
    MaraError
        The document is no finite game, or the method does not fit or did not end.
    """
    game = game_from(parsed(document))
    found = solved(game, Method(method))
    if isinstance(found, CorrelatedEquilibrium):
        raise TypeError(f"equilibria_of: {method} gives no independent play")
    return Solved(game=game, solution=found, words=_words(game, found))


def recommended(document: str) -> Recommended:
    """Find what a mediator could recommend."""
    game = game_from(parsed(document))
    answers = (correlated(game), coarse_correlated(game))
    best = _best_welfare(game)
    who_hears = (
        "A mediator who tells each in private what to do can reach",
        "Where each must agree to follow before hearing, advice can reach",
    )
    words = tuple(
        f"{begin} a welfare of {a.welfare:,.4g} (payoffs {_listed(a.payoffs)}); the judge's regret "
        f"is {tiny(a.regret)}."
        for begin, a in zip(who_hears, answers, strict=True)
    )
    return Recommended(
        game=game,
        answers=answers,
        words=(*words, f"The most that any joint play gives is {best:,.4g}."),
    )


WAYS: Final = ("fictitious-play", "replicator", "regret-matching", "regret-matching-plus")
"""Ways of learning, in the order shown."""


def learnt_by(document: str, way: str, rng: np.random.Generator) -> Path:
    """Let players learn in one way; the replicator starts off the middle."""
    game = game_from(parsed(document))
    if way == "fictitious-play":
        return fictitious_play(game, rounds=2_000)
    if way == "replicator":
        off = [np.arange(count, 0, -1.0) / (count * (count + 1) / 2) for count in game.shape]
        return replicator(game, start=[law.tolist() for law in off], rounds=800)
    if way == "regret-matching":
        return regret_matching(game, rng, rounds=3_000).path
    return regret_matching_plus(game, rounds=1_000)


def learnt(document: str, paths: Sequence[Path]) -> Learning:
    """Put the paths of all ways together."""
    return Learning(
        game=game_from(parsed(document)),
        paths=tuple(paths),
        words=tuple(_told(path) for path in paths),
    )


def _told(path: Path) -> str:
    end = float(path.regrets[-1])
    name = path.method.replace("-", " ").capitalize()
    if path.converged:
        return f"{name} ends with a regret of {end:.2g}, below the {path.tolerance:g} asked for."
    return f"{name} has not settled: its regret is still {end:.2g} ({path.tolerance:g} asked for)."


def _best_welfare(game: NormalFormGame) -> float:
    return float(game.payoffs.sum(axis=0).max())


def _words(game: NormalFormGame, found: Solution) -> tuple[str, ...]:
    count = len(found.equilibria)
    if not count:
        return (
            f"{found.method.capitalize()} found no equilibrium: none is pure, mixtures are to be sought.",
        )
    whole = "These are all there are." if found.complete else "There may be others."
    lines = [f"{count} equilibri{'um' if count == 1 else 'a'} by {found.method}. {whole}"]
    lines += [
        _equilibrium(game, number, one)
        for number, one in enumerate(found.equilibria[:_NAMED_AT_MOST], start=1)
    ]
    lines.append(_regret(found))
    lines += [found.note] if found.note else []
    lines.append(_price_of_anarchy(game, found))
    return tuple(lines)


def who(player: str) -> str:
    """Name a player in a sentence; those without a name are numbers."""
    return f"player {player}" if player.isdigit() else player


def _equilibrium(game: NormalFormGame, number: int, one: Equilibrium) -> str:
    plays = [
        f"{who(player)} plays {_mixture(names, law)}"
        for player, names, law in zip(game.players, game.strategies, one.strategies, strict=True)
    ]
    return f"In equilibrium {number} {', '.join(plays)}; payoffs {_listed(one.payoffs)}."


def _mixture(names: tuple[str, ...], law: np.ndarray) -> str:
    named = [f"no. {name}" if name.isdigit() else name for name in names]
    used = [(float(w), name) for w, name in zip(law, named, strict=True) if w > _IN_PLAY]
    if len(used) == 1:
        return used[0][1]
    top = sorted(used, reverse=True)[:4]
    more = ", ..." if len(used) > 4 else ""
    return " / ".join(f"{name} {weight:.1%}" for weight, name in top) + more


def _regret(found: Solution) -> str:
    worst = max(one.regret for one in found.equilibria)
    if worst <= found.tolerance:
        return (
            f"An independent judge finds that nobody gains more than {tiny(worst)} by deviating "
            f"alone (an equilibrium may leave {found.tolerance:.1e})."
        )
    return (
        f"An independent judge finds that someone still gains {worst:.3g} by deviating alone: this "
        "is no equilibrium yet."
    )


def _price_of_anarchy(game: NormalFormGame, found: Solution) -> str:
    welfare = max(sum(one.payoffs) for one in found.equilibria)
    best = _best_welfare(game)
    if best - welfare <= 1e-9 * game.spread:
        return "The best of them gives all that any joint play could give."
    return (
        f"The best of them pays {welfare:,.4g} in sum; joint play could reach {best:,.4g}, so "
        f"acting alone forgoes {best - welfare:,.4g}."
    )


def _listed(values: tuple[float, ...]) -> str:
    return ", ".join(f"{value:,.4g}" for value in values)
