"""F1, F2, F5 to F15, F20, F50: what a feed and a clock can do to a running engine."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from mara.agents.commands import SetCommitments, SetOutage
from mara.bootstrap.agents import replayer_of
from mara.domain import Commitment, Mode, TradingState
from mara.errors import TemporaryError
from mara.ledger.export import Exported, frame_of
from mara.ledger.ledger import Ledger
from mara.models.signals import AnomalyKind
from mara.services.reports import Reports
from mara.settings import Settings
from tests.agents.rig import (
    START,
    STEP,
    ScriptedFeed,
    VirtualClock,
    World,
    alerts_of,
    at,
    check_whole,
    steps_between,
    tick,
)

if TYPE_CHECKING:
    from pathlib import Path

    from mara.domain import TickRecord


def record(world: World, index: int) -> TickRecord:
    with Ledger.open(world.url, site_id=world.site.site_id) as ledger:
        found = ledger.decision(at(index))
    assert found is not None
    return found


def decided(world: World) -> dict[int, TickRecord]:
    with Ledger.open(world.url, site_id=world.site.site_id) as ledger:
        found = ledger.records_between(at(-10), at(1_000))
    return {round((r.tick_at - START) / STEP): r for r in found}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_f01_feed_down(world: World) -> None:
    """One tick held, then the safe controller alone, and the first good tick resumes."""
    for i in range(3, 7):
        world.feed.down[at(i)] = TemporaryError("connection refused")
    world.run(9)
    found = decided(world)
    how = [found[i].decision.resolved_by for i in range(9)]
    assert how[3] == "last allocation held"
    assert set(how[4:7]) == {"safe controller"}
    assert how[7] == "proposal with the majority of the weight"
    labels = {s.version: s.market.feed.label for s in world.snapshots}
    assert "STALE" in labels.values()
    assert any("connection refused" in alerts_of(s).get("feed:stale", "") for s in world.snapshots)
    assert alerts_of(world.snapshots[-1]) == {}
    with Ledger.open(world.url, site_id="demo") as ledger:
        stored = ledger.ticks(at(0), at(9))
        assert all(t == tick(t.at) for t in stored), "no invented price anywhere"
        assert not any(s.estimated for s in ledger.settlements(at(0), at(9))), "trued up"
    assert check_whole(world).settled == steps_between(0, 9)


def test_f01_feed_down_from_the_start(world: World) -> None:
    world.clock = VirtualClock()
    world.deadline_s = 0.05
    world.feed.start = None
    world.feed.truth = lambda: world.clock.true  # type: ignore[union-attr]
    reading = world.feed.read
    asked: list[datetime] = []

    class Late(ScriptedFeed):
        async def read(self, *, after: datetime | None, until: datetime) -> object:  # type: ignore[override]
            asked.append(until)
            if len(asked) < 4:
                raise TemporaryError("no such host")
            return await reading(after=after, until=until)

    late = Late()
    late.start = None
    world.feed = late
    world.run(2)
    assert len(check_whole(world).decided) == 2
    assert alerts_of(world.snapshots[-1]) == {}


@pytest.mark.slow
def test_f02_feed_slow(world: World) -> None:
    """100 answers that come after the deadline: each tick decided in time, no thread more."""
    world.clock = VirtualClock()
    world.deadline_s = 0.02
    world.feed.delay_s = 0.0
    before = threading.active_count()
    counts: list[int] = []

    def slow() -> None:
        world.feed.delay_s = 5.0
        counts.append(threading.active_count())

    world.feed.hooks[at(2)] = [slow]
    for i in range(3, 102):
        world.feed.hooks[at(i)] = [lambda: counts.append(threading.active_count())]
    world.run(102)
    assert len(counts) == 100
    assert max(counts) - counts[0] == 0
    assert threading.active_count() <= before + 1
    found = decided(world)
    assert len(found) == 102
    assert found[50].decision.resolved_by == "safe controller"
    assert "no answer within 0.02 s" in alerts_of(world.snapshots[-1])["feed:stale"]
    check_whole(world)


def test_f05_duplicate_record(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    plain, doubled = World(tmp_path / "a"), World(tmp_path / "b")
    doubled.feed.extra = {at(i): [tick(at(i)), tick(at(i - 1)), tick(at(0))] for i in range(1, 6)}
    for one in (plain, doubled):
        one.run(6)
    assert check_whole(plain) == check_whole(doubled)
    with Ledger.open(doubled.url, site_id="demo") as ledger:
        assert len(ledger.ticks(at(0), at(9), effective=False)) == 6


def test_f06_revision(world: World) -> None:
    """Newest effective, both kept; the decision keeps its snapshot, the books are corrected."""
    cheap = tick(at(2), energy_usd_per_mwh=1.0, revision=1)
    world.feed.extra = {at(5): [cheap]}
    control = world.run(7)
    with Ledger.open(world.url, site_id="demo") as ledger:
        versions = ledger.ticks(at(2), at(3), effective=False)
        assert [v.energy_usd_per_mwh for v in versions] == [tick(at(2)).energy_usd_per_mwh, 1.0]
        (effective,) = ledger.ticks(at(2), at(3))
        assert effective.energy_usd_per_mwh == 1.0
        kinds = [p.kind for p in ledger.postings(500)]
        assert "reversal" in kinds
        booked = ledger.balances()["assets:cash"]
    then = record(world, 2).tick
    assert then is not None
    assert then.energy_usd_per_mwh == tick(at(2)).energy_usd_per_mwh
    assert control.standing.day.margin_usd == pytest.approx(float(booked), abs=0.001)
    check_whole(world)


def test_f07_out_of_order(tmp_path: Path) -> None:
    """A shuffled list says the same as a sorted one."""
    outcomes = []
    for seed in (None, 1, 2):
        folder = tmp_path / str(seed)
        folder.mkdir()
        world = World(folder)
        world.feed.rng = None if seed is None else np.random.default_rng(seed)
        for i in (3, 4, 5):
            world.feed.down[at(i)] = TemporaryError("down")
        world.run(8)
        outcomes.append(
            (check_whole(world), [r.decision.setpoint for r in decided(world).values()])
        )
    assert outcomes[0] == outcomes[1] == outcomes[2]


def test_f07_late_data_never_changes_a_past_decision(world: World) -> None:
    world.feed.late = {at(2): at(5)}
    world.run(7)
    assert record(world, 2).decision.resolved_by == "last allocation held"
    with Ledger.open(world.url, site_id="demo") as ledger:
        (settled,) = ledger.settlements(at(2), at(3))
    assert not settled.estimated, "trued up when its tick came"
    check_whole(world)


def test_f08_gap(world: World) -> None:
    """Missing ticks are missing rows; what they governed is settled by estimate, and says so."""
    world.feed.missing = {at(3), at(4)}
    control = world.run(7)
    with Ledger.open(world.url, site_id="demo") as ledger:
        estimated = [s.at for s in ledger.settlements(at(0), at(9)) if s.estimated]
        assert [t.at for t in ledger.ticks(at(0), at(9))] == [at(i) for i in (0, 1, 2, 5, 6)]
        flagged = {p.at for p in ledger.postings(500) if p.memo.endswith("estimated")}
        flows = frame_of(ledger, Exported.FLOWS, at(0), at(9))
    assert estimated == [at(3), at(4)]
    assert flagged == {at(3), at(4)}
    assert flows["estimated_h"].sum() == pytest.approx(2 / 12)
    times = {datetime.fromtimestamp(int(e), UTC) for e in control.book.history.epoch_s}
    assert not times & {at(3), at(4)}
    check_whole(world)


def test_f08_a_gap_is_settled_at_what_was_known_in_it(world: World) -> None:
    """The tick that ends the gap says nothing of it, not even of the interval just before."""
    world.feed.changes = {
        at(2): {"energy_usd_per_mwh": 45.22},
        at(5): {"energy_usd_per_mwh": -251.0},
    }
    world.feed.missing = {at(3), at(4)}
    control = world.run(7)
    prices = [i.tick.energy_usd_per_mwh for i in control.standing.recent]
    assert prices[2:6] == [45.22, 45.22, 45.22, -251.0]
    check_whole(world)


def test_f09_flatline(world: World) -> None:
    world.feed.changes = {at(i): {"energy_usd_per_mwh": 33.33} for i in range(40)}
    world.run(30)
    texts = alerts_of(world.snapshots[-1])
    assert "market:flatline" in texts
    assert len(decided(world)) == 30
    check_whole(world)


def test_f09_a_figure_that_a_person_gave_may_stand_still(world: World) -> None:
    given = {"demand_mtok_per_h": 1_500.0, "assumed": frozenset({"demand_mtok_per_h"})}
    world.feed.changes = {at(i): given for i in range(40)}
    world.feed.missing = {at(9), at(10)}
    world.run(24)
    assert not any("market:flatline" in alerts_of(s) for s in world.snapshots)
    with Ledger.open(world.url, site_id="demo") as ledger:
        replayer = replayer_of(world.settings)
        reports = Reports(lambda: world.snapshots[-1], ledger=ledger, replayer=lambda: replayer)
        assert AnomalyKind.FLATLINE not in {a.kind for a in reports.anomalies()}
    check_whole(world)


@pytest.mark.parametrize("jump_h", [1, -1, 24, -24])
def test_f10_time_jump(world: World, jump_h: int) -> None:
    """The clock is set forward or back in mid-interval: no interval doubled, none skipped."""
    clock = VirtualClock()
    world.clock = clock
    world.deadline_s = 0.05
    world.feed.truth = lambda: clock.true
    world.feed.skew_s = lambda: -clock.offset.total_seconds()
    clock.jumps = {at(3) + timedelta(seconds=90): timedelta(hours=jump_h)}
    clock.bound_steps = 1
    world.run(8)
    whole = check_whole(world)
    assert whole.decided == steps_between(0, 8) or (
        set(whole.decided) <= set(steps_between(0, 9)) and len(whole.decided) == 8
    )
    late = [d for d in decided(world).values() if d.tick and d.tick.at != d.tick_at]
    assert len(late) <= 1, "at most one decision without its tick"
    assert "clock differs" in alerts_of(world.snapshots[-1])["feed:skew"]


@pytest.mark.parametrize("minutes", [10, -10])
def test_f11_clock_skew(world: World, minutes: int) -> None:
    """Decisions are keyed by the market's ticks; the skew is shown."""
    clock = VirtualClock()
    clock.offset = timedelta(minutes=minutes)
    world.clock = clock
    world.deadline_s = 0.05
    world.feed.start = None
    world.feed.truth = lambda: clock.true
    world.feed.skew_s = lambda: -clock.offset.total_seconds()
    world.run(5)
    whole = check_whole(world)
    assert len(whole.decided) == 5
    fresh = [r for r in decided(world).values() if r.tick and r.tick.at == r.tick_at]
    assert len(fresh) >= 4
    assert f"{-minutes * 60:,.0f} s" in alerts_of(world.snapshots[-1])["feed:skew"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("zone", "midnight", "intervals"),
    [
        ("America/Chicago", datetime(2026, 3, 8, 6, tzinfo=UTC), 276),
        ("America/Chicago", datetime(2026, 11, 1, 5, tzinfo=UTC), 300),
    ],
)
def test_f12_days_of_23_and_25_hours(
    tmp_path: Path, zone: str, midnight: datetime, intervals: int
) -> None:
    world = World(tmp_path)
    assert world.site.time_zone == zone
    world.feed = ScriptedFeed(start=midnight, history_days=0.2)
    control = world.run(intervals)
    day = control.standing.day
    assert len(day.at) == len(set(day.at)) == intervals
    assert control.standing.state.at == midnight + intervals * STEP
    with Ledger.open(world.url, site_id="demo") as ledger:
        found = ledger.settlements(midnight, midnight + timedelta(days=2))
        booked = float(ledger.balances()["assets:cash"])
    assert len(found) == intervals
    assert all(s.hours == pytest.approx(1 / 12) for s in found)
    assert day.margin_usd == pytest.approx(booked, abs=0.001)
    assert sum(s.margin_usd for s in found) == pytest.approx(booked, abs=0.005 * intervals)
    world.run(1)
    assert len(world.controls[-1].standing.day.at) == 1, "the next day begins from zero"


