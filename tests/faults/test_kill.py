"""F22: SIGKILL of the whole headless process at labelled points, then one start-up."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from mara.ledger.ledger import Ledger
from tests.agents.rig import SITE_ID, World, at, check_whole

ROOT = Path(__file__).resolve().parents[2]
RECOVERY_S = 5.0
POINTS = ("intent", "send", "ack", "book", "settle")
EACH, SOAK = 4, 100

DRILL = """
import os, signal, sys
from mara.agents.commands import PlaceOrder
from mara.bootstrap import start_platform
from mara.settings import load_settings
folder, label, nth, ticks = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
acks = os.open(f"{folder}/acks", os.O_CREAT | os.O_APPEND | os.O_WRONLY)
passed = 0
def probe(where):
    global passed
    passed += where == label
    if where == label and passed == nth:
        os.kill(os.getpid(), signal.SIGKILL)
settings = load_settings(
    ledger={"url": f"sqlite:///{folder}/mara.db", "lease_s": 2.0},
    agents={"strategy": "strike-rule"},
    feed={"speed": 3000.0, "simulated": {"history_days": 1, "start": "2026-06-02T06:00:00Z"}},
    log_level="CRITICAL",
)
platform = start_platform(settings, max_ticks=ticks, probe=probe)
console = platform.console
number = 0
while not platform.runtime.wait_finished(0.02):
    number += 1
    try:
        made = console.execute_trade(
            amount_kwh=10, cents_per_kwh=20, command_id=f"{nth}-{os.getpid()}-{number}", author="drill"
        )
        os.write(acks, f"{made.command_id}\\n".encode())
    except Exception:
        pass
    for one in console.decisions(3):
        os.write(acks, f"decided:{one.tick_at.isoformat()}\\n".encode())
platform.stop()
"""


def kills() -> list[object]:
    cases = [(point, seed) for seed in range(SOAK) for point in POINTS]
    return [
        pytest.param(
            *case,
            marks=[pytest.mark.slow] if case[1] < EACH else [pytest.mark.soak],
            id=f"{case[0]}-{case[1]}",
        )
        for case in cases
    ]


def live(folder: Path, label: str, nth: int, ticks: int) -> int:
    command = [sys.executable, "-c", DRILL, str(folder), label, str(nth), str(ticks)]
    done = subprocess.run(
        command, cwd=ROOT, timeout=120, check=False, capture_output=True, env=dict(os.environ)
    )
    return done.returncode


def acknowledged(folder: Path) -> set[str]:
    path = folder / "acks"
    whole = path.read_text(encoding="utf-8") if path.exists() else ""
    return {line for line in whole.split("\n")[:-1] if line}


@pytest.mark.parametrize(("point", "seed"), kills())
def test_f22_killed_at_a_labelled_point(tmp_path: Path, point: str, seed: int) -> None:
    rng = np.random.default_rng([seed, len(point)])
    nth = int(rng.integers(2, 12))
    assert live(tmp_path, point, nth, 60) == -9
    before = acknowledged(tmp_path)
    began = time.monotonic()
    world = World(tmp_path, lease_s=2.0)
    control = world.run(1)
    assert control.ticks > 0
    assert time.monotonic() - began < RECOVERY_S + 2.0, "the dead engine's lease included"
    check_whole(world)
    with Ledger.open(world.url, site_id=SITE_ID) as ledger:
        trades = {t.order_id for t in ledger.trades(10_000)}
        decided = {f"decided:{d.tick_at.isoformat()}" for d in ledger.decisions(10_000)}
        assert len(trades) == len(ledger.trades(10_000))
        settled = [s.at for s in ledger.settlements(at(-1), at(10_000))]
        booked = float(ledger.balances()["assets:cash"])
    for ack in before:
        assert ack in trades or ack in decided, f"{ack} was acknowledged and is lost"
    assert settled == [at(i) for i in range(len(settled))]
    assert control.standing.day.margin_usd == pytest.approx(booked, abs=0.001)
