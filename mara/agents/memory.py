"""What an engine must not forget: kept in the ledger after each tick, read at each start."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mara.agents.books import Day
from mara.agents.manager import ManagerState
from mara.agents.shadow import ShadowLedger
from mara.domain import Commitment, Outage, Setpoint, SiteState

__all__ = ["KEY", "Memory", "NamedShadow"]

KEY = "memory"
"""Key of the ledger's note that holds the memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedShadow:
    """The shadow ledger of the strategy called `name`."""

    name: str
    shadow: ShadowLedger


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """State at the end of a tick.

    `state.at` is the start of the first interval not settled, which `in_force` governs until it is
    decided; `decided_at` is the start of the last one decided (`state.at` where it is None). `ticks`
    counts the decisions made since the ledger was empty.
    """

    state: SiteState
    in_force: Setpoint
    day: Day
    manager: ManagerState
    shadows: tuple[NamedShadow, ...]
    outages: tuple[Outage, ...]
    commitments: tuple[Commitment, ...]
    ticks: int
    newest_tick_at: datetime
    started_at: datetime
    decided_at: datetime | None = None
