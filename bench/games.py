"""Games on this machine: times beside peers in the same run, and what cooperating and leading gain.

Run as ``python -m mara bench games``. Peers (quantecon, nashpy) are measured where they are installed;
what neither solves stands without one. Kernels are compiled before the clock runs, as are those of
quantecon. Gains are computed over random sites and markets, whose ranges are assumptions
(`random_site`, `_random_tariff`); each is printed with its 10 % and 90 % quantiles.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from bench.bimatrix import SECONDS_A_GAME
from bench.bimatrix import Row as Beside
from bench.bimatrix import run as bimatrix_rows
from mara.games import compiled
from mara.games.cooperative.energy import EnergyPrices
from mara.games.cooperative.energy_game import energy_game
from mara.games.cooperative.gains import gains_by_size, random_site
from mara.games.cooperative.game import CoalitionalGame
from mara.games.cooperative.nucleolus import nucleolus
from mara.games.cooperative.shapley import shapley
from mara.games.mechanisms.market import Market, bundle_bid
from mara.games.mechanisms.vcg import vcg
from mara.games.stackelberg.bilevel import best_flat_tariff, best_tariff
from mara.games.stackelberg.commitment import commitment
from mara.games.stackelberg.cournot import LinearMarket, cournot, stackelberg
from mara.games.stackelberg.tariff import FlexibleSite, TariffMarket

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mara.games.cooperative.gains import GainOfSize

__all__ = ["Gain", "Timed", "cooperation", "leading", "main", "timed"]

DRAWS: Final = {2: 60, 3: 40, 5: 12, 8: 2}
"""Random groups by number of sites; all coalitions of two or more in them count."""

HOURS: Final = 24
WHY: Final = {
    "Lemke-Howson 20x20": (
        "its pivots take about as long as ours (next line); the rest of our time is a game whose "
        "payoffs are checked and scaled, and the judge, who weighs each answer again in extended "
        "precision, which quantecon does not do"
    ),
    "Lemke-Howson 20x20, pivots of a game that is made": (
        "both follow the same pivots in compiled loops; ours look for a short path first"
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """One solve, the seconds it took, and the most that it may take."""

    what: str
    seconds: float
    target_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """What a lead adds, %: mean and 10 % and 90 % quantiles over `count` random cases."""

    what: str
    count: int
    mean: float
    low: float
    high: float


def timed() -> Iterator[Timed]:
    """Time what no peer solves: the best of three."""
    rng = np.random.default_rng(0)
    worths = np.concatenate(([0.0], np.sort(rng.random(2**20 - 1))))
    names = tuple(f"p{k}" for k in range(20))
    many = CoalitionalGame(players=names, values=worths)
    yield _timed("exact Shapley value, 20 players", 0.5, lambda: shapley(many))
    few = [_superadditive(10, rng) for _ in range(3)]
    yield _timed("nucleolus, 10 players", 2.0, lambda: [nucleolus(game) for game in few], share=3)
    market = _auction(100, 30, rng)
    yield _timed("VCG, 100 bidders, 30 items", 5.0, lambda: vcg(market))


def _timed(what: str, target_s: float, work: Callable[[], object], *, share: int = 1) -> Timed:
    took = []
    for _ in range(3):
        begun = time.process_time()
        work()
        took.append((time.process_time() - begun) / share)
    return Timed(what=what, seconds=min(took), target_s=target_s)


def _superadditive(count: int, rng: np.random.Generator) -> CoalitionalGame:
    """Draw a game whose coalitions grow more than in proportion to their members."""
    sizes = np.array([mask.bit_count() for mask in range(2**count)], dtype=np.float64)
    values = sizes**2 * (1.0 + 0.3 * rng.random(2**count))
    values[0] = 0.0
    return CoalitionalGame(players=tuple(f"p{k}" for k in range(count)), values=values)


def _auction(bidders: int, items: int, rng: np.random.Generator) -> Market:
    """Draw a market in which each bidder has two bids on bundles of one to four items."""
    names = [f"i{k}" for k in range(items)]
    bids = []
    for bidder in range(bidders):
        for _ in range(2):
            bundle = rng.choice(items, size=int(rng.integers(1, 5)), replace=False)
            value = float(len(bundle) * rng.uniform(5.0, 15.0))
            bids.append(bundle_bid(f"b{bidder}", [names[k] for k in bundle], value))
    return Market(supply=tuple((name, 1.0) for name in names), bids=tuple(bids))


def cooperation() -> Iterator[tuple[int, tuple[GainOfSize, ...]]]:
    """Compute gains by size for groups of 2, 3, 5 and 8 random sites."""
    for count, draws in DRAWS.items():
        rng = np.random.default_rng(count)
        games = [_group(count, rng) for _ in range(draws)]
        yield count, gains_by_size(games)


def _group(count: int, rng: np.random.Generator) -> CoalitionalGame:
    wave = 40.0 + 30.0 * np.sin((np.arange(HOURS) - 15.0) * 2.0 * np.pi / HOURS)
    prices = wave * rng.uniform(0.7, 1.3) + 6.0 * rng.normal(size=HOURS)
    return energy_game(
        [random_site(f"s{k}", horizon=HOURS, rng=rng) for k in range(count)],
        EnergyPrices(
            hours=1.0,
            import_usd_per_mwh=tuple((prices + 8.0).tolist()),
            export_usd_per_mwh=tuple((prices - 2.0).tolist()),
            peak_usd_per_mw=150.0,
        ),
    )


def leading() -> Iterator[Gain]:
    """Compute what choosing first adds to the leader's profit or payoff, over random cases."""
    rng = np.random.default_rng(3)
    for followers in (1, 2, 4):
        gains = [g for g in (_quantity_gain(followers, rng) for _ in range(300)) if g is not None]
        yield _gain(f"quantity, one leader, {followers} follower(s): leader's profit", gains)
    gains = [_tariff_gain(rng) for _ in range(12)]
    yield _gain("tariff by hour over the best single price: utility's profit", gains)
    gains = [_commitment_gain(rng) for _ in range(300)]
    yield _gain("mixed over pure commitment, 3x3: leader's payoff", gains)


