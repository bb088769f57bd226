"""Consoles for the pages: of a platform that runs, and of one that stands still at a snapshot."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from streamlit.testing.v1 import AppTest

from mara.agents.runtime import Runtime
from mara.bootstrap.agents import replayer_of
from mara.bootstrap.ledgers import open_ledger
from mara.bootstrap.platform import Platform, start_platform
from mara.services.console import Console
from mara.settings import load_settings
from mara.ui import platform

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mara.agents.snapshot import Snapshot

SHELL = Path(__file__).resolve().parents[2] / "pages" / "shell.py"


@pytest.fixture(scope="package")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A demo site at 240 times real time that has decided three ticks."""
    ledger = tmp_path_factory.mktemp("ledger") / "mara.db"
    settings = load_settings(
        ledger={"url": f"sqlite:///{ledger}"}, feed={"speed": 240.0}, agents={"heartbeat_s": 20.0}
    )
    started = start_platform(settings)
    try:
        assert started.console.wait_for_tick(2, 60.0) is not None
        yield started
    finally:
        started.stop()


@pytest.fixture
def still(tmp_path: Path) -> Iterator[Callable[[Snapshot], Console]]:
    """Make the console of a runtime that never starts: it shows one snapshot."""
    settings = load_settings(ledger={"url": f"sqlite:///{tmp_path / 'mara.db'}"})
    ledgers = []

    def never(generation: int) -> object:
        raise AssertionError(f"generation {generation} was started")

    def console(snapshot: Snapshot) -> Console:
        ledgers.append(open_ledger(settings, snapshot.site))
        runtime = Runtime(never, first=snapshot, circuits={})  # type: ignore[arg-type]
        return Console(runtime, ledger=ledgers[-1], replayer=lambda: replayer_of(settings))

    yield console
    platform.detach()
    for ledger in ledgers:
        ledger.close()


@pytest.fixture
def opened() -> Iterator[Callable[..., AppTest]]:
    """Open the dashboard on a console, at one of its tabs."""

    def open_page(console: Console, page: str | None = None) -> AppTest:
        platform.attach(console)
        test = AppTest.from_file(str(SHELL), default_timeout=180).run()
        return test if page is None else test.switch_page(page).run()

    yield open_page
    platform.detach()
