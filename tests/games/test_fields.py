"""Games read from JSON values: what stands, and one clear sentence for what cannot."""

from __future__ import annotations

from typing import Any

import pytest

from mara.errors import DataFileError, InvalidValue
from mara.games.cooperative.document import game_from
from mara.games.cooperative.game import GameKind
from mara.games.mechanisms.document import market_from
from mara.games.stackelberg.document import linear_market_from

GAME: dict[str, Any] = {"players": ["a", "b"], "values": {"a": 1, "a,b": 3}}
MARKET: dict[str, Any] = {
    "items": ["x", "y"],
    "bids": [{"bidder": "A", "bundle": ["x"], "value": 150}],
}
LINE: dict[str, Any] = {
    "demand": {"a": 200, "b": 2},
    "leaders": [{"cost": 8}],
    "followers": [{"cost": 8}],
}


def test_single_players_may_be_left_out_of_worths() -> None:
    game, notices = game_from(GAME)
    assert game.values.tolist() == [0.0, 1.0, 0.0, 3.0]
    assert notices == ("{b} has no value and is taken to earn 0 alone",)


def test_order_and_spaces_of_names_do_not_matter() -> None:
    values = {"": 0, "b": 2, "a": 1, "b, a": 4}
    game, notices = game_from({"players": ["a", "b"], "values": values, "kind": "cost"})
    assert game.values.tolist() == [0.0, 1.0, 2.0, 4.0]
    assert game.kind is GameKind.COST
    assert notices == ()
    assert game_from({"players": ["a"], "values": {"a": 1}, "kind": "worth"})[0].count == 1


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], r"game: \[\] stands where an object must"),
        ({"players": ["a"]}, "'values' is missing"),
        ({"values": {}}, "'players' is missing"),
        (GAME | {"player": []}, "field 'player' is unknown; fields are players, values, kind"),
        (GAME | {"kind": "gain"}, "kind is 'gain'; use 'worth' or 'cost'"),
        (GAME | {"kind": 3}, "kind is 3; give a text"),
        (GAME | {"players": "ab"}, "players is 'ab'; give a list"),
        (GAME | {"players": ["a", 1]}, "players holds 1; give texts only"),
        (GAME | {"players": ["a,b"]}, "name holds a comma"),
        (GAME | {"players": [str(i) for i in range(23)]}, "23 players; a file holds 22"),
        (GAME | {"values": [1] * 90}, r"values: \[1, .*\.\.\. stands where an object must"),
        (GAME | {"values": {"a": "1"}}, "values: a is '1'; give a number"),
        (GAME | {"values": {"a": 10**400}}, "values: a is 10.*, beyond 1e.100; use a larger unit"),
        (GAME | {"values": {"a": True}}, "values: a is True; give a number"),
        (GAME | {"values": {"a": float("nan")}}, "values: 'a' is nan; give a finite number"),
        (GAME | {"values": {"a": 1, "c": 2}}, "'c' names 'c', who is not among the players"),
        (GAME | {"values": {"a,a": 1}}, "'a,a' names a player twice"),
        (GAME | {"values": {"a,b": 1, "b,a": 1}}, "'b,a' and 'a,b' are one coalition"),
        (GAME | {"values": {"a": 1}}, r"values of \{a,b\} missing"),
        (GAME | {"kind": "cost"}, r"values of \{b\} missing"),
        (
            {"players": list("abcd"), "values": {}},
            r"values of \{a,b\}, \{a,c\}, \{b,c\} and 8 more missing",
        ),
    ],
)
def test_faulty_games_are_named(document: object, message: str) -> None:
    with pytest.raises(DataFileError, match=message):
        game_from(document)


def test_an_empty_coalition_that_earns_is_refused() -> None:
    with pytest.raises(InvalidValue, match="empty coalition has 1"):
        game_from({"players": ["a"], "values": {"": 1, "a": 2}})


def test_markets_hold_bundles_or_quantities() -> None:
    market = market_from(MARKET)
    assert market.supply == (("x", 1.0), ("y", 1.0))
    assert market.bids[0].items == ("x",)
    bids = [{"bidder": "A", "bundle": {"MW": 4}, "value": 50}]
    assert market_from({"items": {"MW": 10}, "bids": bids}).bids[0].quantities == (("MW", 4.0),)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (MARKET | {"item": []}, "field 'item' is unknown"),
        (MARKET | {"bids": {}}, r"bids is \{\}; give a list"),
        (MARKET | {"bids": [{"bidder": "A", "value": 1}]}, "bid 1: 'bundle' is missing"),
        (
            MARKET | {"bids": [{"bidder": "A", "bundle": ["x"], "value": 1, "price": 2}]},
            "bid 1: field 'price' is unknown",
        ),
    ],
)
def test_faulty_markets_are_named(document: object, message: str) -> None:
    with pytest.raises(DataFileError, match=message):
        market_from(document)


def test_linear_markets() -> None:
    market = linear_market_from(LINE)
    assert (market.a, market.b) == (200.0, 2.0)
    assert (market.leader_costs, market.follower_costs) == ((8.0,), (8.0,))


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (LINE | {"price": 1}, "field 'price' is unknown"),
        (LINE | {"demand": {"a": 1, "b": 2, "c": 3}}, "demand: field 'c' is unknown"),
        (LINE | {"demand": {"a": 1}}, "demand: 'b' is missing"),
        (LINE | {"followers": [{"cost": 1}, {"costs": 1}]}, "followers 2: field 'costs'"),
        (LINE | {"leaders": [8]}, "leaders 1: 8 stands where an object must"),
    ],
)
def test_faulty_linear_markets_are_named(document: object, message: str) -> None:
    with pytest.raises(DataFileError, match=message):
        linear_market_from(document)
