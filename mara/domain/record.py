"""Everything a tick's decision was made from, so that it can be opened and replayed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mara.domain.checks import aware, named
from mara.domain.decision import Alert, Decision, Proposal
from mara.domain.forecast import Forecast
from mara.domain.state import SiteState
from mara.domain.tick import Tick
from mara.errors import InvalidValue

__all__ = ["RecordedInput", "TickRecord"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedInput:
    """A further input of the decision, such as a fit that arrived or a solve that time ended."""

    name: str
    value: str

    def __post_init__(self) -> None:
        named("RecordedInput", "name", self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class TickRecord:
    """Inputs, proposals and decision of the interval that begins at `tick_at`.

    `tick` is the market's word that was used, of an earlier interval where the feed was silent
    and None where it never spoke. `decision` carries the plan.
    """

    site_id: str
    tick_at: datetime
    made_at: datetime
    tick: Tick | None
    state: SiteState
    decision: Decision
    forecasts: tuple[Forecast, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    alerts: tuple[Alert, ...] = ()
    inputs: tuple[RecordedInput, ...] = ()

    def __post_init__(self) -> None:
        named("TickRecord", "site_id", self.site_id)
        aware("TickRecord", "tick_at", self.tick_at)
        aware("TickRecord", "made_at", self.made_at)
        if self.decision.tick_at != self.tick_at or self.decision.site_id != self.site_id:
            raise InvalidValue(
                f"TickRecord: decision {self.decision.decision_id} is not of {self.site_id} at "
                f"{self.tick_at}"
            )
