"""A platform is put together, connected to, and taken apart."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

import mara
from mara.bootstrap.doctor import examine
from mara.bootstrap.platform import running, start_platform
from mara.domain import Mode
from mara.errors import InvalidValue, RefusedError, SettingsError
from mara.settings import Settings, load_settings

if TYPE_CHECKING:
    from pathlib import Path


def settings(folder: Path, **feed: object) -> Settings:
    usual = {"speed": 1_200.0, "simulated": {"history_days": 2}} | feed
    return load_settings(
        ledger={"url": f"sqlite:///{folder}/mara.db"},
        agents={"strategy": "strike-rule", "heartbeat_s": 20.0},
        feed=usual,
        log_level="ERROR",
    )


def test_connect_starts_a_system_and_ends_it(tmp_path: Path) -> None:
    assert running() is None
    with mara.connect(settings(tmp_path)) as m:
        assert running() is not None
        assert m.data_agent.fetch_live_prices().tick is not None
        console = m.console
    assert running() is None
    with pytest.raises(RefusedError, match="the agents have stopped"):
        console.execute_trade(amount_kwh=1, cents_per_kwh=20, command_id="x", author="dana")


def test_a_stopped_platform_leaves_no_thread(tmp_path: Path) -> None:
    before = threading.active_count()
    platform = start_platform(settings(tmp_path))
    assert platform.console.wait_for_tick(1, 60) is not None
    platform.stop()
    deadline = time.monotonic() + 20
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert threading.active_count() <= before


def test_the_clock_goes_on_where_it_stopped(tmp_path: Path) -> None:
    platform = start_platform(settings(tmp_path, speed="max"), max_ticks=4)
    assert platform.runtime.wait_finished(60)
    ended = platform.console.snapshot()
    platform.stop()
    again = start_platform(settings(tmp_path, speed="max"), max_ticks=1)
    assert again.runtime.wait_finished(60)
    snapshot = again.console.snapshot()
    again.stop()
    assert snapshot.ticks == ended.ticks + 1 == 5
    assert snapshot.started_at == ended.started_at
    assert snapshot.market.tick is not None
    assert ended.market.tick is not None
    assert snapshot.market.tick.at == ended.market.tick.end, "the very next interval"


def test_live_mode_is_confirmed_never_set(tmp_path: Path) -> None:
    chosen = load_settings(
        ledger={"url": f"sqlite:///{tmp_path}/mara.db"}, trading={"mode": "live"}
    )
    with pytest.raises(SettingsError, match="typed confirmation"):
        start_platform(chosen)


def test_a_mode_that_is_set_is_in_force(tmp_path: Path) -> None:
    chosen = settings(tmp_path, speed="max")
    advisory = chosen.model_copy(
        update={"trading": chosen.trading.model_copy(update={"mode": "advisory"})}
    )
    platform = start_platform(advisory, max_ticks=1)
    assert platform.runtime.wait_finished(60)
    assert platform.console.snapshot().mode is Mode.ADVISORY
    platform.stop()


def test_the_doctor_finds_a_healthy_machine(tmp_path: Path) -> None:
    findings = {f.check: f for f in examine(settings(tmp_path))}
    assert all(f.ok for f in findings.values()), findings
    assert "ticks of 5 min" in findings["feed"].text


def test_an_impossible_ledger_is_refused() -> None:
    chosen = load_settings(ledger={"url": "sqlite:///:memory:"})
    with pytest.raises(InvalidValue, match="names no file"):
        start_platform(chosen)
