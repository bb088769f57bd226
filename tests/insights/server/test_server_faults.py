"""Each fault of the script is the exception that the SDK has for it."""

from __future__ import annotations

import json
import time
from typing import Any

import anthropic
import httpx2
import pytest

from tests.insights.server import script
from tests.insights.server.fixture import KEY, MessagesServer, serving
from tests.insights.server.script import Ending, Failure, Hang, say

ASK: dict[str, Any] = {
    "model": "claude-haiku-5-5",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "Say something."}],
}
TEXT = "A sentence of some length, so that it has many chunks. And another one."
TOOL = {"name": "look", "input_schema": {"type": "object", "properties": {}}}


@pytest.fixture
def client(messages_server: MessagesServer, sdk: anthropic.Anthropic) -> anthropic.Anthropic:
    return sdk.with_options(timeout=5.0)


def _read(client: anthropic.Anthropic, heard: list[str] | None = None) -> None:
    with client.messages.stream(**ASK) as stream:
        for text in stream.text_stream:
            if heard is not None:
                heard.append(text)
        stream.get_final_message()


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (script.BAD_REQUEST, anthropic.BadRequestError),
        (script.BAD_KEY, anthropic.AuthenticationError),
        (script.NO_CREDIT, anthropic.PaymentRequiredError),
        (script.FORBIDDEN, anthropic.PermissionDeniedError),
        (script.NOT_FOUND, anthropic.NotFoundError),
        (script.TOO_LARGE, anthropic.ContentTooLargeError),
        (script.RATE_LIMITED, anthropic.RateLimitError),
        (script.SPEND_CAP, anthropic.EnforcedSpendLimitReachedError),
        (script.SERVER_ERROR, anthropic.InternalServerError),
        (script.OVERLOADED, anthropic.OverloadedError),
        (script.PROXY_PAGE, anthropic.InternalServerError),
    ],
    ids=lambda one: getattr(one, "status", ""),
)
@pytest.mark.parametrize("streams", [True, False], ids=["stream", "create"])
def test_failures(
    messages_server: MessagesServer,
    client: anthropic.Anthropic,
    failure: Failure,
    error: type[anthropic.APIStatusError],
    streams: bool,  # noqa: FBT001
) -> None:
    messages_server.script.then(failure)
    with pytest.raises(error) as caught:
        _read(client) if streams else client.messages.create(**ASK)
    assert type(caught.value) is error
    assert caught.value.status_code == failure.status
    assert caught.value.error_code == failure.code
    assert len(messages_server.messages) == 1
    assert messages_server.billed == ()


def test_the_pause_asked_for_is_told(
    messages_server: MessagesServer, client: anthropic.Anthropic
) -> None:
    messages_server.script.then(Failure(status=429, kind="rate_limit_error", retry_after="17"))
    with pytest.raises(anthropic.RateLimitError) as caught:
        _read(client)
    assert caught.value.response.headers["retry-after"] == "17"
    assert caught.value.type == "rate_limit_error"


def test_the_sdk_retries_after_the_pause(
    messages_server: MessagesServer, client: anthropic.Anthropic
) -> None:
    messages_server.script.then(
        Failure(status=429, kind="rate_limit_error", retry_after="0.2"), say("at last")
    )
    _read(client.with_options(max_retries=1))
    first, second = messages_server.messages
    assert second.at - first.at >= 0.2
    assert second.headers["x-stainless-retry-count"] == "1"


def test_the_server_can_forbid_a_retry(
    messages_server: MessagesServer, client: anthropic.Anthropic
) -> None:
    messages_server.script.then(Failure(status=500, should_retry=False), say("never"))
    with pytest.raises(anthropic.InternalServerError):
        _read(client.with_options(max_retries=3))
    assert len(messages_server.messages) == 1


