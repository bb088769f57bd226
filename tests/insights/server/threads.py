"""Conversations that the server holds: the tool runner of the SDK sends only what is new.

``thread: {"type": "create"}`` keeps a request under the id of its answer; ``{"type": "continue",
"previous_message_id": ...}`` goes on from there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.insights.server.script import Failure

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Threads"]


class Threads:
    """Whole requests, by the id of the message that answered them."""

    def __init__(self) -> None:
        self._held: dict[str, dict[str, Any]] = {}

    def whole(self, body: Mapping[str, Any]) -> dict[str, Any] | Failure:
        """Give a request with all its conversation, without `thread`."""
        thread = body.get("thread")
        plain = {k: v for k, v in body.items() if k != "thread"}
        if not thread or thread.get("type") == "create":
            return plain
        held = self._held.get(thread.get("previous_message_id"))
        if held is None:
            said = "thread: the previous message is not known"
            code = "thread_not_found"
            return Failure(status=404, kind="not_found_error", message=said, code=code)
        return {**held, **plain, "messages": [*held["messages"], *plain.get("messages", [])]}

    def hold(self, whole: Mapping[str, Any], message: Mapping[str, Any]) -> None:
        """Keep a request and its answer."""
        turn = {"role": "assistant", "content": message["content"]}
        self._held[message["id"]] = {**whole, "messages": [*whole["messages"], turn]}
