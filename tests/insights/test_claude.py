"""Claude through the real SDK against the local server: faults F38 to F42, money, tools, stopping."""

from __future__ import annotations

import json
import socket
import time
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

import pytest

from mara.errors import NarratorError
from mara.insights.claude.narrator import Model
from mara.insights.claude.prompt import RULES
from mara.insights.claude.request import Purse
from mara.insights.claude.tagging import tagged
from mara.insights.money import Budget, Usage
from mara.insights.narrator import EndReason
from mara.insights.tools import (
    MOST_RESULT_CHARS,
    Arguments,
    Tool,
    ToolCall,
    ToolResult,
    called,
    with_own_ids,
)
from tests.insights.conftest import PRICES, fact
from tests.insights.server import script
from tests.insights.server.script import Ending, Hang, Thinks, call, refuse, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from mara.insights.facts import FactSheet
    from tests.insights.conftest import Rig


pytestmark = pytest.mark.slow


def test_a_reply_streams_checked_and_is_paid_for(rig: Rig, sheet: FactSheet) -> None:
    rig.server.script.then(
        say("It costs **41.24 USD/MWh** [price.now]. Before, 57.1 USD/MWh [price.now].")
    )
    reply = rig.reply(sheet)
    assert reply.ended.reason is EndReason.DONE
    assert (reply.traced, reply.untraced) == (1, 1)
    billed = rig.server.billed[-1]
    cost = (
        billed.input_tokens * PRICES.input_usd
        + billed.output_tokens * PRICES.output_usd
        + billed.cache_creation_input_tokens * PRICES.cache_write_usd
        + billed.cache_read_input_tokens * PRICES.cache_read_usd
    ) / 1e6
    assert rig.meter.of_session("a").usd == pytest.approx(cost, rel=1e-9)
    assert rig.meter.of_day().reserved_usd == pytest.approx(0.0, abs=1e-12)


def test_the_stable_part_is_cached(rig: Rig, sheet: FactSheet) -> None:
    rig.server.script.then(say("One."), say("Two."))
    rig.reply(sheet)
    second = rig.reply(sheet, question="another question")
    assert second.ended.usage.cache_read_tokens > 1_000
    body = rig.server.messages[-1].body
    assert body["system"][0]["text"] == RULES
    assert not {"temperature", "top_p", "top_k"} & set(body)


def test_a_tool_runs_and_its_facts_may_be_cited(rig: Rig, sheet: FactSheet) -> None:
    rig.server.script.then(
        call("simulate", before="Let me look. ", power_mw=3.5), say("It is 3.5 MW [tool.power].")
    )
    reply = rig.reply(sheet)
    assert rig.effects == [3.5]
    assert reply.text == "Let me look. It is 3.5 MW."
    assert (reply.traced, reply.untraced) == (1, 0)
    assert reply.calls[0].result is not None


def test_each_call_of_a_tool_has_facts_of_its_own(rig: Rig, sheet: FactSheet) -> None:
    """Figures of both calls are traced, and none under the id of the other."""
    rig.server.script.then(
        call("simulate", power_mw=3.5),
        call("simulate", power_mw=7.25),
        call("simulate", power_mw=3.5),
        say(
            "It is 3.5 MW [tool.power], then 7.25 MW [tool.power_2]. "
            "Not 7.25 MW [tool.power], nor 3.5 MW [tool.power_2]."
        ),
    )
    reply = rig.reply(sheet)
    assert (reply.traced, reply.untraced) == (2, 2)
    first, second, third = (json.loads(one.for_narrator()) for one in reply.calls)
    ids = [one["facts"][0]["id"] for one in (first, second, third)]
    assert ids == ["tool.power", "tool.power_2", "tool.power"]
    assert "_2" in second["says"]
    assert "tool.power_2" in json.dumps(rig.server.messages[-1].body["messages"])


def test_ids_of_the_sheet_stay_what_they_were(sheet: FactSheet) -> None:
    """A newer reading does not take the place of the sheet's; one that says the same does."""
    newer = ToolResult(text="read", facts=(fact("price.now", 43.0, "USD/MWh", "energy price now"),))
    read = with_own_ids(ToolCall(name="t", arguments="{}", result=newer), sheet)
    assert [f.fact_id for f in read.result.facts] == ["price_2.now"]
    third = with_own_ids(
        ToolCall(name="t", arguments="{}", result=newer), sheet.extended(read.result.facts)
    )
    assert [f.fact_id for f in third.result.facts] == ["price_3.now"]
    same = ToolResult(text="read", facts=sheet.facts[:2])
    again = ToolCall(name="t", arguments="{}", result=same)
    assert with_own_ids(again, sheet) is again
    failed = ToolCall(name="t", arguments="{}", error="no")
    assert with_own_ids(failed, sheet) is failed


