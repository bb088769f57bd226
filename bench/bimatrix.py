"""Games of two on this machine, beside the Python packages that solve them too.

Run as ``python -m bench.bimatrix``. Peers (quantecon, nashpy) are measured where they are
installed; each line is the median over the same random games, payoffs uniform. Counted is the
processor's time for making the game, solving it and, for ours, the judge: it does not depend on
what else the machine does. A game that takes over two seconds is stopped and counted as that, and so
is one on which a peer gives up with an error: some peers never end on some games.
"""

from __future__ import annotations

import importlib
import signal
import time
import warnings
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from mara.games.normal_form.game import bimatrix
from mara.games.normal_form.lemke_howson import lemke_howson, pivoted
from mara.games.normal_form.vertex_enumeration import vertex_enumeration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    Solve = Callable[[Any], object]
    Make = Callable[[NDArray[np.float64]], object]

__all__ = ["Row", "main", "run"]

GAMES: Final = {20: 60, 100: 30, 8: 30}
SECONDS_A_LINE: Final = 12.0
SECONDS_A_GAME: Final = 2.0
SECONDS_TO_WARM_UP: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Milliseconds a game by package; None where it is not installed."""

    what: str
    median_ms: dict[str, float | None]


def run() -> Iterator[Row]:
    """Measure line by line."""
    yield _row("Lemke-Howson 20x20", 20, _lemke_howson())
    yield _row("Lemke-Howson 20x20, pivots of a game that is made", 20, _pivots(), _made())
    yield _row("Lemke-Howson 100x100", 100, _lemke_howson())
    yield _row("all equilibria 8x8", 8, _vertices())


def main() -> None:
    """Print the table."""
    for row in run():
        figures = (
            f"{name} {'not installed' if ms is None else f'{ms:.3g} ms'}"
            for name, ms in row.median_ms.items()
        )
        print(f"{row.what}: {', '.join(figures)}", flush=True)


def _row(
    what: str,
    size: int,
    solvers: dict[str, Solve | None],
    makers: dict[str, Make] | None = None,
) -> Row:
    """Measure one line; `makers` turn payoffs into what solvers take, before the clock runs."""
    rng = np.random.default_rng(0)
    games = [rng.random((2, size, size)) for _ in range(GAMES[size])]
    median: dict[str, float | None] = {}
    for name, solve in solvers.items():
        make = (makers or {}).get(name)
        taken = games if make is None else [make(game) for game in games]
        median[name] = None if solve is None else _median_ms(solve, taken)
    return Row(what=what, median_ms=median)


def _median_ms(solve: Solve, games: list[Any]) -> float:
    """Median time of a game; the first one only warms up, slow solvers see fewer games."""
    with _stopped(SECONDS_TO_WARM_UP):
        solve(games[0])
    took: list[float] = []
    for game in games:
        before = time.process_time()
        ended = False
        with _stopped():
            solve(game)
            ended = True
        took.append(time.process_time() - before if ended else SECONDS_A_GAME)
        if sum(took) > SECONDS_A_LINE:
            break
    return float(np.median(took)) * 1e3


@contextmanager
def _stopped(after_s: float = SECONDS_A_GAME) -> Iterator[None]:
    """End what runs over `after_s` seconds."""

    def over(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, after_s)
    try:
        with suppress(TimeoutError, ValueError):
            yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


def _lemke_howson() -> dict[str, Solve | None]:
    return {
        "mara": lambda game: lemke_howson(bimatrix(*game)),
        "quantecon": _of_quantecon("lemke_howson"),
        "nashpy": _of_nashpy("lemke_howson", initial_dropped_label=0),
    }


def _pivots() -> dict[str, Solve | None]:
    """Begin with games that are made: ours scaled, theirs with its players."""
    theory = _installed("quantecon.game_theory")
    return {"mara": pivoted, "quantecon": None if theory is None else theory.lemke_howson}


def _made() -> dict[str, Make]:
    theory = _installed("quantecon.game_theory")
    return {
        "mara": lambda game: bimatrix(*game).scaled(),
        "quantecon": lambda game: _quantecon_game(theory, game),
    }


def _vertices() -> dict[str, Solve | None]:
    return {
        "mara": lambda game: vertex_enumeration(bimatrix(*game)),
        "quantecon": _of_quantecon("vertex_enumeration"),
        "nashpy": _of_nashpy("vertex_enumeration"),
    }


def _of_quantecon(name: str) -> Solve | None:
    theory = _installed("quantecon.game_theory")
    return None if theory is None else partial(_by_quantecon, theory, name)


def _by_quantecon(theory: Any, name: str, game: NDArray[np.float64]) -> object:  # noqa: ANN401
    return getattr(theory, name)(_quantecon_game(theory, game))


def _quantecon_game(theory: Any, game: NDArray[np.float64]) -> object:  # noqa: ANN401
    first, second = game
    players = theory.Player(first), theory.Player(np.ascontiguousarray(second.T))
    made: object = theory.NormalFormGame(players)
    return made


def _of_nashpy(name: str, **options: int) -> Solve | None:
    nashpy = _installed("nashpy")
    return None if nashpy is None else partial(_by_nashpy, nashpy, name, options)


def _by_nashpy(
    nashpy: Any,  # noqa: ANN401
    name: str,
    options: dict[str, int],
    game: NDArray[np.float64],
) -> object:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return list(getattr(nashpy.Game(*game), name)(**options))


def _installed(name: str) -> Any:  # noqa: ANN401
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        return None


if __name__ == "__main__":
    main()
