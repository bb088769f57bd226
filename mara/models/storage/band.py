"""The band of prices between stopping a running machine and starting an idle one.

Law: with the values R and I of `mara.models.storage.switching`, running one step more is worth

``G(s) = m(s) + discount E[R(s') - I(s') | s]``

above staying idle. A running machine stops where ``G < -b``, an idle one starts where ``G > a``; G
falls as the price rises, so that each is one price, found by straight lines between the states.
Without costs R equals I, and both prices are the strike price.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from mara.models.storage.switching import Machine, optimal_switching

if TYPE_CHECKING:
    from mara.models.storage.switching import Mask
    from mara.models.storage.unit import Floats

__all__ = ["Band", "Habit", "habit_of", "switching_band"]

_FOREVER: Final = 1.0 - 1e-8


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """What a rule does in the long run: starts a step, share of steps run, USD earned a step."""

    starts: float
    running: float
    earned_usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """Prices USD/MWh above which a running machine stops, and below which an idle one starts.

    None where the law's price never gets there. `best` is what these prices do in the long run,
    `strike` what switching at the strike price does.
    """

    curtail_above: float | None
    resume_below: float | None
    best: Habit
    strike: Habit

    @property
    def whole(self) -> bool:
        """Both prices are ones that the law gets to."""
        return self.curtail_above is not None and self.resume_below is not None


def switching_band(
    prices: Floats, transitions: Floats, machine: Machine, *, strike: float, mwh: float
) -> Band:
    """Find the band of a machine that uses `mwh` a step and breaks even at `strike` USD/MWh.

    `prices` rise, shape (S,); `transitions` (S, S).

    Raises
    ------
    InvalidValue
        A row of `transitions` is no probability.
    """
    earned = (strike - prices) * mwh
    found = optimal_switching(earned, transitions, machine)
    kept = machine.discount * transitions @ (found.running_usd - found.idle_usd)
    gain, plain = earned + kept, earned > 0.0
    return Band(
        curtail_above=_crossing(prices, gain + machine.stop_cost_usd),
        resume_below=_crossing(prices, gain - machine.start_cost_usd),
        best=habit_of(earned, transitions, machine, (found.runs_on, found.starts)),
        strike=habit_of(earned, transitions, machine, (plain, plain)),
    )


def _crossing(prices: Floats, gain: Floats) -> float | None:
    """Price at which a falling gain is zero; None where it is not."""
    if gain[0] <= 0.0 or gain[-1] >= 0.0:
        return None
    after = int(np.argmax(gain < 0.0))
    low, high = gain[after - 1], gain[after]
    return float(prices[after - 1] + (prices[after] - prices[after - 1]) * low / (low - high))


def habit_of(
    earned: Floats, transitions: Floats, machine: Machine, policy: tuple[Mask, Mask]
) -> Habit:
    """Follow a rule for ever: `policy` says where a running machine runs on, an idle one starts.

    What is counted is the share of steps that begin in each price state, running or idle.
    """
    runs_on, starts = policy
    states = earned.size
    run = np.concatenate([runs_on, starts])
    moves = np.tile(transitions, (2, 1))
    chain = np.hstack([moves * run[:, None], moves * ~run[:, None]])
    share = _long_run(chain, states)
    started = float(share[states:] @ starts)
    stopped = float(share[:states] @ ~runs_on)
    money = float(share @ (np.tile(earned, 2) * run))
    costs = started * machine.start_cost_usd + stopped * machine.stop_cost_usd
    return Habit(starts=started, running=float(share @ run), earned_usd=money - costs)


def _long_run(chain: Floats, states: int) -> Floats:
    """Find where a machine that begins running in any of `states` is found in the long run.

    Law: ``pi = (1 - k) pi0 (I - k C)^-1`` with k just below one, which is unique also where a
    machine never stops.
    """
    size = len(chain)
    begin = np.where(np.arange(size) < states, (1.0 - _FOREVER) / states, 0.0)
    found = np.linalg.solve(np.eye(size) - _FOREVER * chain.T, begin)
    return np.asarray(found, dtype=np.float64)
