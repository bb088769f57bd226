"""AdaHedge: Hedge (multiplicative weights) that finds its own learning rate.

Sources: Freund and Schapire, A decision-theoretic generalization of on-line learning, JCSS 55
(1997), for Hedge; de Rooij, van Erven, Grünwald and Koolen, Follow the leader if you can, hedge if
you must, JMLR 15 (2014), for the rate and the bound.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mara.domain.checks import finite
from mara.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["AdaHedge"]


_LEAST = 1e-300
"""Keeps the logarithm finite where the best expert of a round had no weight left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdaHedge:
    """Trust in K experts, learnt from what each gained, in any unit.

    Law: with G_i the gains of expert i so far, its weight is proportional to exp(eta G_i), where
    eta = ln K / D and D is the sum of the mixability gaps of the rounds before: the mix gain
    (1 / eta) ln sum w_i exp(eta g_i) less the gain of the learner, sum w_i g_i. While D = 0 the
    leaders share all weight. Scaling or shifting the gains changes no weight.

    `totals`: gain of each expert so far. `earned`: the learner's. `gap`: D, in the unit of gains.
    """

    totals: tuple[float, ...]
    earned: float = 0.0
    gap: float = 0.0
    rounds: int = 0

    def __post_init__(self) -> None:
        if not self.totals:
            raise InvalidValue("AdaHedge: totals is empty; there must be at least one expert")
        for value in (*self.totals, self.earned, self.gap):
            finite("AdaHedge", "totals, earned and gap", value)

    @classmethod
    def of(cls, experts: int) -> AdaHedge:
        """Begin with equal trust in each of `experts`."""
        return cls(totals=(0.0,) * experts)

    @property
    def weights(self) -> tuple[float, ...]:
        """Weights of the next round; they sum to one."""
        totals = np.array(self.totals)
        lead = totals - totals.max()
        rate = self._rate
        raw = (lead == 0.0).astype(float) if rate is None else np.exp(rate * lead)
        return tuple((raw / raw.sum()).tolist())

    @property
    def _rate(self) -> float | None:
        """Learning rate; None while it is infinite, or there is nothing to choose from."""
        rate = math.log(len(self.totals)) / self.gap if self.gap > 0.0 else math.inf
        return rate if 0.0 < rate < math.inf else None

    def update(self, gains: Sequence[float]) -> AdaHedge:
        """Learn from a round's `gains`, one an expert.

        Raises
        ------
        InvalidValue
            A gain is missing or not finite.
        """
        if len(gains) != len(self.totals):
            raise InvalidValue(f"AdaHedge: {len(gains)} gains for {len(self.totals)} experts")
        for gain in gains:
            finite("AdaHedge", "gain", gain)
        earned = sum(w * g for w, g in zip(self.weights, gains, strict=True))
        return AdaHedge(
            totals=tuple(t + g for t, g in zip(self.totals, gains, strict=True)),
            earned=self.earned + earned,
            gap=self.gap + max(self._mix_gain(gains) - earned, 0.0),
            rounds=self.rounds + 1,
        )

    def _mix_gain(self, gains: Sequence[float]) -> float:
        """Gain of the exponential mixture; that of the leaders while the rate is infinite."""
        rate = self._rate
        if rate is None:
            after = max(t + g for t, g in zip(self.totals, gains, strict=True))
            return after - max(self.totals)
        best = max(gains)
        terms = (w * math.exp(rate * (g - best)) for w, g in zip(self.weights, gains, strict=True))
        return best + math.log(max(sum(terms), _LEAST)) / rate

    @property
    def regret(self) -> float:
        """Gain of the best expert less the learner's."""
        return max(self.totals) - self.earned

    @property
    def regret_bound(self) -> float:
        """What the regret never exceeds: 2 D (lemma 3 of de Rooij et al. 2014)."""
        return 2.0 * self.gap
