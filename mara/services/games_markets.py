"""Games with quantities for strategies: Cournot, supply functions, a curtailment pool, a feeder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mara.errors import DataFileError
from mara.games.continuous.best_response import ResponsePath
from mara.games.continuous.cournot import (
    CournotMarket,
    CournotOutcome,
    Seller,
    cournot,
    cournot_path,
)
from mara.games.continuous.curtailment_pool import CurtailmentPool, PoolOutcome, pool_equilibrium
from mara.games.continuous.feeder import Draw, Feeder, FeederOutcome, feeder_equilibrium
from mara.games.continuous.supply_function import SupplyMarket, SupplyOutcome, supply_functions
from mara.games.fields import Fields
from mara.services.games import GameKind, kind_of, parsed, tiny
from mara.services.games_energy import figures

if TYPE_CHECKING:
    from collections.abc import Callable


__all__ = [
    "CournotAnswer",
    "FeederAnswer",
    "MarketAnswer",
    "PoolAnswer",
    "SupplyAnswer",
    "market_answer",
]

_OWNER: Final = "your game"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CournotAnswer:
    """Quantities chosen at once, and the path of responses in turn that leads there."""

    market: CournotMarket
    outcome: CournotOutcome
    path: ResponsePath
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SupplyAnswer:
    """Straight supply functions."""

    market: SupplyMarket
    outcome: SupplyOutcome
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PoolAnswer:
    """Bids of curtailment."""

    pool: CurtailmentPool
    outcome: PoolOutcome
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FeederAnswer:
    """Draws by hour on a feeder whose price rises with the load."""

    feeder: Feeder
    outcome: FeederOutcome
    words: tuple[str, ...]


MarketAnswer = CournotAnswer | SupplyAnswer | PoolAnswer | FeederAnswer


def market_answer(document: str) -> MarketAnswer:
    """Solve the game of a document.

    Raises
    ------
    MaraError
        A field is missing, unknown, of a wrong type or impossible, or there is no equilibrium.
    """
    solve = _SOLVERS.get(kind_of(document))
    if solve is None:
        raise DataFileError(f"{_OWNER}: it has no quantities for strategies; use another sub-tab")
    return solve(Fields(_OWNER, parsed(document)))


def _sellers(fields: Fields, key: str) -> tuple[Seller, ...]:
    rows = [Fields(f"{_OWNER}: {key} {n}", one) for n, one in enumerate(fields.array(key), 1)]
    return tuple(_seller(row) for row in rows)


def _seller(row: Fields) -> Seller:
    row.only("name", "cost", "slope", "capacity")
    bounded = "capacity" in row and row.get("capacity") is not None
    return Seller(
        name=row.text("name"),
        cost=row.number("cost"),
        slope=row.number("slope") if "slope" in row else 0.0,
        capacity=row.number("capacity") if bounded else None,
    )


def _cournot(fields: Fields) -> CournotAnswer:
    fields.only("a", "b", "sellers")
    market = CournotMarket(
        a=fields.number("a"), b=fields.number("b"), sellers=_sellers(fields, "sellers")
    )
    found = cournot(market)
    total = sum(found.quantities)
    return CournotAnswer(
        market=market,
        outcome=found,
        path=cournot_path(market, rounds=60),
        words=(
            f"Together they sell {total:,.2f} MWh at {found.price:,.2f} USD/MWh; "
            f"{_each([s.name for s in market.sellers], found.quantities, 'MWh')}.",
            f"Profits: {_each([s.name for s in market.sellers], found.profits, 'USD')}.",
            _selling(market, found),
            found.conditions.words,
            _judged(found.regret, "USD"),
        ),
    )


def _selling(market: CournotMarket, found: CournotOutcome) -> str:
    cheapest = min(market.sellers, key=lambda seller: seller.cost)
    margin = found.price - cheapest.cost
    return (
        f"The price stands {margin:,.2f} USD/MWh above the cheapest seller's first cost "
        f"({cheapest.name}, {cheapest.cost:,.2f}): each holds back to keep it up."
    )


def _supply(fields: Fields) -> SupplyAnswer:
    fields.only("demand", "response", "supply_sellers")
    market = SupplyMarket(
        demand=fields.number("demand"),
        response=fields.number("response"),
        sellers=_sellers(fields, "supply_sellers"),
    )
    found = supply_functions(market)
    names = [seller.name for seller in market.sellers]
    honest = [1.0 / seller.slope for seller in market.sellers]
    held = ", ".join(
        f"{name} offers {slope / true:.0%} of it"
        for name, slope, true in zip(names, found.slopes, honest, strict=True)
    )
    return SupplyAnswer(
        market=market,
        outcome=found,
        words=(
            f"The lines meet demand at {found.price:,.2f} USD/MWh: "
            f"{_each(names, found.quantities, 'MWh')}.",
            f"An honest bid would rise by 1 / slope of cost; {held}.",
            f"Profits: {_each(names, found.profits, 'USD')}.",
            f"Responses in turn settled after {found.rounds} rounds. "
            + _judged(found.regret, "USD"),
        ),
    )


def _pool(fields: Fields) -> PoolAnswer:
    fields.only("wanted", "curtailers")
    pool = CurtailmentPool(wanted=fields.number("wanted"), sites=_sellers(fields, "curtailers"))
    found = pool_equilibrium(pool)
    names = [site.name for site in pool.sites]
    over = found.price - found.competitive_price
    return PoolAnswer(
        pool=pool,
        outcome=found,
        words=(
            f"{pool.wanted:,.2f} MWh are curtailed at {found.price:,.2f} USD/MWh: "
            f"{_each(names, found.curtailed, 'MWh')}.",
            f"Price takers would clear at {found.competitive_price:,.2f}; bidding strategically "
            f"raises the price by {over:,.2f} USD/MWh and makes the least possible cost "
            f"{found.efficiency:.1%} of what is spent.",
            f"Profits: {_each(names, found.profits, 'USD')}.",
            _judged(found.regret, "USD"),
        ),
    )


def _feeder(fields: Fields) -> FeederAnswer:
    fields.only("alpha", "beta", "base", "draws")
    rows = [Fields(f"{_OWNER}: draw {n}", one) for n, one in enumerate(fields.array("draws"), 1)]
    for row in rows:
        row.only("name", "energy", "limit")
    feeder = Feeder(
        alpha=figures(fields, "alpha"),
        beta=figures(fields, "beta"),
        base=figures(fields, "base"),
        draws=tuple(
            Draw(name=r.text("name"), energy=r.number("energy"), limit=r.number("limit"))
            for r in rows
        ),
    )
    found = feeder_equilibrium(feeder)
    total = sum(found.costs)
    return FeederAnswer(
        feeder=feeder,
        outcome=found,
        words=(
            f"Each schedules for itself: together they pay {total:,.2f} USD, "
            f"{_each([d.name for d in feeder.draws], found.costs, 'USD')}.",
            f"One planner for all would pay {found.least_cost:,.2f} USD, "
            f"{total - found.least_cost:,.2f} less: the price of anarchy is {found.anarchy:.4f}.",
            f"Responses in turn settled after {found.rounds} rounds. "
            + _judged(found.regret, "USD"),
        ),
    )


def _each(names: list[str], values: tuple[float, ...], unit: str) -> str:
    return ", ".join(f"{n} {v:,.2f} {unit}" for n, v in zip(names, values, strict=True))


def _judged(regret: float, unit: str) -> str:
    return (
        f"An independent judge, who tries every other quantity of each, finds at most "
        f"{tiny(regret)} {unit} to be gained by deviating alone."
    )


_SOLVERS: Final[dict[GameKind, Callable[[Fields], MarketAnswer]]] = {
    GameKind.COURNOT: _cournot,
    GameKind.SUPPLY: _supply,
    GameKind.POOL: _pool,
    GameKind.FEEDER: _feeder,
}
