"""The best tariff against flexible sites: a bilevel programme by its optimality conditions.

Symbols, for site i and interval t: tau[t] the tariff, w[t] the wholesale price, d[i, t] the cost of
shifting, E[i] the need, K[i] the most in an interval, o[i] the cost of own making; x[i, t] MWh taken,
z[i] MWh made; duals l[i] of the need and m[i, t] >= 0 of the most; u, v, s binaries.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from mara.games.programme import Floats, Rows, minimise
from mara.games.stackelberg.tariff import TariffOutcome

if TYPE_CHECKING:
    from mara.games.stackelberg.tariff import FlexibleSite, TariffMarket

__all__ = ["best_flat_tariff", "best_tariff"]

_TOLERANCE = 1e-5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Columns:
    """Where each variable stands."""

    tariff: NDArray[np.int64]
    taken: NDArray[np.int64]
    made: NDArray[np.int64]
    need: NDArray[np.int64]
    most: NDArray[np.int64]
    takes: NDArray[np.int64]
    full: NDArray[np.int64]
    makes: NDArray[np.int64]
    count: int


class _Builder:
    """Rows collected as (column, factor) lists."""

    def __init__(self) -> None:
        self._rows: list[list[tuple[int, float]]] = []
        self._sides: list[float] = []

    def add(self, side: float, *terms: tuple[int, float]) -> None:
        """Add a row of `terms` against `side`."""
        self._rows.append(list(terms))
        self._sides.append(side)

    def rows(self, count: int) -> Rows:
        """Give all rows over `count` columns."""
        entries = [(r, c, f) for r, row in enumerate(self._rows) for c, f in row]
        at, columns, factors = (np.array(part) for part in zip(*entries, strict=True))
        shape = (len(self._rows), count)
        return Rows(
            matrix=csr_array(coo_array((factors, (at, columns)), shape=shape)),
            sides=np.array(self._sides),
        )


def best_tariff(market: TariffMarket, *, seconds: float = 60.0) -> TariffOutcome:
    """Maximise the leader's profit, sum of (tau[t] - w[t]) x[i, t], over the tariff.

    Site i minimises sum of (tau[t] + d[i, t]) x[i, t] + o[i] z[i], subject to
    sum of x[i, t] + z[i] = E[i], 0 <= x <= K[i], z >= 0. Its optimality conditions, with a binary
    for each complementarity, replace its programme; strong duality makes the revenue linear:
    sum of tau x = E l - sum of K m - sum of d x - o z.

    Source: Fortuny-Amat and McCarl, Journal of the Operational Research Society 32, 1981; for
    retail tariffs Zugno et al., Energy Economics 36, 2013.

    Raises
    ------
    SolverFailed
        Time ran out before the best was proven.
    """
    return _solve(market, _Builder(), "KKT conditions by mixed-integer programme", seconds)


def best_flat_tariff(market: TariffMarket, *, seconds: float = 60.0) -> TariffOutcome:
    """Do the same with one price for all intervals: what prices by the hour compare with."""
    equal, columns = _Builder(), _columns(market)
    for t in columns.tariff[1:]:
        equal.add(0.0, (int(columns.tariff[0]), 1.0), (int(t), -1.0))
    return _solve(market, equal, "KKT conditions, one price for all intervals", seconds)


def _columns(market: TariffMarket) -> _Columns:
    n, horizon = len(market.sites), len(market.wholesale_usd_per_mwh)
    shapes = [(horizon,), (n, horizon), (n,), (n,), (n, horizon), (n, horizon), (n, horizon), (n,)]
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
    parts = [
        np.arange(end - int(np.prod(shape)), end).reshape(shape)
        for end, shape in zip(ends, shapes, strict=True)
    ]
    return _Columns(
        tariff=parts[0],
        taken=parts[1],
        made=parts[2],
        need=parts[3],
        most=parts[4],
        takes=parts[5],
        full=parts[6],
        makes=parts[7],
        count=int(ends[-1]),
    )


def _solve(market: TariffMarket, equal: _Builder, method: str, seconds: float) -> TariffOutcome:
    columns, at_most = _columns(market), _Builder()
    for i, site in enumerate(market.sites):
        _add_need(equal, columns, i, site)
        _add_making(at_most, columns, i, site, market)
        for t in range(len(columns.tariff)):
            _add_taking(at_most, columns, (i, t), site, market)
    binary = np.concatenate([columns.takes.ravel(), columns.full.ravel(), columns.makes])
    whole = np.zeros(columns.count, dtype=np.bool_)
    whole[binary] = True
    found = minimise(
        "best tariff",
        -_profit(market, columns),
        bounds=_bounds(market, columns, binary),
        at_most=at_most.rows(columns.count),
        equal=equal.rows(columns.count),
        whole=whole,
        seconds=seconds,
    )
    tariff = np.clip(found.values[columns.tariff], market.low_usd_per_mwh, market.high_usd_per_mwh)
    return _outcome(market, tariff, np.maximum(found.values[columns.taken], 0.0), method)


def _profit(market: TariffMarket, columns: _Columns) -> Floats:
    """E l - K m - d x - o z - w x, by column."""
    profit = np.zeros(columns.count)
    wholesale = np.array(market.wholesale_usd_per_mwh)
    for i, site in enumerate(market.sites):
        profit[columns.need[i]] = site.need_mwh
        profit[columns.most[i]] = -site.most_mwh
        profit[columns.taken[i]] = -np.array(site.shift_usd_per_mwh) - wholesale
        profit[columns.made[i]] = -site.own_usd_per_mwh
    return profit


def _spread(site: FlexibleSite, market: TariffMarket) -> float:
    """Give a bound of |l|, m and of every reduced cost of a site: all its prices' range."""
    costs = [*site.shift_usd_per_mwh, 0.0]
    tops = [market.high_usd_per_mwh + max(costs), site.own_usd_per_mwh]
    bottoms = [market.low_usd_per_mwh + min(costs), site.own_usd_per_mwh]
    return max(tops) - min(bottoms) + 1.0


