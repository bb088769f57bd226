"""A linear market of leaders and followers from its JSON form.

`{"demand": {"a": 200, "b": 2}, "leaders": [{"cost": 8}], "followers": [{"cost": 8}]}`: P = a - b Q.
"""

from __future__ import annotations

from mara.games.fields import Fields
from mara.games.stackelberg.cournot import LinearMarket

__all__ = ["linear_market_from"]


def linear_market_from(document: object, *, owner: str = "market") -> LinearMarket:
    """Give the market.

    Raises
    ------
    DataFileError
        A field is missing, unknown or of a wrong type.
    InvalidValue
        The market itself is impossible.
    """
    fields = Fields(owner, document)
    fields.only("demand", "leaders", "followers")
    demand = fields.inner("demand")
    demand.only("a", "b")
    return LinearMarket(
        a=demand.number("a"),
        b=demand.number("b"),
        leader_costs=_costs(fields, "leaders"),
        follower_costs=_costs(fields, "followers"),
    )


def _costs(fields: Fields, key: str) -> tuple[float, ...]:
    costs = []
    for number, firm in enumerate(fields.array(key), start=1):
        one = Fields(f"{fields.owner}: {key} {number}", firm)
        one.only("cost")
        costs.append(one.number("cost"))
    return tuple(costs)
