"""What agents say to each other: typed, immutable, each about one tick."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mara.agents.snapshot import FeedStatus
from mara.domain import Decision, Forecast, History, KnownSeries, Proposal, Site, SiteState, Tick
from mara.models.signals import Anomaly, Trend

__all__ = [
    "Advance",
    "Advanced",
    "Decided",
    "Failed",
    "ForecastsMade",
    "MarketRead",
    "MarketSeen",
    "Message",
    "Proposed",
    "Situation",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Where the site stands when a tick is decided."""

    site: Site
    state: SiteState


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MarketRead:
    """From the feed: the newest tick and the past up to it; `known` is known before its time.

    The interval to decide begins `at`; the tick is of that interval, or older where the feed is
    stale.
    """

    tick: Tick
    history: History
    feed: FeedStatus
    situation: Situation
    known: tuple[KnownSeries, ...] = ()

    @property
    def at(self) -> datetime:
        """Start of the interval to decide."""
        return self.situation.state.at


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MarketSeen:
    """From the data agent: the market with its trends and anomalies."""

    read: MarketRead
    trends: tuple[Trend, ...]
    anomalies: tuple[Anomaly, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ForecastsMade:
    """From the forecasting agent: what is expected, issued at the tick.

    `arrived` names the fits that came in since the tick before.
    """

    seen: MarketSeen
    forecasts: tuple[Forecast, ...]
    arrived: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Proposed:
    """From a strategy agent: its plan for the site as it stands."""

    agent: str
    made: ForecastsMade
    proposal: Proposal


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """From an agent's host: it gives no answer for this tick, and why."""

    agent: str
    tick_at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Advance:
    """To a strategy agent: move the shadow ledger through the interval of this tick.

    `missed` are earlier intervals that nobody decided; the shadow held its set points in them.
    """

    made: ForecastsMade
    missed: tuple[Tick, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Advanced:
    """From a strategy agent: what its shadow gained since the tick before.

    `gain_usd` is the margin and the worth of what the battery gained, so that who charges at
    noon is not behind until the evening.
    """

    agent: str
    tick_at: datetime
    gain_usd: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Decided:
    """From the manager: the decision, and what it was made from."""

    decision: Decision
    read: MarketRead
    made: ForecastsMade | None
    proposals: tuple[Proposal, ...]
    failures: tuple[Failed, ...]


Message = MarketRead | MarketSeen | ForecastsMade | Proposed | Failed | Advance | Advanced | Decided
