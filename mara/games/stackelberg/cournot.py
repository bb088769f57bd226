"""Quantity leadership in a linear market: leaders choose, followers see it and choose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mara.domain.checks import finite, non_negative, positive
from mara.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Leadership", "LinearMarket", "cournot", "stackelberg"]

_TOLERANCE = 1e-9
_ROUNDING = 1e-14


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearMarket:
    """P = max(0, a - b Q), with constant unit costs of leaders and followers.

    Prices and costs are per unit of quantity, in any one currency.
    """

    a: float
    b: float
    leader_costs: tuple[float, ...]
    follower_costs: tuple[float, ...]

    def __post_init__(self) -> None:
        finite("LinearMarket", "a", self.a)
        positive("LinearMarket", "b", self.b)
        for role in ("leader", "follower"):
            for i, cost in enumerate(getattr(self, f"{role}_costs")):
                non_negative("LinearMarket", f"cost of {role} {i + 1}", cost)
        finite("LinearMarket", "a * a / b, the scale of profits,", self.a * self.a / self.b)
        if not self.leader_costs and not self.follower_costs:
            raise InvalidValue("LinearMarket: there is no firm; name a leader or a follower")

    def price(self, quantity: float) -> float:
        """Price at which `quantity` is sold."""
        return max(0.0, self.a - self.b * quantity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leadership:
    """Quantities and profits in the order of costs given, and the one price.

    `regret` is the largest gain that a firm could make by another quantity: a leader with the
    followers answering anew, a follower with all others held.
    """

    leaders: tuple[float, ...]
    followers: tuple[float, ...]
    leader_profits: tuple[float, ...]
    follower_profits: tuple[float, ...]
    price: float
    method: str
    regret: float
    converged: bool


def stackelberg(market: LinearMarket, *, rounds: int = 10_000) -> Leadership:
    """Subgame-perfect quantities.

    Followers j play Cournot on what leaders leave: with m of them active,
    P = (a - b Q_L + sum c_j) / (m + 1), so leaders face a line again, of intercept
    (a + sum c_j) / (m + 1) and slope b / (m + 1), and play Cournot on it. Which m are active is
    found by trying; where no m fits because a leader would rather keep a follower out, leaders
    answer each other in turn, exactly, until none gains or `rounds` are over.

    Source: von Stackelberg, Marktform und Gleichgewicht, 1934; several leaders as in Sherali,
    Operations Research 32, 1984.
    """
    for active in range(len(market.follower_costs), -1, -1):
        found = _outcome(market, _leaders_against(market, active), "closed form")
        if found.converged:
            return found
    quantities = _in_turn(market, list(_leaders_against(market, 0)), rounds)
    return _outcome(market, quantities, "leaders' exact best responses in turn")


def cournot(market: LinearMarket) -> Leadership:
    """All firms choose at once: the same market without anyone's lead, for comparison."""
    together = _shares(market.a, market.b, (*market.leader_costs, *market.follower_costs))
    count = len(market.leader_costs)
    level = LinearMarket(
        a=market.a,
        b=market.b,
        leader_costs=(),
        follower_costs=(*market.leader_costs, *market.follower_costs),
    )
    found = _outcome(level, (), "closed form, all at once")
    return Leadership(
        leaders=together[:count],
        followers=together[count:],
        leader_profits=found.follower_profits[:count],
        follower_profits=found.follower_profits[count:],
        price=found.price,
        method=found.method,
        regret=found.regret,
        converged=found.converged,
    )


def _shares(intercept: float, slope: float, costs: Sequence[float]) -> tuple[float, ...]:
    """Cournot quantities on a line: q[i] = (P - c[i]) / slope of the firms with c[i] < P."""
    price = intercept
    for active, cost in enumerate(sorted(costs), start=1):
        if cost >= price:
            break
        # P = (intercept + sum of the active costs) / (active + 1), one firm at a time.
        price = (price * active + cost) / (active + 1)
    return tuple(max(0.0, price - cost) / slope for cost in costs)


