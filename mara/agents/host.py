"""Carries one agent: its mailbox, its figures, its restarts."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import structlog

from mara.agents.mailbox import Mailbox
from mara.agents.messages import (
    Advance,
    Failed,
    ForecastsMade,
    MarketRead,
    MarketSeen,
    Message,
    Proposed,
)
from mara.agents.recent import Recent
from mara.agents.snapshot import AgentMetrics

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mara.agents.base import Agent
    from mara.agents.circuit import Circuit

__all__ = ["Host", "tick_of"]

_log = structlog.get_logger("mara.agents")


def tick_of(message: Message) -> MarketRead | None:
    """Find the reading a message is about; None where it answers none."""
    match message:
        case MarketRead():
            return message
        case MarketSeen():
            return message.read
        case ForecastsMade():
            return message.seen.read
        case Proposed() | Advance():
            return message.made.seen.read
        case _:
            return None


class Host:
    """Serves one agent's mailbox.

    A failure restarts the agent (`make` builds a fresh one that takes over what the old one had
    learnt) with growing pauses; five in ten minutes open the circuit. Meanwhile every message is
    answered by `Failed`, so that nobody waits for an answer that will not come.
    """

    def __init__(
        self,
        make: Callable[[Agent | None], Agent],
        *,
        deliver: Callable[[Message], None],
        circuit: Circuit,
    ) -> None:
        self._make = make
        self.agent = make(None)
        self.inbox: Mailbox[Message] = Mailbox()
        self._deliver = deliver
        self._circuit = circuit
        self._latencies_ms = Recent()
        self._beat_s = time.monotonic()
        self._was_open = circuit.is_open
        self.busy_since_s: float | None = None
        self.decisions = self.errors = self.restarts = 0

    async def run(self) -> None:
        """Serve messages until cancelled."""
        while True:
            message = await self.inbox.get()
            try:
                await self.agent.prepare(message)
            except Exception as error:  # noqa: BLE001
                self.record_failure(message, error)
            else:
                self.serve(message)

    def serve(self, message: Message) -> None:
        """Answer one message, and deliver what the agent says."""
        self._beat_s = time.monotonic()
        if not self._circuit.allows(self._beat_s):
            self._answer_failed(message, "paused after failures")
            return
        for answer in self._handled(message):
            self._deliver(answer)

    def _handled(self, message: Message) -> Sequence[Message]:
        began = time.perf_counter()
        self.busy_since_s = time.monotonic()
        try:
            answers = self.agent.handle(message)
        except Exception as error:  # noqa: BLE001
            self.record_failure(message, error)
            return ()
        finally:
            self.busy_since_s = None
        self._circuit.succeeded()
        self._note_recovery()
        self.decisions += bool(answers)
        self._latencies_ms.add((time.perf_counter() - began) * 1e3)
        return answers

    def record_failure(self, message: Message | None, error: BaseException) -> None:
        """Count a failure, restart the agent and tell those who wait."""
        self.errors += 1
        self._circuit.failed(time.monotonic())
        if not self._was_open:
            _log.error("agent failed", agent=self.agent.name, exc_info=error)
        self._note_opening()
        if message is not None:
            self._answer_failed(message, f"{type(error).__name__}: {error}"[:300])
        self.agent = self._make(self.agent)
        self.restarts += 1

    def _note_opening(self) -> None:
        if self.circuit_open and not self._was_open:
            _log.error("agent circuit opened", agent=self.agent.name)
            self._was_open = True

    def _note_recovery(self) -> None:
        if self._was_open:
            _log.info("agent circuit closed", agent=self.agent.name)
            self._was_open = False

    def _answer_failed(self, message: Message, reason: str) -> None:
        read = tick_of(message)
        if read is not None and not isinstance(message, Advance):
            self._deliver(Failed(agent=self.agent.name, tick_at=read.at, reason=reason))

    @property
    def circuit_open(self) -> bool:
        """Whether the agent is held back because restarts did not help."""
        return self._circuit.is_open

    def metrics(self) -> AgentMetrics:
        """Figures of this agent now."""
        scored = self.agent.score()
        return AgentMetrics(
            name=self.agent.name,
            decisions=self.decisions,
            errors=self.errors,
            restarts=self.restarts,
            queue=len(self.inbox),
            latency_ms_p50=self._latencies_ms.percentile(0.5),
            latency_ms_p99=self._latencies_ms.percentile(0.99),
            message_ms_p99=self.inbox.wait_ms_p99,
            heartbeat_age_s=time.monotonic() - self._beat_s,
            circuit_open=self.circuit_open,
            score=scored[0] if scored else None,
            score_unit=scored[1] if scored else "",
        )
