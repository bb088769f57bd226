"""Hedge, the exponentially weighted average forecaster with a learning rate for any horizon.

Sources: Freund and Schapire, A decision-theoretic generalization of on-line learning, JCSS 55
(1997); Cesa-Bianchi and Lugosi, Prediction, Learning, and Games (2006), theorem 2.3.
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

__all__ = ["Hedge"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hedge:
    """Trust in N experts, learnt from what each gained.

    Law: with L_i the losses of expert i over t - 1 rounds, its weight in round t is proportional to
    exp(-eta_t L_i), eta_t = sqrt(8 ln N / t). The loss of a round is the gain of its best expert
    less the expert's own, clipped to 1: only differences matter, so gains may have any sign.

    `losses`, `totals`: loss and gain of each expert so far. `loss`, `earned`: the same of the
    learner, who holds the weights. `clipped`: rounds in which some loss exceeded 1; choose the unit
    of the gains so that they are rare.
    """

    losses: tuple[float, ...]
    totals: tuple[float, ...]
    rounds: int = 0
    loss: float = 0.0
    earned: float = 0.0
    clipped: int = 0

    def __post_init__(self) -> None:
        if not self.losses or len(self.losses) != len(self.totals):
            raise InvalidValue(
                f"Hedge: losses and totals have {len(self.losses)} and {len(self.totals)} values; "
                "give one for each of at least one expert"
            )
        for value in (*self.losses, *self.totals, self.loss, self.earned):
            finite("Hedge", "losses and totals", value)

    @classmethod
    def of(cls, experts: int) -> Hedge:
        """Begin with equal trust in each of `experts`."""
        return cls(losses=(0.0,) * experts, totals=(0.0,) * experts)

    @property
    def weights(self) -> tuple[float, ...]:
        """Weights of the next round; they sum to one."""
        rate = math.sqrt(8.0 * math.log(len(self.losses)) / (self.rounds + 1))
        least = min(self.losses)
        raw = np.exp([-rate * (loss - least) for loss in self.losses])
        return tuple((raw / raw.sum()).tolist())

    def update(self, gains: Sequence[float]) -> Hedge:
        """Learn from a round's `gains`, one an expert, in units in which differences stay below 1.

        Raises
        ------
        InvalidValue
            A gain is missing or not finite.
        """
        if len(gains) != len(self.losses):
            raise InvalidValue(f"Hedge: got {len(gains)} gains for {len(self.losses)} experts")
        for gain in gains:
            finite("Hedge", "gain", gain)
        weights = self.weights
        best = max(gains)
        round_losses = [min(best - gain, 1.0) for gain in gains]
        return Hedge(
            losses=_plus(self.losses, round_losses),
            totals=_plus(self.totals, gains),
            rounds=self.rounds + 1,
            loss=self.loss + _mean(weights, round_losses),
            earned=self.earned + _mean(weights, gains),
            clipped=self.clipped + (best - min(gains) > 1.0),
        )

    @property
    def regret(self) -> float:
        """Gain of the best expert less the learner's, in the unit of the gains."""
        return max(self.totals) - self.earned

    @property
    def loss_regret(self) -> float:
        """Learner's loss less that of the best expert; equals `regret` while nothing was clipped."""
        return self.loss - min(self.losses)

    @property
    def regret_bound(self) -> float:
        """What `loss_regret` never exceeds after n rounds: 2 sqrt(n ln N / 2) + sqrt(ln N / 8)."""
        log_n = math.log(len(self.losses))
        return 2.0 * math.sqrt(self.rounds * log_n / 2.0) + math.sqrt(log_n / 8.0)


def _plus(sums: Sequence[float], terms: Sequence[float]) -> tuple[float, ...]:
    return tuple(a + b for a, b in zip(sums, terms, strict=True))


def _mean(weights: Sequence[float], values: Sequence[float]) -> float:
    return sum(w * v for w, v in zip(weights, values, strict=True))