def test_a_wrong_key_is_refused_everywhere(
    messages_server: MessagesServer, client: anthropic.Anthropic
) -> None:
    wrong = client.with_options(api_key="sk-ant-wrong")
    for call in (
        lambda: _read(wrong),
        wrong.models.list,
        lambda: wrong.models.retrieve("claude-haiku-5-5"),
        lambda: wrong.messages.count_tokens(model=ASK["model"], messages=ASK["messages"]),
    ):
        with pytest.raises(anthropic.AuthenticationError):
            call()
    assert not any(request.known_key for request in messages_server.requests)
    assert "sk-ant" not in json.dumps([dict(r.headers) for r in messages_server.requests])


def test_other_endpoints_can_fail(
    messages_server: MessagesServer, client: anthropic.Anthropic
) -> None:
    messages_server.script.elsewhere = script.OVERLOADED
    messages_server.script.then(say("still here"))
    asked = {key: ASK[key] for key in ("model", "messages")}
    with pytest.raises(anthropic.OverloadedError):
        client.models.list()
    with pytest.raises(anthropic.OverloadedError):
        client.messages.count_tokens(**asked)
    _read(client)


@pytest.mark.parametrize("events", [0, 3, 6])
def test_a_cut_stream(
    messages_server: MessagesServer, client: anthropic.Anthropic, events: int
) -> None:
    messages_server.script.then(say(TEXT, ending=Ending.CUT, events=events))
    heard: list[str] = []
    with pytest.raises((httpx2.TransportError, anthropic.APIConnectionError)):
        _read(client, heard)
    assert "".join(heard) == TEXT[: 12 * max(events - 3, 0)]


def test_a_cut_without_a_stream(
    messages_server: MessagesServer, client: anthropic.Anthropic
) -> None:
    messages_server.script.then(say(TEXT, ending=Ending.CUT))
    with pytest.raises((httpx2.TransportError, anthropic.APIConnectionError)):
        client.messages.create(**ASK)


def test_an_unfinished_stream_has_no_stop_reason(
    messages_server: MessagesServer, client: anthropic.Anthropic
) -> None:
    """The SDK raises nothing here: the caller must look for the stop reason."""
    messages_server.script.then(say(TEXT, ending=Ending.UNFINISHED, events=5))
    with client.messages.stream(**ASK) as stream:
        final = stream.get_final_message()
    assert final.stop_reason is None
    assert final.content[0].to_dict()["text"] == TEXT[:24]


def test_a_garbled_stream(messages_server: MessagesServer, client: anthropic.Anthropic) -> None:
    messages_server.script.then(say(TEXT, ending=Ending.GARBLED, events=4))
    with pytest.raises(ValueError, match="Unterminated"):
        _read(client)


def test_a_stream_out_of_order(
    messages_server: MessagesServer, client: anthropic.Anthropic
) -> None:
    """The SDK raises what Python raises here, none of its own errors."""
    messages_server.script.then(say(TEXT, ending=Ending.MISPLACED, events=4))
    with pytest.raises(IndexError):
        _read(client)


def test_an_error_within_a_stream(
    messages_server: MessagesServer, client: anthropic.Anthropic
) -> None:
    """Its status is that of the response, 200: only the body tells what it is."""
    messages_server.script.then(say(TEXT, ending=Ending.OVERLOADED, events=4))
    with pytest.raises(anthropic.APIStatusError) as caught:
        _read(client)
    assert (caught.value.status_code, caught.value.type) == (200, "overloaded_error")


def test_a_silent_stream_times_out(
    messages_server: MessagesServer, client: anthropic.Anthropic
) -> None:
    messages_server.script.then(say(TEXT, ending=Ending.SILENT, events=4))
    heard: list[str] = []
    hasty = client.with_options(timeout=0.2)
    with pytest.raises((httpx2.TimeoutException, anthropic.APITimeoutError)):
        _read(hasty, heard)
    assert heard
    assert messages_server.wait_abandoned()


def test_a_hanging_server_times_out(
    messages_server: MessagesServer, client: anthropic.Anthropic
) -> None:
    messages_server.script.then(Hang())
    hasty = client.with_options(timeout=0.2)
    with pytest.raises(anthropic.APITimeoutError):
        _read(hasty)
    assert messages_server.wait_abandoned()


