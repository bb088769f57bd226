"""The law of a real-time price around a curve that is known the day before.

Law: the deviation ``x = (p - d) / max(|d|, floor)`` of the price p from the curve d is one of S
bins; with its memory ``m' = (1 - pull) m + pull asinh(x')`` it is a Markov chain,

``P(x' | x, m, hour)  ~  P(x' | x, m) P(x' | x, hour) / P(x' | x)``,

each factor a table of counts shrunk towards ``P(x' | x)``. Hours lend each other their counts by a
kernel. Nothing here takes a logarithm: prices may be negative.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mara.domain.checks import positive, within
from mara.errors import InvalidValue
from mara.models.storage.unit import Floats

__all__ = ["DeviationLaw", "LawShape", "Observed", "calibrate"]

Ints = NDArray[np.int64]

HOURS: Final = 24
_LEAST_STEPS: Final = 14 * 24
_TINY: Final = 1e-9
_TAILS: Final = (0.94, 0.97, 0.985, 0.993, 0.9975)
_HIGH_MEMORY: Final = 0.985


@dataclass(frozen=True, slots=True, kw_only=True)
class LawShape:
    """How finely the law looks, and how far it trusts what it counted.

    `floor_usd_per_mwh` keeps deviations from small prices small; `pull` is the weight of the
    newest deviation in the memory; `by_hour` and `by_memory` are the counts at which the hour's
    and the memory's own table weighs as much as the common one; `kernel_h` is the standard
    deviation of the kernel over hours.
    """

    bins: int = 17
    memories: int = 5
    floor_usd_per_mwh: float = 8.0
    pull: float = 0.3
    by_hour: float = 150.0
    by_memory: float = 10.0
    kernel_h: float = 1.5

    def __post_init__(self) -> None:
        if self.bins < len(_TAILS) + 3:
            raise InvalidValue(f"LawShape: bins={self.bins} must be at least {len(_TAILS) + 3}")
        if self.memories < 1:
            raise InvalidValue(f"LawShape: memories={self.memories} must be at least 1")
        for field in ("floor_usd_per_mwh", "by_hour", "by_memory", "kernel_h"):
            positive("LawShape", field, getattr(self, field))
        within("LawShape", "pull", self.pull, 0.0, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Observed:
    """Prices in order of time beside their curve: USD/MWh, and the local hour (0 to 23)."""

    price: Floats
    curve: Floats
    hour: Ints

    def __post_init__(self) -> None:
        if not self.price.shape == self.curve.shape == self.hour.shape:
            raise InvalidValue("Observed: price, curve and hour must be of one length")
        if not (np.all(np.isfinite(self.price)) and np.all(np.isfinite(self.curve))):
            raise InvalidValue("Observed: price and curve must be finite; leave gaps out")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DeviationLaw:
    """The calibrated chain.

    `deviations` (S,) and `memories` (Z,) are what its states stand for, state s * Z + z having
    deviation s and memory z; `transitions` (24, S Z, S Z) by local hour. `steps` counts what it was
    calibrated on.
    """

    shape: LawShape
    deviations: Floats
    memories: Floats
    transitions: Floats
    steps: int

    def deviation(self, price: Floats, curve: Floats) -> Floats:
        """Deviation of `price` from `curve`, without unit."""
        return _deviation(price, curve, self.shape.floor_usd_per_mwh)

    def prices(self, curve: Floats) -> Floats:
        """Price in each state where the curve is as given, USD/MWh, shape (T, S Z)."""
        unit = np.maximum(np.abs(curve), self.shape.floor_usd_per_mwh)[:, None]
        price = curve[:, None] + self.deviations[None, :] * unit
        return np.repeat(price, self.memories.size, axis=1)

    def memory(self, deviations: Floats) -> float:
        """Memory after `deviations`, oldest first; it begins with the first of them."""
        pull, scaled = self.shape.pull, np.arcsinh(deviations)
        weights = pull * (1.0 - pull) ** np.arange(scaled.size - 1, -1, -1)
        weights[0] += 1.0 - weights.sum()
        return float(weights @ scaled)

    def weights(self, deviation: float, memory: float) -> Floats:
        """Share of each state in a deviation and a memory between them, shape (S Z,)."""
        return np.outer(
            _shares(self.deviations, np.array([deviation]))[0],
            _shares(self.memories, np.array([memory]))[0],
        ).ravel()


def _deviation(price: Floats, curve: Floats, floor: float) -> Floats:
    deviation: Floats = (price - curve) / np.maximum(np.abs(curve), floor)
    return deviation


def _shares(points: Floats, x: Floats) -> Floats:
    """Linear weights of the points at each x, shape (len(x), len(points)); flat outside."""
    low = np.clip(np.searchsorted(points, x) - 1, 0, points.size - 2)
    part = np.clip((x - points[low]) / (points[low + 1] - points[low]), 0.0, 1.0)
    shares = np.zeros((x.size, points.size))
    rows = np.arange(x.size)
    shares[rows, low], shares[rows, low + 1] = 1.0 - part, part
    return shares


def calibrate(observed: Observed, shape: LawShape | None = None) -> DeviationLaw:
    """Count the chain out of what was observed.

    Raises
    ------
    InvalidValue
        There are fewer than 336 steps, or the deviation hardly moves.
    """
    form = shape or LawShape()
    if observed.price.size < _LEAST_STEPS:
        raise InvalidValue(
            f"calibrate: {observed.price.size} steps are too few for a law by hour; give at least "
            f"{_LEAST_STEPS}"
        )
    x = _deviation(observed.price, observed.curve, form.floor_usd_per_mwh)
    bin_of, deviations = _binned(x, form.bins)
    memory = _memories(x, form.pull)
    levels = _levels(memory, form.memories)
    moves = _Moves(
        start=bin_of[:-1],
        end=bin_of[1:],
        hour=observed.hour[:-1],
        memory=_shares(levels, memory[:-1]),
        bins=deviations.size,
    )
    return DeviationLaw(
        shape=form,
        deviations=deviations,
        memories=levels,
        transitions=_joined(moves.table(form), deviations, levels, form.pull),
        steps=x.size,
    )


def _binned(x: Floats, bins: int) -> tuple[Ints, Floats]:
    """Cut the deviations at quantiles, finer in the upper tail; each bin stands for its mean."""
    body = np.linspace(0.02, 0.9, bins - 2 - len(_TAILS))
    edges = np.unique(np.quantile(x, [0.005, *body, *_TAILS]))
    bin_of = np.unique(np.searchsorted(edges, x, side="right"), return_inverse=True)[1]
    count = int(bin_of.max()) + 1
    if count < 3:
        raise InvalidValue("calibrate: the price hardly deviates from its curve; no law fits that")
    means = np.bincount(bin_of, weights=x) / np.bincount(bin_of)
    return bin_of.astype(np.int64), means


def _memories(x: Floats, pull: float) -> Floats:
    memory = np.arcsinh(x)
    for t in range(1, memory.size):
        memory[t] = (1.0 - pull) * memory[t - 1] + pull * memory[t]
    return memory


def _levels(memory: Floats, count: int) -> Floats:
    middles = (np.arange(count) + 0.5) / count
    return np.unique(np.quantile(memory, [*middles, _HIGH_MEMORY]))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Moves:
    """Observed moves from bin to bin, with the hour and the shares of memories they began in."""

    start: Ints
    end: Ints
    hour: Ints
    memory: Floats
    bins: int

    def table(self, form: LawShape) -> Floats:
        """Probabilities of the next bin by hour, bin and memory, shape (24, S, Z, S)."""
        common = self._counted((self.start,), (self.bins,)) + _TINY
        common /= common.sum(axis=1, keepdims=True)
        by_hour = self._counted((self.hour, self.start), (HOURS, self.bins))
        by_hour = np.einsum("gh,hij->gij", _kernel(form.kernel_h), by_hour)
        hours = _shrunk(by_hour, common[None], form.by_hour)
        by_memory = np.zeros((self.bins, self.bins, self.memory.shape[1]))
        np.add.at(by_memory, (self.start, self.end), self.memory)
        by_memory = by_memory.transpose(0, 2, 1)
        memories = _shrunk(by_memory, common[:, None], form.by_memory)
        joint = memories[None] * (hours / common[None])[:, :, None, :]
        table: Floats = joint / joint.sum(axis=3, keepdims=True)
        return table

    def _counted(self, keys: tuple[Ints, ...], sizes: tuple[int, ...]) -> Floats:
        counts = np.zeros((*sizes, self.bins))
        np.add.at(counts, (*keys, self.end), 1.0)
        return counts


def _kernel(width_h: float) -> Floats:
    hours = np.arange(HOURS)
    apart = np.abs(hours[:, None] - hours[None, :])
    kernel: Floats = np.exp(-0.5 * (np.minimum(apart, HOURS - apart) / width_h) ** 2)
    return kernel


def _shrunk(counts: Floats, towards: Floats, weight: float) -> Floats:
    shrunk: Floats = (counts + weight * towards) / (counts.sum(axis=-1, keepdims=True) + weight)
    return shrunk


def _joined(table: Floats, deviations: Floats, memories: Floats, pull: float) -> Floats:
    """Join bin and memory to one state: a next bin moves the memory to a known place."""
    hours, bins, levels, _ = table.shape
    after = (1.0 - pull) * memories[:, None] + pull * np.arcsinh(deviations)[None, :]
    shares = _shares(memories, after.ravel()).reshape(levels, bins, levels)
    joined: Floats = np.einsum("hszk,zkw->hszkw", table, shares)
    return joined.reshape(hours, bins * levels, bins * levels)
