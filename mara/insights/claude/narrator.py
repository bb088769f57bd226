"""Claude as a narrator: rounds of requests and tool calls within budget, deadline and breaker."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from mara.clock import Clock
from mara.errors import NarratorError, RefusedError
from mara.insights.claude.failures import RETRIES, pause_s
from mara.insights.claude.prompt import first_messages, system_blocks, tool_blocks
from mara.insights.claude.request import Purse, Turned, asked
from mara.insights.facts import FactSheet
from mara.insights.money import TokenPrices, Usage
from mara.insights.narrator import (
    Ended,
    EndReason,
    Notice,
    TextDelta,
    ToolCalled,
    Withdrawn,
)
from mara.insights.tools import Tool, ToolCall, called, with_own_ids

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from mara.insights.breaker import Breaker
    from mara.insights.claude.connection import Connection
    from mara.insights.narrator import Ask, Event

__all__ = ["ClaudeNarrator", "Model", "Surroundings"]

_MOST_ROUNDS: Final = 6
_MOST_INVALID: Final = 1
_MOST_PAUSES: Final = 3
_WAIT_SLICE_S: Final = 0.05
_CUT: Final = {
    "max_tokens": "The reply reached its limit of tokens and is cut here.",
    "model_context_window_exceeded": "The conversation is too long for the model; start a new one.",
}
_WHOLE: Final = {
    "end_turn": EndReason.DONE,
    "stop_sequence": EndReason.DONE,
    "stopped": EndReason.STOPPED,
}
_UNKNOWN_END: Final = "Claude ended the reply in a way that MARA does not know; it may be cut."


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model, what its tokens cost, and how long a reply may be."""

    name: str
    prices: TokenPrices
    max_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a narrator takes from outside: time, chance for the jitter, and its deadline."""

    clock: Clock
    rng: np.random.Generator
    deadline_s: float


@dataclass(slots=True)
class _Talk:
    """One reply in the making."""

    tools: tuple[Tool, ...]
    sheet: FactSheet
    messages: list[dict[str, Any]]
    usage: Usage = field(default_factory=Usage)
    cost_usd: float = 0.0
    said: bool = False
    invalid: int = 0
    ends_at: float = 0.0

    def called(self, name: str, arguments: object) -> ToolCall:
        """Call a tool; its facts join the sheet, under ids that no other fact of it has."""
        call = with_own_ids(called(self.tools, name, arguments), self.sheet)
        if call.result is not None:
            self.sheet = self.sheet.extended(call.result.facts)
        return call


class ClaudeNarrator:
    """Narrates with one key and model; each request is paid for by `purse`."""

    def __init__(
        self,
        connection: Connection,
        model: Model,
        *,
        purse: Purse,
        breaker: Breaker,
        around: Surroundings,
    ) -> None:
        self._connection = connection
        self._model = model
        self._purse = purse
        self._breaker = breaker
        self._around = around

    @property
    def name(self) -> str:
        """The model's name."""
        return self._model.name

    def narrate(self, ask: Ask, stopped: Callable[[], bool]) -> Iterator[Event]:
        """Answer `ask`; whatever fails becomes a `Notice` in our own words."""
        talk = _Talk(
            tools=ask.tools,
            sheet=ask.sheet,
            messages=first_messages(ask),
        )
        try:
            self._connection.client()
            talk.ends_at = self._around.clock.monotonic() + self._around.deadline_s
            yield from self._rounds(talk, stopped)
        except NarratorError as error:
            if error.cause != "breaker":
                self._breaker.failed(error)
            yield from self._given_up(talk, str(error))
        except RefusedError as error:
            yield from self._given_up(talk, str(error))

    def _given_up(self, talk: _Talk, why: str) -> Iterator[Event]:
        yield Notice(text=why)
        yield self._ended(talk, EndReason.CUT if talk.said else EndReason.FAILED)

    def _ended(self, talk: _Talk, reason: EndReason) -> Ended:
        return Ended(
            reason=reason, model=self._model.name, usage=talk.usage, cost_usd=talk.cost_usd
        )

    def _rounds(self, talk: _Talk, stopped: Callable[[], bool]) -> Iterator[Event]:
        for _ in range(_MOST_ROUNDS):
            turned = yield from self._turn(talk, stopped)
            if turned.reason == "tool_use" and turned.calls:
                yield from self._run_tools(talk, turned)
                if talk.invalid > _MOST_INVALID:
                    yield from self._given_up(
                        talk, "A tool call was malformed again; it is dropped."
                    )
                    return
            elif turned.reason == "pause_turn":
                talk.messages.append({"role": "assistant", "content": turned.content})
            else:
                yield from self._finish(talk, turned.reason)
                return
        yield from self._given_up(talk, f"The reply took {_MOST_ROUNDS} rounds of tools and stops.")

    def _finish(self, talk: _Talk, reason: str) -> Iterator[Event]:
        if reason == "refusal":
            yield Withdrawn()
            yield Notice(
                text="Claude declined to answer this. The conversation starts afresh, and the text "
                "below is composed from the facts alone."
            )
            yield self._ended(talk, EndReason.REFUSED)
        elif reason in _WHOLE:
            yield self._ended(talk, _WHOLE[reason])
        else:
            yield Notice(text=_CUT.get(reason, _UNKNOWN_END))
            yield self._ended(talk, EndReason.CUT)

    def _run_tools(self, talk: _Talk, turned: Turned) -> Iterator[Event]:
        """Run the calls, and put their results into the conversation."""
        results = []
        valid = True
        for block in turned.calls:
            call = talk.called(block.name, block.arguments)
            valid = valid and call.valid
            results.append(
                {
                    "type": "tool_result",
                    "tool_use_id": block.call_id,
                    "content": call.for_narrator(),
                    "is_error": call.error is not None,
                }
            )
            yield ToolCalled(call=call)
        talk.invalid += not valid
        talk.messages += [
            {"role": "assistant", "content": turned.content},
            {"role": "user", "content": results},
        ]

    def _turn(self, talk: _Talk, stopped: Callable[[], bool]) -> Generator[TextDelta, None, Turned]:
        """Send one request, again where its failure is worth it and nothing was said yet."""
        attempt = 0
        while True:
            self._breaker.check()
            said = talk.said
            try:
                turned = yield from self._once(talk, stopped)
            except NarratorError as error:
                if talk.said != said or not self._again(talk, error, attempt, stopped):
                    raise
                attempt += 1
            else:
                if turned.reason != "stopped":
                    self._breaker.succeeded()
                return turned

    def _once(self, talk: _Talk, stopped: Callable[[], bool]) -> Generator[TextDelta, None, Turned]:
        parameters: dict[str, Any] = {
            "model": self._model.name,
            "max_tokens": self._model.max_tokens,
            "system": system_blocks(),
            "messages": talk.messages,
        }
        if talk.tools:
            parameters["tools"] = tool_blocks(talk.tools)
        reply = asked(self._connection, parameters, purse=self._purse, prices=self._model.prices)
        try:
            for piece in reply:
                if stopped():
                    reply.close()
                    return Turned(reason="stopped")
                if self._around.clock.monotonic() > talk.ends_at:
                    why = "the reply took too long" if talk.said else "no answer in time"
                    raise NarratorError(f"Claude: {why}", cause="timeout")
                if piece:
                    talk.said = True
                    yield TextDelta(text=piece)
            return reply.turned()
        finally:
            reply.close()
            talk.usage += reply.usage
            talk.cost_usd += reply.cost_usd

    def _again(
        self, talk: _Talk, error: NarratorError, attempt: int, stopped: Callable[[], bool]
    ) -> bool:
        """Wait for the next attempt; False where it is not worth one, or time is over."""
        if attempt >= min(RETRIES.allowed(error.cause), _MOST_PAUSES):
            return False
        pause = pause_s(error, attempt, self._around.rng)
        clock = self._around.clock
        until = clock.monotonic() + pause
        if pause > RETRIES.longest_pause_s or until > talk.ends_at:
            return False
        idle = threading.Event()
        while (left := until - clock.monotonic()) > 0:
            if stopped():
                return False
            idle.wait(min(left, _WAIT_SLICE_S))
        return True
