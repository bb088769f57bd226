"""What carries an agent: answers, failures, restarts."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import structlog

from mara.agents.circuit import Circuit
from mara.agents.host import Host, tick_of
from mara.agents.messages import Advance, Advanced, Failed, Message, Proposed
from mara.agents.notes import note_of
from tests.agents.readings import START, decide, made, manager, proposal, proposed, reading

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass
class Fragile:
    """Counts what it hears, and breaks where told."""

    heard: int = 0
    breaks: bool = False
    unready: bool = False
    name: str = "fragile"
    made: list[object] = field(default_factory=list)

    async def prepare(self, message: Message) -> None:
        if self.unready:
            raise RuntimeError("not ready")

    def handle(self, message: Message) -> Sequence[Message]:
        self.heard += 1
        if self.breaks:
            raise RuntimeError("broken")
        return (Advanced(agent=self.name, tick_at=START, gain_usd=1.0),)

    def score(self) -> tuple[float, str] | None:
        return None


def hosted(circuit: Circuit | None = None) -> tuple[Host, list[Message], list[Fragile]]:
    said: list[Message] = []
    agents: list[Fragile] = []

    def make(before: Any) -> Any:  # noqa: ANN401
        agents.append(Fragile(heard=before.heard if before else 0))
        return agents[-1]

    host = Host(make, deliver=said.append, circuit=circuit or Circuit(limit=3, window_s=60.0))
    return host, said, agents


def test_answers_are_delivered_and_counted() -> None:
    host, said, _ = hosted()
    host.serve(reading())
    assert len(said) == 1
    figures = host.metrics()
    assert (figures.decisions, figures.errors, figures.restarts) == (1, 0, 0)
    assert figures.latency_ms_p99 >= figures.latency_ms_p50 >= 0.0
    assert figures.heartbeat_age_s < 5.0
    assert (figures.score, figures.score_unit) == (None, "")


def test_a_failure_is_an_answer_and_the_restart_keeps_what_was_learnt() -> None:
    host, said, agents = hosted(Circuit(limit=3, window_s=60.0, pause_s=0.0))
    host.serve(reading())
    agents[-1].breaks = True
    host.serve(reading())
    assert isinstance(said[-1], Failed)
    assert said[-1].reason == "RuntimeError: broken"
    assert len(agents) == 2
    assert agents[-1].heard == 2, "the new agent took over the state of the old one"
    host.serve(reading())
    assert isinstance(said[-1], Advanced)
    assert host.metrics().restarts == 1


def test_held_back_it_answers_that_it_is_held_back() -> None:
    host, said, agents = hosted(Circuit(limit=3, window_s=60.0, pause_s=5.0))
    agents[-1].breaks = True
    host.serve(reading())
    host.serve(reading())
    assert isinstance(said[-1], Failed)
    assert said[-1].reason == "paused after failures"
    assert agents[-1].heard == 1, "nobody asked the agent meanwhile"


def test_a_circuit_opens_and_closes_with_one_line_each() -> None:
    circuit = Circuit(limit=3, window_s=0.0, pause_s=0.0)
    circuit_open = Circuit(limit=3, window_s=60.0, pause_s=0.0)
    host, _, agents = hosted(circuit_open)
    with structlog.testing.capture_logs() as lines:
        for _ in range(6):
            agents[-1].breaks = True
            host.serve(reading())
    events = [line["event"] for line in lines]
    assert events == ["agent failed"] * 3 + ["agent circuit opened"]
    assert host.metrics().circuit_open
    host._circuit = circuit  # the window has passed
    with structlog.testing.capture_logs() as lines:
        for _ in range(3):
            host.serve(reading())
    assert [line["event"] for line in lines] == ["agent circuit closed"]


def test_a_failure_that_concerns_no_tick_tells_nobody() -> None:
    host, said, agents = hosted()
    agents[-1].breaks = True
    host.serve(Advanced(agent="x", tick_at=START, gain_usd=0.0))
    assert said == []
    host.record_failure(None, RuntimeError("outside"))
    assert said == []
    assert host.errors == 2


async def test_an_agent_that_cannot_get_ready_answers_too() -> None:
    host, said, agents = hosted()
    agents[-1].unready = True
    serving = asyncio.create_task(host.run())
    host.inbox.put(reading())
    async with asyncio.timeout(5):
        while not said:  # noqa: ASYNC110
            await asyncio.sleep(0)
    assert isinstance(said[0], Failed)
    assert "not ready" in said[0].reason
    assert not serving.done(), "it goes on serving"
    serving.cancel()
    with suppress(asyncio.CancelledError):
        await serving


def test_every_message_knows_its_reading() -> None:
    read = reading()
    told = made(read)
    assert tick_of(read) is tick_of(told.seen) is tick_of(told) is read
    assert tick_of(Advance(made=told)) is read
    assert tick_of(proposed(read, proposal("hold"))) is read
    assert tick_of(Failed(agent="x", tick_at=START, reason="")) is None


@pytest.mark.parametrize("anomalies", [0, 1])
def test_messages_are_told_in_one_line(anomalies: int) -> None:
    read = reading()
    told = made(read)
    decided = decide(manager(), read, *(proposal(n) for n in ("optimiser", "strike-rule", "hold")))
    lines = {
        type(m).__name__: note_of(m)
        for m in (
            told.seen,
            told,
            proposed(read, proposal("hold")),
            Failed(agent="x", tick_at=START, reason="why"),
            decided,
        )
    }
    assert "nothing odd" in lines["MarketSeen"].text
    assert lines["ForecastsMade"].text == "too little history to forecast"
    assert lines["Proposed"].text == "hold says so"
    assert lines["Failed"].text == "why"
    assert lines["Decided"].agent == "manager"
    assert note_of(read) is None
    assert isinstance(proposed(read, proposal("hold")), Proposed)
