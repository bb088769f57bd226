"""The two-stage strategy proposes where it is asked for, and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mara.bootstrap.platform import start_platform
from mara.settings import load_settings

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("agents", "expected"),
    [
        ({"also": "two-stage"}, {"optimiser", "strike-rule", "hold", "best-response", "two-stage"}),
        ({"strategy": "two-stage", "also": "two-stage"}, {"two-stage"}),
        ({}, {"optimiser", "strike-rule", "hold", "best-response"}),
    ],
)
def test_who_proposes(tmp_path: Path, agents: dict[str, str], expected: set[str]) -> None:
    settings = load_settings(
        ledger={"url": f"sqlite:///{tmp_path}/mara.db"},
        feed={"speed": 300.0, "simulated": {"history_days": 12}},
        agents={"heartbeat_s": 20.0, **agents},
        log_level="ERROR",
    )
    platform = start_platform(settings)
    try:
        snapshot = platform.console.wait_for_tick(0, 60.0)
        assert snapshot is not None
        assert snapshot.verdict is not None
        assert {p.agent for p in snapshot.verdict.proposals} == expected
        newest = platform.console.decisions(1)[0]
        assert platform.console.replay(newest.tick_at).same
    finally:
        platform.stop()