def _gain(what: str, shares: list[float]) -> Gain:
    percent = 100.0 * np.array(shares)
    low, high = np.quantile(percent, (0.1, 0.9))
    return Gain(
        what=what,
        count=len(shares),
        mean=float(percent.mean()),
        low=float(low),
        high=float(high),
    )


def _quantity_gain(followers: int, rng: np.random.Generator) -> float | None:
    """Give the gain of the lead as a share; None where the leader sells nothing without it."""
    market = LinearMarket(
        a=100.0,
        b=1.0,
        leader_costs=(float(rng.uniform(5.0, 30.0)),),
        follower_costs=tuple(rng.uniform(5.0, 30.0, size=followers).tolist()),
    )
    before = sum(cournot(market).leader_profits)
    led = sum(stackelberg(market).leader_profits)
    return (led - before) / before if before > 0.0 else None


def _tariff_gain(rng: np.random.Generator) -> float:
    market = _random_tariff(rng)
    flat = best_flat_tariff(market).profit_usd
    return (best_tariff(market).profit_usd - flat) / flat


def _random_tariff(rng: np.random.Generator) -> TariffMarket:
    """Draw three sites that need two to four hours of their power within six, worth 60 to 150."""
    most = rng.uniform(3.0, 20.0, size=3)
    sites = tuple(
        FlexibleSite(
            name=f"s{k}",
            need_mwh=float(most[k] * rng.uniform(2.0, 4.0)),
            most_mwh=float(most[k]),
            shift_usd_per_mwh=(0.0,) * 6,
            own_usd_per_mwh=float(rng.uniform(60.0, 150.0)),
        )
        for k in range(3)
    )
    return TariffMarket(
        wholesale_usd_per_mwh=tuple(rng.uniform(10.0, 60.0, size=6).tolist()),
        low_usd_per_mwh=0.0,
        high_usd_per_mwh=250.0,
        sites=sites,
    )


def _commitment_gain(rng: np.random.Generator) -> float:
    leader, follower = 1.0 + rng.random((2, 3, 3))
    found = commitment(leader, follower)
    return (found.leader_payoff - found.pure_payoff) / found.pure_payoff


def main() -> None:
    """Print the tables."""
    compiled.load()
    print("| solve | seconds | target |\n|---|---|---|")
    for line in timed():
        print(f"| {line.what} | {line.seconds:.3f} | {line.target_s:g} |", flush=True)
    print("\n| solve, ms a game | mara | quantecon | nashpy | best peer / mara |")
    print("|---|---|---|---|---|")
    notes = [_beside(row) for row in bimatrix_rows()]
    print("".join(f"\n{note}" for note in notes if note))
    print("\n| sites | coalitions of | seen | mean gain | 10 % to 90 % | USD a day |")
    print("|---|---|---|---|---|---|")
    for count, gains in cooperation():
        for g in gains:
            share = f"{g.mean:.2%} | {g.low:.2%} to {g.high:.2%}"
            print(f"| {count} | {g.size} | {g.coalitions} | {share} | {g.usd:,.0f} |", flush=True)
    print("\n| choosing first | cases | mean | 10 % to 90 % |\n|---|---|---|---|")
    for gain in leading():
        spread = f"{gain.low:+.1f} to {gain.high:+.1f} %"
        print(f"| {gain.what} | {gain.count} | {gain.mean:+.1f} % | {spread} |", flush=True)


def _beside(row: Beside) -> str:
    """Print a line, and give a sentence why where a peer is faster."""
    own = row.median_ms["mara"] or 0.0
    peers = {n: ms for n, ms in row.median_ms.items() if n != "mara" and ms is not None}
    shown = [_written(row, name) for name in ("quantecon", "nashpy")]
    ratio = min(peers.values()) / own if peers else float("nan")
    print(f"| {row.what} | {own:.3g} | {shown[0]} | {shown[1]} | {ratio:.2f} |", flush=True)
    if ratio >= 1.0 or not peers:
        return ""
    faster = min(peers, key=lambda name: peers[name])
    why = WHY.get(row.what, "its compiled loops do the same steps without a value and a judge")
    return f"{row.what}: {faster} is {1.0 / ratio:.1f} times faster; {why}."


def _written(row: Beside, name: str) -> str:
    if name not in row.median_ms:
        return "no such call"
    ms = row.median_ms[name]
    if ms is None:
        return "not installed"
    over = ms >= 1e3 * SECONDS_A_GAME
    return f"over {1e3 * SECONDS_A_GAME:g}" if over else f"{ms:.3g}"


if __name__ == "__main__":
    main()
