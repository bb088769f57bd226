"""F22: SIGKILL of the whole platform at labelled points, then one start-up."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from mara.ledger.ledger import Ledger
from tests.agents.rig import SITE_ID, STEP, World, at, check_whole
from tests.faults.drill import LEASE_S

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
RECOVERY_S = 5.0
POINTS = ("intent", "send", "ack", "book", "settle")
EACH, SOAK = 4, 100


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


@pytest.fixture(scope="module")
def ground() -> Iterator[subprocess.Popen[str]]:
    """The process that forks a platform for each drill."""
    command = [sys.executable, "-m", "tests.faults.drill"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


def killed(ground: subprocess.Popen[str], folder: Path, label: str, nth: int) -> int:
    job = {"folder": str(folder), "label": label, "nth": str(nth)}
    assert ground.stdin is not None
    assert ground.stdout is not None
    ground.stdin.write(json.dumps(job) + "\n")
    ground.stdin.flush()
    return int(ground.stdout.readline())


def acknowledged(folder: Path) -> set[str]:
    path = folder / "acks"
    whole = path.read_text(encoding="utf-8") if path.exists() else ""
    return {line for line in whole.split("\n")[:-1] if line}


def why(folder: Path) -> str:
    path = folder / "error"
    return path.read_text(encoding="utf-8") if path.exists() else "it ended by itself"


@pytest.mark.parametrize(("point", "seed"), kills())
def test_f22_killed_at_a_labelled_point(
    ground: subprocess.Popen[str], tmp_path: Path, point: str, seed: int
) -> None:
    nth = int(np.random.default_rng([seed, len(point)]).integers(2, 12))
    status = killed(ground, tmp_path, point, nth)
    assert os.WTERMSIG(status) == signal.SIGKILL, why(tmp_path)
    before = acknowledged(tmp_path)
    began = time.monotonic()
    world = World(tmp_path, lease_s=LEASE_S)
    control = world.run(1)
    assert time.monotonic() - began < RECOVERY_S, "the dead engine's lease included"
    check_whole(world)
    with Ledger.open(world.url, site_id=SITE_ID) as ledger:
        trades = [t.order_id for t in ledger.trades(10_000)]
        decided = {f"decided:{d.tick_at.isoformat()}" for d in ledger.decisions(10_000)}
        settled = [s.at for s in ledger.settlements(at(-1), at(10_000))]
        booked = float(ledger.balances().get("assets:cash", 0))
    assert len(trades) == len(set(trades))
    lost = before - set(trades) - decided
    assert not lost, f"{lost} was acknowledged and is lost"
    assert settled == [settled[0] + i * STEP for i in range(len(settled))], "none is left out"
    assert control.standing.day.margin_usd == pytest.approx(booked, abs=0.001)
