"""Agents in a process of their own: started, asked, killed, started again, stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from mara.bootstrap.apart import AgentsProcess
from mara.bootstrap.ledgers import open_ledger
from mara.bootstrap.platform import start_apart
from mara.bootstrap.sources import site_of
from mara.clock import SystemClock
from mara.domain import TradingState
from mara.errors import MaraError, SettingsError
from mara.settings import load_settings

if TYPE_CHECKING:
    from mara.agents.snapshot import Snapshot
    from mara.bootstrap.platform import Platform
    from mara.settings import Settings

ROOT = Path(__file__).resolve().parents[2]


def settings(folder: Path, **feed: object) -> Settings:
    usual = {"speed": 1_200.0, "simulated": {"history_days": 2}} | feed
    return load_settings(
        ledger={"url": f"sqlite:///{folder}/mara.db", "lease_s": 1.0},
        agents={"strategy": "strike-rule", "heartbeat_s": 20.0},
        feed=usual,
        log_level="ERROR",
    )


def agents_of(platform: Platform) -> psutil.Process:
    assert isinstance(platform.runtime, AgentsProcess)
    assert platform.runtime.pid is not None
    return psutil.Process(platform.runtime.pid)


def test_a_killed_process_is_started_again_and_goes_on(tmp_path: Path) -> None:
    platform = start_apart(settings(tmp_path))
    try:
        console = platform.console
        assert console.wait_for_tick(2, 180) is not None
        done = console.set_state(
            TradingState.REDUCING, reason="test", command_id="a", author="dana"
        )
        assert done.done
        before, killed = console.snapshot(), agents_of(platform)
        killed.kill()
        away = platform.runtime.wait_for(lambda s: bool(alerts(s)), 180)
        assert away is not None
        assert "code -9" in alerts(away)[0]
        back = platform.runtime.wait_for(
            lambda s: s.ticks > before.ticks and not alerts(s) and s.market.tick is not None, 180
        )
        assert back is not None
        assert back.version > away.version > before.version
        assert back.trading_state is TradingState.REDUCING, "taken over from the ledger"
        assert agents_of(platform).pid != killed.pid
        again = console.set_state(TradingState.ACTIVE, reason="test", command_id="b", author="dana")
        assert again.done
        assert console.trial_balance() == 0
        running = agents_of(platform)
    finally:
        platform.stop()
    running.wait(60)
    assert platform.console.snapshot().finished


def alerts(snapshot: Snapshot) -> list[str]:
    return [a.text for a in snapshot.alerts if a.code == "agents-away"]


def test_what_cannot_start_says_why(tmp_path: Path) -> None:
    live = load_settings(ledger={"url": f"sqlite:///{tmp_path}/mara.db"}, trading={"mode": "live"})
    with pytest.raises(SettingsError, match="typed confirmation"):
        start_apart(live)


def test_a_run_that_ends_by_itself_is_finished(tmp_path: Path) -> None:
    prices = tmp_path / "prices.csv"
    rows = [f"2026-06-01T00:{5 * i:02d}:00+00:00,{20 + i},55,0.5" for i in range(6)]
    prices.write_text("\n".join(["timestamp,energy_price,hash_price,token_price", *rows]))
    chosen = settings(tmp_path, kind="replay", speed="max", replay={"data": str(prices)})
    platform = start_apart(chosen)
    try:
        assert platform.runtime.wait_finished(180)
        assert platform.runtime.failure is None
        assert platform.console.snapshot().finished
        assert platform.console.snapshot().ticks == 6
    finally:
        platform.stop()


def test_agents_end_with_those_who_look_at_them(tmp_path: Path) -> None:
    """A face that is killed tells nobody; the agents notice, end, and give the lease back."""
    chosen = settings(tmp_path)
    script = (
        "import sys, time\n"
        "from mara.bootstrap.platform import start_apart\n"
        "from mara.settings import Settings\n"
        "def main():\n"
        "    platform = start_apart(Settings.model_validate_json(sys.argv[1]))\n"
        "    platform.console.wait_for_tick(1, 180)\n"
        "    print(platform.runtime.pid, flush=True)\n"
        "    time.sleep(600)\n"
        "if __name__ == '__main__':\n"
        "    main()\n"
    )
    file = tmp_path / "face.py"
    file.write_text(script)
    face = subprocess.Popen(
        [sys.executable, str(file), chosen.model_dump_json(exclude_none=True)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert face.stdout is not None
    with face.stdout:
        agents = psutil.Process(int(face.stdout.readline()))
        face.kill()
        face.wait()
    agents.wait(180)
    ledger = open_ledger(chosen, site_of(chosen))
    try:
        assert ledger.acquire("next", SystemClock().now(), 1.0) > 0, "nobody else leads"
    finally:
        ledger.close()


def test_a_request_to_terminate_is_a_clean_end_and_a_new_start(tmp_path: Path) -> None:
    platform = start_apart(settings(tmp_path))
    try:
        assert platform.console.wait_for_tick(1, 180) is not None
        first = agents_of(platform)
        first.send_signal(signal.SIGTERM)
        first.wait(180)
        before = platform.console.snapshot().ticks
        assert platform.console.wait_for_tick(before + 1, 180) is not None
    finally:
        platform.stop()


def test_who_does_not_answer_is_not_waited_for(tmp_path: Path) -> None:
    platform = start_apart(settings(tmp_path))
    try:
        assert platform.console.wait_for_tick(0, 180) is not None
        agents = agents_of(platform)
        agents.suspend()
        began = time.monotonic()
        platform.runtime.stop(timeout_s=1.0)
        assert time.monotonic() - began < 60
        agents.wait(60)
    finally:
        platform.stop()


def test_errors_of_a_start_are_errors_of_mara(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    chosen = load_settings(ledger={"url": f"sqlite:///{blocked}/mara.db"}, log_level="ERROR")
    with pytest.raises(MaraError):
        start_apart(chosen)
