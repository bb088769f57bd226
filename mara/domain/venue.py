"""What carries a decision out, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from mara.domain.checks import aware, finite, named
from mara.domain.plan import Setpoint

if TYPE_CHECKING:
    from mara.domain.decision import Decision
    from mara.domain.site import Site
    from mara.domain.tick import Tick

__all__ = ["Receipt", "Venue"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the venue says is in force after a decision, read back from it.

    `revenue_usd` and `power_cost_usd` are the venue's own figures for one interval, None where
    it states none.
    """

    decision_id: str
    at: datetime
    setpoint: Setpoint
    venue: str
    revenue_usd: float | None = None
    power_cost_usd: float | None = None

    def __post_init__(self) -> None:
        named("Receipt", "decision_id", self.decision_id)
        aware("Receipt", "at", self.at)
        for field in ("revenue_usd", "power_cost_usd"):
            if (value := getattr(self, field)) is not None:
                finite("Receipt", field, value)


class Venue(Protocol):
    """Moves machines, on paper or for real."""

    @property
    def name(self) -> str:
        """How the venue is called in the ledger and on the screen."""
        ...

    async def apply(self, site: Site, decision: Decision, tick: Tick) -> Receipt:
        """Carry `decision` out and read back what is in force.

        Raises
        ------
        OutcomeUnknown
            Sent, but neither answer nor reading back came.
        Mismatch
            What was read back differs from the decision.
        Unauthorized
            The key is refused.
        """
        ...

    async def read_back(self, site: Site, decision: Decision, tick: Tick) -> Receipt:
        """Read what is in force now, without sending anything."""
        ...
