"""One running system as its faces hold it: agents, console, ledger, workers, insights."""

from __future__ import annotations

import sys
import threading
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from mara.agents.running import Running
from mara.bootstrap.apart import AgentsProcess
from mara.bootstrap.ledgers import open_ledger
from mara.bootstrap.logs import configure_logging
from mara.bootstrap.workers import workers
from mara.ledger.ledger import Ledger
from mara.safepoint import no_probe
from mara.services.console import Console
from mara.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from mara.agents.replay import Replayer
    from mara.services.insights import Insights

__all__ = ["Platform", "running", "start_apart", "start_platform"]

_SWITCH_INTERVAL_S: Final = 0.001
"""A thread gives way after this long, so that what else is done hardly delays a tick."""


class _Insights:
    """Insights made at their first use, once; safe from any thread."""

    def __init__(self, settings: Settings, console: Console, ledger: Ledger) -> None:
        self._of = (settings, console, ledger)
        self._lock = threading.Lock()
        self._made: Insights | None = None

    def made(self) -> Insights:
        """Give them."""
        from mara.bootstrap.insights import insights_of  # noqa: PLC0415 - a second of imports

        with self._lock:
            if self._made is None:
                self._made = insights_of(*self._of)
            return self._made

    def close(self) -> None:
        """End them, where they were made."""
        with self._lock:
            if self._made is not None:
                self._made.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """A running system and what must be closed with it."""

    runtime: Running
    console: Console
    ledger: Ledger
    executor: Executor
    settings: Settings
    _insights: _Insights

    @property
    def insights(self) -> Insights:
        """The insights; made, and what they need imported, when first asked for."""
        return self._insights.made()

    def stop(self) -> None:
        """End agents, workers and connections."""
        if _RUNNING and _RUNNING[-1] is self:
            _RUNNING.clear()
        self._insights.close()
        self.runtime.stop()
        self.executor.shutdown(cancel_futures=True)
        self.ledger.close()


def start_platform(
    settings: Settings,
    *,
    max_ticks: int | None = None,
    probe: Callable[[str], None] = no_probe,
    first_version: int = 0,
) -> Platform:
    """Open the ledger, wire the agents and start them in this process.

    Snapshots are numbered from `first_version`.

    Raises
    ------
    SettingsError, DataFileError, LedgerError
        Something that no restart mends; the text says what, and the way out.
    """
    from mara.bootstrap.wiring import parts_of, runtime_of  # noqa: PLC0415 - not for who looks on

    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    configure_logging(settings.log_level)
    parts = parts_of(settings, max_ticks, probe)
    runtime = runtime_of(parts, first_version)
    runtime.start()
    return _platform(settings, runtime, parts.ledger, parts.executor)


def start_apart(settings: Settings, *, meanwhile: Callable[[], None] = lambda: None) -> Platform:
    """Start the agents in a process of their own, and connect this one to them and the ledger.

    `meanwhile` is called while they start.

    Raises
    ------
    MaraError
        The agents cannot start; the text says why, and the way out.
    """
    configure_logging(settings.log_level)
    agents = AgentsProcess(settings)
    try:
        agents.begin()
        meanwhile()
        agents.start()
        ledger = open_ledger(settings, agents.snapshot.site)
    except BaseException:
        agents.stop()
        raise
    return _platform(settings, agents, ledger, workers(settings))


def _platform(settings: Settings, runtime: Running, ledger: Ledger, executor: Executor) -> Platform:
    console = Console(
        runtime, ledger=ledger, replayer=partial(_replayer, settings), executor=executor
    )
    platform = Platform(
        runtime=runtime,
        console=console,
        _insights=_Insights(settings, console, ledger),
        ledger=ledger,
        executor=executor,
        settings=settings,
    )
    _RUNNING[:] = [platform]
    return platform


def _replayer(settings: Settings) -> Replayer:
    from mara.bootstrap.agents import replayer_of  # noqa: PLC0415 - all agents, for who replays

    return replayer_of(settings)


_RUNNING: Final[list[Platform]] = []
"""The platform of this process, where one runs."""


def running() -> Platform | None:
    """Find the platform that runs in this process."""
    return _RUNNING[-1] if _RUNNING else None