def _leaders_against(market: LinearMarket, active: int) -> tuple[float, ...]:
    """Leaders' quantities if exactly the `active` cheapest followers produce."""
    costs = sorted(market.follower_costs)[:active]
    intercept = (market.a + sum(costs)) / (active + 1)
    return _shares(intercept, market.b / (active + 1), market.leader_costs)


def _followers(market: LinearMarket, led: float) -> tuple[float, ...]:
    return _shares(market.a - market.b * led, market.b, market.follower_costs)


def _outcome(market: LinearMarket, leaders: tuple[float, ...], method: str) -> Leadership:
    followers = _followers(market, sum(leaders))
    price = market.price(sum(leaders) + sum(followers))
    profits = _profits(price, leaders, market.leader_costs)
    earned = _profits(price, followers, market.follower_costs)
    regret = max(_regrets(market, leaders, followers), default=0.0)
    return Leadership(
        leaders=leaders,
        followers=followers,
        leader_profits=profits,
        follower_profits=earned,
        price=price,
        method=method,
        regret=regret,
        converged=regret <= _least_gain(market),
    )


def _least_gain(market: LinearMarket) -> float:
    """Below this a gain is none: a share of the profit at hand, and what rounding makes of it."""
    margin = max(0.0, market.a - min((*market.leader_costs, *market.follower_costs)))
    return (_TOLERANCE * margin + _ROUNDING * abs(market.a)) * margin / market.b


def _profits(
    price: float, quantities: Sequence[float], costs: Sequence[float]
) -> tuple[float, ...]:
    return tuple((price - c) * q for q, c in zip(quantities, costs, strict=True))


def _regrets(
    market: LinearMarket, leaders: tuple[float, ...], followers: tuple[float, ...]
) -> list[float]:
    """Largest gain of each firm from its best other quantity."""
    total = sum(leaders) + sum(followers)
    price = market.price(total)
    regrets = []
    for i, cost in enumerate(market.leader_costs):
        others = sum(leaders) - leaders[i]
        best = _best_response(market, others, cost)
        regrets.append(_led_profit(market, others, best, cost) - (price - cost) * leaders[i])
    for quantity, cost in zip(followers, market.follower_costs, strict=True):
        best = max(0.0, market.a - market.b * (total - quantity) - cost) / (2.0 * market.b)
        regrets.append(market.b * best * best - (price - cost) * quantity)
    return regrets


def _led_profit(market: LinearMarket, others: float, quantity: float, cost: float) -> float:
    """Profit of a leader when the followers have answered."""
    led = others + quantity
    return (market.price(led + sum(_followers(market, led))) - cost) * quantity


def _best_response(market: LinearMarket, others: float, cost: float) -> float:
    """Best quantity of one leader: the profit is a parabola between the exits of followers.

    With m active, the vertex lies at q = (a' - cost - b' others) / (2 b'), a' and b' as above;
    a follower of cost c leaves where the price of the remaining ones reaches c. Vertices and exits
    are all that can be best.
    """
    costs = sorted(market.follower_costs)
    candidates = [0.0]
    for active in range(len(costs) + 1):
        intercept = market.a + sum(costs[:active])
        candidates.append(0.5 * ((intercept - cost * (active + 1)) / market.b - others))
        if active:
            own = costs[active - 1]
            out = (market.a + sum(costs[: active - 1]) - own * active) / market.b
            candidates.append(out - others)
    return max(
        (q for q in candidates if q >= 0.0), key=lambda q: _led_profit(market, others, q, cost)
    )


def _in_turn(market: LinearMarket, quantities: list[float], rounds: int) -> tuple[float, ...]:
    """Let one leader after the other answer, until no quantity moves."""
    for _ in range(rounds):
        before = tuple(quantities)
        for i, cost in enumerate(market.leader_costs):
            quantities[i] = _best_response(market, sum(quantities) - quantities[i], cost)
        moved = max(abs(new - old) for new, old in zip(quantities, before, strict=True))
        if moved <= 1e-12 * market.a / market.b:
            break
    return tuple(quantities)
