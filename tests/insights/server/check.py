"""What the API refuses in a request: status 400, 404 and 413 with a sentence.

Written after the parameter types of the SDK (`anthropic.types.message_create_params`), so that a
request which the real API would refuse is refused here too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from tests.insights.server.script import Failure
from tests.insights.server.tokens import breakpoints

__all__ = ["MODELS", "problem_of"]

MODELS: Final = ("claude-sonnet-5-5", "claude-haiku-5-5")
_KEYS: Final = frozenset(
    [
        "model",
        "max_tokens",
        "messages",
        "stream",
        "system",
        "tools",
        "tool_choice",
        "metadata",
        "stop_sequences",
        "thinking",
        "output_config",
        "service_tier",
        "cache_control",
        "container",
        "diagnostics",
        "inference_geo",
        "speed",
    ]
)
_MAX_BREAKPOINTS: Final = 4
_ROLES: Final = frozenset({"user", "assistant", "system"})


def problem_of(body: Mapping[str, Any], *, counting: bool = False) -> Failure | None:
    """Give what is wrong with a request; None where nothing is."""
    if isinstance(body.get("model"), str) and body["model"] not in MODELS:
        return Failure(status=404, kind="not_found_error", message=f"model: {body['model']}")
    said = next(_problems(body, counting=counting), None)
    return None if said is None else Failure(status=400, kind="invalid_request_error", message=said)


def _problems(body: Mapping[str, Any], *, counting: bool) -> Iterator[str]:
    for key in sorted(set(body) - _KEYS):
        yield f"{key}: Extra inputs are not permitted"
    if not isinstance(body.get("model"), str):
        yield "model: Field required"
    if not counting:
        yield from _limit(body)
    if breakpoints(body) > _MAX_BREAKPOINTS:
        yield f"A maximum of {_MAX_BREAKPOINTS} blocks with cache_control may be provided"
    yield from _tools(body.get("tools") or [])
    yield from _format(body.get("output_config") or {})
    yield from _messages(body.get("messages"))


def _limit(body: Mapping[str, Any]) -> Iterator[str]:
    limit = body.get("max_tokens")
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        yield "max_tokens: Input should be greater than or equal to 1"


def _tools(tools: list[Any]) -> Iterator[str]:
    names = [tool.get("name") for tool in tools]
    if len(names) != len(set(names)):
        yield "tools: Tool names must be unique"
    for at, tool in enumerate(tools):
        if (tool.get("input_schema") or {}).get("type") != "object":
            yield f"tools.{at}.input_schema.type: Input should be 'object'"


def _format(config: Mapping[str, Any]) -> Iterator[str]:
    wanted = config.get("format")
    if wanted is None:
        return
    if wanted.get("type") != "json_schema":
        yield "output_config.format.type: Input should be 'json_schema'"
    for schema in _objects(wanted.get("schema")):
        if schema.get("additionalProperties") is not False:
            yield "output_config.format.schema: 'additionalProperties' must be false"


def _objects(schema: object) -> Iterator[Mapping[str, Any]]:
    """Give every object schema within a schema."""
    if isinstance(schema, Mapping):
        if schema.get("type") == "object":
            yield schema
        for value in schema.values():
            yield from _objects(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _objects(value)


def _messages(messages: object) -> Iterator[str]:
    if not isinstance(messages, list) or not messages:
        yield "messages: at least one message is required"
        return
    if messages[0].get("role") != "user":
        yield "messages: first message must use the 'user' role"
    for at, message in enumerate(messages):
        yield from _message(at, message)
    yield from _results(messages)


def _message(at: int, message: Mapping[str, Any]) -> Iterator[str]:
    content = message.get("content")
    if message.get("role") not in _ROLES:
        yield f"messages.{at}.role: Input should be 'user', 'assistant' or 'system'"
    if not content and message.get("role") != "assistant":
        yield f"messages.{at}: user messages must have non-empty content"
    for block in content if isinstance(content, list) else []:
        if block.get("type") == "text" and not (block.get("text") or "").strip():
            yield f"messages.{at}: text content blocks must contain non-whitespace text"


def _results(messages: list[Any]) -> Iterator[str]:
    """Tool results must answer the calls of the message before, all of them."""
    for at in range(len(messages)):
        asked = _ids(messages[at - 1], "tool_use", "id") if at else set()
        given = _ids(messages[at], "tool_result", "tool_use_id")
        if given - asked:
            yield f"messages.{at}: unexpected tool_use_id in tool_result blocks"
        if asked - given:
            yield f"messages.{at}: tool_use ids were found without tool_result blocks after them"
    if _ids(messages[-1], "tool_use", "id"):
        yield f"messages.{len(messages) - 1}: tool_use ids were found without tool_result blocks"


def _ids(message: Mapping[str, Any], kind: str, key: str) -> set[str]:
    content = message.get("content")
    blocks = content if isinstance(content, list) else []
    return {b[key] for b in blocks if b.get("type") == kind and key in b}
