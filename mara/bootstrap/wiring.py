"""From settings to a runtime: engines, agents, venues and clocks, wired and not yet started."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

from mara.agents.circuit import Circuit
from mara.agents.control import Rules, SiteControl
from mara.agents.effects import Effects
from mara.agents.engine import Engine, Wiring
from mara.agents.explainer import Explainer
from mara.agents.opening import remembered
from mara.agents.orders import Orders
from mara.agents.pipeline import Pipeline
from mara.agents.runtime import Runtime
from mara.agents.view import first_snapshot, snapshot_of
from mara.bootstrap.agents import AGENTS, Crew, makers_of
from mara.bootstrap.ledgers import open_ledger
from mara.bootstrap.sources import Source, clock_of, default_mode, site_of, source_maker
from mara.bootstrap.workers import workers
from mara.clock import Clock, SystemClock
from mara.domain import Mode, Site
from mara.ledger.ledger import Ledger
from mara.models.strategies.safe import SafeController
from mara.settings import Settings
from mara.trading.desk import TradeDesk
from mara.trading.gate import Limits
from mara.trading.paper import PaperVenue

if TYPE_CHECKING:
    from mara.agents.memory import Memory
    from mara.domain import Venue

__all__ = ["Parts", "parts_of", "runtime_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What is made once and outlives the engines."""

    settings: Settings
    site: Site
    ledger: Ledger
    clock: Clock
    executor: Executor
    make_source: Callable[[], Source]
    circuits: dict[str, Circuit]
    mode: Mode
    max_ticks: int | None
    probe: Callable[[str], None]

    @property
    def limits(self) -> Limits:
        """Limits of the gate."""
        return Limits.of(self.settings.trading, max_age_ticks=self.settings.feed.max_age_ticks)


def parts_of(settings: Settings, max_ticks: int | None, probe: Callable[[str], None]) -> Parts:
    """Make what the settings name, and open the ledger."""
    site = site_of(settings)
    make_source = source_maker(settings, site)
    source = make_source()
    ledger = open_ledger(settings, site)
    memory = remembered(ledger)
    return Parts(
        settings=settings,
        site=site,
        ledger=ledger,
        clock=clock_of(settings, source, memory.state.at if memory else None),
        executor=workers(settings),
        make_source=make_source,
        circuits={name: _circuit(settings) for name in AGENTS},
        mode=default_mode(settings, source),
        max_ticks=max_ticks,
        probe=probe,
    )


def _circuit(settings: Settings) -> Circuit:
    chosen = settings.agents
    return Circuit(limit=chosen.restart_limit, window_s=chosen.restart_window_s)


def runtime_of(parts: Parts, first_version: int) -> Runtime:
    """Wire a runtime, whose snapshots are numbered from `first_version`."""
    versions = count(first_version + 1)
    shown = _Shown(version=first_version)

    def publish(generation: int, control: SiteControl) -> None:
        shown.version = next(versions)
        snapshot = snapshot_of(control, shown.version, shown.explainer.newest)
        runtime.publish(snapshot, generation)

    def engine(generation: int) -> Engine:
        return _engine(parts, runtime, shown, generation, partial(publish, generation))

    first = first_snapshot(parts.site, parts.clock, parts.make_source().feed, parts.mode)
    runtime = Runtime(
        engine,
        first=replace(first, version=first_version),
        circuits=parts.circuits,
        heartbeat_s=parts.settings.agents.heartbeat_s,
    )
    return runtime


@dataclass(slots=True)
class _Shown:
    """What was shown last."""

    version: int = 0
    explainer: Explainer = field(default_factory=Explainer)


def _engine(
    parts: Parts,
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
        next_request=runtime.next_request,
        publish=publish,
        explainer=shown.explainer if realtime else None,
        owner=f"{socket.gethostname()}:{os.getpid()}",
        lease_s=settings.ledger.lease_s,
        deadline_s=settings.feed.deadline_s,
        max_ticks=parts.max_ticks,
    )
    return Engine(wiring, generation=generation)


def _control(parts: Parts, source: Source, memory: Memory | None, run: str) -> SiteControl:
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