def test_a_slow_server_answers_in_the_end(
    messages_server: MessagesServer, client: anthropic.Anthropic
) -> None:
    messages_server.script.then(Hang(seconds=0.05))
    with pytest.raises(anthropic.GatewayTimeoutError):
        _read(client)


def test_a_server_that_hangs_can_be_closed(client: anthropic.Anthropic) -> None:
    start = time.monotonic()
    with serving() as server:
        hasty = client.with_options(base_url=server.url, timeout=0.1)
        server.script.then(say(TEXT, ending=Ending.SILENT, events=4))
        with pytest.raises((httpx2.TimeoutException, anthropic.APITimeoutError)):
            _read(hasty)
    assert time.monotonic() - start < 30.0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"extra_body": {"temperature": 0.0}}, "temperature: Extra inputs"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"messages": []}, "at least one message"),
        ({"messages": [{"role": "assistant", "content": "I"}]}, "first message"),
        ({"messages": [{"role": "user", "content": ""}]}, "non-empty"),
        ({"messages": [{"role": "bot", "content": "I"}]}, "role"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": " "}]}]}, "space"),
        ({"tools": [TOOL, TOOL]}, "unique"),
        ({"tools": [{"name": "look", "input_schema": {}}]}, "input_schema"),
        ({"output_config": {"format": {"type": "json"}}}, "json_schema"),
        (
            {"output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}}},
            "additionalProperties",
        ),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_impossible_requests(
    messages_server: MessagesServer, client: anthropic.Anthropic, change: dict[str, Any], said: str
) -> None:
    messages_server.script.then(say("never"))
    with pytest.raises(anthropic.BadRequestError, match=said):
        client.messages.create(**ASK | change)
    assert messages_server.script.left == 1


def test_too_many_breakpoints(messages_server: MessagesServer, client: anthropic.Anthropic) -> None:
    block = {"type": "text", "text": "rule", "cache_control": {"type": "ephemeral"}}
    with pytest.raises(anthropic.BadRequestError, match="maximum of 4"):
        client.messages.create(**ASK, system=[block] * 5)


def test_an_unknown_model(messages_server: MessagesServer, client: anthropic.Anthropic) -> None:
    with pytest.raises(anthropic.NotFoundError, match="claude-none"):
        client.messages.create(**ASK | {"model": "claude-none"})


@pytest.mark.parametrize(
    ("turns", "said"),
    [
        ([("assistant", "use"), ("user", "text")], "without tool_result"),
        ([("assistant", "use")], "without tool_result"),
        ([("user", "result")], "unexpected tool_use_id"),
    ],
)
def test_calls_and_results_must_pair(
    messages_server: MessagesServer,
    client: anthropic.Anthropic,
    turns: list[tuple[str, str]],
    said: str,
) -> None:
    blocks = {
        "use": {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}},
        "result": {"type": "tool_result", "tool_use_id": "toolu_1", "content": "1"},
        "text": {"type": "text", "text": "and?"},
    }
    more = [{"role": role, "content": [blocks[kind]]} for role, kind in turns]
    with pytest.raises(anthropic.BadRequestError, match=said):
        client.messages.create(**ASK | {"messages": [*ASK["messages"], *more]}, tools=[TOOL])


def test_a_body_that_is_too_large(
    messages_server: MessagesServer, client: anthropic.Anthropic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.insights.server.app.MAX_BODY_BYTES", 2_000)
    with pytest.raises(anthropic.ContentTooLargeError):
        client.messages.create(**ASK, system="word " * 500)


def test_what_is_no_request(messages_server: MessagesServer) -> None:
    url = f"{messages_server.url}/v1/messages"
    bare = httpx2.post(url, content=b"not json", headers={"x-api-key": KEY})
    assert (bare.status_code, "anthropic-version" in bare.text) == (400, True)
    versioned = {"x-api-key": KEY, "anthropic-version": "2026-10-21"}
    for content in (b"not json", b"[1]"):
        answer = httpx2.post(url, content=content, headers=versioned)
        assert (answer.status_code, "model" in answer.text) == (400, True)
