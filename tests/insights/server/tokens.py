"""Tokens and the prompt cache, counted as the API bills them, by four bytes a token.

A breakpoint (``cache_control``) stores the prompt up to it; a later request whose prompt begins
with the same bytes reads it. A prefix under `MIN_CACHED_TOKENS` is not stored.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

from tests.insights.server.script import Usage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["MIN_CACHED_TOKENS", "PromptCache", "breakpoints", "tokens_of"]

MIN_CACHED_TOKENS: Final = 1_024
_BYTES_A_TOKEN: Final = 4


def tokens_of(value: object) -> int:
    """Count the tokens of a text or of the JSON of a value."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return -(-len(text.encode()) // _BYTES_A_TOKEN)


def _blocks_of(value: object) -> list[Any]:
    if isinstance(value, str):
        return [{"type": "text", "text": value}]
    return list(value) if isinstance(value, list) else []


def _prompt(body: Mapping[str, Any]) -> Iterator[Any]:
    """Give the blocks of a prompt in the order of the cache: tools, system, messages."""
    yield from body.get("tools") or []
    yield from _blocks_of(body.get("system"))
    for message in body.get("messages") or []:
        for block in _blocks_of(message.get("content")):
            yield {"role": message.get("role"), **block}


def breakpoints(body: Mapping[str, Any]) -> int:
    """Count the breakpoints of a prompt; the API takes four."""
    automatic = body.get("cache_control") is not None
    return automatic + sum("cache_control" in block for block in _prompt(body))


class PromptCache:
    """Digests of the prefixes stored, by model."""

    def __init__(self) -> None:
        self._stored: set[bytes] = set()

    def usage(self, body: Mapping[str, Any], output_tokens: int) -> Usage:
        """Bill a request, and store what its breakpoints ask for."""
        total, marked = self._walk(body)
        read = max((n for n, key in marked if key in self._stored), default=0)
        kept = max((n for n, _ in marked), default=0)
        self._stored.update(key for _, key in marked)
        return Usage(
            input_tokens=total - max(kept, read),
            output_tokens=output_tokens,
            cache_read_input_tokens=read,
            cache_creation_input_tokens=max(kept - read, 0),
        )

    @staticmethod
    def _walk(body: Mapping[str, Any]) -> tuple[int, list[tuple[int, bytes]]]:
        """Give the tokens in all, and tokens and digest of the prefix of each breakpoint."""
        digest = hashlib.sha256(str(body.get("model")).encode())
        total, marked = 0, []
        blocks = list(_prompt(body))
        for at, block in enumerate(blocks, start=1):
            plain = {k: v for k, v in block.items() if k != "cache_control"}
            digest.update(json.dumps(plain, sort_keys=True).encode())
            total += tokens_of(plain)
            last = at == len(blocks) and body.get("cache_control") is not None
            if (last or "cache_control" in block) and total >= MIN_CACHED_TOKENS:
                marked.append((total, digest.digest()))
        return total, marked
