"""The agents of one engine and the wires between them."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import TYPE_CHECKING

from mara.agents.data import DataAgent
from mara.agents.forecast_report import ForecastingReport
from mara.agents.forecasting import ForecastingAgent
from mara.agents.host import Host
from mara.agents.mailbox import Mailbox
from mara.agents.manager import SystemManager
from mara.agents.memory import NamedShadow
from mara.agents.messages import (
    Advance,
    Advanced,
    Decided,
    Failed,
    ForecastsMade,
    MarketRead,
    MarketSeen,
    Message,
    Proposed,
)
from mara.agents.notes import note_of
from mara.agents.strategy import StrategyAgent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mara.agents.base import Agent
    from mara.agents.circuit import Circuit
    from mara.agents.snapshot import AgentMetrics, AgentNote
    from mara.models.signals import Anomaly, Trend

__all__ = ["Makers", "Pipeline"]

Makers = dict[str, "Callable[[Agent | None], Agent]"]
_NOTES = 200


class Pipeline:
    """data -> forecasting -> strategies -> manager -> `outbox`; what is quick is served first.

    `makers` names the agents: 'data', 'forecasting' and 'manager'; all others are strategies.
    """

    def __init__(self, makers: Makers, circuits: Mapping[str, Circuit]) -> None:
        self.outbox: Mailbox[Message] = Mailbox()
        self.notes: deque[AgentNote] = deque(maxlen=_NOTES)
        self.hosts = {
            name: Host(make, deliver=self.deliver, circuit=circuits[name])
            for name, make in makers.items()
        }
        self._strategies = [n for n in makers if n not in {"data", "forecasting", "manager"}]
        self._tasks: list[asyncio.Task[None]] = []
        self._underway = 0

    def start(self) -> None:
        """Begin to serve the mailboxes."""
        self._tasks = [asyncio.create_task(h.run(), name=n) for n, h in self.hosts.items()]

    async def stop(self) -> None:
        """End all agents."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def deliver(self, message: Message) -> None:
        """Put a message into the mailboxes of those whom it concerns."""
        if (note := note_of(message)) is not None:
            self.notes.append(note)
        self._pass_on(message, self._readers(message), time.perf_counter())
        if isinstance(message, Decided) or self._is_managers_failure(message):
            self.outbox.put(message)

    def _pass_on(self, message: Message, readers: Sequence[str], said_s: float) -> None:
        """Put a message into one mailbox after the other.

        The next reader gets it in the loop's next round: what the one before answers is read by
        then, and waits for no work of the others.
        """
        if not readers:
            return
        name, *others = readers
        self.hosts[name].inbox.put(message, said_s)
        if others:
            self._underway += 1
            asyncio.get_running_loop().call_soon(self._pass_further, message, others, said_s)

    def _pass_further(self, message: Message, readers: Sequence[str], said_s: float) -> None:
        self._underway -= 1
        self._pass_on(message, readers, said_s)

    def _readers(self, message: Message) -> list[str]:
        """Name those whom a message concerns; a silent feed gives only the manager to do."""
        match message:
            case MarketRead():
                readers = ["manager"] if message.feed.age_ticks else ["manager", "data"]
            case MarketSeen():
                readers = ["forecasting"]
            case ForecastsMade():
                readers = self._strategies[::-1]
            case Advance():
                readers = ["data", *self._strategies[::-1]]
            case Proposed() | Failed() | Advanced():
                readers = ["manager"]
            case Decided():
                readers = []
        return readers

    def _is_managers_failure(self, message: Message) -> bool:
        return isinstance(message, Failed) and message.agent == "manager"

    def signals(self) -> tuple[tuple[Trend, ...], tuple[Anomaly, ...]]:
        """Read trends and anomalies as the data agent saw them last."""
        agent = self.hosts["data"].agent
        return (agent.trends, agent.anomalies) if isinstance(agent, DataAgent) else ((), ())

    def forecasting(self) -> ForecastingReport:
        """Read what the forecasting agent shows of its work."""
        agent = self.hosts["forecasting"].agent
        return agent.report if isinstance(agent, ForecastingAgent) else ForecastingReport()

    def manager(self) -> SystemManager:
        """Find the manager at work now."""
        agent = self.hosts["manager"].agent
        if not isinstance(agent, SystemManager):
            raise TypeError(f"Pipeline: agent 'manager' is a {type(agent).__name__}")
        return agent

    def strategies(self) -> tuple[StrategyAgent, ...]:
        """List the strategy agents at work now."""
        agents = (self.hosts[name].agent for name in self._strategies)
        return tuple(agent for agent in agents if isinstance(agent, StrategyAgent))

    def restarts(self) -> int:
        """Count how often any agent was started anew."""
        return sum(host.restarts for host in self.hosts.values())

    def shadows(self) -> tuple[NamedShadow, ...]:
        """Collect the shadow ledgers of all strategies."""
        return tuple(
            NamedShadow(name=agent.name, shadow=agent.shadow)
            for agent in self.strategies()
            if agent.shadow is not None
        )

    async def drained(self) -> None:
        """Wait until the mailbox of every agent that is served is empty."""
        served = list(zip(self.hosts.values(), self._tasks, strict=True))
        while self._underway or any(len(h.inbox) and not task.done() for h, task in served):  # noqa: ASYNC110
            await asyncio.sleep(0)

    def busy(self) -> tuple[str, float] | None:
        """Name the agent that is at work now and when it began; None where none is."""
        for name, host in self.hosts.items():
            if (since := host.busy_since_s) is not None:
                return name, since
        return None

    def metrics(self) -> tuple[AgentMetrics, ...]:
        """Figures of all agents."""
        return tuple(host.metrics() for host in self.hosts.values())
