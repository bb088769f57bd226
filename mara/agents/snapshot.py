"""What the outside sees of a running system: one immutable value, swapped once a tick."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from mara.agents.forecast_report import ForecastingReport
from mara.domain import (
    Alert,
    Decision,
    Forecast,
    History,
    Mode,
    Origin,
    Override,
    Proposal,
    Settlement,
    Site,
    SiteState,
    Tick,
    Trade,
    TradingState,
    Weight,
)
from mara.models.dispatch.explain import DecisionCard
from mara.models.signals import Anomaly, Trend

__all__ = [
    "AgentMetrics",
    "AgentNote",
    "Books",
    "Earnings",
    "FeedStatus",
    "Market",
    "Pace",
    "ShadowSeries",
    "Snapshot",
    "Verdict",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedStatus:
    """Health of the feed. `age_ticks` counts intervals since the newest tick began, less one.

    `label` is what a badge says: the origin, "via" a source where it is another server, or STALE.
    """

    name: str
    origin: Origin
    label: str
    stale: bool
    age_ticks: int
    skew_s: float | None = None
    error: str | None = None
    assumed: tuple[str, ...] = ()
    quarantined: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentMetrics:
    """How an agent is doing.

    `score` is, for a strategy, its shadow profit less that of the strike rule, in USD; for the
    forecaster its pinball skill against the seasonal naive (1 is perfect, 0 is no better).
    """

    name: str
    decisions: int
    errors: int
    restarts: int
    queue: int
    latency_ms_p50: float
    latency_ms_p99: float
    message_ms_p99: float
    heartbeat_age_s: float
    circuit_open: bool
    score: float | None = None
    score_unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentNote:
    """One line of what an agent saw, said or did."""

    at: datetime
    agent: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowSeries:
    """Cumulated shadow profit of a strategy today, one value a tick of `Earnings.at`."""

    name: str
    cumulated_usd: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Earnings:
    """The books of the site's calendar day so far, settled intervals only.

    `by_account` holds (account, USD) pairs; `shadows` the baselines on the same ticks.
    """

    day: str
    at: tuple[datetime, ...]
    cumulated_usd: tuple[float, ...]
    shadows: tuple[ShadowSeries, ...]
    by_account: tuple[tuple[str, float], ...]
    margin_usd: float
    total_usd: float
    versus_strike_usd: float | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Market:
    """What is known of the market."""

    tick: Tick | None
    feed: FeedStatus
    history: History
    trends: tuple[Trend, ...] = ()
    anomalies: tuple[Anomaly, ...] = ()
    forecasts: tuple[Forecast, ...] = ()
    forecasting: ForecastingReport = field(default_factory=ForecastingReport)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Time from a tick accepted to its decision, and to its intent durable; newest 2,000 ticks."""

    decide_ms_p50: float = 0.0
    decide_ms_p99: float = 0.0
    durable_ms_p50: float = 0.0
    durable_ms_p99: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was decided, from what, and why."""

    decision: Decision
    proposals: tuple[Proposal, ...]
    card: DecisionCard | None = None
    decide_ms: float = 0.0
    durable_ms: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """Positions, trades and flows."""

    settlements: tuple[Settlement, ...]
    earnings: Earnings
    trades: tuple[Trade, ...] = ()
    position_mwh: float = 0.0
    pending_intents: int = 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Snapshot:
    """The system at the end of a tick. `version` rises with each change."""

    version: int
    site: Site
    clock: datetime
    speed: float | None
    market: Market
    state: SiteState | None
    verdict: Verdict | None
    books: Books
    weights: tuple[Weight, ...]
    trading_state: TradingState
    state_reason: str
    mode: Mode
    alerts: tuple[Alert, ...]
    overrides: tuple[Override, ...]
    agents: tuple[AgentMetrics, ...]
    notes: tuple[AgentNote, ...]
    ticks: int
    started_at: datetime
    finished: bool = False
    pace: Pace = field(default_factory=Pace)
