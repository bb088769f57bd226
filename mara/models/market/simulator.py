"""The seeded market: any window of it, always the same."""

from __future__ import annotations

from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np

from mara.errors import InvalidValue
from mara.models.market.law import (
    QUANTITIES,
    STEP_MINUTES,
    STEPS_PER_BLOCK,
    MarketLaw,
    MarketState,
)
from mara.models.market.path import MarketPath
from mara.models.market.west_texas import WEST_TEXAS

if TYPE_CHECKING:
    from collections.abc import Callable

    from mara.models.market.local_time import FloatArray
    from mara.models.market.parameters import MarketParameters

__all__ = ["MAX_STEPS", "MarketSimulator"]

MAX_STEPS: Final = 10 * 366 * 24 * 60 // STEP_MINUTES
"""Most intervals of one window: ten years."""

_STEP: Final = timedelta(minutes=STEP_MINUTES)
_BLOCK: Final = STEPS_PER_BLOCK * _STEP
_FIRST: Final = datetime(1900, 1, 1, tzinfo=UTC)
_LAST: Final = datetime(9999, 1, 1, tzinfo=UTC)
_FILLED_KEPT: Final = 8
_V = TypeVar("_V")
_STATES_KEPT: Final = 256


class MarketSimulator:
    """A market from `start` on, in intervals of five minutes.

    The numbers are a function of the generators, `start` and the parameters alone: a window is the
    same in one call or in many, in any order. Blocks of a week are drawn one by one and a bounded
    number of them is kept. Not for use by several threads at once.

    Parameters
    ----------
    rng_for_block
        Gives a fresh generator, the same for the same number: 0 for the state at `start`, k for
        the k-th week. Independent ones come from ``default_rng([seed, k])``.
    start
        Beginning of the first interval: aware, at a whole five minutes.
    parameters
        The market's laws.

    Raises
    ------
    InvalidValue
        `start` is naive, not at a whole five minutes, or outside the years 1900 to 9998.
    """

    def __init__(
        self,
        *,
        rng_for_block: Callable[[int], np.random.Generator],
        start: datetime,
        parameters: MarketParameters = WEST_TEXAS,
    ) -> None:
        _check_aware(start)
        if not _FIRST <= start < _LAST or (start - _FIRST) % _STEP:
            raise InvalidValue(
                f"MarketSimulator: start {start} is not at a whole five minutes of the clock "
                f"between {_FIRST} and {_LAST}; give one that is."
            )
        self._start = start.astimezone(UTC)
        self._rng_for_block = rng_for_block
        self._law = MarketLaw(parameters)
        self._first = self._law.first(rng_for_block(0))
        self._states: OrderedDict[int, MarketState] = OrderedDict()
        self._filled: OrderedDict[int, FloatArray] = OrderedDict()

    @property
    def start(self) -> datetime:
        """Beginning of the first interval, UTC."""
        return self._start

    def path(self, start: datetime, n_steps: int) -> MarketPath:
        """Return the `n_steps` intervals from `start` on.

        Raises
        ------
        InvalidValue
            `start` is naive, before the simulator's start or off its grid; `n_steps` is not
            between 1 and `MAX_STEPS`; the window passes the year 9998.
        """
        first = self._step_of(start)
        _check_length(start, n_steps)
        values = self._steps(first, first + n_steps)
        return MarketPath(
            start=self._start + first * _STEP,
            step_minutes=STEP_MINUTES,
            **dict(zip(QUANTITIES, values, strict=True)),
        )

    def _step_of(self, start: datetime) -> int:
        _check_aware(start)
        gone, rest = divmod(start - self._start, _STEP)
        if gone < 0:
            raise InvalidValue(
                f"MarketSimulator: start {start} is before the market's, {self._start}; "
                "ask for a later window."
            )
        if rest:
            raise InvalidValue(
                f"MarketSimulator: start {start} is off the grid of {STEP_MINUTES} minutes; "
                f"the interval that holds it begins {rest} earlier."
            )
        return gone

    def _steps(self, first: int, last: int) -> FloatArray:
        """Return steps `first` to `last` (exclusive), shape ``(quantities, last - first)``."""
        values = np.empty((len(QUANTITIES), last - first))
        for number in range(first // STEPS_PER_BLOCK, (last - 1) // STEPS_PER_BLOCK + 1):
            begin = number * STEPS_PER_BLOCK
            lo, hi = max(first, begin), min(last, begin + STEPS_PER_BLOCK)
            values[:, lo - first : hi - first] = self._block(number)[:, lo - begin : hi - begin]
        return values

    def _block(self, number: int) -> FloatArray:
        if number not in self._filled:
            state, start = self._state(number), self._start + number * _BLOCK
            block = self._law.fill(state, self._rng_for_block(number + 1), start)
            _keep(self._filled, number, block, most=_FILLED_KEPT)
        return self._filled[number]

    def _state(self, number: int) -> MarketState:
        """Return the state at the start of a block, carried from the nearest one kept before it."""
        at = max((kept for kept in self._states if kept <= number), default=0)
        state = self._states.get(at, self._first)
        for block in range(at, number):
            state = self._law.carry(state, self._rng_for_block(block + 1))
            _keep(self._states, block + 1, state, most=_STATES_KEPT)
        return state


def _check_aware(at: datetime) -> None:
    if at.utcoffset() is None:
        raise InvalidValue(f"MarketSimulator: start {at} has no time zone; give an aware time.")


def _check_length(start: datetime, n_steps: int) -> None:
    if not 1 <= n_steps <= MAX_STEPS:
        raise InvalidValue(
            f"MarketSimulator: n_steps is {n_steps}; give 1 to {MAX_STEPS}, ten years."
        )
    if _LAST - start < n_steps * _STEP:
        raise InvalidValue(
            f"MarketSimulator: {n_steps} steps from {start} pass {_LAST}; ask for an earlier window."
        )


def _keep(cache: OrderedDict[int, _V], key: int, value: _V, *, most: int) -> None:
    """Keep a value under its key, dropping the oldest beyond `most`."""
    cache[key] = value
    while len(cache) > most:
        cache.popitem(last=False)
