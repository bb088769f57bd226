"""F27 to F29, F31 to F33, F49: agents break, hang and die; people and engines collide."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import structlog

from mara.domain import Side
from mara.errors import FencedOut, StaleVersion
from mara.ledger.ledger import Ledger
from mara.models.strategies.optimiser import OptimiserStrategy
from mara.models.strategies.strike_rule import StrikeRule
from mara.settings import Settings
from tests.agents.rig import (
    SITE_ID,
    ScriptedFeed,
    ScriptedStrategy,
    VirtualClock,
    World,
    alerts_of,
    at,
    check_whole,
    wait_until,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mara.agents.runtime import Runtime
    from mara.models.strategies.base import DecisionContext

ROOT = Path(__file__).resolve().parents[2]
HEARTBEAT_S = 0.4


class Paced(VirtualClock):
    """A tick each tenth of a real second, so that threads have a say."""

    async def sleep_until(self, at: object) -> None:
        await super().sleep_until(at)  # type: ignore[arg-type]
        await asyncio.sleep(0.1)


@contextmanager
def running(world: World) -> Iterator[Runtime]:
    world.clock = Paced()
    world.deadline_s = 2.0
    OTHERS.clear()
    OTHERS.update(threading.enumerate())
    runtime = world.runtime(heartbeat_s=HEARTBEAT_S)
    runtime.start()
    try:
        yield runtime
    finally:
        runtime.stop()
        world.close()


OTHERS: set[threading.Thread] = set()
"""Threads that were there before the world's own."""


def engines_alive() -> int:
    ours = set(threading.enumerate()) - OTHERS
    return sum(thread.name.startswith("mara-agents-") for thread in ours)


def scripted(world: World, script: Callable[[DecisionContext], None], name: str) -> None:
    make = {"optimiser": OptimiserStrategy, "strike-rule": StrikeRule}[name]
    world.strategies[name] = lambda: ScriptedStrategy(make(), script)


def test_f27_an_agent_fails_once(tmp_path: Path) -> None:
    def broken(context: DecisionContext) -> None:
        if context.tick.at == at(2):
            raise RuntimeError("broken")

    world = World(tmp_path, settings=Settings())
    scripted(world, broken, "optimiser")
    world.engine()
    world.circuits["optimiser"]._pause_s = 0.0
    world.run(6)
    metrics = {m.name: m for m in world.snapshots[-1].agents}
    assert metrics["optimiser"].errors >= 1
    assert metrics["optimiser"].restarts == metrics["optimiser"].errors
    assert not metrics["optimiser"].circuit_open
    assert metrics["strike-rule"].errors == 0
    assert alerts_of(world.snapshots[-1]) == {}
    check_whole(world)


def test_f27_an_agent_fails_at_every_tick(tmp_path: Path) -> None:
    """The circuit opens and is visible; the others go on; a line a change, not a line a tick."""

    def broken(context: DecisionContext) -> None:
        raise RuntimeError("broken")

    world = World(tmp_path, settings=Settings())
    scripted(world, broken, "strike-rule")
    world.engine()
    for circuit in world.circuits.values():
        circuit._pause_s = 0.0
    with structlog.testing.capture_logs() as lines:
        world.run(12)
    events = [line["event"] for line in lines if line["event"].startswith("agent ")]
    assert events == ["agent failed"] * 5 + ["agent circuit opened"]
    metrics = {m.name: m for m in world.snapshots[-1].agents}
    assert metrics["strike-rule"].circuit_open
    assert metrics["optimiser"].errors == 0
    assert "agent:strike-rule" in alerts_of(world.snapshots[-1])
    with Ledger.open(world.url, site_id=SITE_ID) as ledger:
        record = ledger.decision(at(9))
    assert record is not None
    assert {p.agent for p in record.proposals} == {"optimiser", "hold", "best-response"}
    check_whole(world)


