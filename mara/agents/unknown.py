"""Decisions that were sent and not answered: what became of them is read back, never guessed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import structlog

from mara.errors import MaraError

if TYPE_CHECKING:
    from datetime import datetime

    from mara.agents.effects import Effects
    from mara.domain import Decision, Receipt, Site, Tick

__all__ = ["Unknowns"]

_log = structlog.get_logger("mara.agents.unknown")
_LATER: Final = "a later allocation took its place"


class Unknowns:
    """The decisions whose outcome is unknown, oldest first; each ends before the books count it.

    All intents but the newest are over by the newest; that one is in force or it is not.
    """

    def __init__(self, effects: Effects) -> None:
        self._effects = effects
        self._open: list[Decision] = []

    def __len__(self) -> int:
        return len(self._open)

    async def add(self, decision: Decision) -> None:
        """Take in a decision that no answer came to."""
        await self.superseded(decision.tick_at)
        self._open.append(decision)

    async def superseded(self, at: datetime) -> None:
        """Close all: a later allocation is in force, or was sent."""
        for decision in self._open:
            await self._effects.expire(decision.decision_id, at, _LATER)
        self._open.clear()

    async def read_back(self, site: Site, tick: Tick) -> Receipt | None:
        """Read what is in force now and close what is open; None where it cannot be read yet."""
        if not self._open:
            return None
        newest = self._open[-1]
        try:
            receipt = await self._effects.venue.read_back(site, newest, tick)
        except MaraError as error:
            _log.warning("not read back yet", decision=newest.decision_id, error=str(error))
            return None
        self._open.clear()
        if receipt.setpoint == newest.setpoint:
            await self._effects.close_intent(newest.decision_id, tick.at, "read back: in force")
        else:
            await self._effects.expire(newest.decision_id, tick.at, "read back: not in force")
        return receipt
