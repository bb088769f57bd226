"""The path of a learning dynamic: what each player did, round after round."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mara.errors import InvalidValue
from mara.games import judge
from mara.games.normal_form.game import Floats

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mara.games.normal_form.game import NormalFormGame

__all__ = ["Path", "judged_path", "recorded", "start_of"]

_MOST_ROUNDS = 10_000_000
_POINTS = 200


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Path:
    """`laws[i]` of shape (points, s_i): player i's distribution at each of `rounds`.

    `regrets` are the judge's, one a point; `payoffs` are those of the last point, `converged`
    says whether its regret is below the tolerance asked for.
    """

    method: str
    rounds: NDArray[np.float64]
    laws: tuple[Floats, ...]
    regrets: Floats
    payoffs: tuple[float, ...]
    converged: bool
    tolerance: float

    @property
    def last(self) -> tuple[Floats, ...]:
        """Distributions at the end."""
        return tuple(law[-1] for law in self.laws)


def recorded(method: str, rounds: int) -> NDArray[np.intp]:
    """Choose rounds to record, at most 200, evenly spread over the logarithm of time."""
    if not 1 <= rounds <= _MOST_ROUNDS:
        raise InvalidValue(f"{method}: rounds={rounds} must lie between 1 and {_MOST_ROUNDS}")
    return np.unique(np.geomspace(1, rounds, _POINTS).round().astype(np.intp))


def start_of(
    game: NormalFormGame, method: str, start: Sequence[Sequence[float]] | None
) -> list[Floats]:
    """Distributions to begin with; uniform where none are given.

    Raises
    ------
    InvalidValue
        A start is no distribution over the player's strategies.
    """
    if start is None:
        return [np.full(count, 1.0 / count) for count in game.shape]
    laws = [np.array(law, dtype=np.float64) for law in start]
    fits = tuple(law.shape for law in laws) == tuple((count,) for count in game.shape)
    if not fits or not all(law.min() >= 0.0 and abs(law.sum() - 1.0) < 1e-9 for law in laws):
        raise InvalidValue(
            f"{method}: start={start!r} must be one distribution for each player, "
            f"over {game.shape} strategies"
        )
    return laws


def judged_path(
    game: NormalFormGame,
    method: str,
    rounds: NDArray[np.float64],
    laws: Sequence[Floats],
    tolerance: float,
) -> Path:
    """Let the judge weigh every recorded point."""
    points = zip(*laws, strict=True)
    regrets = np.array([judge.regret(game.payoffs, point) for point in points])
    return Path(
        method=method,
        rounds=rounds,
        laws=tuple(laws),
        regrets=regrets,
        payoffs=judge.expected(game.payoffs, [law[-1] for law in laws]),
        converged=bool(regrets[-1] <= tolerance),
        tolerance=tolerance,
    )
