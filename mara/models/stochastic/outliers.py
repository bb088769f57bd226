"""Jumps told from small changes by a robust threshold: where searches begin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from mara.models.stochastic.grid import Floats

__all__ = ["JumpSplit", "split_jumps"]

_THRESHOLD: Final = 3.5
_FAR_NORMAL: Final = 5.0
_FAR_EXPONENTIAL: Final = 15.0
"""Deviations, or means, beyond which a size is hardly ever seen."""

_NORMAL_MAD: Final = 1.4826
"""Standard deviation of a normal law over its median absolute deviation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JumpSplit:
    """A rough split of changes: how many jumps, their sizes, and the spread of the others."""

    deviation: float
    count: int
    jump_mean: float
    jump_deviation: float
    share_up: float
    up: float
    down: float


def split_jumps(changes: Floats) -> JumpSplit:
    """Split changes at 3.5 robust standard deviations from their median."""
    gap = changes - np.median(changes)
    robust = _NORMAL_MAD * float(np.median(np.abs(gap))) or 0.1 * float(changes.std())
    jumps = gap[np.abs(gap) > _THRESHOLD * robust]
    small = gap[np.abs(gap) <= _THRESHOLD * robust]
    least = 2.0 * robust
    return JumpSplit(
        deviation=float(small.std()) or robust,
        count=max(1, jumps.size),
        jump_mean=float(jumps.mean()) if jumps.size else 0.0,
        jump_deviation=max(least, float(jumps.std()), _reach(jumps) / _FAR_NORMAL)
        if jumps.size
        else least,
        share_up=float(np.clip((jumps > 0.0).mean() if jumps.size else 0.5, 0.05, 0.95)),
        up=_mean_or(jumps[jumps > 0.0], least),
        down=_mean_or(-jumps[jumps < 0.0], least),
    )


def _mean_or(sizes: Floats, least: float) -> float:
    """Mean size; not so small that the largest would be out of all likelihood."""
    return (
        max(least, float(sizes.mean()), _reach(sizes) / _FAR_EXPONENTIAL) if sizes.size else least
    )


def _reach(sizes: Floats) -> float:
    return float(np.abs(sizes).max())