def test_f38_a_refused_key_is_asked_once(make_rig: Callable[..., Rig], sheet: FactSheet) -> None:
    rig = make_rig(key="sk-ant-canary-of-another-account")
    before = len(rig.server.requests)
    first, second = rig.reply(sheet), rig.reply(sheet)
    assert len(rig.server.requests) == before + 1
    assert {first.ended.reason, second.ended.reason} == {EndReason.FAILED}
    assert "key is refused" in first.notices[0]
    assert "canary" not in "".join([*first.notices, *second.notices])
    assert rig.meter.of_day().usd == 0.0


def test_f39_a_rate_limit_waits_as_long_as_the_server_says(rig: Rig, sheet: FactSheet) -> None:
    rig.server.script.then(script.RATE_LIMITED, say("Now."))
    begun = time.monotonic()
    assert rig.reply(sheet).text == "Now."
    assert 1.0 <= time.monotonic() - begun < 20.0


@pytest.mark.parametrize(
    ("until", "held"),
    [
        ("Mon, 01 Jun 2026 12:00:02 GMT", True),
        ("Mon, 01 Jun 2026 11:59:00 GMT", False),
        ("soon", False),
    ],
)
def test_f39_a_pause_may_be_a_date(rig: Rig, sheet: FactSheet, until: str, *, held: bool) -> None:
    """It counts from the server's own clock; what is no date is no pause."""
    limited = script.Failure(
        status=429,
        kind="rate_limit_error",
        retry_after=until,
        date="Mon, 01 Jun 2026 12:00:00 GMT",
    )
    rig.server.script.then(limited, say("Now."))
    begun = time.monotonic()
    assert rig.reply(sheet).text == "Now."
    assert time.monotonic() - begun >= (2.0 if held else 0.0)


def test_f39_a_spend_cap_is_not_repeated_until_its_reset(rig: Rig, sheet: FactSheet) -> None:
    rig.server.script.then(script.SPEND_CAP)
    before = len(rig.server.messages)
    first, second = rig.reply(sheet), rig.reply(sheet)
    assert len(rig.server.messages) == before + 1
    assert "spending limit" in first.notices[0]
    assert "not asked until" in second.notices[0]
    assert rig.breaker.state.open_until is not None
    assert rig.breaker.state.open_until.day == 1


@pytest.mark.parametrize(
    ("answer", "sent"),
    [
        (script.OVERLOADED, 3),
        (script.SERVER_ERROR, 2),
        (script.PROXY_PAGE, 2),
        (script.BAD_REQUEST, 1),
        (script.NO_CREDIT, 1),
        (script.TOO_LARGE, 1),
    ],
    ids=["529", "500", "html", "400", "402", "413"],
)
def test_f39_retries_are_bounded_by_cause(
    rig: Rig, sheet: FactSheet, answer: script.Failure, sent: int
) -> None:
    rig.server.script.clear()
    rig.server.script.then(*[answer] * 5)
    before = len(rig.server.messages)
    reply = rig.reply(sheet)
    rig.server.script.clear()
    assert len(rig.server.messages) - before == sent
    assert reply.ended.reason is EndReason.FAILED
    assert "<html" not in "".join(reply.notices)
    assert rig.meter.of_day().usd == 0.0


def test_f39_three_failures_open_the_breaker(rig: Rig, sheet: FactSheet) -> None:
    rig.server.script.clear()
    rig.server.script.then(*[script.BAD_REQUEST] * 9)
    for _ in range(3):
        rig.reply(sheet)
    before = len(rig.server.messages)
    assert "not asked until" in rig.reply(sheet).notices[0]
    assert len(rig.server.messages) == before
    rig.server.script.clear()


def test_f39_silence_ends_in_time(make_rig: Callable[..., Rig], sheet: FactSheet) -> None:
    rig = make_rig(deadline_s=1.5, idle_s=0.6)
    rig.server.script.then(Hang(seconds=5.0), Hang(seconds=5.0))
    begun = time.monotonic()
    reply = rig.reply(sheet)
    rig.server.script.clear()
    assert time.monotonic() - begun < 9.0
    assert reply.ended.reason is EndReason.FAILED
    assert "no answer in time" in reply.notices[0]


