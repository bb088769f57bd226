"""Games of the literature with their published answers; citations beside the figures."""

from __future__ import annotations

import numpy as np

from mara.games.cooperative.game import CoalitionalGame, GameKind


def game_of(figures: dict[str, float], kind: GameKind = GameKind.WORTH) -> CoalitionalGame:
    """A game written as {"12": figure of players 1 and 2}."""
    players = tuple(sorted({letter for coalition in figures for letter in coalition}))
    values = np.zeros(2 ** len(players))
    for coalition, figure in figures.items():
        values[sum(1 << players.index(letter) for letter in coalition)] = figure
    return CoalitionalGame(players=players, values=values, kind=kind)


# Lemaire's insurers: Guajardo and Jornsten, "Common mistakes in computing the nucleolus",
# European Journal of Operational Research 241, 2015.
LEMAIRE = game_of(
    {
        "1": 46125,
        "2": 17437.5,
        "3": 5812.5,
        "12": 69187.5,
        "13": 53812.5,
        "23": 30750,
        "123": 90000,
    }
)

# The mobile network's cost game of the same paper.
MOBILE = game_of(
    dict(
        zip(
            [
                "1",
                "12",
                "123",
                "1234",
                "124",
                "13",
                "134",
                "14",
                "2",
                "23",
                "234",
                "24",
                "3",
                "34",
                "4",
            ],
            (8, 8, 10, 20, 19, 10, 20, 19, 1, 10, 13, 12, 10, 12, 11),
            strict=True,
        )
    ),
    GameKind.COST,
)


def random_game(
    rng: np.random.Generator, n: int, kind: GameKind = GameKind.WORTH
) -> CoalitionalGame:
    values = rng.normal(size=2**n) * 10.0
    values[0] = 0.0
    return CoalitionalGame(players=tuple(f"p{i}" for i in range(n)), values=values, kind=kind)
