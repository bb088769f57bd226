"""Auctions: who wins what for how much, and whether lying pays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mara.errors import DataFileError
from mara.games.fields import Fields
from mara.games.mechanisms.crossing import Clearing, Offer, Role
from mara.games.mechanisms.document import market_from
from mara.games.mechanisms.market import Market
from mara.games.mechanisms.pay_as_bid import pay_as_bid
from mara.games.mechanisms.truthfulness import Exploration, explore
from mara.games.mechanisms.uniform_price import uniform_price
from mara.games.mechanisms.vcg import Vcg, vcg
from mara.services.games import GameKind, kind_of, parsed, tiny

__all__ = ["AuctionAnswer", "Auctioned", "Exchanged", "Lie", "auction_answer", "lies_of"]

_OWNER: Final = "your game"
_STEPS: Final = 25
_MOST: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Auctioned:
    """A market and its VCG outcome."""

    market: Market
    outcome: Vcg
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Exchanged:
    """A double auction at one price, and at everyone's own."""

    offers: tuple[Offer, ...]
    uniform: Clearing
    own: Clearing
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lie:
    """What a bidder truly gains when he reports `factors` times the truth."""

    factors: tuple[float, ...]
    explored: Exploration
    words: tuple[str, ...]


AuctionAnswer = Auctioned | Exchanged


def auction_answer(document: str) -> AuctionAnswer:
    """Solve the market of a document.

    Raises
    ------
    MaraError
        A field is missing, unknown, of a wrong type or impossible, or time ran out.
    """
    kind = kind_of(document)
    if kind is GameKind.AUCTION:
        return _auctioned(market_from(parsed(document), owner=_OWNER))
    if kind is GameKind.EXCHANGE:
        return _exchanged(_offers(document))
    raise DataFileError(f"{_OWNER}: nothing is for sale in it; use another sub-tab")


def lies_of(document: str, bidder: str) -> Lie:
    """Try reports from nothing to twice the truth for one bidder, all others as they are."""
    market = market_from(parsed(document), owner=_OWNER)
    true_values = [bid.value for bid in market.bids if bid.bidder == bidder]
    factors = tuple(_MOST * k / (_STEPS - 1) for k in range(_STEPS))
    found = explore(market, bidder, [[f * v for v in true_values] for f in factors])
    gain = found.regret if found.regret > 1e-9 else 0.0
    return Lie(
        factors=factors,
        explored=found,
        words=(
            f"Telling the truth, {bidder} gains {found.truth.utility:,.2f}. Of {_STEPS} reports from "
            f"0 to {_MOST:g} times the truth the best gains {tiny(gain)} more: lying does not pay.",
        ),
    )


def _auctioned(market: Market) -> Auctioned:
    found = vcg(market)
    lines = [
        f"Accepted bids are worth {found.welfare:,.2f} together, the most that any choice gives.",
        *(
            f"{win.bid.bidder} wins {_bundle(win.bid.quantities)} for {win.payment:,.2f}: so much the "
            f"others lose by it. It is worth {win.bid.value:,.2f} to him, so he keeps "
            f"{win.utility:,.2f}."
            for win in found.wins[:5]
        ),
        f"The seller takes in {found.revenue:,.2f}; "
        + (
            "no winner pays more than his bid, and the seller never pays in."
            if found.individually_rational and found.budget_balanced
            else "some condition fails, see the table."
        ),
    ]
    losers = [name for name, paid in found.payments().items() if not paid and not _won(found, name)]
    lines += [f"{', '.join(losers)} win nothing and pay nothing."] if losers else []
    return Auctioned(market=market, outcome=found, words=tuple(lines))


def _won(found: Vcg, bidder: str) -> bool:
    return any(win.bid.bidder == bidder for win in found.wins)


def _bundle(quantities: tuple[tuple[str, float], ...]) -> str:
    return ", ".join(item if q == 1.0 else f"{q:g} {item}" for item, q in quantities)


def _offers(document: str) -> tuple[Offer, ...]:
    fields = Fields(_OWNER, parsed(document))
    fields.only("offers")
    rows = [Fields(f"{_OWNER}: offer {n}", one) for n, one in enumerate(fields.array("offers"), 1)]
    return tuple(_offer(row) for row in rows)


def _offer(row: Fields) -> Offer:
    row.only("name", "role", "quantity_mwh", "usd_per_mwh")
    role = row.text("role")
    if role not in set(Role):
        raise DataFileError(f"{row.owner}: role is {role!r}; use 'buyer' or 'seller'")
    return Offer(
        name=row.text("name"),
        role=Role(role),
        quantity_mwh=row.number("quantity_mwh"),
        usd_per_mwh=row.number("usd_per_mwh"),
    )


def _exchanged(offers: tuple[Offer, ...]) -> Exchanged:
    uniform, own = uniform_price(offers), pay_as_bid(offers)
    if uniform.usd_per_mwh is None:
        words: tuple[str, ...] = ("No bid reaches an ask, so nothing trades.",)
    else:
        words = (
            f"{uniform.quantity_mwh:,.2f} MWh trade; the gain from trade is "
            f"{uniform.welfare_usd:,.2f} USD by either rule.",
            f"At one price, {uniform.usd_per_mwh:,.2f} USD/MWh, buyers and sellers keep all of it, "
            "but whoever stands at the margin could gain by naming another price.",
            f"At everyone's own price the operator keeps {own.revenue_usd:,.2f} USD, and everyone "
            "has reason to shade.",
        )
    return Exchanged(offers=offers, uniform=uniform, own=own, words=words)
