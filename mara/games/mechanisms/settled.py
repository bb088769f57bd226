"""From matched quantities and prices to the outcome of a double auction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mara.games.mechanisms.crossing import Clearing, Fill, Offer, Role

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["settled"]

_TOLERANCE = 1e-9


def settled(
    offers: Sequence[Offer],
    matched_mwh: Sequence[float],
    prices: Sequence[float],
    *,
    price: float | None,
    method: str,
) -> Clearing:
    """Fill each matched offer at its price and add up."""
    fills = tuple(
        Fill(offer=offer, quantity_mwh=quantity, usd_per_mwh=at)
        for offer, quantity, at in zip(offers, matched_mwh, prices, strict=True)
        if quantity > 0.0
    )
    bought = [fill for fill in fills if fill.offer.role is Role.BUYER]
    sold = [fill for fill in fills if fill.offer.role is Role.SELLER]
    volume = sum(fill.quantity_mwh for fill in bought)
    residual = volume - sum(fill.quantity_mwh for fill in sold)
    revenue = _cash(bought) - _cash(sold)
    return Clearing(
        fills=fills,
        quantity_mwh=volume,
        usd_per_mwh=price,
        welfare_usd=sum(fill.gain_usd for fill in fills) + revenue,
        revenue_usd=revenue,
        method=method,
        residual=residual,
        converged=abs(residual) <= _TOLERANCE * max(1.0, volume),
    )


def _cash(fills: Sequence[Fill]) -> float:
    return sum(fill.quantity_mwh * fill.usd_per_mwh for fill in fills)
