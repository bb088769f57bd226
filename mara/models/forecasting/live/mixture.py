"""Trust in experts, earned lately: weights that follow a change within hours.

Law: hour by hour each expert i gets the loss l_i = e_i / mean_j e_j of its absolute errors e, so
that an hour of spikes counts as much as a quiet one. With the half-life H, L_i is the mean of its
losses discounted by 2^(-age / H), and w_i is proportional to L_i^-p. An expert that failed, or
whose L_i exceeds `DRIFT` times the best one's, has no weight.

Source: inverse-error weights with discounting, Bates and Granger, The combination of forecasts,
Operational Research Quarterly 20 (1969).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from mara.domain.checks import positive
from mara.errors import InvalidValue

__all__ = ["DRIFT", "Mixture"]

DRIFT: Final = 2.0
"""An expert that errs this many times as much as the best one has drifted."""

_LEAST_ROUNDS: Final = 6.0
"""Discounted hours that must be known before anybody is said to drift."""

_LEAST_LOSS: Final = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixture:
    """Discounted losses of `experts`.

    `losses` are sums of l_i, and `rounds` that of the discounts; both decay with the hours.
    """

    experts: tuple[str, ...]
    losses: tuple[float, ...]
    rounds: float = 0.0
    half_life_h: float = 12.0
    power: float = 4.0

    def __post_init__(self) -> None:
        positive("Mixture", "half_life_h", self.half_life_h)
        positive("Mixture", "power", self.power)
        if not self.experts or len(self.losses) != len(self.experts):
            raise InvalidValue("Mixture: there must be experts, and a loss for each")

    @classmethod
    def of(cls, experts: tuple[str, ...]) -> Mixture:
        """Begin with equal trust."""
        return cls(experts=experts, losses=(0.0,) * len(experts))

    def learnt(self, errors: dict[str, float]) -> Mixture:
        """Learn from an hour's mean absolute errors.

        Experts without an error keep their mean loss: those who said nothing learn nothing.
        """
        known = [errors[name] for name in self.experts if name in errors]
        scale = sum(known) / len(known) if known else 0.0
        if scale <= 0.0:
            return self
        decay = 2.0 ** (-1.0 / self.half_life_h)
        means = dict(zip(self.experts, self.mean_losses, strict=True))
        fresh = (errors[n] / scale if n in errors else means[n] for n in self.experts)
        return Mixture(
            experts=self.experts,
            losses=tuple(decay * old + new for old, new in zip(self.losses, fresh, strict=True)),
            rounds=decay * self.rounds + 1.0,
            half_life_h=self.half_life_h,
            power=self.power,
        )

    @property
    def mean_losses(self) -> tuple[float, ...]:
        """L_i of each expert; one for all while nothing is known."""
        if not self.rounds:
            return (1.0,) * len(self.experts)
        return tuple(loss / self.rounds for loss in self.losses)

    def drifted(self) -> tuple[str, ...]:
        """Name the experts that err `DRIFT` times as much as the best one."""
        if self.rounds < _LEAST_ROUNDS:
            return ()
        most = DRIFT * max(min(self.mean_losses), _LEAST_LOSS)
        pairs = zip(self.experts, self.mean_losses, strict=True)
        return tuple(name for name, loss in pairs if loss > most)

    def weights(self, speaking: set[str]) -> dict[str, float]:
        """Weights of the experts that are `speaking` and have not drifted; they sum to one.

        Where all that speak have drifted, the best of them speaks alone. Empty where none speaks.
        """
        means = dict(zip(self.experts, self.mean_losses, strict=True))
        heard = [name for name in self.experts if name in speaking]
        sound = [name for name in heard if name not in self.drifted()]
        chosen = sound or sorted(heard, key=means.__getitem__)[:1]
        raw = np.array([max(means[name], _LEAST_LOSS) ** -self.power for name in chosen])
        return dict(zip(chosen, (raw / raw.sum()).tolist(), strict=True)) if chosen else {}
