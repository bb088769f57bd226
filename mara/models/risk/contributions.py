"""Which part of the site the risk comes from: Euler contributions, which add up to the total."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mara.models.risk.measures import tail_weights

if TYPE_CHECKING:
    from mara.models.risk.margins import Margins

__all__ = ["Contribution", "contributions_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """Of one part: its expected margin, its mean in the tail, and what it adds to CVaR, USD.

    A part with a negative contribution earns more in the tail than on average: it hedges.
    """

    part: str
    expected_usd: float
    worst_usd: float

    @property
    def cvar_usd(self) -> float:
        """What the part lacks of its expectation in the tail."""
        return self.expected_usd - self.worst_usd


def contributions_of(margins: Margins, level: float) -> tuple[Contribution, ...]:
    """Share CVaR out to the parts.

    Law: CVaR is homogeneous of degree one in the parts, so by Euler's theorem it is the sum over
    parts of their derivative, E[m_i] - E[m_i | the margin's tail].

    Source: Tasche, Risk contributions and performance measurement (1999), section 4.
    """
    weights = tail_weights(margins.usd, margins.probabilities, level)
    expected = margins.by_part @ margins.probabilities
    worst = margins.by_part @ weights
    return tuple(
        Contribution(part=name, expected_usd=float(e), worst_usd=float(w))
        for name, e, w in zip(margins.parts, expected, worst, strict=True)
    )
