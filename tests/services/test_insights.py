"""All views on a running system: offline and with Claude on the local server; proposals; money."""

from __future__ import annotations

import contextlib
import time
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING

import numpy as np
import pytest
from pydantic import SecretStr

from mara.clock import SystemClock
from mara.domain import OverrideTarget
from mara.errors import Infeasible, InvalidValue, RefusedError
from mara.insights.narrator import EndReason, View
from mara.insights.offline.narrator import OFFLINE
from mara.services.console import OverrideRequest
from mara.services.insights import Insights, Parts
from mara.services.insights_commentary import Commentary, Occasion
from mara.services.insights_evaluation import evaluate_day
from mara.services.insights_proposals import Move, MoveKind
from mara.settings import InsightSettings
from tests.insights.author import answer
from tests.insights.server import script
from tests.insights.server.fixture import MessagesServer, messages_server, shared_messages_server
from tests.insights.server.script import Script, refuse, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mara.bootstrap.platform import Platform
    from mara.services.insights_jobs import Job

__all__ = ["messages_server", "shared_messages_server"]

pytestmark = pytest.mark.slow

PATIENCE_S = 150.0
NUMBERS = count(1)


def ended(job: Job) -> Job:
    ends = time.monotonic() + PATIENCE_S
    while job.running:
        assert time.monotonic() < ends
        job.wait(job.version, 1.0)
    return job


@pytest.fixture
def make(platform: Platform) -> Iterator[Callable[..., Insights]]:
    made = []

    def insights(**settings: object) -> Insights:
        parts = Parts(
            clock=SystemClock(),
            rng=lambda: np.random.default_rng(1),
            new_id=lambda: f"id{next(NUMBERS)}",
        )
        made.append(
            Insights(
                platform.console,
                ledger=platform.ledger,
                settings=InsightSettings(**settings),  # type: ignore[arg-type]
                parts=parts,
            )
        )
        return made[-1]

    yield insights
    for one in made:
        one.close()


@pytest.fixture
def offline(make: Callable[..., Insights]) -> Insights:
    return make()


@pytest.fixture
def claude(make: Callable[..., Insights], messages_server: MessagesServer) -> Insights:
    messages_server.begin(Script(otherwise=answer))
    return make(
        api_key=SecretStr(messages_server.key),
        base_url=messages_server.url,
        day_usd=50.0,
        session_usd=50.0,
    )


QUESTIONS = {View.CHAT: "What if power costs 300 USD/MWh?"}


@pytest.mark.parametrize("view", [v for v in View if v is not View.COMMENTARY])
def test_without_a_key_every_view_is_useful_and_says_offline(offline: Insights, view: View) -> None:
    offline.paste("Strike at gas terminal called off\nHeat dome to park over Texas")
    job = ended(offline.ask(view, "a", QUESTIONS.get(view, "")))
    said = job.so_far
    assert said.by == OFFLINE
    assert said.ended.reason is EndReason.DONE
    assert said.traced >= 3
    assert said.untraced == 0, [p.text for s in said.sentences for p in s.untraced]
    assert said.ended.cost_usd == 0.0
    assert offline.standing("a").narrator == OFFLINE


@pytest.mark.parametrize("view", [v for v in View if v is not View.COMMENTARY])
def test_with_a_key_every_view_streams_runs_tools_and_counts(
    claude: Insights, messages_server: MessagesServer, view: View
) -> None:
    claude.paste("Strike at gas terminal called off")
    job = claude.ask(view, "a", QUESTIONS.get(view, ""))
    versions = {ended(job).version}
    said = job.so_far
    assert versions.pop() > 3
    assert said.by == "claude-sonnet-5-5"
    assert said.ended.reason is EndReason.DONE
    assert said.traced >= 2
    assert said.untraced == 1
    billed = messages_server.billed
    standing = claude.standing("a")
    assert standing.session.usage.output_tokens == sum(b.output_tokens for b in billed)
    assert standing.session.usd > 0.0
    assert bool(said.calls) == (view in {View.CHAT, View.RECOMMENDATIONS})
    if view is View.RECOMMENDATIONS:
        assert claude.proposed(job.job_id)[0].by == "claude-sonnet-5-5"
    if view is View.SENTIMENT:
        assert {t.tag.by for t in claude.headlines()} == {"claude"}


@pytest.mark.parametrize(
    ("question", "tool", "series"),
    [
        ("What is the forecast of the price?", "forecast", True),
        ("What if power costs 300 USD/MWh?", "what_if", True),
        ("Simulate the prices of a day", "simulate_prices", True),
        ("How full is the battery?", None, False),
        ("Sing me a song", None, False),
    ],
)
def test_the_offline_chat_finds_facts_and_runs_tools(
    offline: Insights,
    question: str,
    tool: str | None,
    series: bool,  # noqa: FBT001
) -> None:
    said = ended(offline.ask(View.CHAT, "a", question)).so_far
    assert [call.name for call in said.calls] == ([tool] if tool else [])
    assert [bool(call.result.series) for call in said.calls if call.result] == ([True] * series)
    assert said.untraced == 0
    assert said.text


