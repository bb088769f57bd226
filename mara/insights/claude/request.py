"""One streamed request: its text as it comes, its tool calls, and what it cost."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from mara.errors import NarratorError
from mara.insights.claude.failures import cause_of, never_billed
from mara.insights.claude.pump import Finished, Pump
from mara.insights.money import Meter, TokenPrices, Usage, most_usage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mara.insights.claude.connection import Connection

__all__ = ["Call", "Purse", "Reply", "Turned", "asked"]

_POLL_S: Final = 0.05
_MALFORMED: Final = (
    AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError,
)  # fmt: skip
"""What the SDK raises on events that are out of order or not of their schema."""

_KEPT: Final = {
    "text": ("text",),
    "tool_use": ("id", "name", "input"),
    "thinking": ("thinking", "signature"),
    "redacted_thinking": ("data",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Purse:
    """Whose money pays: a session's, out of a meter."""

    meter: Meter
    session: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A tool call as it came."""

    call_id: str
    name: str
    arguments: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Turned:
    """How a request ended: its stop reason, its content to send back, and its tool calls."""

    reason: str
    content: tuple[dict[str, Any], ...] = ()
    calls: tuple[Call, ...] = ()


def asked(
    connection: Connection, parameters: dict[str, Any], *, purse: Purse, prices: TokenPrices
) -> Reply:
    """Send a request, once the most that it can cost is set aside.

    Raises
    ------
    RefusedError
        The budget does not cover it; nothing was sent.
    """
    size = len(json.dumps(parameters, ensure_ascii=False, default=str).encode())
    most = most_usage(request_bytes=size, max_tokens=int(parameters["max_tokens"]))
    return Reply(connection, parameters, purse=purse, prices=prices, most=most)


class Reply:
    """Iterates over pieces of text; in the end `turned` says how it ended, `usage` what it took.

    `usage` is the bill, or the most that it can come to: nothing before the request is sent, then
    all that was set aside; with the beginning the input is known, with the stop reason all of it.
    A reply that breaks off, is stopped or times out before that is booked at the most.
    """

    def __init__(
        self,
        connection: Connection,
        parameters: dict[str, Any],
        *,
        purse: Purse,
        prices: TokenPrices,
        most: Usage,
    ) -> None:
        self._connection = connection
        self._parameters = parameters
        self._purse = purse
        self._prices = prices
        self._held = purse.meter.reserve(purse.session, prices.cost_usd(most))
        self._settled = False
        self._pieces: Iterator[str] | None = None
        self._started = False
        self._whole = False
        self._most = most
        self._message: Any = None
        self.usage = Usage()

    @property
    def cost_usd(self) -> float:
        """What the request cost, or the most that it can come to."""
        return self._prices.cost_usd(self.usage)

    def __iter__(self) -> Iterator[str]:
        """Give text as it comes, and an empty text for every other event and while none comes.

        Raises
        ------
        NarratorError
            The request failed, or broke off; `cause` says why.
        """
        self._pieces = self._read()
        return self._pieces

    def _read(self) -> Iterator[str]:
        import anthropic  # noqa: PLC0415
        import httpx2  # noqa: PLC0415

        self.usage = self._most
        pump = Pump(lambda: self._connection.client().messages.stream(**self._parameters))
        try:
            while not isinstance(event := pump.take(_POLL_S), Finished):
                yield "" if event is None else self._seen(event)
            if event.error is not None:
                raise event.error
            self._message = event.message
        except (anthropic.AnthropicError, httpx2.HTTPError) as error:
            if not self._started and never_billed(error):
                self.usage = Usage()
            raise cause_of(error, started=self._started) from None
        except _MALFORMED:
            raise NarratorError("Claude: the answer is malformed", cause="cut") from None
        finally:
            pump.leave()
        if not self._whole:
            raise NarratorError("Claude: the answer broke off", cause="cut")

    def _seen(self, event: Any) -> str:  # noqa: ANN401 - a union of the SDK's
        if event.type == "message_start":
            self._started = True
            known = _usage_in(event.message.usage)
            self.usage = replace(known, output_tokens=self._most.output_tokens)
        elif event.type == "message_delta" and event.delta.stop_reason is not None:
            self.usage = replace(self.usage, output_tokens=int(event.usage.output_tokens))
        elif event.type == "message_stop":
            self._whole = True
        return str(event.text) if event.type == "text" else ""

    def turned(self) -> Turned:
        """Say how the request ended."""
        blocks = self._message.content
        calls = tuple(
            Call(call_id=b.id, name=b.name, arguments=b.input)
            for b in blocks
            if b.type == "tool_use"
        )
        content = tuple(_plain(block) for block in blocks if block.type in _KEPT)
        reason = str(self._message.stop_reason or "end_turn")
        return Turned(reason=reason, content=content, calls=calls)

    def close(self) -> None:
        """Leave the stream and settle what it took; more than once does no harm."""
        if self._pieces is not None:
            self._pieces.close()  # type: ignore[attr-defined]
        if self._settled:
            return
        self._settled = True
        self._purse.meter.settle(self._held, self.usage, self.cost_usd)


def _usage_in(usage: Any) -> Usage:  # noqa: ANN401
    return Usage(
        input_tokens=int(usage.input_tokens),
        cache_write_tokens=int(usage.cache_creation_input_tokens or 0),
        cache_read_tokens=int(usage.cache_read_input_tokens or 0),
        output_tokens=int(usage.output_tokens or 0),
    )


def _plain(block: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"type": block.type} | {name: getattr(block, name) for name in _KEPT[block.type]}