def test_f39_drip_by_drip_ends_at_the_deadline(
    make_rig: Callable[..., Rig], sheet: FactSheet
) -> None:
    rig = make_rig(deadline_s=0.5)
    rig.server.script.then(say("word " * 200, chunk_s=0.05))
    reply = rig.reply(sheet)
    assert reply.ended.reason is EndReason.CUT
    assert "too long" in reply.notices[0]


@pytest.mark.parametrize(
    "ending", [Ending.CUT, Ending.UNFINISHED, Ending.GARBLED, Ending.OVERLOADED]
)
def test_f39_what_breaks_before_a_word_is_asked_again(
    rig: Rig, sheet: FactSheet, ending: Ending
) -> None:
    rig.server.script.then(say("Never whole.", ending=ending, events=2), say("Whole."))
    reply = rig.reply(sheet)
    assert reply.text == "Whole."
    assert reply.ended.reason is EndReason.DONE


@pytest.mark.parametrize(
    "ending", [Ending.CUT, Ending.UNFINISHED, Ending.GARBLED, Ending.MISPLACED, Ending.OVERLOADED]
)
def test_f39_what_breaks_later_keeps_what_was_said(
    rig: Rig, sheet: FactSheet, ending: Ending
) -> None:
    rig.server.script.then(say("First. Second sentence of it.", ending=ending, events=5))
    reply = rig.reply(sheet)
    assert reply.text.startswith("First.")
    assert reply.ended.reason is EndReason.CUT
    assert reply.notices
    assert 0.0 < rig.meter.of_day().usd < 0.1
    assert rig.meter.of_day().reserved_usd == pytest.approx(0.0, abs=1e-12)


def test_f40_a_refusal_leaves_nothing_and_is_not_repeated(rig: Rig, sheet: FactSheet) -> None:
    rig.server.script.then(refuse("Some first words. And more"))
    before = len(rig.server.messages)
    reply = rig.reply(sheet)
    assert reply.text == ""
    assert reply.ended.reason is EndReason.REFUSED
    assert "declined" in reply.notices[0]
    assert len(rig.server.messages) == before + 1


@pytest.mark.parametrize(
    "bad",
    [
        call("simulate", power_mw="three"),
        call("simulate", power_mw=1.0, force=True),
        call("simulate", raw="[1, 2]"),
        call("simulate"),
        call("set_asic", units=999),
        call("simulate", raw='{"power_mw": 1e999}'),
    ],
    ids=["type", "extra", "list", "missing", "unknown", "infinite"],
)
def test_f41_a_malformed_call_is_repaired_once_then_dropped(
    rig: Rig, sheet: FactSheet, bad: script.Reply
) -> None:
    rig.server.script.clear()
    rig.server.script.then(bad, bad, say("never asked for"))
    reply = rig.reply(sheet)
    rig.server.script.clear()
    assert rig.effects == []
    assert reply.ended.reason is EndReason.FAILED
    assert len(reply.calls) <= 2
    assert all(one.result is None for one in reply.calls)


def test_f41_one_repair_is_enough(rig: Rig, sheet: FactSheet) -> None:
    rig.server.script.then(
        call("simulate", power="2"), call("simulate", power_mw=2.0), say("2 MW [tool.power].")
    )
    reply = rig.reply(sheet)
    assert reply.untraced == 0
    assert rig.effects == [2.0]
    sent = rig.server.messages[-1].body["messages"]
    assert any("is_error" in str(message) for message in sent)


def test_f41_a_cut_by_max_tokens_runs_no_call(rig: Rig, sheet: FactSheet) -> None:
    cut = script.Reply(
        blocks=(script.Calls(name="simulate", arguments='{"power_mw": 5.0}'),),
        stop_reason="max_tokens",
    )
    rig.server.script.then(cut)
    reply = rig.reply(sheet)
    assert rig.effects == []
    assert reply.ended.reason is EndReason.CUT
    assert "limit of tokens" in reply.notices[0]


def test_an_end_of_an_unknown_kind_is_told(rig: Rig, sheet: FactSheet) -> None:
    rig.server.script.then(say("So far.", stop_reason="moon_phase"))
    reply = rig.reply(sheet)
    assert reply.text == "So far."
    assert reply.ended.reason is EndReason.CUT
    assert "does not know" in reply.notices[0]


