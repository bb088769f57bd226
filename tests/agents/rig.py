"""Engines made of the public parts, on worlds whose feed, clock, venue and strategies are scripted.

Nothing of MARA is patched: what goes wrong comes in through the seams.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from mara.agents.circuit import Circuit
from mara.agents.control import Rules, SiteControl
from mara.agents.effects import Effects
from mara.agents.engine import Engine, Wiring
from mara.agents.opening import remembered
from mara.agents.orders import Orders
from mara.agents.pipeline import Pipeline
from mara.agents.runtime import Runtime
from mara.agents.snapshot import Snapshot
from mara.agents.strategy import StrategyAgent
from mara.agents.view import first_snapshot, snapshot_of
from mara.bootstrap.agents import AGENTS, Crew, makers_of, replayer_of
from mara.clock import Clock, FileClock, SystemClock
from mara.domain import Mode, Origin, Site, Tick
from mara.domain.presets import demo_site
from mara.errors import FeedEnded, Mismatch, OutcomeUnknown, TemporaryError
from mara.feeds.base import Batch
from mara.ledger.ledger import Ledger
from mara.models.strategies.base import Strategy
from mara.models.strategies.safe import SafeController
from mara.safepoint import no_probe
from mara.services.console import Console
from mara.settings import Settings
from mara.trading.desk import TradeDesk
from mara.trading.gate import Limits
from mara.trading.paper import PaperVenue

if TYPE_CHECKING:
    import numpy as np

    from mara.agents.commands import Command, Outcome
    from mara.domain import Decision, Proposal, Receipt
    from mara.models.strategies.base import DecisionContext

START = datetime(2026, 6, 2, 6, 0, tzinfo=UTC)
STEP = timedelta(minutes=5)
SITE_ID = "demo"


def at(index: int) -> datetime:
    return START + index * STEP


def tick(when: datetime, **changes: object) -> Tick:
    """The usual market: a calm daily wave, the same at the same time."""
    hour = when.hour + when.minute / 60.0
    usual = Tick(
        site_id=SITE_ID,
        at=when,
        minutes=5.0,
        energy_usd_per_mwh=round(38.0 + 24.0 * math.sin((hour - 15.0) / 24.0 * 2.0 * math.pi), 2),
        hash_usd_per_ph_day=round(52.0 + math.sin(when.timestamp() / 7e4), 4),
        token_usd_per_mtok=round(0.7 + 0.02 * math.sin(when.timestamp() / 2e4), 5),
        demand_mtok_per_h=round(2_000.0 + 300.0 * math.sin(hour / 24.0 * 2.0 * math.pi), 3),
        origin=Origin.SIMULATED,
        source="scripted",
    )
    return replace(usual, **changes)


class Crash(BaseException):
    """Ends an engine at once, as the loss of its process does."""


class Inline(Executor):
    """Does the work where it is submitted."""

    def submit(self, fn, /, *args, **kwargs):  # noqa: ANN001, ANN002, ANN003, ANN202
        future: Future[object] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001
            future.set_exception(error)
        return future


class ScriptedFeed:
    """Tells the usual market, except where the script says otherwise.

    `down`: intervals in whose reading an error is raised. `missing` never come, `late` come with
    the reading of another interval, `extra` ticks come besides. `prices` replace figures.
    `truth` gives the time up to which there are ticks; by default all up to `until`.
    """

    name = "scripted"
    origin = Origin.SIMULATED
    minutes = 5.0

    def __init__(self, *, start: datetime = START, history_days: float = 1.0) -> None:
        self.start: datetime | None = start
        self.begin = start - timedelta(days=history_days)
        self.end: datetime | None = None
        self.down: dict[datetime, BaseException] = {}
        self.missing: set[datetime] = set()
        self.late: dict[datetime, datetime] = {}
        self.extra: dict[datetime, list[Tick]] = {}
        self.changes: dict[datetime, dict[str, object]] = {}
        self.truth: Callable[[], datetime] | None = None
        self.skew_s: Callable[[], float] | None = None
        self.delay_s = 0.0
        self.hooks: dict[datetime, list[Callable[[], None]]] = {}
        self.rng: np.random.Generator | None = None
        self.reads = 0
        self.closed = 0

    async def read(self, *, after: datetime | None, until: datetime) -> Batch:
        self.reads += 1
        for hook in self.hooks.pop(until, []):
            hook()
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        if after is not None and self.end is not None and after >= self.end:
            raise FeedEnded("scripted: over")
        if after is not None and (error := self.down.get(until)) is not None:
            raise error
        return Batch(
            ticks=self._told(after, until), skew_s=None if self.skew_s is None else self.skew_s()
        )

    def _told(self, after: datetime | None, until: datetime) -> tuple[Tick, ...]:
        first = self.begin if after is None else after + STEP
        there = until if self.truth is None else min(until, self.truth())
        if self.end is not None:
            there = min(there, self.end)
        known = [first + i * STEP for i in range(max((there - first) // STEP + 1, 0))]
        told = [tick(t, **self.changes.get(t, {})) for t in known if not self._held(t)]
        told += [tick(t) for t, when in self.late.items() if when == until]
        told += self.extra.get(until, [])
        if self.rng is not None and after is not None:
            return tuple(told[i] for i in self.rng.permutation(len(told)))
        return tuple(sorted(told, key=lambda one: one.at))

    def _held(self, when: datetime) -> bool:
        return when in self.missing or when in self.late

    async def close(self) -> None:
        self.closed += 1


class VirtualClock:
    """Real-time speed without waiting: sleeping moves the true time. `offset` is a wrong clock."""

    speed: float | None = 1.0

    def __init__(self, start: datetime = START) -> None:
        self.true = start
        self.offset = timedelta(0)
        self.jumps: dict[datetime, timedelta] = {}

    def now(self) -> datetime:
        return self.true + self.offset

    def monotonic(self) -> float:
        return self.true.timestamp()

    async def sleep_until(self, at: datetime) -> None:
        """Whoever sleeps longer than an interval is woken, as real time would do it."""
        begun = self.true
        while self.now() < at:
            if self.true - begun >= STEP:
                raise TimeoutError
            self.true += timedelta(seconds=1)
            self.offset = self.jumps.pop(self.true, self.offset)
            if self.true.second == 0:
                await asyncio.sleep(0)
        await asyncio.sleep(0)


class ScriptedVenue(PaperVenue):
    """Paper, except for the orders that `script` names by their number, from 1 on."""

    def __init__(self, in_force: object = None) -> None:
        super().__init__(in_force)  # type: ignore[arg-type]
        self.sent: list[Decision] = []
        self.script: dict[int, str | Exception] = {}
        self.blind = 0

    async def apply(self, site: Site, decision: Decision, tick: Tick) -> Receipt:
        self.sent.append(decision)
        told = self.script.get(len(self.sent))
        if isinstance(told, Exception):
            raise told
        if told == "wrong":
            raise Mismatch("paper: the site is not as decided: air_miners 1 for 2")
        self._in_force = decision.setpoint
        receipt = await super().read_back(site, decision, tick)
        if told == "lost answer":
            raise OutcomeUnknown("paper: no answer")
        return receipt

    async def read_back(self, site: Site, decision: Decision, tick: Tick) -> Receipt:
        if self.blind:
            self.blind -= 1
            raise TemporaryError("paper: cannot be read")
        return await super().read_back(site, decision, tick)


class ScriptedStrategy:
    """Does what `script` says at the intervals it names, else what `inner` proposes."""

    def __init__(self, inner: Strategy, script: Callable[[DecisionContext], None]) -> None:
        self.inner = inner
        self.script = script

    @property
    def name(self) -> str:
        return self.inner.name

    def propose(self, context: DecisionContext) -> Proposal:
        self.script(context)
        return self.inner.propose(context)


@dataclass(slots=True)
class World:
    """Everything around an engine that outlives it."""

    folder: Path
    feed: ScriptedFeed = field(default_factory=ScriptedFeed)
    clock: Clock | None = None
    venue: PaperVenue | None = None
    site: Site = field(default_factory=demo_site)
    settings: Settings = field(default_factory=lambda: Settings(agents={"strategy": "strike-rule"}))
    strategies: dict[str, Callable[[], Strategy]] = field(default_factory=dict)
    mode: Mode = Mode.PAPER
    probe: Callable[[str], None] = no_probe
    deadline_s: float = 5.0
    lease_s: float = 5.0
    owner: str = "test"
    snapshots: deque[Snapshot] = field(default_factory=lambda: deque(maxlen=1_000))
    circuits: dict[str, Circuit] = field(default_factory=dict)
    requests: deque[object] = field(default_factory=deque)
    ledger: Ledger | None = None
    engines: list[Engine] = field(default_factory=list)
    controls: list[SiteControl] = field(default_factory=list)
    synchronous: str = "OFF"

    @property
    def url(self) -> str:
        return f"sqlite:///{self.folder}/mara.db"

    def opened(self) -> Ledger:
        if self.ledger is None:
            self.ledger = Ledger.open(
                self.url,
                site_id=self.site.site_id,
                synchronous=self.synchronous,  # type: ignore[arg-type]
            )
        return self.ledger

    def close(self) -> None:
        if self.ledger is not None:
            self.ledger.close()
        self.ledger = None

    def clock_now(self) -> Clock:
        """The clock, made anew at each start as the platform does."""
        if self.clock is not None:
            return self.clock
        memory = remembered(self.opened())
        return FileClock(start=memory.state.at if memory else self.feed.start or START)

    def engine(
        self,
        generation: int = 1,
        *,
        ticks: int | None = None,
        publish: Callable[[SiteControl], None] | None = None,
        next_request: Callable[[], object] | None = None,
    ) -> Engine:
        ledger, clock = self.opened(), self.clock_now()
        memory = remembered(ledger)
        for name in AGENTS:
            self.circuits.setdefault(name, Circuit(limit=5, window_s=600.0))
        venue = self.venue or PaperVenue(memory.in_force if memory else None)
        safe = SafeController(levels=self.settings.safe)
        crew = Crew(
            settings=self.settings,
            memory=memory,
            mode=self.mode,
            safe=safe,
            executor=Inline(),
            wait=clock.speed is None,
            at=clock.now(),
        )
        control = SiteControl(
            site=self.site,
            clock=clock,
            effects=Effects(ledger=ledger, venue=venue, probe=self.probe),
            pipeline=Pipeline(self._makers(crew), self.circuits),
            rules=Rules(
                safe=safe,
                limits=self.limits,
                keep_records=timedelta(days=14),
                run=f"{generation}:{len(self.engines)}",
            ),
        )
        self.controls.append(control)
        shown = count(1)

        def keep(control: SiteControl) -> None:
            self.snapshots.append(snapshot_of(control, next(shown), None))

        orders = Orders(
            control=control,
            desk=TradeDesk(ledger, probe=self.probe),
            limits=self.limits,
            password=self.settings.trading.operator_password,
            version=lambda: self.snapshots[-1].version if self.snapshots else 0,
        )
        wiring = Wiring(
            feed=self.feed,
            clock=clock,
            wall=SystemClock(),
            control=control,
            orders=orders,
            next_request=next_request or self._next_request,  # type: ignore[arg-type]
            publish=publish or keep,
            explainer=None,
            owner=self.owner,
            lease_s=self.lease_s,
            deadline_s=self.deadline_s,
            max_ticks=ticks,
        )
        self.engines.append(Engine(wiring, generation=generation))
        return self.engines[-1]

    def ask(self, index: int, command: Command) -> Future[Outcome]:
        """Have a person's command served right after interval `index` was decided."""
        answer: Future[Outcome] = Future()
        self.feed.hooks.setdefault(at(index), []).append(
            lambda: self.requests.append((command, answer))
        )
        return answer

    def _next_request(self) -> object | None:
        return self.requests.popleft() if self.requests else None

    def _makers(self, crew: Crew) -> dict[str, object]:
        makers = dict(makers_of(crew))
        for name, make in self.strategies.items():
            if name in makers:
                makers[name] = partial(_scripted, make, crew, name)
        return makers

    @property
    def limits(self) -> Limits:
        return Limits.of(self.settings.trading, max_age_ticks=self.settings.feed.max_age_ticks)

    def crash(self, index: int) -> None:
        """Run until interval `index` is read, and end there without a word."""
        self.feed.down[at(index)] = Crash()
        with contextlib.suppress(Crash):
            self.run(100_000)
        del self.feed.down[at(index)]

    def run(self, ticks: int) -> SiteControl:
        """Start, decide `ticks` intervals, stop, as one life of the process."""
        engine = self.engine(ticks=ticks)
        try:
            asyncio.run(asyncio.wait_for(engine.run(), 120))
        finally:
            self.close()
        if engine.fatal is not None:
            raise engine.fatal
        return self.controls[-1]

    def runtime(self, *, heartbeat_s: float = 0.4) -> Runtime:
        """The whole runtime with its threads; the caller stops it and closes the world."""
        versions = count(1)
        runtime: Runtime

        def publish(generation: int, control: SiteControl) -> None:
            snapshot = snapshot_of(control, next(versions), None)
            self.snapshots.append(snapshot)
            runtime.publish(snapshot, generation)

        def make(generation: int) -> Engine:
            return self.engine(
                generation,
                publish=partial(publish, generation),
                next_request=lambda: runtime.next_request(),  # noqa: PLW0108 - made a line below
            )

        first = first_snapshot(self.site, self.clock_now(), self.feed, self.mode)
        for name in AGENTS:
            self.circuits.setdefault(name, Circuit(limit=5, window_s=600.0))
        runtime = Runtime(
            make,
            first=first,
            circuits=self.circuits,
            heartbeat_s=heartbeat_s,
        )
        return runtime

    def console(self, runtime: Runtime) -> Console:
        return Console(runtime, ledger=self.opened(), replayer=lambda: replayer_of(self.settings))


