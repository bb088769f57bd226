"""One running system: ledger, agents, clock and workers, wired and started."""

from __future__ import annotations

import multiprocessing
import os
import socket
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mara.agents.circuit import Circuit
from mara.agents.control import Rules, SiteControl
from mara.agents.effects import Effects
from mara.agents.engine import Engine, Wiring
from mara.agents.explainer import Explainer
from mara.agents.opening import remembered
from mara.agents.orders import Orders
from mara.agents.pipeline import Pipeline
from mara.agents.rightofway import RightOfWay
from mara.agents.runtime import Runtime
from mara.agents.view import first_snapshot, snapshot_of
from mara.bootstrap.agents import AGENTS, Crew, makers_of, replayer_of
from mara.bootstrap.background import in_the_background
from mara.bootstrap.logs import configure_logging
from mara.bootstrap.sources import Source, clock_of, default_mode, site_of, source_maker
from mara.bootstrap.workers import LastingPool
from mara.clock import Clock, SystemClock
from mara.domain import Mode, Site
from mara.ledger.ledger import Ledger
from mara.models.strategies.safe import SafeController
from mara.safepoint import no_probe
from mara.services.console import Console
from mara.settings import Settings
from mara.trading.desk import TradeDesk
from mara.trading.gate import Limits
from mara.trading.paper import PaperVenue

if TYPE_CHECKING:
    from mara.agents.memory import Memory
    from mara.domain import Venue
    from mara.services.insights import Insights

__all__ = ["Platform", "open_ledger", "running", "start_platform"]

_SWITCH_INTERVAL_S: Final = 0.001
"""A thread gives way after this long, so that a page being drawn hardly delays a tick."""


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

    runtime: Runtime
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
        self.executor.shutdown(wait=False, cancel_futures=True)
        self.ledger.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """What is made once and outlives the engines."""

    settings: Settings
    site: Site
    ledger: Ledger
    clock: Clock
    executor: Executor
    make_source: Callable[[], Source]
    circuits: dict[str, Circuit]
    way: RightOfWay
    mode: Mode
    max_ticks: int | None
    probe: Callable[[str], None]

    @property
    def limits(self) -> Limits:
        """Limits of the gate."""
        return Limits.of(self.settings.trading, max_age_ticks=self.settings.feed.max_age_ticks)


def start_platform(
    settings: Settings,
    *,
    max_ticks: int | None = None,
    probe: Callable[[str], None] = no_probe,
) -> Platform:
    """Open the ledger, wire the agents and start them.

    Raises
    ------
    SettingsError, DataFileError, LedgerError
        Something that no restart mends; the text says what, and the way out.
    """
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    configure_logging(settings.log_level)
    parts = _parts(settings, max_ticks, probe)
    runtime = _runtime(parts)
    runtime.start()
    console = Console(
        runtime,
        ledger=parts.ledger,
        replayer=replayer_of(settings),
        executor=parts.executor,
    )
    platform = Platform(
        runtime=runtime,
        console=console,
        _insights=_Insights(settings, console, parts.ledger),
        ledger=parts.ledger,
        executor=parts.executor,
        settings=settings,
    )
    _RUNNING[:] = [platform]
    return platform


_RUNNING: Final[list[Platform]] = []
"""The platform of this process, where one runs."""


def running() -> Platform | None:
    """Find the platform that runs in this process."""
    return _RUNNING[-1] if _RUNNING else None


def _parts(settings: Settings, max_ticks: int | None, probe: Callable[[str], None]) -> _Parts:
    site = site_of(settings)
    make_source = source_maker(settings, site)
    source = make_source()
    ledger = open_ledger(settings, site)
    memory = remembered(ledger)
    spawn = multiprocessing.get_context("spawn")
    return _Parts(
        settings=settings,
        site=site,
        ledger=ledger,
        clock=clock_of(settings, source, memory.state.at if memory else None),
        executor=LastingPool(
            partial(
                ProcessPoolExecutor,
                max_workers=_workers(settings),
                mp_context=spawn,
                initializer=in_the_background,
            )
        ),
        make_source=make_source,
        circuits={name: _circuit(settings) for name in AGENTS},
        way=RightOfWay(),
        mode=default_mode(settings, source),
        max_ticks=max_ticks,
        probe=probe,
    )


