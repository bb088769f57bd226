"""Leaders and followers: quantities, tariffs and commitments, each beside play without a lead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mara.errors import DataFileError
from mara.games.fields import Fields
from mara.games.stackelberg.bilevel import best_flat_tariff, best_tariff
from mara.games.stackelberg.commitment import Commitment, commitment
from mara.games.stackelberg.cournot import Leadership, LinearMarket, cournot, stackelberg
from mara.games.stackelberg.document import linear_market_from
from mara.games.stackelberg.tariff import FlexibleSite, TariffMarket, TariffOutcome
from mara.services.games import GameKind, kind_of, parsed, tiny
from mara.services.games_energy import figures
from mara.services.games_finite import table_of

__all__ = ["CommitmentAnswer", "LeaderAnswer", "Led", "TariffAnswer", "leader_answer"]

_OWNER: Final = "your game"
_SECONDS: Final = 20.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Led:
    """Quantities with leaders first, and with all at once."""

    market: LinearMarket
    led: Leadership
    level: Leadership
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TariffAnswer:
    """Prices by interval, and the best single price beside them."""

    market: TariffMarket
    hourly: TariffOutcome
    flat: TariffOutcome
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CommitmentAnswer:
    """The mixture to commit to; rows are the leader's actions."""

    leader: NDArray[np.float64]
    follower: NDArray[np.float64]
    found: Commitment
    words: tuple[str, ...]


LeaderAnswer = Led | TariffAnswer | CommitmentAnswer


def leader_answer(document: str) -> LeaderAnswer:
    """Solve the game of a document.

    Raises
    ------
    MaraError
        A field is missing, unknown, of a wrong type or impossible, or time ran out.
    """
    kind = kind_of(document)
    if kind is GameKind.LEADERSHIP:
        return _led(linear_market_from(parsed(document), owner=_OWNER))
    if kind is GameKind.TARIFF:
        return _tariff(tariff_market(document))
    if kind is GameKind.COMMITMENT:
        return _committed(document)
    raise DataFileError(f"{_OWNER}: it has no leader; use another sub-tab")


def _led(market: LinearMarket) -> Led:
    led, level = stackelberg(market), cournot(market)
    gain = sum(led.leader_profits) - sum(level.leader_profits)
    loss = sum(led.follower_profits) - sum(level.follower_profits)
    lines = [
        f"Leaders choose {_listed(led.leaders)}, followers answer {_listed(led.followers)}; the "
        f"price is {led.price:,.2f}.",
        f"Profits: leaders {_listed(led.leader_profits)}, followers {_listed(led.follower_profits)}.",
        f"Choosing first is worth {gain:+,.2f} to the leaders ({_share(gain, level.leader_profits)}) "
        f"and {loss:+,.2f} to the followers, against all choosing at once.",
        f"The price is {led.price - level.price:+,.2f} beside that of play at once "
        f"({level.price:,.2f}), so buyers {'gain' if led.price < level.price else 'do not gain'}.",
        f"An independent check of every other quantity of each firm finds at most {tiny(led.regret)} "
        "to be gained by deviating alone.",
    ]
    if not led.converged:
        lines.append("Leaders' answers did not settle: read this as the last of them only.")
    return Led(market=market, led=led, level=level, words=tuple(lines))


def _share(gain: float, before: tuple[float, ...]) -> str:
    total = sum(before)
    return f"{gain / total:+.1%}" if total > 0.0 else "from nothing"


def tariff_market(document: str) -> TariffMarket:
    """Read a tariff game; shifting costs nothing where no cost is given."""
    fields = Fields(_OWNER, parsed(document))
    fields.only("wholesale_usd_per_mwh", "low_usd_per_mwh", "high_usd_per_mwh", "tariff_sites")
    wholesale = figures(fields, "wholesale_usd_per_mwh")
    sites = [
        Fields(f"{_OWNER}: site {n}", one)
        for n, one in enumerate(fields.array("tariff_sites"), start=1)
    ]
    return TariffMarket(
        wholesale_usd_per_mwh=wholesale,
        low_usd_per_mwh=fields.number("low_usd_per_mwh"),
        high_usd_per_mwh=fields.number("high_usd_per_mwh"),
        sites=tuple(_flexible(site, len(wholesale)) for site in sites),
    )


def _flexible(row: Fields, horizon: int) -> FlexibleSite:
    row.only("name", "need_mwh", "most_mwh", "own_usd_per_mwh", "shift_usd_per_mwh")
    shift = figures(row, "shift_usd_per_mwh") if "shift_usd_per_mwh" in row else (0.0,) * horizon
    return FlexibleSite(
        name=row.text("name"),
        need_mwh=row.number("need_mwh"),
        most_mwh=row.number("most_mwh"),
        shift_usd_per_mwh=shift,
        own_usd_per_mwh=row.number("own_usd_per_mwh"),
    )


def _tariff(market: TariffMarket) -> TariffAnswer:
    hourly = best_tariff(market, seconds=_SECONDS)
    flat = best_flat_tariff(market, seconds=_SECONDS)
    gain = hourly.profit_usd - flat.profit_usd
    paid = sum(hourly.site_costs_usd) - sum(flat.site_costs_usd)
    share = f" ({gain / flat.profit_usd:+.1%})" if flat.profit_usd > 0.0 else ""
    taken = sum(map(sum, hourly.taken_mwh))
    need = sum(site.need_mwh for site in market.sites)
    return TariffAnswer(
        market=market,
        hourly=hourly,
        flat=flat,
        words=(
            f"The utility charges {_listed(hourly.tariff_usd_per_mwh)} USD/MWh by interval and earns "
            f"{hourly.profit_usd:,.2f} USD; the best single price, "
            f"{flat.tariff_usd_per_mwh[0]:,.2f}, earns {flat.profit_usd:,.2f}.",
            f"Foreseeing how sites shift is worth {gain:+,.2f} USD{share} to the utility; the sites' "
            f"costs change by {paid:+,.2f} USD together.",
            f"Sites take {taken:,.2f} of the {need:,.2f} MWh they need and do without the rest.",
            f"Judged by each site's own programme: none would save more than "
            f"{tiny(hourly.regret_usd)} USD by another answer to these prices.",
        ),
    )


def _committed(document: str) -> CommitmentAnswer:
    record = parsed(document)
    Fields(_OWNER, record).only("leader", "follower")
    leader = table_of(_OWNER, "leader", record["leader"])
    follower = table_of(_OWNER, "follower", record.get("follower"))
    found = commitment(leader, follower)
    mix = ", ".join(f"row {i} {w:.1%}" for i, w in enumerate(found.strategy, 1) if w > 1e-9)
    return CommitmentAnswer(
        leader=leader,
        follower=follower,
        found=found,
        words=(
            f"The leader commits to {mix}; the follower's best answer is column {found.answer + 1}.",
            f"That pays the leader {found.leader_payoff:,.4g}; the best he could do with a row "
            f"alone is {found.pure_payoff:,.4g}: the mixture is worth "
            f"{found.leader_payoff - found.pure_payoff:+,.4g}.",
            f"The follower gets {found.follower_payoff:,.4g} and would gain {tiny(found.residual)} by "
            "another answer; ties are broken for the leader.",
        ),
    )


def _listed(values: tuple[float, ...]) -> str:
    return ", ".join(f"{value:,.2f}" for value in values) or "none"