def test_a_refusal_shows_the_stand_in_and_resets_the_chat(
    claude: Insights, messages_server: MessagesServer
) -> None:
    messages_server.begin(Script(say("Fine."), refuse("Half a"), otherwise=answer))
    ended(claude.ask(View.CHAT, "a", "hello"))
    time.sleep(0.2)
    assert len(claude.chat("a")) == 2
    said = ended(claude.ask(View.CHAT, "a", "how full is the battery?")).so_far
    assert said.by == OFFLINE
    assert said.ended.reason is EndReason.REFUSED
    assert "battery" in said.text
    assert "Half a" not in said.text
    time.sleep(0.2)
    assert claude.chat("a") == ()
    ended(claude.ask(View.CHAT, "a", "again"))
    assert len(messages_server.messages[-1].body["messages"]) <= 3


def test_a_conversation_goes_on(claude: Insights, messages_server: MessagesServer) -> None:
    messages_server.begin(Script(say("One."), say("Two.")))
    ended(claude.ask(View.CHAT, "a", "first?"))
    time.sleep(0.2)
    ended(claude.ask(View.CHAT, "a", "second?"))
    roles = [m["role"] for m in messages_server.messages[-1].body["messages"]]
    assert roles == ["user", "assistant", "user"]
    claude.restart_chat("a")
    assert claude.chat("a") == ()


def test_a_failure_shows_the_stand_in_with_the_reason(
    claude: Insights, messages_server: MessagesServer
) -> None:
    messages_server.begin(Script(script.BAD_KEY))
    said = ended(claude.ask(View.MARKET, "a")).so_far
    assert said.by == OFFLINE
    assert said.traced > 5
    assert "key is refused" in said.notices[0]
    assert "not asked" in claude.standing("a").held_back


def test_a_spent_budget_says_so_and_goes_on_offline(
    make: Callable[..., Insights], messages_server: MessagesServer
) -> None:
    insights = make(
        api_key=SecretStr(messages_server.key), base_url=messages_server.url, session_usd=0.0
    )
    said = ended(insights.ask(View.MARKET, "a")).so_far
    assert not messages_server.requests
    assert "budget of this session" in said.notices[0]
    assert said.by == OFFLINE


def test_spending_outlives_a_restart(
    make: Callable[..., Insights], messages_server: MessagesServer
) -> None:
    messages_server.begin(Script(otherwise=answer))
    settings = {"api_key": SecretStr(messages_server.key), "base_url": messages_server.url}
    first = make(**settings)
    ended(first.ask(View.MARKET, "a"))
    spent = first.standing("a").day.usd
    assert spent > 0.0
    assert make(**settings).standing("b").day.usd >= spent - 1e-6


def test_a_session_key_serves_its_session_alone(
    offline: Insights, messages_server: MessagesServer, make: Callable[..., Insights]
) -> None:
    insights = make(base_url=messages_server.url)
    messages_server.begin(Script(otherwise=answer))
    insights.give_key("a", SecretStr(f" {messages_server.key} "))
    assert ended(insights.ask(View.MARKET, "a")).so_far.by == "claude-sonnet-5-5"
    assert ended(insights.ask(View.MARKET, "b")).so_far.by == OFFLINE
    assert insights.standing("a").own_key
    insights.forget_key("a")
    assert insights.standing("a").narrator == OFFLINE
    with pytest.raises(InvalidValue, match="no key") as refused:
        offline.give_key("a", SecretStr("short secret"))
    assert "short secret" not in str(refused.value)


def test_a_reply_stops_and_keeps_what_was_said(
    claude: Insights, messages_server: MessagesServer
) -> None:
    messages_server.begin(Script(say("A sentence. " * 200, chunk_s=0.02)))
    job = claude.ask(View.MARKET, "a")
    while not job.so_far.sentences:
        job.wait(job.version, 1.0)
    claude.stop(job.job_id)
    said = ended(job).so_far
    assert said.ended.reason is EndReason.STOPPED
    assert 0 < len(said.sentences) < 150
    claude.stop("nobody")
    assert claude.job("nobody") is None


