"""Stochastic dynamic programming over stored energy and a Markov price.

Law: with prices p(t, s) of the states s of a Markov chain and a discount a step,

``V_t(e, s) = max_x  money(p(t, s), x) + discount E[V_{t+1}(e + x, s') | s]``,

solved backwards in the slopes of V by `mara.models.storage.marginal`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mara.domain.checks import within
from mara.errors import InvalidValue
from mara.models.storage.marginal import before, gain_from_empty
from mara.models.storage.unit import Floats, StorageUnit

__all__ = ["PriceChain", "StorageValue", "solve"]

_CLOSE = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PriceChain:
    """Prices of S states over T steps, and how the state moves.

    `prices` USD/MWh, shape (T, S). `transitions`: K matrices, shape (K, S, S), rows summing to 1;
    `which` tells which of them moves the state from step t to t + 1, shape (T,). `discount` is
    the worth of a step later.
    """

    prices: Floats
    transitions: Floats
    which: tuple[int, ...]
    discount: float = 1.0

    def __post_init__(self) -> None:
        states = self.prices.shape[-1]
        if self.prices.ndim != 2 or not np.all(np.isfinite(self.prices)):
            raise InvalidValue("PriceChain: prices must be finite, one row a step")
        if self.transitions.shape[1:] != (states, states):
            raise InvalidValue(
                f"PriceChain: transitions have shape {self.transitions.shape}, not (K, {states}, "
                f"{states}) for the {states} states of prices"
            )
        if np.abs(self.transitions.sum(axis=2) - 1.0).max() > _CLOSE or self.transitions.min() < 0:
            raise InvalidValue("PriceChain: rows of transitions must be probabilities")
        if len(self.which) != len(self.prices):
            raise InvalidValue(
                f"PriceChain: which names {len(self.which)} matrices for {len(self.prices)} steps"
            )
        within("PriceChain", "discount", self.discount, 0.0, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StorageValue:
    """The value function of a store, as slopes.

    `after` (T, S, n): worth of a further MWh after the step, given its state, USD/MWh, what a
    policy compares prices with; `first` (S, n): the same before the first step; `empty_usd` (S,):
    value of an empty store before it.
    """

    unit: StorageUnit
    after: Floats
    first: Floats
    empty_usd: Floats

    def value_usd(self, state: int, stored_mwh: float) -> float:
        """Value before the first step, USD."""
        cells = self.first.shape[-1]
        cell = self.unit.energy_mwh / cells
        held = np.clip(stored_mwh / cell - np.arange(cells), 0.0, 1.0) * cell
        return float(self.empty_usd[state] + self.first[state] @ held)


def solve(
    chain: PriceChain, unit: StorageUnit, *, cells: int, terminal: Floats | None = None
) -> StorageValue:
    """Solve backwards from the slopes `terminal`, shape (S, cells) (default: energy left is worth nothing).

    Raises
    ------
    InvalidValue
        There is no cell, or `terminal` rises along cells or has another shape.
    """
    steps, states = chain.prices.shape
    slope = _terminal(states, cells, terminal)
    empty = np.zeros(states)
    after = np.empty((steps, states, cells))
    for t in range(steps - 1, -1, -1):
        move = chain.discount * chain.transitions[chain.which[t]]
        after[t], price = move @ slope, chain.prices[t]
        empty = move @ empty + gain_from_empty(after[t], price, unit)
        slope = before(after[t], price, unit)
    return StorageValue(unit=unit, after=after, first=slope, empty_usd=empty)


def _terminal(states: int, cells: int, given: Floats | None) -> Floats:
    if cells < 1:
        raise InvalidValue(f"storage.solve: cells={cells} must be at least 1")
    if given is None:
        return np.zeros((states, cells))
    if given.shape != (states, cells):
        raise InvalidValue(
            f"storage.solve: terminal has shape {given.shape}, not {(states, cells)}"
        )
    if np.any(np.diff(given, axis=1) > _CLOSE):
        raise InvalidValue("storage.solve: terminal rises along cells; a value must be concave")
    return given
