"""Market time as the server of the prices has it, whatever this machine's clock says."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

    from mara.clock import Clock

__all__ = ["MarketTime"]

_IGNORED_S: Final = 5.0
"""Servers tell their time to the second, and an answer takes its time too."""


class MarketTime:
    """A clock, corrected by what the server says of its own.

    Only a clock that runs at real speed is corrected: the others follow the market as it is.
    `skew_s` is the server's clock minus ours.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._skew = timedelta(0)

    def learn(self, skew_s: float | None) -> None:
        """Take in what a reading showed of the server's clock."""
        if skew_s is not None and self._clock.speed == 1.0:
            self._skew = timedelta(seconds=skew_s if abs(skew_s) > _IGNORED_S else 0.0)

    def now(self) -> datetime:
        """Market time, in UTC."""
        return self._clock.now() + self._skew

    async def sleep_until(self, at: datetime, *, at_most: timedelta) -> None:
        """Wait for market time `at`, but no longer than the market takes for `at_most`.

        The bound holds where the clock was set back while we slept.
        """
        speed = self._clock.speed
        bound_s = None if speed is None else at_most.total_seconds() / speed
        try:
            async with asyncio.timeout(bound_s):
                await self._clock.sleep_until(at - self._skew)
        except TimeoutError:
            return