@pytest.mark.parametrize("how", ["sleep", "lock", "while True"])
def test_f28_an_agent_hangs(tmp_path: Path, how: str) -> None:
    """Noticed within 2 heartbeats; the tick is decided without it; one engine works on."""
    lock = threading.Lock()
    hung: list[int] = []

    def hang(context: DecisionContext) -> None:
        if context.tick.at != at(4) or hung:
            return
        hung.append(1)
        if how == "sleep":
            time.sleep(4.0)
        elif how == "lock":
            lock.acquire()
            lock.acquire(timeout=4.0)
        else:
            while True:
                pass

    world = World(tmp_path)
    scripted(world, hang, "strike-rule")
    with structlog.testing.capture_logs() as lines, running(world) as runtime:
        wait_until(lambda: runtime.generation == 2)
        wait_until(lambda: runtime.snapshot.ticks >= 8)
        assert runtime.generation == 2, "the agent that hung is passed over, not tried again"
        if how == "while True":
            wait_until(lambda: engines_alive() == 1)
    replaced = next(line for line in lines if line["event"] == "engine replaced")
    assert replaced["agent"] == "strike-rule"
    silent_s = float(replaced["why"].split()[-2])
    assert silent_s < 2 * HEARTBEAT_S + 2.0, "2 heartbeats, and a slow machine"
    with Ledger.open(world.url, site_id=SITE_ID) as ledger:
        record = ledger.decision(at(4))
    assert record is not None
    assert record.decision.safe
    whole = check_whole(world)
    assert whole.decided == tuple(at(i) for i in range(len(whole.decided)))


def test_f28_a_retired_engine_changes_nothing(tmp_path: Path) -> None:
    """It wakes up from its hang and finds that it may neither write nor publish."""
    woke = threading.Event()

    def hang(context: DecisionContext) -> None:
        if context.tick.at == at(3) and not woke.is_set():
            try:
                time.sleep(3.0)
            finally:
                woke.set()

    world = World(tmp_path)
    scripted(world, hang, "strike-rule")
    with running(world) as runtime:
        wait_until(lambda: runtime.generation == 2)
        old = world.engines[0]
        wait_until(woke.is_set)
        wait_until(lambda: runtime.snapshot.ticks >= 6)
        assert old.retired
        seen = runtime.snapshot
        runtime.publish(world.snapshots[0], 1)
        assert runtime.snapshot.version >= seen.version
        with pytest.raises(FencedOut, match="replaced"):
            asyncio.run(world.controls[0].effects.write(lambda: None))
        wait_until(lambda: engines_alive() == 1)
    check_whole(world)


def test_f29_the_thread_dies(tmp_path: Path) -> None:
    died = threading.Event()

    def die(context: DecisionContext) -> None:
        if context.tick.at == at(3) and not died.is_set():
            died.set()
            raise SystemExit

    world = World(tmp_path)
    scripted(world, die, "strike-rule")
    with running(world) as runtime:
        wait_until(died.is_set)
        began = time.monotonic()
        wait_until(lambda: runtime.generation == 2)
        assert time.monotonic() - began < 20.0
        wait_until(lambda: runtime.snapshot.ticks >= 6)
        assert engines_alive() == 1
        assert not runtime.snapshot.finished
    whole = check_whole(world)
    assert whole.decided == tuple(at(i) for i in range(len(whole.decided)))


def test_f31_a_hundred_double_presses(tmp_path: Path) -> None:
    """Two people press the same button at once, 100 times: one effect each, one told so."""
    world = World(tmp_path)
    with running(world) as runtime, ThreadPoolExecutor(2) as people:
        console = world.console(runtime)
        assert console.wait_for_tick(1) is not None
        done = 0
        for press in range(100):
            barrier = threading.Barrier(2)

            def press_it(author: str, name: str = f"p-{press}", gate: object = barrier) -> bool:
                gate.wait()  # type: ignore[attr-defined]
                outcome = console.execute_trade(
                    amount_kwh=10, cents_per_kwh=20, command_id=name, author=author
                )
                return outcome.done

            done += sum(people.map(press_it, ("dana", "eva")))
        assert done == 100
    with Ledger.open(world.url, site_id=SITE_ID) as ledger:
        trades = ledger.trades(1_000)
    assert len(trades) == len({t.order_id for t in trades}) == 100
    assert all(t.side is Side.BUY for t in trades)
    check_whole(world)


def test_f32_a_stale_tab(tmp_path: Path) -> None:
    world = World(tmp_path)
    with running(world) as runtime:
        console = world.console(runtime)
        wait_until(lambda: runtime.snapshot.version > 30)
        with pytest.raises(StaleVersion, match="look at the fresh state"):
            console.execute_trade(
                amount_kwh=10, cents_per_kwh=20, command_id="old", author="dana", version=1
            )
        fresh = console.snapshot().version
        assert console.execute_trade(
            amount_kwh=10, cents_per_kwh=20, command_id="new", author="dana", version=fresh
        ).done


