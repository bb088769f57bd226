"""Agents at one end of a connection, a follower at the other: nothing is lost, nothing waits."""

from __future__ import annotations

import multiprocessing
import threading
import time
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from mara.agents.commands import PlaceOrder, SetState
from mara.agents.follower import AWAY, Follower
from mara.agents.link import Alive, Shown, Stop, Teller, heard, tell
from mara.bootstrap.platform import start_platform
from mara.domain import Mode, Side, TradingState
from mara.errors import MaraError, OutcomeUnknown, RefusedError, StaleVersion
from mara.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future
    from multiprocessing.connection import Connection
    from pathlib import Path

    from mara.agents.commands import Outcome
    from mara.agents.link import Ended
    from mara.bootstrap.platform import Platform


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    folder: Path = tmp_path_factory.mktemp("link")
    started = start_platform(
        load_settings(
            ledger={"url": f"sqlite:///{folder}/mara.db"},
            agents={"strategy": "strike-rule", "heartbeat_s": 20.0},
            feed={"speed": 1_200.0, "simulated": {"history_days": 2}},
            log_level="ERROR",
        )
    )
    assert started.console.wait_for_tick(0, 60) is not None
    yield started
    started.stop()


class Followed:
    """A follower of a platform of this process, over a real connection."""

    def __init__(self, platform: Platform) -> None:
        self.ours, self.theirs = multiprocessing.Pipe()
        self.follower = Follower()
        self.teller = Teller(platform.runtime, self.theirs)
        self.last: list[Ended | None] = []
        self._served = threading.Thread(target=self._serve)
        self._followed = threading.Thread(target=self._follow)

    def _serve(self) -> None:
        self.teller.serve()
        self.teller.end(None)

    def _follow(self) -> None:
        self.last.append(self.follower.follow(self.ours))

    def start(self) -> None:
        self._served.start()
        self._followed.start()

    def join(self) -> None:
        self._served.join(60)
        self.theirs.close()
        self._followed.join(60)
        assert not self._served.is_alive()
        assert not self._followed.is_alive()
        self.ours.close()


@contextmanager
def followed(platform: Platform) -> Iterator[Follower]:
    link = Followed(platform)
    link.start()
    try:
        assert link.follower.wait_shown(60)
        yield link.follower
    finally:
        link.follower.ask_to_stop()
        link.join()
    (ended,) = link.last
    assert ended is not None, "the last word came"
    assert ended.failure is None


def state(command_id: str, **changes: object) -> SetState:
    usual = {"author": "dana", "state": TradingState.REDUCING, "reason": "test"} | changes
    return SetState(command_id=command_id, **usual)  # type: ignore[arg-type]


def test_a_follower_sees_what_the_agents_show(platform: Platform) -> None:
    with followed(platform) as follower:
        before = platform.runtime.snapshot.ticks
        seen = follower.wait_for(lambda s: s.ticks > before, 120)
        assert seen is not None
        own = platform.runtime.wait_for(lambda s: s.ticks >= seen.ticks, 120)
        assert own is not None
        assert len(seen.market.history) == len(own.market.history)
        assert seen.market.history.minutes == own.market.history.minutes
        assert follower.wait_for(lambda s: s.ticks > 10**9, 0.01) is None
        assert not follower.wait_finished(0.0)


def test_an_answer_comes_after_the_snapshot_in_which_it_shows(platform: Platform) -> None:
    with followed(platform) as follower:
        for turn in range(5):
            mode = (TradingState.REDUCING, TradingState.ACTIVE)[turn % 2]
            outcome = follower.submit(state(f"order-{turn}", state=mode)).result(60)
            assert outcome.done
            assert follower.snapshot.trading_state is mode
        again = follower.submit(state("order-4", state=TradingState.REDUCING)).result(60)
        assert not again.done


def test_a_refusal_keeps_its_kind_and_its_rule(platform: Platform) -> None:
    with followed(platform) as follower:
        order = PlaceOrder(
            command_id="dear",
            author="dana",
            side=Side.SELL,
            quantity_mwh=Decimal("1e6"),
            limit_usd_per_mwh=Decimal(1),
        )
        with pytest.raises(RefusedError) as refused:
            follower.submit(order).result(60)
        assert refused.value.rule
        with pytest.raises(StaleVersion, match="made on version"):
            follower.submit(state("old", version=-100)).result(60)


def test_what_the_other_side_has_is_not_sent_again(platform: Platform) -> None:
    snapshot = platform.runtime.snapshot
    whole, thin = Shown.after(None, snapshot), Shown.after(snapshot, snapshot)
    assert whole.same == ()
    assert whole.whole(None) is snapshot
    assert set(thin.same) == {"history", "forecasts", "forecasting"}
    assert len(thin.snapshot.market.history) == 0
    put_back = thin.whole(snapshot)
    assert put_back.market.history is snapshot.market.history
    assert put_back.market.forecasts is snapshot.market.forecasts
    assert put_back.mode is Mode.PAPER


