"""One demo site, replayed as fast as it goes, that every test of the services reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mara.bootstrap.platform import Platform, start_platform
from mara.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="package")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform in mid-run: ticks a second apart."""
    folder = tmp_path_factory.mktemp("services")
    settings = load_settings(
        ledger={"url": f"sqlite:///{folder}/mara.db"},
        feed={"speed": 300.0, "simulated": {"history_days": 2}},
        agents={"heartbeat_s": 20.0},
        log_level="ERROR",
    )
    started = start_platform(settings)
    try:
        assert started.console.wait_for_tick(3, 60) is not None
        yield started
    finally:
        started.stop()
