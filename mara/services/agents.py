"""The agents as users call them: synchronous, thread-safe, on the running system."""

from __future__ import annotations

import uuid
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mara.domain.checks import all_finite
from mara.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mara.agents.commands import Outcome
    from mara.agents.snapshot import Market
    from mara.domain import Forecast
    from mara.models.signals import Anomaly, Trend
    from mara.services.console import Console
    from mara.services.reports import Portfolio, Risk

__all__ = [
    "AgentSystem",
    "DataAgentFacade",
    "Experience",
    "ForecasterFacade",
    "StrategyAgentFacade",
]

_KEPT: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Experience:
    """One step of learning: what was seen and done, what it earned, what came of it."""

    state: tuple[float, ...]
    action: int
    reward: float
    next_state: tuple[float, ...]

    def __post_init__(self) -> None:
        for name, values in (
            ("state", self.state),
            ("reward", (self.reward,)),
            ("next_state", self.next_state),
        ):
            all_finite("Experience", name, values)


class _Learner:
    """Keeps experiences, newest last, and shares them with other agents."""

    def __init__(self, console: Console, *, author: str) -> None:
        self._console = console
        self._author = author
        self._experiences: deque[Experience] = deque(maxlen=_KEPT)

    @property
    def experiences(self) -> tuple[Experience, ...]:
        """What this agent has learnt from so far, oldest first."""
        return tuple(self._experiences)

    def learn_from_experience(
        self, state: Sequence[float], action: int, reward: float, next_state: Sequence[float]
    ) -> int:
        """Keep one experience; return how many are kept."""
        kept = Experience(
            state=tuple(float(x) for x in state),
            action=int(action),
            reward=float(reward),
            next_state=tuple(float(x) for x in next_state),
        )
        if len(kept.state) != len(kept.next_state):
            raise InvalidValue(
                f"learn_from_experience: state has {len(kept.state)} figures and next_state "
                f"{len(kept.next_state)}; give both the same"
            )
        self._experiences.append(kept)
        return len(self._experiences)

    def share_knowledge(self, other_agents: Sequence[_Learner]) -> int:
        """Give every other agent the experiences it lacks; return how many were given."""
        given = 0
        for other in other_agents:
            known = set(other._experiences)  # noqa: SLF001
            fresh = [e for e in self._experiences if e not in known]
            other._experiences.extend(fresh)  # noqa: SLF001
            given += len(fresh)
        return given


class DataAgentFacade(_Learner):
    """What the data agent answers."""

    def fetch_live_prices(self) -> Market:
        """Read the newest prices, with the origin and age of each figure."""
        return self._console.market()

    def analyze_market_trends(self) -> tuple[Trend, ...]:
        """Compute level, change, slope and volatility of each figure."""
        return self._console.trends()

    def detect_anomalies(self) -> tuple[Anomaly, ...]:
        """Look for spikes, flatlines, gaps and regime breaks."""
        return self._console.anomalies()


class StrategyAgentFacade(_Learner):
    """What the strategy agents answer."""

    def execute_trade(self, amount: float, price: float, side: str = "buy") -> Outcome:
        """Buy or sell `amount` kWh for the next interval, at `price` cents per kWh or better."""
        return self._console.execute_trade(
            amount_kwh=amount,
            cents_per_kwh=price,
            side=side,
            command_id=str(uuid.uuid4()),
            author=self._author,
        )

    def optimize_portfolio(self) -> Portfolio:
        """Say what the newest plan does, and what it is expected to earn."""
        return self._console.optimize_portfolio()

    def assess_risk(self) -> Risk:
        """Say what the site stands to lose."""
        return self._console.assess_risk()


class ForecasterFacade(_Learner):
    """What the forecasting agent answers."""

    def predict_prices(self, horizon: float = 24.0) -> Forecast:
        """Read the forecast of the energy price, `horizon` hours ahead."""
        return self._console.predict("price", horizon)

    def predict_demand(self, horizon: float = 48.0) -> Forecast:
        """Read the forecast of the inference demand, `horizon` hours ahead."""
        return self._console.predict("demand", horizon)

    def confidence_intervals(self) -> Forecast:
        """Read the energy price's forecast with its quantiles."""
        return self._console.predict("price")


class AgentSystem:
    """The agents of one running system; close it with `stop` or a with block."""

    def __init__(self, console: Console, *, author: str = "python") -> None:
        self.console = console
        self.data_agent = DataAgentFacade(console, author=author)
        self.strategy_agent = StrategyAgentFacade(console, author=author)
        self.forecaster = ForecasterFacade(console, author=author)
