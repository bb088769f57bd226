"""A reply as the events of a stream and as one message."""

from __future__ import annotations

import json
from dataclasses import asdict
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from tests.insights.server.script import Block, Calls, Reply, Says, Thinks, Usage, chunked
from tests.insights.server.tokens import tokens_of

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["events_of", "message_of", "output_tokens", "sse"]

_IDS: Final = count(1)
Event = dict[str, Any]


def sse(event: Event) -> bytes:
    """Encode an event for the wire."""
    return f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()


def output_tokens(reply: Reply) -> int:
    """Count the tokens of a reply; an empty one is billed one."""
    return 1 + sum(tokens_of(_content(block)) for block in reply.blocks)


def message_of(reply: Reply, model: str, usage: Usage) -> Event:
    """Give a reply as one message."""
    return {
        "id": f"msg_{next(_IDS):06d}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [_block(block) for block in reply.blocks],
        "stop_reason": reply.stop_reason,
        "stop_sequence": None,
        "stop_details": reply.stop_details,
        "usage": asdict(usage),
    }


def events_of(reply: Reply, whole: Event) -> Iterator[Event]:
    """Give the events of a stream that makes the message `whole`, in the order of the API."""
    opened: Event = {"content": [], "stop_reason": None, "stop_details": None}
    first = {**whole["usage"], "output_tokens": 1}
    yield {"type": "message_start", "message": {**whole, **opened, "usage": first}}
    yield {"type": "ping"}
    for index, block in enumerate(reply.blocks):
        yield {"type": "content_block_start", "index": index, "content_block": _empty(block)}
        for delta in _deltas(block):
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    ended = {k: whole[k] for k in ("stop_reason", "stop_sequence", "stop_details")}
    yield {"type": "message_delta", "delta": ended, "usage": whole["usage"]}
    yield {"type": "message_stop"}


def _content(block: Block) -> str:
    return block.arguments if isinstance(block, Calls) else block.text


def _block(block: Block) -> dict[str, Any]:
    if isinstance(block, Says):
        return {**_empty(block), "text": block.text}
    if isinstance(block, Thinks):
        return {"type": "thinking", "thinking": block.text, "signature": "signed"}
    return {**_empty(block), "input": _arguments(block)}


def _arguments(block: Calls) -> object:
    """Give the arguments as the API would; JSON that does not parse cannot be sent whole."""
    try:
        return json.loads(block.arguments)
    except ValueError:
        return {}


def _empty(block: Block) -> dict[str, Any]:
    if isinstance(block, Says):
        return {"type": "text", "text": "", "citations": None}
    if isinstance(block, Thinks):
        return {"type": "thinking", "thinking": "", "signature": ""}
    return {"type": "tool_use", "id": block.id, "name": block.name, "input": {}}


def _deltas(block: Block) -> Iterator[dict[str, str]]:
    if isinstance(block, Says):
        yield from ({"type": "text_delta", "text": chunk} for chunk in block.chunks)
    elif isinstance(block, Thinks):
        yield {"type": "thinking_delta", "thinking": block.text}
        yield {"type": "signature_delta", "signature": "signed"}
    else:
        pieces = ("", *chunked(block.arguments))
        yield from ({"type": "input_json_delta", "partial_json": piece} for piece in pieces)
