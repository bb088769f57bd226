"""Price of hashing, USD per PH/s and day, of the block subsidy alone.

Law: hash price is proportional to bitcoin price over difficulty, so its logarithm ``h`` follows
that of the bitcoin price, a Brownian motion of volatility ``sigma``, and falls by ``s`` at each
change of difficulty. A change comes when 2,016 blocks are found; miners that answer the hash price
find them faster, so an epoch that ends in the step ``s`` lasts ``14 exp(-s)`` days, and

``s = clip(kappa (h - ln level) + tau e, -limit, limit)``.

That pulls ``h`` to ``ln level`` with rate ``kappa`` an epoch. Halvings and fees are left out.
Source of the rule: Bitcoin protocol, 2,016 blocks of 10 minutes; the coefficients are regressed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mara.domain.checks import non_negative, positive, within

if TYPE_CHECKING:
    from mara.models.market.local_time import FloatArray

__all__ = ["HashParameters", "HashPrice", "HashState"]

_MINUTES_PER_YEAR = 525_960.0
_EPOCH_MINUTES = 2_016 * 10.0
_LARGEST_STEP_LIMIT = 0.65  # below ln 2, so that no epoch is shorter than a week


@dataclass(frozen=True, slots=True, kw_only=True)
class HashParameters:
    """Parameters of the hash price.

    Attributes
    ----------
    level_usd_per_ph_day
        The level that difficulty pulls to, and the first price.
    btc_volatility
        ``sigma``, per square root of a year.
    reversion
        ``kappa``, per epoch.
    step_noise
        ``tau``, the standard deviation of the log step that the hash price does not explain.
    step_limit
        Largest log step, at most 0.65.
    """

    level_usd_per_ph_day: float
    btc_volatility: float
    reversion: float
    step_noise: float
    step_limit: float

    def __post_init__(self) -> None:
        positive("HashParameters", "level_usd_per_ph_day", self.level_usd_per_ph_day)
        for name in ("btc_volatility", "reversion", "step_noise"):
            non_negative("HashParameters", name, getattr(self, name))
        within("HashParameters", "step_limit", self.step_limit, 0.0, _LARGEST_STEP_LIMIT)


@dataclass(frozen=True, slots=True, kw_only=True)
class HashState:
    """What is carried from one block of steps to the next.

    Attributes
    ----------
    log_price
        ``h``, logarithm of USD per PH/s and day.
    steps_left
        Steps until difficulty changes.
    next_step
        The log step of difficulty then.
    """

    log_price: float
    steps_left: float
    next_step: float


class HashPrice:
    """The hash price over blocks of `n_steps` steps, a week at most."""

    def __init__(self, parameters: HashParameters, *, step_minutes: int, n_steps: int) -> None:
        self._p = parameters
        self._n = n_steps
        self._step_sd = parameters.btc_volatility * np.sqrt(step_minutes / _MINUTES_PER_YEAR)
        self._epoch_steps = _EPOCH_MINUTES / step_minutes

    def first(self, *, epoch_gone: float, shock: float) -> HashState:
        """Start at the level, with the part `epoch_gone` of an epoch gone."""
        log_price = float(np.log(self._p.level_usd_per_ph_day))
        step = self._draw_step(log_price, shock)
        steps_left = self._epoch_length(step) * (1.0 - epoch_gone)
        return HashState(log_price=log_price, steps_left=steps_left, next_step=step)

    def carry(self, state: HashState, *, price_shock: float, step_shock: float) -> HashState:
        """Return the state at the block's end, from two standard normals."""
        moved = state.log_price + self._move(price_shock)
        steps_left = state.steps_left - self._n
        if steps_left >= 0.0:
            return HashState(log_price=moved, steps_left=steps_left, next_step=state.next_step)
        step = self._draw_step(state.log_price, step_shock)
        return HashState(
            log_price=moved - state.next_step,
            steps_left=steps_left + self._epoch_length(step),
            next_step=step,
        )

    def usd_per_ph_day(
        self, state: HashState, *, price_shock: float, shocks: FloatArray
    ) -> FloatArray:
        """Return prices at the block's steps, a Brownian bridge to the end that `carry` reaches."""
        steps = np.arange(self._n)
        walk = self._step_sd * np.concatenate(([0.0], np.cumsum(shocks)))
        bridge = walk[:-1] + (self._move(price_shock) - walk[-1]) * steps / self._n
        changed = steps >= state.steps_left
        log_price: FloatArray = state.log_price + bridge - state.next_step * changed
        return np.exp(log_price)

    def _move(self, price_shock: float) -> float:
        return float(self._step_sd * np.sqrt(self._n) * price_shock)

    def _draw_step(self, log_price: float, shock: float) -> float:
        gap = log_price - np.log(self._p.level_usd_per_ph_day)
        step = self._p.reversion * gap + self._p.step_noise * shock
        return float(np.clip(step, -self._p.step_limit, self._p.step_limit))

    def _epoch_length(self, step: float) -> float:
        return float(self._epoch_steps * np.exp(-step))