def test_f41_a_tool_that_fails_says_so() -> None:
    def run(_: object) -> ToolResult:
        raise ZeroDivisionError

    tool = Tool(name="t", about="Fails.", arguments=Arguments, run=run)
    assert "failed here" in (called((tool,), "t", {}).error or "")


def test_f41_a_huge_result_is_cut() -> None:
    facts = tuple(fact(f"tool.f{i}", float(i), "MW") for i in range(2_000))
    result = ToolCall(name="t", arguments="{}", result=ToolResult(text="many", facts=facts))
    assert len(result.for_narrator()) < MOST_RESULT_CHARS + 100


def test_f41_tools_that_never_end_are_stopped(rig: Rig, sheet: FactSheet) -> None:
    rig.server.script.clear()
    rig.server.script.then(*[call("simulate", power_mw=float(i)) for i in range(9)])
    reply = rig.reply(sheet)
    rig.server.script.clear()
    assert len(reply.calls) == 6
    assert "rounds" in reply.notices[0]


def test_a_pause_goes_on_and_a_full_context_says_so(rig: Rig, sheet: FactSheet) -> None:
    rig.server.script.then(
        say("First. ", stop_reason="pause_turn"),
        say("Second.", stop_reason="model_context_window_exceeded"),
    )
    reply = rig.reply(sheet)
    assert reply.text == "First. Second."
    assert "too long" in reply.notices[0]


def test_thinking_is_not_shown_and_is_sent_back(rig: Rig, sheet: FactSheet) -> None:
    thinking = script.Reply(
        blocks=(
            Thinks(text="secret thoughts"),
            script.Calls(name="simulate", arguments='{"power_mw": 1}'),
        ),
        stop_reason="tool_use",
    )
    rig.server.script.then(thinking, say("Done."))
    reply = rig.reply(sheet)
    assert "secret" not in reply.text
    assert "secret thoughts" in json.dumps(rig.server.messages[-1].body["messages"])


def test_a_reply_stops_when_told(rig: Rig, sheet: FactSheet) -> None:
    rig.server.script.then(say("word. " * 300, chunk_s=0.01))
    looks = count()
    reply = rig.reply(sheet, stopped=lambda: next(looks) > 30)
    assert reply.ended.reason is EndReason.STOPPED
    assert 0 < len(reply.text) < 1_500
    assert rig.server.wait_abandoned()
    assert rig.meter.of_day().reserved_usd == pytest.approx(0.0, abs=1e-12)


def test_a_silent_reply_stops_at_once(make_rig: Callable[..., Rig], sheet: FactSheet) -> None:
    rig = make_rig(deadline_s=30.0, idle_s=20.0)
    rig.server.script.then(say("First. Second.", ending=Ending.SILENT, events=4))
    begun = time.monotonic()
    reply = rig.reply(sheet, stopped=lambda: time.monotonic() - begun > 0.4)
    assert time.monotonic() - begun < 15.0
    assert reply.ended.reason is EndReason.STOPPED
    assert rig.server.wait_abandoned()
    assert rig.breaker.state.failures == 0


def test_a_silent_reply_ends_at_its_deadline(
    make_rig: Callable[..., Rig], sheet: FactSheet
) -> None:
    rig = make_rig(deadline_s=0.4, idle_s=20.0)
    rig.server.script.then(Hang(seconds=5.0))
    begun = time.monotonic()
    assert "no answer in time" in rig.reply(sheet).notices[0]
    assert time.monotonic() - begun < 4.9


@pytest.mark.parametrize(
    "budget", [(0.0, 1.0, "day"), (1.0, 0.0, "session")], ids=["day", "session"]
)
def test_a_budget_that_does_not_cover_a_reply_sends_nothing(
    make_rig: Callable[..., Rig], sheet: FactSheet, budget: tuple[float, float, str]
) -> None:
    day, session, said = budget
    rig = make_rig(budget=Budget(day_usd=day, session_usd=session))
    before = len(rig.server.requests)
    reply = rig.reply(sheet)
    assert len(rig.server.requests) == before
    assert f"budget of this {said}" in reply.notices[0]


