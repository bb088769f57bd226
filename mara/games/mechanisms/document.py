"""A market from its JSON form.

`{"items": ["x", "y"], "bids": [{"bidder": "A", "bundle": ["x"], "value": 150}]}`: one of each item, and
at most one bid of a bidder accepted. For quantities, `items` and `bundle` are objects:
`{"items": {"MW": 10}, "bids": [{"bidder": "A", "bundle": {"MW": 4}, "value": 50}]}`.
"""

from __future__ import annotations

from mara.games.fields import Fields
from mara.games.mechanisms.market import Bid, Market

__all__ = ["market_from"]


def market_from(document: object, *, owner: str = "market") -> Market:
    """Give the market.

    Raises
    ------
    DataFileError
        A field is missing, unknown or of a wrong type.
    InvalidValue
        The market itself is impossible.
    """
    fields = Fields(owner, document)
    fields.only("items", "bids")
    bids = [
        _bid(Fields(f"{owner}: bid {number}", bid))
        for number, bid in enumerate(fields.array("bids"), start=1)
    ]
    return Market(supply=_quantities(fields, "items"), bids=tuple(bids))


def _bid(fields: Fields) -> Bid:
    fields.only("bidder", "bundle", "value")
    return Bid(
        bidder=fields.text("bidder"),
        quantities=_quantities(fields, "bundle"),
        value=fields.number("value"),
    )


def _quantities(fields: Fields, key: str) -> tuple[tuple[str, float], ...]:
    """Give quantities by item; one of each where only names stand."""
    if isinstance(fields.get(key), dict):
        return tuple(fields.inner(key).numbers())
    return tuple((item, 1.0) for item in fields.names(key))
