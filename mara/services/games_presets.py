"""Published games to begin with, each with the story in words and its source."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from mara.games.cooperative.classic import airport, bankruptcy, gloves, weighted_voting
from mara.games.normal_form.presets import PRESETS as FINITE
from mara.services.games import Preset, as_text
from mara.services.games_finite import record_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mara.games.cooperative.game import CoalitionalGame

__all__ = ["COOPERATIVE", "NASH", "STACKELBERG", "VCG", "record_of_coalitions"]


def record_of_coalitions(game: CoalitionalGame) -> dict[str, object]:
    """Write a coalitional game as its JSON form."""
    values = {game.name(mask): float(game.values[mask]) for mask in range(1, 2**game.count)}
    return {"players": list(game.players), "values": values, "kind": str(game.kind)}


def _coalitions(game: CoalitionalGame) -> str:
    return as_text(record_of_coalitions(game))


_INSURANCE: Final = {
    "players": ["1", "2", "3"],
    "values": {
        "1": 46_125.0,
        "2": 17_437.5,
        "3": 5_812.5,
        "1,2": 69_187.5,
        "1,3": 53_812.5,
        "2,3": 30_750.0,
        "1,2,3": 90_000.0,
    },
}

COOPERATIVE: Final[Mapping[str, Preset]] = MappingProxyType(
    {
        "Insurers share a risk": Preset(
            document=as_text(_INSURANCE),
            words="Three insurers who cover a risk together earn more than apart. How is the "
            "premium to be shared so that no one, and no two, would rather leave?",
            source="Lemaire 1991; figures as in Guajardo and Jornsten, EJOR 241, 2015",
        ),
        "One left glove, two right": Preset(
            document=_coalitions(gloves(("Left",), ("Right A", "Right B"))),
            words="One owns a left glove, two own a right one each; a pair is worth 1. The scarce "
            "side has the power.",
            source="Shapley and Shubik, JPE 77, 1969",
        ),
        "Three claims on 200": Preset(
            document=_coalitions(bankruptcy(200.0, {"100": 100.0, "200": 200.0, "300": 300.0})),
            words="An estate of 200 meets claims of 100, 200 and 300. A coalition is left with "
            "what remains when the others are paid in full.",
            source="Aumann and Maschler, JET 36, 1985",
        ),
        "Majority of three": Preset(
            document=_coalitions(weighted_voting(2.0, {"A": 1.0, "B": 1.0, "C": 1.0})),
            words="Any two of three decide. Whatever is agreed, two can do better without the third.",
            source="von Neumann and Morgenstern 1944",
        ),
        "Votes 40, 30, 20, 10": Preset(
            document=_coalitions(
                weighted_voting(51.0, {"A": 40.0, "B": 30.0, "C": 20.0, "D": 10.0})
            ),
            words="Shareholders of 40, 30, 20 and 10 per cent; 51 decide. Power is not the share.",
            source="Shapley and Shubik, APSR 48, 1954 (method)",
        ),
        "A runway for four aircraft": Preset(
            document=_coalitions(airport({"A": 8.0, "B": 11.0, "C": 13.0, "D": 18.0})),
            words="A runway costs what its largest aircraft needs: 8, 11, 13 or 18. Who pays what?",
            source="Littlechild and Owen, Management Science 20, 1973",
        ),
    }
)

_FINITE_WORDS: Final = MappingProxyType(
    {
        "von Stengel 2007, three equilibria": (
            "Two players, three strategies against two; three equilibria, one of them pure.",
            "von Stengel, Algorithmic Game Theory, 2007, example 3.1",
        ),
        "Battle of the sexes (Luce and Raiffa 1957)": (
            "Both want to be together, each at another place.",
            "Luce and Raiffa, Games and Decisions, 1957",
        ),
        "Prisoner's dilemma (Tucker 1950)": (
            "Whatever the other does, betraying pays; both would be better off if neither did.",
            "Tucker 1950",
        ),
        "Chicken (Aumann 1974)": (
            "Who dares wins, unless both dare. A mediator's advice can do better than any mixture.",
            "Aumann, Journal of Mathematical Economics 1, 1974",
        ),
        "Matching pennies (von Neumann 1928)": (
            "One wins where the coins agree, the other where they differ: only chance is safe.",
            "von Neumann, Mathematische Annalen 100, 1928",
        ),
        "Shapley 1964, where play circles": (
            "Each wants what the other is about to leave: fictitious play never settles.",
            "Shapley, Some topics in two-person games, 1964",
        ),
        "Anti-coordination of three": (
            "One strategy pays 1 for sure, the other 2 to whoever is alone in it.",
            "Symmetric equilibrium p = v^(-1/(n-1))",
        ),
        "Kuhn's poker (Kuhn 1950)": (
            "Poker of three cards and one bet; its value is -1/18 for the first player.",
            "Kuhn, A simplified two-person poker, 1950",
        ),
    }
)


def _finite(name: str) -> Preset:
    words, source = _FINITE_WORDS[name]
    return Preset(document=as_text(record_of(FINITE[name]())), words=words, source=source)


NASH: Final[Mapping[str, Preset]] = MappingProxyType(
    {name: _finite(name) for name in FINITE}
    | {
        "Cournot duopoly": Preset(
            document=as_text(
                {
                    "a": 200.0,
                    "b": 2.0,
                    "sellers": [
                        {"name": "A", "cost": 8.0, "slope": 0.0, "capacity": None},
                        {"name": "B", "cost": 8.0, "slope": 0.0, "capacity": None},
                    ],
                }
            ),
            words="Two sellers choose quantities at once; the price is 200 - 2Q, a unit costs 8.",
            source="Cournot 1838; q = (a - c) / (b (n + 1))",
        )
    }
)

STACKELBERG: Final[Mapping[str, Preset]] = MappingProxyType(
    {
        "Leader and follower": Preset(
            document=as_text(
                {
                    "demand": {"a": 200.0, "b": 2.0},
                    "leaders": [{"cost": 8.0}],
                    "followers": [{"cost": 8.0}],
                }
            ),
            words="One firm chooses its quantity first, the other sees it and answers. The price "
            "is 200 - 2Q, a unit costs 8 to each.",
            source="von Stackelberg, Marktform und Gleichgewicht, 1934",
        ),
        "Two leaders, two followers": Preset(
            document=as_text(
                {
                    "demand": {"a": 120.0, "b": 1.0},
                    "leaders": [{"cost": 10.0}, {"cost": 16.0}],
                    "followers": [{"cost": 12.0}, {"cost": 20.0}],
                }
            ),
            words="Two leaders choose at once and foresee the answer of two followers.",
            source="Sherali, Operations Research 32, 1984 (method)",
        ),
        "Commit to a mixture": Preset(
            document=as_text({"leader": [[2.0, 4.0], [1.0, 3.0]], "follower": [[1, 0], [0, 1]]}),
            words="The leader's second row is dominated, yet committing to mix both rows makes the "
            "follower answer with the column that pays the leader more.",
            source="Conitzer and Sandholm, EC 2006, section 1",
        ),
        "Tariff for two flexible sites": Preset(
            document=as_text(
                {
                    "wholesale_usd_per_mwh": [20.0, 35.0, 60.0, 30.0],
                    "low_usd_per_mwh": 0.0,
                    "high_usd_per_mwh": 150.0,
                    "tariff_sites": [
                        {
                            "name": "Miner",
                            "need_mwh": 20.0,
                            "most_mwh": 10.0,
                            "own_usd_per_mwh": 70,
                        },
                        {
                            "name": "Server",
                            "need_mwh": 6.0,
                            "most_mwh": 2.0,
                            "own_usd_per_mwh": 120,
                        },
                    ],
                }
            ),
            words="A utility buys at wholesale prices and sets its own for four hours; each site "
            "takes power in its cheapest hours, or makes do without at its own cost.",
            source="Zugno, Morales, Pinson and Madsen, Energy Economics 36, 2013 (method)",
        ),
    }
)

VCG: Final[Mapping[str, Preset]] = MappingProxyType(
    {
        "Two items, one wants both": Preset(
            document=as_text(
                {
                    "items": ["x", "y"],
                    "bids": [
                        {"bidder": "A", "bundle": ["x"], "value": 150.0},
                        {"bidder": "B", "bundle": ["y"], "value": 150.0},
                        {"bidder": "C", "bundle": ["x", "y"], "value": 200.0},
                    ],
                }
            ),
            words="A and B want one item each, C only both. Winners pay what the others lose.",
            source="Cramton, Shoham and Steinberg, Combinatorial Auctions, 2006, chapter 1",
        ),
        "One item, second price": Preset(
            document=as_text(
                {
                    "items": ["slot"],
                    "bids": [
                        {"bidder": name, "bundle": ["slot"], "value": value}
                        for name, value in (("A", 90.0), ("B", 70.0), ("C", 40.0))
                    ],
                }
            ),
            words="One item, sealed bids: the highest wins and pays the second highest.",
            source="Vickrey, Journal of Finance 16, 1961",
        ),
        "Double auction of power": Preset(
            document=as_text(
                {
                    "offers": [
                        {"name": "B1", "role": "buyer", "quantity_mwh": 4.0, "usd_per_mwh": 90.0},
                        {"name": "B2", "role": "buyer", "quantity_mwh": 3.0, "usd_per_mwh": 60.0},
                        {"name": "B3", "role": "buyer", "quantity_mwh": 3.0, "usd_per_mwh": 35.0},
                        {"name": "S1", "role": "seller", "quantity_mwh": 5.0, "usd_per_mwh": 20.0},
                        {"name": "S2", "role": "seller", "quantity_mwh": 3.0, "usd_per_mwh": 45.0},
                        {"name": "S3", "role": "seller", "quantity_mwh": 4.0, "usd_per_mwh": 80.0},
                    ]
                }
            ),
            words="Buyers and sellers name prices; what meets trades, at one price or at each "
            "one's own.",
            source="Chatterjee and Samuelson, Operations Research 31, 1983",
        ),
    }
)