@pytest.mark.parametrize("price", [-0.01, -251.0])
def test_f13_negative_price_runs_everything(tmp_path: Path, price: float) -> None:
    """All machines that fit run, and the battery charges."""
    world = World(tmp_path, settings=Settings())
    world.site = replace(world.site, import_limit_mw=40.0)
    world.feed.changes = {at(i): {"energy_usd_per_mwh": price} for i in range(2, 9)}
    world.run(6)
    point = record(world, 3).decision.setpoint
    for machine in world.site.machines:
        if machine.name.endswith("_miners"):
            assert point.of(machine.name) == machine.count
    charged = [record(world, i).decision.setpoint.charge_mw for i in range(2, 6)]
    if price < -1.0:
        assert max(charged) > 4.0, "the battery charges unless the plan shows a better interval"
    check_whole(world)


@pytest.mark.parametrize("ticks", [1, 6])
def test_f14_spike_sheds_in_the_same_tick(tmp_path: Path, ticks: int) -> None:
    world = World(tmp_path, settings=Settings())
    for i in range(3, 3 + ticks):
        world.feed.changes[at(i)] = {"energy_usd_per_mwh": 5_000.0}
    control = world.run(5 + ticks)
    with Ledger.open(world.url, site_id="demo") as ledger:
        settled = {round((s.at - START) / STEP): s for s in ledger.settlements(at(0), at(30))}
        (kept,) = ledger.ticks(at(3), at(4))
    assert kept.energy_usd_per_mwh == 5_000.0, "flagged, not dropped"
    assert settled[2].import_mw > 15.0
    for i in range(3, 3 + ticks):
        assert settled[i].import_mw < 1.0
        assert all(
            settled[i].setpoint.of(f"{c}_miners") == 0 for c in ("air", "hydro", "immersion")
        )
    assert control.standing.in_force.units
    assert any("market:spike" in alerts_of(s) for s in world.snapshots)
    check_whole(world)


