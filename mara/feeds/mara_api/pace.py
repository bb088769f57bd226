"""How often requests are sent, and how long retries pause."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from mara.errors import RateLimited

if TYPE_CHECKING:
    import numpy as np

    from mara.clock import Clock

__all__ = ["Pace"]

_RATE_PER_S: Final = 5.0
_BURST: Final = 10.0
_FIRST_PAUSE_S: Final = 0.25
_LONGEST_PAUSE_S: Final = 4.0


class Pace:
    """A token bucket, the pause the server asked for, and growing, jittered pauses of our own.

    Pause before the n-th retry: min(0.25 * 2^(n-1), 4) s times a uniform factor from 0.5 to 1.5.
    """

    def __init__(self, *, clock: Clock, rng: np.random.Generator) -> None:
        self._clock = clock
        self._rng = rng
        self._tokens = _BURST
        self._filled = clock.monotonic()
        self._not_before = clock.monotonic()

    async def admit(self) -> None:
        """Wait for a token.

        Raises
        ------
        RateLimited
            The server asked for a pause that is not over.
        """
        if (left := self._not_before - self._clock.monotonic()) > 0:
            raise RateLimited(
                f"the server asked for a pause of {left:.1f} s more", retry_after_s=left
            )
        while not self._take():  # noqa: ASYNC110 - the bucket fills with time alone
            await asyncio.sleep(1.0 / _RATE_PER_S)

    def _take(self) -> bool:
        now = self._clock.monotonic()
        self._tokens = min(_BURST, self._tokens + (now - self._filled) * _RATE_PER_S)
        self._filled = now
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True

    def hold(self, seconds: float) -> None:
        """Send nothing for so long: the server asked for it."""
        self._not_before = max(self._not_before, self._clock.monotonic() + seconds)

    def pause_s(self, retry: int) -> float:
        """Seconds to wait before the retry of that number, from 1."""
        grown = min(_FIRST_PAUSE_S * 2.0 ** (retry - 1), _LONGEST_PAUSE_S)
        return grown * float(self._rng.uniform(0.5, 1.5))