ENGINE = """
import sys
from pathlib import Path
from tests.agents.rig import World
from tests.faults.test_agents_and_engines import Paced
world = World(Path(sys.argv[1]), owner=sys.argv[2], lease_s=float(sys.argv[3]))
world.clock, world.deadline_s = Paced(), 2.0
world.clock.offset = world.clock.offset
print("made", flush=True)
try:
    world.run(int(sys.argv[4]))
    print("ended", flush=True)
except BaseException as error:
    print(type(error).__name__, error, flush=True)
"""


def started(folder: Path, owner: str, *, lease_s: float, ticks: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", ENGINE, str(folder), owner, str(lease_s), str(ticks)]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )


def settled_by(folder: Path) -> int:
    path = folder / "mara.db"
    if not path.exists():
        return 0
    with Ledger.open(f"sqlite:///{path}", site_id=SITE_ID) as ledger:
        return len(ledger.decisions(10_000))


@pytest.mark.slow
def test_f33_two_engines_one_leader(tmp_path: Path) -> None:
    """The second waits, then refuses to start and names the holder."""
    first = started(tmp_path, "first", lease_s=1.0, ticks=10_000)
    try:
        wait_until(lambda: settled_by(tmp_path) > 2, 60)
        second = started(tmp_path, "second", lease_s=1.0, ticks=5)
        said, _ = second.communicate(timeout=60)
        assert "FencedOut" in said
        assert "first leads until" in said
        before = settled_by(tmp_path)
        wait_until(lambda: settled_by(tmp_path) > before, 30)
    finally:
        first.kill()
        first.communicate()


@pytest.mark.slow
def test_f33_a_paused_leader_is_fenced(tmp_path: Path) -> None:
    """SIGSTOP, another takes over, SIGCONT: the first writes nothing more."""
    first = started(tmp_path, "first", lease_s=1.0, ticks=10_000)
    try:
        wait_until(lambda: settled_by(tmp_path) > 2, 60)
        stopped_between_writes(first, tmp_path)
        second = started(tmp_path, "second", lease_s=1.0, ticks=6)
        said, _ = second.communicate(timeout=60)
        assert "ended" in said
        os.kill(first.pid, signal.SIGCONT)
        told, _ = first.communicate(timeout=60)
        assert "FencedOut" in told
    finally:
        first.kill()
    check_whole(World(tmp_path))


def stopped_between_writes(process: subprocess.Popen[str], folder: Path) -> None:
    """Stop a process; one stopped within a write still holds the lock."""
    for _ in range(30):
        os.kill(process.pid, signal.SIGSTOP)
        try:
            with Ledger.open(
                f"sqlite:///{folder}/mara.db", site_id="nobody", busy_timeout_s=0.3
            ) as ledger:
                ledger.save_note("probe", b"")
        except Exception:  # noqa: BLE001
            os.kill(process.pid, signal.SIGCONT)
            time.sleep(0.05)
        else:
            return
    pytest.fail("the leader was never stopped between two writes")


def headless(folder: Path, *options: str, **environment: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "mara", "agents", "--headless", "--json", *options]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ
        | {"MARA_LEDGER__URL": f"sqlite:///{folder}/mara.db", "MARA_LOG_LEVEL": "ERROR"}
        | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_f49_signals(tmp_path: Path, how: signal.Signals) -> None:
    """Whatever ends the process, the next one goes on where it stopped."""
    heard = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's & ignores it
    process = headless(tmp_path, "--strategy", "strike-rule")
    signal.signal(signal.SIGINT, heard)
    try:
        wait_until(lambda: settled_by(tmp_path) > 5, 90)
        process.send_signal(how)
        process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode != 0
    before = settled_by(tmp_path)
    again = headless(tmp_path, "--strategy", "strike-rule", "--ticks", "5")
    said, error = again.communicate(timeout=90)
    assert again.returncode == 0, error
    summary = json.loads(said)
    assert summary["decisions"] == before + 5
    assert summary["trial_balance"] == "0.00"
    assert summary["margin_booked"] == summary["balances"]["assets:cash"]
    check_whole(World(tmp_path, feed=ScriptedFeed()))