def _scripted(make: Callable[[], Strategy], crew: Crew, name: str, before: object) -> StrategyAgent:
    known = before.shadow if isinstance(before, StrategyAgent) else None
    if known is None and crew.memory is not None:
        known = next((s.shadow for s in crew.memory.shadows if s.name == name), None)
    return StrategyAgent(make(), make(), shadow=known)


def all_strategies() -> Settings:
    return Settings()


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """What a ledger holds at the end of a drill."""

    settled: tuple[datetime, ...]
    decided: tuple[datetime, ...]
    margin: float


def check_whole(world: World, *, open_intents: int = 0) -> Whole:
    """What holds after every fault: limits, books, and each intent once."""
    with Ledger.open(world.url, site_id=world.site.site_id) as ledger:
        ledger.verify()
        assert ledger.trial_balance() == 0
        assert len(ledger.pending()) == open_intents
        settled = ledger.settlements(at(-10_000), at(100_000))
        starts = [s.at for s in settled]
        assert starts == sorted(set(starts)), "an interval was settled twice"
        for one in settled:
            cap = world.site.import_cap_mw(one.at, one.at + STEP)
            assert one.import_mw <= cap + 1e-6
            assert one.export_mw <= world.site.export_limit_mw + 1e-6
        decided = [d.tick_at for d in reversed(ledger.decisions(100_000))]
        assert decided == sorted(set(decided)), "an interval was decided twice"
        for when in decided:
            assert ledger.intent(f"{world.site.site_id}:{when.isoformat()}") is not None
        return Whole(
            settled=tuple(starts),
            decided=tuple(decided),
            margin=float(ledger.balances().get("assets:cash", 0)),
        )


def steps_between(first: int, last: int) -> tuple[datetime, ...]:
    return tuple(at(i) for i in range(first, last))


def every(step: int, until: int) -> Iterable[datetime]:
    return (at(i) for i in range(0, until, step))


def alerts_of(snapshot: Snapshot) -> Mapping[str, str]:
    return {alert.code: alert.text for alert in snapshot.alerts}


def wait_until(met: Callable[[], bool], within_s: float = 120.0) -> None:
    """Wait in real time for what threads do."""
    clock = SystemClock()
    began = clock.monotonic()
    while not met():
        assert clock.monotonic() - began < within_s, "did not come about"
        asyncio.run(asyncio.sleep(0.02))


__all__ = [name for name in dir() if not name.startswith("_")]
