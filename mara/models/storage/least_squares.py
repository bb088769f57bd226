"""Value of a store by least squares Monte Carlo on simulated prices.

Law: over levels e of the store, backwards in time, the worth that is realised later is regressed on
the price of now, each level a right-hand side of one regression; the best step by the regression is
taken on every path, and its realised worth carried back. The policy found is then valued on paths
that it has not seen, so that the figure is of a policy that could be followed: a lower bound.

Source: Boogert and de Jong, Gas storage valuation using a Monte Carlo method, Journal of
Derivatives 15 (2008); after Longstaff and Schwartz (2001).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mara.domain.checks import within
from mara.errors import InvalidValue
from mara.models.storage.unit import Floats

if TYPE_CHECKING:
    from mara.models.storage.unit import StorageUnit

__all__ = ["SimulatedValue", "storage_value"]

Ints = NDArray[np.int64]

_WHOLE = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedValue:
    """Value of an empty store at the first price, USD, with its standard error on new paths."""

    value: float
    standard_error: float
    in_sample: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Rule:
    """Worth of each level as a polynomial in what is seen of the price of one step, scaled."""

    seen: Callable[[Floats], Floats]
    low: float
    width: float
    coefficients: Floats

    def worth(self, price: Floats) -> Floats:
        """Give the fitted worth after the step, shape (paths, levels)."""
        scaled = np.clip(2.0 * (self.seen(price) - self.low) / self.width - 1.0, -1.0, 1.0)
        degree = self.coefficients.shape[0] - 1
        basis = np.polynomial.chebyshev.chebvander(scaled, degree)
        return np.asarray(basis @ self.coefficients, dtype=np.float64)


def storage_value(
    fitted_on: Floats,
    valued_on: Floats,
    unit: StorageUnit,
    *,
    discount: float,
    degree: int = 5,
    seen: Callable[[Floats], Floats] = np.asarray,
) -> SimulatedValue:
    """Value an empty store along simulated prices; energy left at the end is worth nothing.

    `fitted_on` and `valued_on`: independent paths of the same law, shape (paths, steps), USD/MWh.
    `seen` is what of a price the regression sees: a rising map that draws spikes in fits better.

    Raises
    ------
    InvalidValue
        Charge, discharge and energy are no multiples of a common level, or the numbers of steps
        differ.
    """
    within("storage_value", "discount", discount, 0.0, 1.0)
    if fitted_on.shape[1:] != valued_on.shape[1:]:
        raise InvalidValue(
            f"storage_value: {fitted_on.shape[1]} steps to fit and {valued_on.shape[1]} to value"
        )
    moves = _moves(unit)
    fit = partial(_fit, seen=seen, degree=degree)
    rules, in_sample = _fitted(fitted_on, unit, moves, (discount, fit))
    worth = _followed(valued_on, rules, unit, (moves, discount))
    return SimulatedValue(
        value=float(worth.mean()),
        standard_error=float(worth.std(ddof=1) / np.sqrt(worth.size)),
        in_sample=in_sample,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Moves:
    """Levels of the store, and how many a step moves up and down at most."""

    levels: int
    up: int
    down: int
    mwh: float


def _moves(unit: StorageUnit) -> _Moves:
    mwh = min(unit.charge_mwh, unit.discharge_mwh)
    sizes = [x / mwh for x in (unit.energy_mwh, unit.charge_mwh, unit.discharge_mwh)]
    if any(abs(x - round(x)) > _WHOLE for x in sizes):
        raise InvalidValue(
            f"storage_value: energy {unit.energy_mwh}, charge {unit.charge_mwh} and discharge "
            f"{unit.discharge_mwh} MWh must be multiples of the least of them"
        )
    energy, up, down = (round(x) for x in sizes)
    return _Moves(levels=energy + 1, up=up, down=down, mwh=mwh)


def _fitted(
    prices: Floats,
    unit: StorageUnit,
    moves: _Moves,
    numbers: tuple[float, Callable[[Floats, Floats], _Rule]],
) -> tuple[list[_Rule], float]:
    """Fit the worth after each step backwards; return the rules and the value in sample."""
    discount, fit = numbers
    later = np.zeros((prices.shape[0], moves.levels))
    rules: list[_Rule] = []
    for t in range(prices.shape[1] - 1, -1, -1):
        later *= discount
        rule = fit(prices[:, t], later)
        rules.append(rule)
        step = _best(rule.worth(prices[:, t]), prices[:, t], unit, moves)
        to = np.arange(moves.levels) + step
        later = np.take_along_axis(later, to, axis=1) + _cash(prices[:, t], step, unit, moves)
    return rules[::-1], float(later[:, 0].mean())


def _fit(price: Floats, later: Floats, *, seen: Callable[[Floats], Floats], degree: int) -> _Rule:
    x = seen(price)
    low, width = float(x.min()), float(np.ptp(x))
    if width <= 0.0:
        return _Rule(seen=seen, low=low, width=1.0, coefficients=later.mean(axis=0, keepdims=True))
    basis = np.polynomial.chebyshev.chebvander(2.0 * (x - low) / width - 1.0, degree)
    found = np.linalg.solve(basis.T @ basis, basis.T @ later)
    coefficients = np.asarray(found, dtype=np.float64)
    return _Rule(seen=seen, low=low, width=width, coefficients=coefficients)


def _best(worth: Floats, price: Floats, unit: StorageUnit, moves: _Moves) -> Ints:
    """Choose the step of each path and level that is worth most, in levels; shape of `worth`."""
    best: Ints = np.zeros(worth.shape, dtype=np.int64)
    gain = np.zeros(worth.shape)
    cost, proceeds = unit.cost(price)[:, None], unit.proceeds(price)[:, None]
    for step in (*range(1, moves.up + 1), *range(-1, -moves.down - 1, -1)):
        money = -step * moves.mwh * (cost if step > 0 else proceeds)
        here, there = _ends(moves.levels, step)
        found = worth[:, there] - worth[:, here] + money
        better = found > gain[:, here]
        best[:, here] = np.where(better, step, best[:, here])
        gain[:, here] = np.where(better, found, gain[:, here])
    return best


def _ends(levels: int, step: int) -> tuple[slice, slice]:
    """Levels from which a step can be made, and where it leads."""
    if step > 0:
        return slice(0, levels - step), slice(step, levels)
    return slice(-step, levels), slice(0, levels + step)


def _cash(price: Floats, step: Ints, unit: StorageUnit, moves: _Moves) -> Floats:
    cost, proceeds = unit.cost(price)[:, None], unit.proceeds(price)[:, None]
    each = np.where(step > 0, cost, np.where(step < 0, proceeds, 0.0))
    return np.asarray(-step * moves.mwh * each, dtype=np.float64)


def _followed(
    prices: Floats, rules: list[_Rule], unit: StorageUnit, numbers: tuple[_Moves, float]
) -> Floats:
    """Follow the rules from an empty store; discounted money of each path."""
    moves, discount = numbers
    level: Ints = np.zeros((prices.shape[0], 1), dtype=np.int64)
    money = np.zeros(prices.shape[0])
    for t, rule in enumerate(rules):
        every = _best(rule.worth(prices[:, t]), prices[:, t], unit, moves)
        step = np.take_along_axis(every, level, axis=1)
        money += discount**t * _cash(prices[:, t], step, unit, moves)[:, 0]
        level += step
    return money
