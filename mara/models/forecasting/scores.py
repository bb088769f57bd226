"""Scores of forecasts."""

from __future__ import annotations

__all__ = ["pinball"]


def pinball(level: float, quantile: float, value: float) -> float:
    """Pinball loss of the quantile forecast of `level` when `value` came, in the figure's unit.

    Law: max(level (y - q), (level - 1) (y - q)); its mean is least for the true quantile.
    Source: Koenker and Bassett, Regression Quantiles, Econometrica 46 (1978).

    >>> round(pinball(0.9, 10.0, 20.0), 9), round(pinball(0.9, 20.0, 10.0), 9)
    (9.0, 1.0)
    """
    miss = value - quantile
    return max(level * miss, (level - 1.0) * miss)