def test_a_proposal_is_checked_kept_and_sent_by_a_person(
    offline: Insights, platform: Platform
) -> None:
    proposals = offline.proposals
    snapshot = platform.console.snapshot()
    moves = proposals.moves()
    assert {m.kind for m in moves} == {MoveKind.UNITS, MoveKind.BATTERY}
    found = []
    for move in (m for m in moves if m.kind is MoveKind.BATTERY):
        with contextlib.suppress(Infeasible):
            found.append(proposals.propose(move, why="t", by="test", sheet="s"))
    assert found
    best = max(found, key=lambda p: p.gain_usd)
    for one in found:
        assert one.worst_usd <= one.gain_usd + 1e-9
        assert one.expires_at - one.made_at == timedelta(minutes=30)
    losing = min(found, key=lambda p: p.gain_usd)
    if losing.gain_usd < 0:
        with pytest.raises(RefusedError) as refused:
            offline.send_proposal(losing.proposal_id, author="dana", command_id="c0")
        assert refused.value.rule == "gain"
    assert not any(o.author == "dana" for o in platform.console.snapshot().overrides)
    assert best.move.text()
    with pytest.raises(InvalidValue, match="not known"):
        offline.send_proposal("nobody", author="dana", command_id="c1")
    assert snapshot.site.battery is not None


def test_what_gains_reaches_the_gate_with_its_provenance(
    offline: Insights, platform: Platform
) -> None:
    """A person stops miners that earn; to run them gains, and may be sent."""
    console = platform.console
    stop = OverrideRequest(
        target=OverrideTarget.CLASS_UNITS,
        author="eve",
        reason="a test of the pumps",
        lasts=timedelta(hours=2),
        machine_class="hydro_miners",
        value=0.0,
    )
    console.override(stop, command_id="stop-1")
    decided = console.wait_for_tick(console.snapshot().ticks + 1, 30.0)
    assert decided is not None
    assert decided.verdict.decision.setpoint.of("hydro_miners") < 1_100
    move = Move(kind=MoveKind.UNITS, window_min=15.0, machine_class="hydro_miners", units=1_100)
    proposal = offline.proposals.propose(move, why="they earn", by="test", sheet="s")
    assert proposal.gain_usd > 1.0
    outcome = offline.send_proposal(proposal.proposal_id, author="dana", command_id="send-1")
    assert outcome.done
    (override,) = [o for o in console.snapshot().overrides if o.author == "dana"]
    assert override.target is OverrideTarget.CLASS_UNITS
    assert proposal.proposal_id in override.reason
    kept = platform.ledger.note(f"insights.proposal.{proposal.proposal_id}")
    assert kept is not None
    assert b'"sent_by": "dana"' in kept
    for one in console.snapshot().overrides:
        console.drop_override(one.override_id, command_id=f"drop-{one.author}", author="dana")


@pytest.mark.parametrize(
    ("move", "said"),
    [
        (Move(kind=MoveKind.BATTERY, window_min=5, battery_mw=99.0), "exceeds"),
        (Move(kind=MoveKind.UNITS, window_min=5, machine_class="asic", units=1), "unknown"),
        (
            Move(kind=MoveKind.UNITS, window_min=5, machine_class="gpu_compute", units=9_999),
            "exceeds",
        ),
    ],
)
def test_impossible_moves_are_refused(offline: Insights, move: Move, said: str) -> None:
    with pytest.raises(InvalidValue, match=said):
        offline.proposals.propose(move, why="t", by="t", sheet="s")


def test_the_day_is_evaluated_against_foresight(platform: Platform) -> None:
    snapshot = platform.console.wait_for_tick(14, 90.0)
    assert snapshot is not None
    found = evaluate_day(snapshot, platform.ledger)
    assert found.decisions >= 14
    assert sum(n for _, n in found.by_chosen) == found.decisions
    assert found.foresight is not None
    assert found.foresight.bound_usd >= found.foresight.realised_usd - 1e-6
    assert 0.0 < (found.foresight.captured or 0.0) <= 1.0 + 1e-9


def test_commentary_is_shared_and_due_when_something_happens(
    offline: Insights, platform: Platform
) -> None:
    first = offline.commentary.look()
    assert first[0][0] == "first look"
    assert offline.commentary.look()[0][1] is first[0][1]
    ended(first[0][1])
    assert first[0][1].so_far.by == OFFLINE
    offline.commentary.paused = True
    platform.console.wait_for_tick(platform.console.snapshot().ticks + 1, 30.0)
    assert len(offline.commentary.look()) == 1


def occasion(**changes: object) -> Occasion:
    whole = {
        "ticks": 5,
        "state": "ACTIVE",
        "alerts": frozenset[str](),
        "spike": False,
        "running_units": 100,
    }
    return Occasion(**(whole | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (occasion(ticks=6), ""),
        (occasion(ticks=20), "every 12 ticks"),
        (occasion(ticks=6, state="HALTED"), "state HALTED"),
        (occasion(ticks=6, spike=True), "spike"),
        (occasion(ticks=6, running_units=10), "curtailment"),
        (occasion(ticks=6, alerts=frozenset({"x"})), "alert"),
    ],
)
def test_occasions(now: Occasion, why: str) -> None:
    commentary = Commentary(lambda: None, start=lambda: None, every_ticks=12)  # type: ignore[arg-type,return-value]
    commentary._last = occasion()
    assert commentary._due(now) == why
