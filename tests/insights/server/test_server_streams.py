"""The SDK streams, calls tools, parses and counts against the server."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any

import anthropic
import pytest
from pydantic import BaseModel

from tests.insights.server.fixture import KEY, MessagesServer
from tests.insights.server.script import (
    OVERLOADED,
    Calls,
    Ending,
    Reply,
    Says,
    Script,
    Thinks,
    Usage,
    call,
    chunked,
    refuse,
    say,
    say_json,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

MODEL = "claude-sonnet-5-5"
ASK: dict[str, Any] = {
    "model": MODEL,
    "max_tokens": 500,
    "messages": [{"role": "user", "content": "What does power cost?"}],
}
TEXT = "Power costs 31.50 USD/MWh, 12 % under its mean."
TOOL: dict[str, Any] = {
    "name": "forecast",
    "description": "Forecast prices.",
    "input_schema": {"type": "object", "properties": {"hours": {"type": "integer"}}},
}


@pytest.fixture
def client(messages_server: MessagesServer, sdk: anthropic.Anthropic) -> anthropic.Anthropic:
    return sdk


@pytest.fixture
async def async_client(messages_server: MessagesServer) -> AsyncIterator[anthropic.AsyncAnthropic]:
    async with anthropic.AsyncAnthropic(
        api_key=KEY, base_url=messages_server.url, max_retries=0
    ) as made:
        yield made


def test_a_message_comes_whole(
    messages_server: MessagesServer, client: anthropic.Anthropic
) -> None:
    usage = Usage(input_tokens=70, output_tokens=9, cache_read_input_tokens=4_000)
    messages_server.script.then(say(TEXT, usage=usage))
    message = client.messages.create(**ASK)
    assert [b.text for b in message.content if b.type == "text"] == [TEXT]
    assert (message.stop_reason, message.model) == ("end_turn", MODEL)
    assert message.usage.input_tokens == 70
    assert message.usage.cache_read_input_tokens == 4_000
    assert messages_server.billed == (usage,)


def test_a_stream_comes_chunk_by_chunk(
    messages_server: MessagesServer, client: anthropic.Anthropic
) -> None:
    messages_server.script.then(say(TEXT, size=5))
    with client.messages.stream(**ASK) as stream:
        assert tuple(stream.text_stream) == chunked(TEXT, 5)
        final = stream.get_final_message()
    assert (final.stop_reason, final.content[0].type) == ("end_turn", "text")
    assert final.usage.output_tokens == messages_server.billed[0].output_tokens


async def test_the_async_client_streams_too(
    messages_server: MessagesServer, async_client: anthropic.AsyncAnthropic
) -> None:
    messages_server.script.then(say(TEXT))
    async with async_client.messages.stream(**ASK) as stream:
        assert "".join([text async for text in stream.text_stream]) == TEXT


async def test_the_async_client_calls_parses_and_raises(
    messages_server: MessagesServer, async_client: anthropic.AsyncAnthropic
) -> None:
    tag = {"direction": "neutral", "confidence": 0.5}
    messages_server.script.then(call("forecast", hours=2), say_json(tag), OVERLOADED)
    asked = await async_client.messages.create(**ASK, tools=[TOOL])
    assert asked.content[0].to_dict()["input"] == {"hours": 2}
    parsed = await async_client.messages.parse(**ASK, output_format=Tag)
    assert parsed.parsed_output == Tag(**tag)
    with pytest.raises(anthropic.OverloadedError):
        await async_client.messages.create(**ASK)


def test_chunks_take_their_time(
    messages_server: MessagesServer, client: anthropic.Anthropic
) -> None:
    messages_server.script.then(say("a b c d", size=2, first_s=0.05, chunk_s=0.03))
    start = time.monotonic()
    with client.messages.stream(**ASK) as stream:
        at = [time.monotonic() - start for _ in stream.text_stream]
    assert at[0] >= 0.08
    assert at[-1] >= 0.08 + 0.03 * (len(at) - 1)
    assert len(at) == 4


def test_an_end_that_is_kept_back(
    messages_server: MessagesServer, client: anthropic.Anthropic
) -> None:
    may_end = threading.Event()
    messages_server.script.then(say("so be it", held=may_end))
    with client.messages.stream(**ASK) as stream:
        events = iter(stream)
        while next(events).type != "content_block_stop":
            pass
        may_end.set()
        assert "message_stop" in {event.type for event in events}


def test_all_kinds_of_events_are_sent(
    messages_server: MessagesServer, client: anthropic.Anthropic
) -> None:
    blocks = (Thinks(text="hm"), Says(chunks=("so ", "be it")), Calls(name="forecast"))
    messages_server.script.then(Reply(blocks=blocks, stop_reason="tool_use"))
    with client.messages.stream(**ASK, tools=[TOOL]) as stream:
        kinds = {event.type for event in stream}
        final = stream.get_final_message()
    assert {"message_start", "content_block_start", "content_block_delta"} <= kinds
    assert {"content_block_stop", "message_delta", "message_stop", "input_json"} <= kinds
    assert [b.type for b in final.content] == ["thinking", "text", "tool_use"]


def test_a_tool_is_called_and_answered(
    messages_server: MessagesServer, client: anthropic.Anthropic
) -> None:
    messages_server.script.then(call("forecast", before="One moment.", hours=24), say("41"))
    with client.messages.stream(**ASK, tools=[TOOL]) as stream:
        asked = stream.get_final_message()
    (use,) = [b for b in asked.content if b.type == "tool_use"]
    assert (use.name, use.input, asked.stop_reason) == ("forecast", {"hours": 24}, "tool_use")
    result = {"type": "tool_result", "tool_use_id": use.id, "content": "41"}
    turns = [asked.to_param(), {"role": "user", "content": [result]}]
    again = client.messages.create(**ASK | {"messages": [*ASK["messages"], *turns]}, tools=[TOOL])
    assert again.content[0].to_dict()["text"] == "41"
    assert "41" in messages_server.messages[1].texts()


def test_the_tool_runner_runs(messages_server: MessagesServer, client: anthropic.Anthropic) -> None:
    asked: list[int] = []

    @anthropic.beta_tool
    def forecast(hours: int) -> str:
        """Forecast prices.

        Args:
            hours: how far ahead
        """
        asked.append(hours)
        return "41"

    messages_server.script.then(call("forecast", hours=6), say("It will be 41."))
    runner = client.beta.messages.tool_runner(**ASK, tools=[forecast])
    assert runner.until_done().content[0].to_dict()["text"] == "It will be 41."
    assert asked == [6]
    second = messages_server.messages[1].body
    assert second["thread"]["type"] == "continue"
    assert len(second["messages"]) == 1


def test_broken_arguments_reach_the_client(
    messages_server: MessagesServer, client: anthropic.Anthropic
) -> None:
    messages_server.script.then(call("forecast", raw='{"hours": }'))
    with pytest.raises(ValueError, match="tool parameter JSON"):
        _text(client, tools=[TOOL])


class Tag(BaseModel):
    """A structured answer."""

    direction: str
    confidence: float


def test_structured_output_is_parsed(
    messages_server: MessagesServer, client: anthropic.Anthropic
) -> None:
    messages_server.script.then(say_json({"direction": "adverse", "confidence": 0.75}))
    message = client.messages.parse(**ASK, output_format=Tag)
    assert message.parsed_output == Tag(direction="adverse", confidence=0.75)
    wanted = messages_server.messages[0].body["output_config"]["format"]
    assert wanted["schema"]["properties"].keys() == {"direction", "confidence"}


def test_wrong_structure_raises(
    messages_server: MessagesServer, client: anthropic.Anthropic
) -> None:
    messages_server.script.then(say_json({"direction": 3}))
    with pytest.raises(ValueError, match="confidence"):
        client.messages.parse(**ASK, output_format=Tag)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (refuse("Well"), "refusal"),
        (say("cut off in the mid", stop_reason="max_tokens"), "max_tokens"),
        (say("more to come", stop_reason="pause_turn"), "pause_turn"),
        (say("full", stop_reason="model_context_window_exceeded"), "model_context_window_exceeded"),
        (Reply(), "end_turn"),
    ],
)
def test_stop_reasons(
    messages_server: MessagesServer, client: anthropic.Anthropic, reply: Reply, reason: str
) -> None:
    messages_server.script.then(reply, reply)
    with client.messages.stream(**ASK) as stream:
        final = stream.get_final_message()
    assert final.stop_reason == client.messages.create(**ASK).stop_reason == reason
    assert (final.stop_details is not None) == (reason == "refusal")


def test_tokens_are_counted(messages_server: MessagesServer, client: anthropic.Anthropic) -> None:
    asked = {k: v for k, v in ASK.items() if k != "max_tokens"}
    few = client.messages.count_tokens(**asked).input_tokens
    many = client.messages.count_tokens(**asked, system="word " * 400).input_tokens
    assert 0 < few < many - 400
    assert messages_server.requests[0].path == "/v1/messages/count_tokens"


def test_models_are_listed(client: anthropic.Anthropic) -> None:
    assert MODEL in {model.id for model in client.models.list()}
    assert client.models.retrieve(MODEL).lifecycle == "active"
    with pytest.raises(anthropic.NotFoundError):
        client.models.retrieve("claude-none")


def test_a_stable_prefix_is_written_once_and_read_after(
    messages_server: MessagesServer, client: anthropic.Anthropic
) -> None:
    messages_server.script.then(say("1"), say("2"), say("3"))
    system = [
        {"type": "text", "text": "rule " * 2_000, "cache_control": {"type": "ephemeral"}},
        {"type": "text", "text": "not stable"},
    ]
    one, two = (client.messages.create(**ASK, system=system).usage for _ in range(2))
    system[0]["text"] = "Rule " * 2_000
    three = client.messages.create(**ASK, system=system).usage
    assert (one.cache_read_input_tokens, two.cache_creation_input_tokens) == (0, 0)
    assert one.cache_creation_input_tokens == two.cache_read_input_tokens > 2_000
    assert one.input_tokens == two.input_tokens < 100
    assert three.cache_read_input_tokens == 0


def test_a_short_prefix_is_not_stored(
    messages_server: MessagesServer, client: anthropic.Anthropic
) -> None:
    messages_server.script.then(say("1"), say("2"))
    system = [{"type": "text", "text": "rule", "cache_control": {"type": "ephemeral"}}]
    used = [client.messages.create(**ASK, system=system).usage for _ in range(2)]
    assert all(not u.cache_read_input_tokens for u in used)
    assert all(not u.cache_creation_input_tokens for u in used)


def test_the_key_is_masked_and_the_body_kept(
    messages_server: MessagesServer, client: anthropic.Anthropic
) -> None:
    messages_server.script.then(say("1"))
    _text(client)
    (request,) = messages_server.messages
    assert KEY not in json.dumps(dict(request.headers))
    assert (request.known_key, request.streams) == (True, True)
    assert "What does power cost?" in request.texts()


def test_who_stops_a_stream_is_seen(
    messages_server: MessagesServer, client: anthropic.Anthropic
) -> None:
    messages_server.script.then(say(TEXT * 40, chunk_s=0.02))
    with client.messages.stream(**ASK) as stream:
        next(stream.text_stream)
    assert messages_server.wait_abandoned()


def test_an_answer_can_follow_from_the_request(
    messages_server: MessagesServer, client: anthropic.Anthropic
) -> None:
    messages_server.script.otherwise = lambda r: say(r.body["model"])
    messages_server.script.then(say("queued"))
    assert [_text(client), _text(client)] == ["queued", MODEL]
    assert messages_server.script.left == 0
    assert messages_server.wait_for(2)
    assert not messages_server.wait_for(3, timeout_s=0.01)


def test_an_empty_script_is_an_error(
    messages_server: MessagesServer, client: anthropic.Anthropic
) -> None:
    messages_server.script.then(say("never"))
    messages_server.script.clear()
    with pytest.raises(anthropic.InternalServerError, match="holds no answer"):
        _text(client)


def test_a_script_can_be_given_at_the_start() -> None:
    assert Script(say("1"), say("2", ending=Ending.CUT)).left == 2


def _text(client: anthropic.Anthropic, **more: Any) -> str:  # noqa: ANN401
    with client.messages.stream(**ASK, **more) as stream:
        return stream.get_final_text()