def _bounds(market: TariffMarket, columns: _Columns, binary: NDArray[np.int64]) -> Floats:
    bounds = np.zeros((columns.count, 2))
    bounds[columns.tariff] = (market.low_usd_per_mwh, market.high_usd_per_mwh)
    for i, site in enumerate(market.sites):
        spread = _spread(site, market)
        bounds[columns.taken[i], 1] = site.most_mwh
        bounds[columns.made[i], 1] = site.need_mwh
        bounds[columns.need[i]] = (site.own_usd_per_mwh - spread, site.own_usd_per_mwh)
        bounds[columns.most[i], 1] = spread
    bounds[binary, 1] = 1.0
    return bounds


def _add_need(equal: _Builder, columns: _Columns, i: int, site: FlexibleSite) -> None:
    """Sum of x[i, t] + z[i] = E[i]."""
    taken = [(int(c), 1.0) for c in columns.taken[i]]
    equal.add(site.need_mwh, *taken, (int(columns.made[i]), 1.0))


def _add_making(
    rows: _Builder, columns: _Columns, i: int, site: FlexibleSite, market: TariffMarket
) -> None:
    """Z > 0 only where l = o: z <= E s and o - l <= spread (1 - s)."""
    spread, makes = _spread(site, market), int(columns.makes[i])
    rows.add(0.0, (int(columns.made[i]), 1.0), (makes, -site.need_mwh))
    rows.add(spread - site.own_usd_per_mwh, (int(columns.need[i]), -1.0), (makes, spread))


def _add_taking(
    rows: _Builder,
    columns: _Columns,
    at: tuple[int, int],
    site: FlexibleSite,
    market: TariffMarket,
) -> None:
    """Complementarity of x and its reduced cost r = tau + d - l + m >= 0, and of m and K - x.

    x <= K u, r <= 2 spread (1 - u); m <= spread v, K - x <= K (1 - v).
    """
    spread, shift = _spread(site, market), site.shift_usd_per_mwh[at[1]]
    taken, most = int(columns.taken[at]), int(columns.most[at])
    takes, full = int(columns.takes[at]), int(columns.full[at])
    reduced = ((int(columns.tariff[at[1]]), 1.0), (int(columns.need[at[0]]), -1.0), (most, 1.0))
    rows.add(shift, *((column, -factor) for column, factor in reduced))
    rows.add(2.0 * spread - shift, *reduced, (takes, 2.0 * spread))
    rows.add(0.0, (taken, 1.0), (takes, -site.most_mwh))
    rows.add(0.0, (most, 1.0), (full, -spread))
    rows.add(0.0, (taken, -1.0), (full, site.most_mwh))


def _outcome(market: TariffMarket, tariff: Floats, taken: Floats, method: str) -> TariffOutcome:
    """Add up from prices and quantities alone, and judge each site by its own programme."""
    costs = [_cost(site, tariff, x) for site, x in zip(market.sites, taken, strict=True)]
    least = [_least_cost(site, tariff) for site in market.sites]
    regret = max(cost - best for cost, best in zip(costs, least, strict=True))
    profit = float(((tariff - np.array(market.wholesale_usd_per_mwh)) * taken).sum())
    scale = max(1.0, *map(abs, least))
    return TariffOutcome(
        tariff_usd_per_mwh=tuple(tariff.tolist()),
        taken_mwh=tuple(tuple(row) for row in taken.tolist()),
        profit_usd=profit,
        site_costs_usd=tuple(costs),
        method=method,
        regret_usd=regret,
        converged=regret <= _TOLERANCE * scale,
    )


def _cost(site: FlexibleSite, tariff: Floats, taken: Floats) -> float:
    price = tariff + np.array(site.shift_usd_per_mwh)
    return float(price @ taken + site.own_usd_per_mwh * (site.need_mwh - taken.sum()))


def _least_cost(site: FlexibleSite, tariff: Floats) -> float:
    """Take in the cheapest intervals first, as long as that beats own making."""
    left, cost = site.need_mwh, 0.0
    for price in sorted((tariff + np.array(site.shift_usd_per_mwh)).tolist()):
        taken = min(left, site.most_mwh) if price < site.own_usd_per_mwh else 0.0
        cost, left = cost + price * taken, left - taken
    return cost + site.own_usd_per_mwh * left