def _workers(settings: Settings) -> int:
    """Count the worker processes: ticks that wait for nobody need a core of the two.

    At full speed ticks wait for the workers.
    """
    return 2 if settings.feed.speed == "max" else 1


def _circuit(settings: Settings) -> Circuit:
    chosen = settings.agents
    return Circuit(limit=chosen.restart_limit, window_s=chosen.restart_window_s)


def open_ledger(settings: Settings, site: Site) -> Ledger:
    """Open the ledger of the settings for a site; its folder is made where it is missing.

    Every commit waits for the disk, except in a run through a file or a simulation at full
    speed, which can be run again.
    """
    url = settings.ledger.url
    if url.startswith("sqlite:///"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    return Ledger.open(
        url,
        site_id=site.site_id,
        busy_timeout_s=settings.ledger.busy_timeout_s,
        synchronous="NORMAL" if settings.feed.speed == "max" else "FULL",
    )


def _runtime(parts: _Parts) -> Runtime:
    versions = count(1)
    shown = _Shown()

    def publish(generation: int, control: SiteControl) -> None:
        shown.version = next(versions)
        snapshot = snapshot_of(control, shown.version, shown.explainer.newest)
        runtime.publish(snapshot, generation)

    def engine(generation: int) -> Engine:
        return _engine(parts, runtime, shown, generation, partial(publish, generation))

    runtime = Runtime(
        engine,
        first=first_snapshot(parts.site, parts.clock, parts.make_source().feed, parts.mode),
        circuits=parts.circuits,
        way=parts.way,
        heartbeat_s=parts.settings.agents.heartbeat_s,
    )
    return runtime


@dataclass(slots=True)
class _Shown:
    """What was shown last."""

    version: int = 0
    explainer: Explainer = field(default_factory=Explainer)


def _engine(
    parts: _Parts,
    runtime: Runtime,
    shown: _Shown,
    generation: int,
    publish: Callable[[SiteControl], None],
) -> Engine:
    source = parts.make_source()
    run = f"{parts.clock.now().isoformat()}:{os.getpid()}:{generation}"
    control = _control(parts, source, remembered(parts.ledger), run)
    realtime = parts.clock.speed is not None
    settings = parts.settings
    orders = Orders(
        control=control,
        desk=TradeDesk(parts.ledger, probe=parts.probe),
        limits=parts.limits,
        password=settings.trading.operator_password,
        version=lambda: shown.version,
    )
    wiring = Wiring(
        feed=source.feed,
        clock=parts.clock,
        wall=SystemClock(),
        control=control,
        orders=orders,
        way=parts.way,
        next_request=runtime.next_request,
        publish=publish,
        explainer=shown.explainer if realtime else None,
        owner=f"{socket.gethostname()}:{os.getpid()}",
        lease_s=settings.ledger.lease_s,
        deadline_s=settings.feed.deadline_s,
        max_ticks=parts.max_ticks,
    )
    return Engine(wiring, generation=generation)


def _control(parts: _Parts, source: Source, memory: Memory | None, run: str) -> SiteControl:
    safe = SafeController(levels=parts.settings.safe)
    crew = Crew(
        settings=parts.settings,
        memory=memory,
        mode=parts.mode,
        safe=safe,
        executor=parts.executor,
        wait=parts.clock.speed is None,
        at=parts.clock.now(),
    )
    effects = Effects(
        ledger=parts.ledger,
        venue=_venue(source, memory),
        currency=parts.site.labels.currency,
        probe=parts.probe,
    )
    return SiteControl(
        site=parts.site,
        clock=parts.clock,
        effects=effects,
        pipeline=Pipeline(makers_of(crew), parts.circuits),
        rules=Rules(
            safe=safe,
            limits=parts.limits,
            keep_records=timedelta(days=parts.settings.ledger.keep_records_days),
            run=run,
        ),
    )


def _venue(source: Source, memory: Memory | None) -> Venue:
    """Machines on paper go on as they were remembered."""
    if isinstance(source.venue, PaperVenue) and memory is not None:
        return PaperVenue(memory.in_force)
    return source.venue
