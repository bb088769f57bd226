"""Congestion on a shared feeder: sites choose when to draw, the price rises with the load.

Site i draws energy e_i over the slots, at most k_i in each. A MWh in slot t costs
``alpha_t + beta_t L_t``, L_t the load of all with what others than sites draw. Each site minimises
``sum_t x_it (alpha_t + beta_t L_t)``. With every beta above zero the game has one equilibrium, and
the sum ``sum_t alpha_t L_t + beta_t (L_t^2 + sum_i x_it^2) / 2`` falls with each best response, so
that responses in turn converge. A best response fills the slots up to one level of marginal cost.

Sources: Orda, Rom and Shimkin, Competitive routing in multiuser communication networks, 1993;
Monderer and Shapley, Potential games, 1996.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mara.domain.checks import all_finite, positive
from mara.errors import InvalidValue
from mara.games import judge
from mara.games.continuous.variational import Floats

__all__ = ["Draw", "Feeder", "FeederOutcome", "feeder_equilibrium", "filled"]

_SETTLED = 1e-13
_MOST_ROUNDS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """A site's energy over all slots and its limit in each, MWh."""

    name: str
    energy: float
    limit: float

    def __post_init__(self) -> None:
        positive(f"Draw {self.name}", "energy", self.energy)
        positive(f"Draw {self.name}", "limit", self.limit)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Feeder:
    """By slot: price without load (USD/MWh), its rise (USD/MWh per MWh), and others' load (MWh)."""

    alpha: tuple[float, ...]
    beta: tuple[float, ...]
    base: tuple[float, ...]
    draws: tuple[Draw, ...]

    def __post_init__(self) -> None:
        for field in ("alpha", "beta", "base"):
            values = getattr(self, field)
            all_finite("Feeder", field, values)
            if len(values) != len(self.alpha):
                raise InvalidValue(
                    f"Feeder: {field} has {len(values)} slots, alpha has {len(self.alpha)}"
                )
        if not self.draws or not self.alpha or min(self.beta) <= 0.0:
            raise InvalidValue(
                "Feeder: it needs at least one draw and one slot, and every beta above zero"
            )
        for draw in self.draws:
            if draw.energy > draw.limit * len(self.alpha):
                raise InvalidValue(
                    f"Feeder: {draw.name} cannot draw energy={draw.energy:g} MWh in "
                    f"{len(self.alpha)} slots of at most {draw.limit:g}"
                )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FeederOutcome:
    """MWh by site and slot, costs in USD, and what the least total cost would be.

    `anarchy` is the cost of all sites together over the least; `regret` the judge's, in USD.
    """

    draws: Floats
    costs: tuple[float, ...]
    least_cost: float
    anarchy: float
    rounds: int
    converged: bool
    regret: float


def feeder_equilibrium(feeder: Feeder) -> FeederOutcome:
    """Find the one equilibrium by best responses in turn, and the cheapest schedule beside it."""
    selfish, rounds, converged = _settled(feeder, others_weight=1.0)
    social, _, _ = _settled(feeder, others_weight=2.0)
    alpha, beta, base = (np.array(v) for v in (feeder.alpha, feeder.beta, feeder.base))
    prices = alpha + beta * (base + selfish.sum(axis=0))
    costs = selfish @ prices
    load = social.sum(axis=0)
    least = float(load @ (alpha + beta * (base + load)))
    return FeederOutcome(
        draws=selfish,
        costs=tuple(costs.tolist()),
        least_cost=least,
        anarchy=float(costs.sum()) / least if least > 0.0 else 1.0,
        rounds=rounds,
        converged=converged,
        regret=judge.allocation_regret(
            prices + beta * selfish,
            selfish,
            np.array([draw.limit for draw in feeder.draws]),
        ),
    )


def filled(slope: Floats, start: Floats, energy: float, limit: float) -> Floats:
    """Amounts x in [0, limit] that sum to `energy` with ``start + slope x`` level where inside.

    The level is found among the points where a slot starts or ends to fill.
    """
    marks = np.unique(np.concatenate((start, start + slope * limit)))
    sums = np.clip((marks[:, None] - start) / slope, 0.0, limit).sum(axis=1)
    at = min(int(np.searchsorted(sums, energy)), len(marks) - 1)
    before = max(at - 1, 0)
    width = sums[at] - sums[before]
    share = (energy - sums[before]) / width if width > 0.0 else 0.0
    level = marks[before] + share * (marks[at] - marks[before])
    return np.asarray(np.clip((level - start) / slope, 0.0, limit))


def _settled(feeder: Feeder, *, others_weight: float) -> tuple[Floats, int, bool]:
    """Let sites answer in turn until none changes anything.

    The marginal cost of a site is ``alpha + beta (base + 2 own + others_weight others)``: 1 where
    it minds its own cost alone, 2 where it minds that of all sites.
    """
    alpha, beta, base = (np.array(v) for v in (feeder.alpha, feeder.beta, feeder.base))
    x = np.zeros((len(feeder.draws), len(alpha)))
    change, rounds = np.inf, 0
    while change > _SETTLED and rounds < _MOST_ROUNDS:
        old = x.copy()
        for i, draw in enumerate(feeder.draws):
            others = x.sum(axis=0) - x[i]
            start = alpha + beta * (base + others_weight * others)
            x[i] = filled(2.0 * beta, start, draw.energy, draw.limit)
        change = float(np.abs(x - old).max() / np.abs(x).max())
        rounds += 1
    return x, rounds, change <= _SETTLED
