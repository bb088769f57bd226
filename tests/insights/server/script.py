"""What the server is to answer, as typed values in a queue.

A `Script` holds the answers to ``POST /v1/messages`` in their order. When the queue is empty, its
`otherwise` makes an answer from the request; where there is none, the server fails with status 500
and says so, so that a request too many is seen.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count
from typing import Any, Final

__all__ = [
    "BAD_KEY",
    "BAD_REQUEST",
    "FORBIDDEN",
    "NOT_FOUND",
    "NO_CREDIT",
    "OVERLOADED",
    "PROXY_PAGE",
    "RATE_LIMITED",
    "SERVER_ERROR",
    "SPEND_CAP",
    "TOO_LARGE",
    "Answer",
    "Block",
    "Calls",
    "Ending",
    "Failure",
    "Hang",
    "Recorded",
    "Reply",
    "Says",
    "Script",
    "Thinks",
    "Usage",
    "call",
    "chunked",
    "refuse",
    "say",
    "say_json",
]

_CHUNK: Final = 12
_IDS: Final = count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Says:
    """A block of text, one delta a chunk."""

    chunks: tuple[str, ...]

    @property
    def text(self) -> str:
        return "".join(self.chunks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """A call of a tool. `arguments` is the JSON text, so that it can be broken on purpose."""

    name: str
    arguments: str = "{}"
    id: str = field(default_factory=lambda: f"toolu_{next(_IDS):06d}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Thinks:
    """A block of thinking, which nobody is to show."""

    text: str


Block = Says | Calls | Thinks


class Ending(StrEnum):
    """How a stream ends, after `Reply.events` events where that is given."""

    WHOLE = "whole"
    CUT = "cut"  # the connection breaks
    UNFINISHED = "unfinished"  # the body ends properly, without message_stop
    GARBLED = "garbled"  # an event whose data is no JSON
    MISPLACED = "misplaced"  # an event for a block that was never begun
    OVERLOADED = "overloaded"  # an `error` event
    SILENT = "silent"  # nothing more comes, and the connection stays


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens as billed; without one the server counts them from request and reply."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_input_tokens: int = 0
    cache_creation_input_tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A message. `first_s` passes before its first event, `chunk_s` before each delta.

    Once all deltas are out, only pings follow until `held` is set.
    """

    blocks: tuple[Block, ...] = ()
    stop_reason: str = "end_turn"
    stop_details: Mapping[str, Any] | None = None
    usage: Usage | None = None
    first_s: float = 0.0
    chunk_s: float = 0.0
    held: threading.Event | None = None
    ending: Ending = Ending.WHOLE
    events: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An error of the API. `body` replaces the JSON body, as a proxy's page would.

    `code` is ``error.details.error_code``; `retry_after` and `date` go out as they stand.
    """

    status: int
    kind: str = "api_error"
    message: str = "the script asks for this error"
    code: str | None = None
    retry_after: str | None = None
    date: str | None = None
    should_retry: bool | None = None
    body: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hang:
    """No byte of an answer until the client leaves or `seconds` are over."""

    seconds: float = 60.0


Answer = Reply | Failure | Hang

BAD_REQUEST: Final = Failure(status=400, kind="invalid_request_error")
BAD_KEY: Final = Failure(
    status=401, kind="authentication_error", message="x-api-key header is invalid"
)
FORBIDDEN: Final = Failure(status=403, kind="permission_error")
NOT_FOUND: Final = Failure(status=404, kind="not_found_error")
TOO_LARGE: Final = Failure(status=413, kind="invalid_request_error")
RATE_LIMITED: Final = Failure(status=429, kind="rate_limit_error", retry_after="1")
SPEND_CAP: Final = Failure(
    status=429,
    kind="rate_limit_error",
    message="the usage threshold of this month is crossed",
    code="enforced_spend_limit_reached",
)
NO_CREDIT: Final = Failure(status=402, kind="billing_error", message="the credit balance is 0")
SERVER_ERROR: Final = Failure(status=500)
OVERLOADED: Final = Failure(status=529, kind="overloaded_error")
PROXY_PAGE: Final = Failure(status=502, body="<html><body>502 Bad Gateway</body></html>")


def chunked(text: str, size: int = _CHUNK) -> tuple[str, ...]:
    """Cut a text into pieces of `size` characters, across words and numbers alike."""
    return tuple(text[i : i + size] for i in range(0, len(text), size))


def say(text: str, *, size: int = _CHUNK, **reply: Any) -> Reply:  # noqa: ANN401
    """Answer with a text; further arguments are those of `Reply`."""
    return Reply(blocks=(Says(chunks=chunked(text, size)),), **reply)


def say_json(value: object, **reply: Any) -> Reply:  # noqa: ANN401
    """Answer with a value as JSON, as structured output comes."""
    return say(json.dumps(value), **reply)


def call(name: str, *, before: str = "", raw: str | None = None, **arguments: Any) -> Reply:  # noqa: ANN401
    """Answer with one call of a tool, after a text where there is one."""
    text = json.dumps(arguments) if raw is None else raw
    first = (Says(chunks=chunked(before)),) if before else ()
    return Reply(blocks=(*first, Calls(name=name, arguments=text)), stop_reason="tool_use")


def refuse(partial: str = "", *, category: str | None = None) -> Reply:
    """Refuse with status 200, perhaps after a few words that are not to be shown."""
    blocks = (Says(chunks=chunked(partial)),) if partial else ()
    details = {"type": "refusal", "category": category, "explanation": None}
    return Reply(blocks=blocks, stop_reason="refusal", stop_details=details)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A request as it came. The key is masked in `headers`; `known_key` says whether it is right."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]
    known_key: bool
    at: float

    @property
    def streams(self) -> bool:
        """Whether an event stream was asked for."""
        return self.body.get("stream") is True

    def texts(self) -> str:
        """Give all that the model would read, as one text."""
        parts = {k: self.body.get(k) for k in ("system", "messages", "tools")}
        return json.dumps(parts, ensure_ascii=False)


class Script:
    """The queue of answers; it may grow while the server runs, from any thread."""

    def __init__(
        self, *answers: Answer, otherwise: Callable[[Recorded], Answer] | None = None
    ) -> None:
        self.otherwise = otherwise
        self.elsewhere: Failure | None = None
        """Error of all other endpoints (``/v1/models``, ``count_tokens``)."""
        self._queue = deque(answers)
        self._lock = threading.Lock()

    def then(self, *answers: Answer) -> Script:
        """Put answers at the end of the queue."""
        with self._lock:
            self._queue.extend(answers)
        return self

    def clear(self) -> None:
        """Forget what is still queued."""
        with self._lock:
            self._queue.clear()

    @property
    def left(self) -> int:
        """Answers that nobody asked for yet."""
        with self._lock:
            return len(self._queue)

    def answer(self, request: Recorded) -> Answer:
        """Take the next answer."""
        with self._lock:
            if self._queue:
                return self._queue.popleft()
        if self.otherwise is not None:
            return self.otherwise(request)
        return Failure(status=500, message="the script holds no answer to this request")
