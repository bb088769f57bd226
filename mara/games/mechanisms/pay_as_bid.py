"""The double auction in which each trades at the price he named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mara.games.mechanisms.crossing import Clearing, Offer, crossing
from mara.games.mechanisms.settled import settled

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["pay_as_bid"]


def pay_as_bid(offers: Sequence[Offer]) -> Clearing:
    """Match all that meets; buyers pay their bids, sellers get their asks.

    All gains of trade as reported stay with the operator, so everyone has reason to shade.
    """
    own = [offer.usd_per_mwh for offer in offers]
    return settled(offers, crossing(offers).matched_mwh, own, price=None, method="pay as bid")
