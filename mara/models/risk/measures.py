"""Value at risk and expected shortfall of a margin.

Signs, stated once: a margin earns where it is positive. Value at risk (VaR) and conditional value
at risk (CVaR, expected shortfall) are what the margin may lack of its expectation, in USD.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mara.errors import InvalidValue

__all__ = ["LEVELS", "RiskFigure", "check_level", "figure_of", "tail_weights"]

Floats = NDArray[np.float64]

LEVELS: Final = (0.90, 0.95, 0.99)
"""The levels that tables show."""

_NORMAL_95: Final = 1.959963984540054


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskFigure:
    """Risk of one margin at one `level` by one `method`.

    Law: q is the (1 - level) quantile of the margin, `worst_usd` its mean beyond q (with the part
    of q's own mass that completes the tail); VaR = expected - q, CVaR = expected - worst.

    `low_usd` and `high_usd` bound q with 95 % confidence where it was read from a sample of `n`
    scenarios; they are the quantile itself where it was computed.
    """

    method: str
    level: float
    expected_usd: float
    quantile_usd: float
    worst_usd: float
    low_usd: float
    high_usd: float
    n: int

    @property
    def var_usd(self) -> float:
        """Value at risk."""
        return self.expected_usd - self.quantile_usd

    @property
    def cvar_usd(self) -> float:
        """Conditional value at risk; never below VaR."""
        return self.expected_usd - self.worst_usd


def check_level(owner: str, level: float) -> None:
    """Refuse a level outside (0, 1)."""
    if not 0.0 < level < 1.0:
        raise InvalidValue(f"{owner}: level={level!r} must lie between 0 and 1, such as 0.95")


def tail_weights(margins: Floats, probabilities: Floats, level: float) -> Floats:
    """Weights of the worst outcomes, shape (S,): they sum to one.

    Law: outcomes from the worst on take their whole probability until 1 - level is reached, the
    last one the part that completes it; all divided by 1 - level. Then the weighted margin is the
    expected shortfall's own, and the weighted parts add up to it.

    Source: Rockafellar and Uryasev, Conditional value-at-risk for general loss distributions,
    Journal of Banking & Finance 26 (2002), proposition 8.
    """
    check_level("tail_weights", level)
    order = np.argsort(margins, kind="stable")
    reached = np.cumsum(probabilities[order])
    tail = 1.0 - level
    before = reached - probabilities[order]
    weights = np.zeros(len(margins))
    weights[order] = np.clip(tail - before, 0.0, probabilities[order]) / tail
    return weights


def figure_of(
    margins: Floats, probabilities: Floats, level: float, *, method: str, expected_usd: float
) -> RiskFigure:
    """Read a figure from margins with probabilities, against `expected_usd`."""
    weights = tail_weights(margins, probabilities, level)
    order = np.argsort(margins, kind="stable")
    reached = np.cumsum(probabilities[order])
    at = _first_at(reached, 1.0 - level)
    spread = _NORMAL_95 * np.sqrt(level * (1.0 - level) * float(probabilities @ probabilities))
    return RiskFigure(
        method=method,
        level=level,
        expected_usd=expected_usd,
        quantile_usd=float(margins[order[at]]),
        worst_usd=float(weights @ margins),
        low_usd=float(margins[order[_first_at(reached, max(1.0 - level - spread, 0.0))]]),
        high_usd=float(margins[order[_first_at(reached, min(1.0 - level + spread, 1.0))]]),
        n=len(margins),
    )


def _first_at(reached: Floats, share: float) -> int:
    """Place of the first outcome by which `share` of the probability is reached."""
    return min(int(np.searchsorted(reached, share - 1e-12)), len(reached) - 1)