def test_who_is_gone_without_a_word_leaves_unknown_outcomes() -> None:
    ours, theirs = multiprocessing.Pipe()
    follower = Follower()
    ended: list[Ended | None] = []
    thread = threading.Thread(target=lambda: ended.append(follower.follow(ours)))
    thread.start()
    answer = _asked(follower)
    theirs.close()
    thread.join(60)
    assert ended == [None]
    with pytest.raises(OutcomeUnknown, match="press again"):
        answer.result(5)
    with pytest.raises(RefusedError, match="started again"):
        follower.submit(state("later"))
    follower.end(MaraError("no more"))
    assert follower.wait_shown(0.0)
    assert str(follower.failure) == "no more"
    with pytest.raises(RefusedError, match="have stopped"):
        follower.submit(state("too late"))


def _asked(follower: Follower) -> Future[Outcome]:
    """Ask as soon as the follower has its connection."""
    ends = time.monotonic() + 10
    while True:
        try:
            return follower.submit(state("lost"))
        except RefusedError:
            assert time.monotonic() < ends
            time.sleep(0.01)


def test_too_much_is_not_asked() -> None:
    ours, theirs = multiprocessing.Pipe()
    follower = Follower()
    thread = threading.Thread(target=lambda: follower.follow(ours))
    thread.start()
    _asked(follower)
    reader = threading.Thread(target=lambda: _drained(theirs))
    reader.start()
    for number in range(999):
        follower.submit(state(f"n-{number}"))
    with pytest.raises(RefusedError, match="commands are waiting"):
        follower.submit(state("one too many"))
    follower.ask_to_stop()
    reader.join(60)
    theirs.close()
    thread.join(60)


def _drained(connection: Connection) -> None:
    while not isinstance(heard(connection), Stop):
        pass


def test_a_connection_whose_other_side_is_gone_says_so() -> None:
    ours, theirs = multiprocessing.Pipe()
    theirs.close()
    assert heard(ours) is None
    assert not tell(ours, Stop())


def test_a_lost_process_is_said_on_the_last_snapshot(platform: Platform) -> None:
    with followed(platform) as follower:
        pass
    before = follower.snapshot
    follower.lost("gone")
    follower.lost("gone again")
    shown = follower.snapshot
    assert [a.text for a in shown.alerts if a.code == "agents-away"] == ["gone again"]
    assert shown.version == before.version + 2
    assert shown.market.feed.stale
    assert shown.market.feed.age_ticks >= 1
    follower.end(None)
    assert follower.snapshot.finished
    assert follower.wait_finished(0.0)


def test_nothing_shown_is_no_snapshot() -> None:
    follower = Follower()
    assert follower.next_version == 0
    assert not follower.wait_shown(0.01)
    with pytest.raises(RuntimeError, match="shown nothing"):
        _ = follower.snapshot


def test_a_silence_that_is_too_long_shows_and_so_does_its_end(platform: Platform) -> None:
    ours, theirs = multiprocessing.Pipe()
    follower = Follower(silent_s=0.2)
    thread = threading.Thread(target=lambda: follower.follow(ours))
    thread.start()
    shown = platform.runtime.snapshot
    tell(theirs, Shown(snapshot=shown))
    silent = follower.wait_for(lambda s: any(a.code == AWAY for a in s.alerts), 60)
    assert silent is not None
    assert silent.market.feed.stale
    tell(theirs, Alive())
    back = follower.wait_for(lambda s: not any(a.code == AWAY for a in s.alerts), 60)
    assert back is not None
    assert back.version > silent.version > shown.version
    assert back.market.feed.stale == shown.market.feed.stale
    theirs.close()
    thread.join(60)


def test_agents_say_that_they_are_alive(platform: Platform) -> None:
    ours, theirs = multiprocessing.Pipe()
    teller = Teller(platform.runtime, theirs)
    thread = threading.Thread(target=teller.serve)
    thread.start()
    ends = time.monotonic() + 60
    while not isinstance(heard(ours), Alive):
        assert time.monotonic() < ends
    tell(ours, Stop())
    thread.join(60)
    teller.end(None)


def test_a_teller_that_cannot_send_ends(platform: Platform) -> None:
    ours, theirs = multiprocessing.Pipe()
    teller = Teller(platform.runtime, theirs)
    thread = threading.Thread(target=teller.serve)
    thread.start()
    ours.close()
    thread.join(60)
    assert not thread.is_alive()