@pytest.mark.parametrize(
    "figures",
    [
        {"energy_usd_per_mwh": 0.0},
        {"hash_usd_per_ph_day": 0.0},
        {"token_usd_per_mtok": 0.0},
        {"demand_mtok_per_h": 0.0},
        {
            "energy_usd_per_mwh": 0.0,
            "hash_usd_per_ph_day": 0.0,
            "token_usd_per_mtok": 0.0,
            "demand_mtok_per_h": 0.0,
        },
    ],
)
def test_f15_zero_prices(tmp_path: Path, figures: dict[str, object]) -> None:
    world = World(tmp_path, settings=Settings())
    world.feed.changes = {at(i): figures for i in range(1, 4)}
    world.run(4)
    for i in range(1, 4):
        one = record(world, i)
        assert len(one.proposals) == 4
    if figures == {"hash_usd_per_ph_day": 0.0}:
        point = record(world, 3).decision.setpoint
        assert all(point.of(f"{kind}_miners") == 0 for kind in ("air", "hydro", "immersion"))
    check_whole(world)


def test_f20_limit_lowered_and_class_gone(world: World) -> None:
    """The next plan is within the new limit, in the same tick."""
    low = Commitment(start=at(2), end=at(50), max_import_mw=2.5)
    world.ask(1, SetCommitments(command_id="c", author="grid", commitments=(low,)))
    out = SetOutage(command_id="o", author="dana", machine_class="hydro_miners", units=1_100)
    world.ask(4, out)
    world.run(8)
    with Ledger.open(world.url, site_id="demo") as ledger:
        found = ledger.settlements(at(0), at(8))
    assert found[1].import_mw > 2.5
    assert all(s.import_mw <= 2.5 + 1e-9 for s in found[2:])
    assert all(s.setpoint.of("hydro_miners") == 0 for s in found[5:])
    check_whole(world)


def test_f50_a_backlog_of_eight_hours(world: World) -> None:
    """96 settlements, one decision, and the market's own prices for what was missed."""
    world.run(1)
    clock = VirtualClock(start=at(96))
    world.clock = clock
    world.deadline_s = 0.05
    world.feed.truth = lambda: clock.true
    world.mode = Mode.PAPER
    world.run(1)
    whole = check_whole(world)
    assert whole.decided == (at(0), at(96))
    assert len(whole.settled) == 96
    with Ledger.open(world.url, site_id="demo") as ledger:
        assert not any(s.estimated for s in ledger.settlements(at(0), at(96)))
        assert len(ledger.ticks(at(0), at(97))) == 97
    assert world.snapshots[-1].trading_state is TradingState.ACTIVE