def test_spending_never_exceeds_the_budget(make_rig: Callable[..., Rig], sheet: FactSheet) -> None:
    rig = make_rig(budget=Budget(day_usd=0.08, session_usd=0.08))
    rig.server.script.clear()
    rig.server.script.otherwise = lambda _: say("A reply of some length. " * 20)
    for _ in range(40):
        rig.reply(sheet)
    rig.server.script.otherwise = None
    assert 0.02 < rig.meter.of_day().usd <= 0.08


def billed_usd(rig: Rig, since: int = 0) -> float:
    return sum(
        PRICES.cost_usd(
            Usage(
                input_tokens=one.input_tokens,
                output_tokens=one.output_tokens,
                cache_write_tokens=one.cache_creation_input_tokens,
                cache_read_tokens=one.cache_read_input_tokens,
            )
        )
        for one in rig.server.billed[since:]
    )


THOUGHT = script.Reply(blocks=(Thinks(text="so " * 700), script.Says(chunks=("Yes. ", "No."))))


@pytest.mark.parametrize("ending", [Ending.CUT, Ending.UNFINISHED])
def test_a_reply_that_breaks_off_is_booked_at_the_most(
    make_rig: Callable[..., Rig], sheet: FactSheet, ending: Ending
) -> None:
    """The service bills what was thought and written, seen here or not; with it all, exactly that."""
    for events in (1, 2, 3, 5, 7):
        rig = make_rig()
        since = len(rig.server.billed)
        rig.server.script.otherwise = lambda _, n=events: replace(THOUGHT, ending=ending, events=n)
        rig.reply(sheet)
        rig.server.script.otherwise = None
        spent = rig.meter.of_day()
        assert billed_usd(rig, since) > 0.0
        assert spent.usd >= billed_usd(rig, since)
        assert spent.usage.output_tokens >= 600
        assert spent.reserved_usd == pytest.approx(0.0, abs=1e-12)


def test_a_bill_that_is_told_is_booked_as_it_is(rig: Rig, sheet: FactSheet) -> None:
    """The stop reason comes with the bill; that the stream then breaks changes nothing of it."""
    words = script.Says(chunks=("First. ", "Second."))
    unfinished = script.Reply(blocks=(words,), ending=Ending.UNFINISHED, events=7)
    rig.server.script.then(unfinished)
    since = len(rig.server.billed)
    assert rig.reply(sheet).ended.reason is EndReason.CUT
    assert rig.meter.of_day().usd == pytest.approx(billed_usd(rig, since))


def test_a_stop_in_the_middle_of_thinking_is_booked_at_the_most(rig: Rig, sheet: FactSheet) -> None:
    rig.server.script.then(replace(THOUGHT, ending=Ending.SILENT, events=3))
    since = len(rig.server.billed)
    begun = time.monotonic()
    reply = rig.reply(sheet, stopped=lambda: time.monotonic() - begun > 0.5)
    assert reply.ended.reason is EndReason.STOPPED
    assert reply.ended.usage.output_tokens == 600
    assert rig.meter.of_day().usd >= billed_usd(rig, since)


def test_silence_may_be_billed_and_what_never_left_is_not(
    make_rig: Callable[..., Rig], sheet: FactSheet
) -> None:
    rig = make_rig(deadline_s=0.4)
    rig.server.script.then(Hang(seconds=2.0))
    assert rig.reply(sheet).ended.reason is EndReason.FAILED
    assert rig.meter.of_day().usd > 0.006
    rig.server.script.clear()
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = make_rig(url=f"http://127.0.0.1:{closed.getsockname()[1]}")
        assert nobody.reply(sheet).ended.reason is EndReason.FAILED
    assert nobody.meter.of_day().usd == 0.0


@pytest.mark.parametrize(
    ("answer", "booked"),
    [(Hang(seconds=2.0), True), (script.OVERLOADED, False), (say("no tags"), True)],
    ids=["silence", "refused", "no tags"],
)
def test_tags_that_fail_are_booked_at_the_most(
    make_rig: Callable[..., Rig],
    answer: script.Answer,
    booked: bool,  # noqa: FBT001
) -> None:
    rig = make_rig(idle_s=0.5)
    rig.server.script.then(answer)
    model = Model(name="claude-haiku-5-5", prices=PRICES, max_tokens=600)
    with pytest.raises(NarratorError):
        tagged(("Gas rises",), rig.connection, model, Purse(meter=rig.meter, session="a"))
    rig.server.script.clear()
    assert (rig.meter.of_day().usd >= 0.006) == booked
    assert rig.meter.of_day().reserved_usd == pytest.approx(0.0, abs=1e-12)
