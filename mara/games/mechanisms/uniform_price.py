"""The double auction at one price."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mara.domain.checks import within
from mara.games.mechanisms.crossing import Clearing, Offer, crossing
from mara.games.mechanisms.settled import settled

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["uniform_price"]


def uniform_price(offers: Sequence[Offer], *, split: float = 0.5) -> Clearing:
    """Match all that meets, and let everyone trade at low + split * (high - low).

    Between `low` and `high` every price clears; 0 favours buyers, 1 sellers. The operator's
    budget is balanced. The marginal offers can gain by reporting another price: it is not
    truthful. Source: Chatterjee and Samuelson, Operations Research 31, 1983 (the k-double auction).

    Raises
    ------
    InvalidValue
        `split` lies outside [0, 1].
    """
    within("uniform_price", "split", split, 0.0, 1.0)
    found = crossing(offers)
    low, high = found.low, found.high
    price = None if low is None or high is None else low + split * (high - low)
    prices = [0.0 if price is None else price] * len(offers)
    return settled(
        offers, found.matched_mwh, prices, price=price, method=f"uniform price, split {split:g}"
    )
