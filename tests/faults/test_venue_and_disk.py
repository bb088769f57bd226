"""F17 to F19, F21, F36: the venue, the key, the disk and the solver fail under a running engine."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mara.agents.circuit import Circuit
from mara.agents.commands import SetState
from mara.domain import Commitment, Mode, OutcomeKind, TradingState
from mara.errors import Infeasible, LedgerFull, SolverFailed, Unauthorized, VenueError
from mara.ledger.ledger import Ledger
from mara.models.strategies.optimiser import OptimiserStrategy
from mara.safepoint import no_probe
from mara.settings import Settings
from tests.agents.rig import (
    START,
    STEP,
    Crash,
    ScriptedStrategy,
    ScriptedVenue,
    World,
    alerts_of,
    at,
    check_whole,
    steps_between,
)

if TYPE_CHECKING:
    from pathlib import Path

    from mara.domain import Outcome
    from mara.models.strategies.base import DecisionContext


@pytest.fixture
def venue() -> ScriptedVenue:
    return ScriptedVenue()


@pytest.fixture
def world(tmp_path: Path, venue: ScriptedVenue) -> World:
    return World(tmp_path, venue=venue)


def outcome(world: World, index: int) -> Outcome | None:
    with Ledger.open(world.url, site_id="demo") as ledger:
        return ledger.outcome(f"demo:{at(index).isoformat()}")


def resume(world: World, index: int) -> None:
    command = SetState(
        command_id=f"resume-{index}", author="dana", state=TradingState.ACTIVE, reason="seen"
    )
    world.ask(index, command)


def test_f17_lost_answer_is_read_back_and_not_sent_twice(
    world: World, venue: ScriptedVenue
) -> None:
    venue.script = {3: "lost answer"}
    world.run(6)
    assert len(venue.sent) == 6, "nothing is sent again by the engine"
    found = outcome(world, 2)
    assert found is not None
    assert (found.kind, found.detail) == (OutcomeKind.ACKNOWLEDGED, "read back: in force")
    check_whole(world)


def test_f17_what_did_not_arrive_is_not_in_force(world: World, venue: ScriptedVenue) -> None:
    """The interval is settled as the site ran, not as it was told."""
    from mara.errors import OutcomeUnknown  # noqa: PLC0415

    venue.script = {3: OutcomeUnknown("cut before it arrived")}
    world.feed.changes = {at(2): {"energy_usd_per_mwh": 900.0}}
    world.run(6)
    found = outcome(world, 2)
    assert found is not None
    assert (found.kind, found.detail) == (OutcomeKind.EXPIRED, "read back: not in force")
    with Ledger.open(world.url, site_id="demo") as ledger:
        before, dear = ledger.settlements(at(1), at(3))
        decided = ledger.decision(at(2))
    assert decided is not None
    assert decided.decision.setpoint.of("hydro_miners") == 0
    assert dear.setpoint == before.setpoint
    check_whole(world)


def test_f17_blind_for_a_while_then_superseded(world: World, venue: ScriptedVenue) -> None:
    venue.script = {2: "lost answer", 3: "lost answer"}
    venue.blind = 2
    world.run(6)
    assert [outcome(world, i).kind for i in (1, 2)] == [  # type: ignore[union-attr]
        OutcomeKind.EXPIRED,
        OutcomeKind.EXPIRED,
    ]
    check_whole(world)


def test_f17_unknown_over_a_crash(world: World, venue: ScriptedVenue) -> None:
    venue.script = {3: "lost answer"}
    venue.blind = 1
    world.crash(3)
    world.run(3)
    assert outcome(world, 2).kind is OutcomeKind.ACKNOWLEDGED  # type: ignore[union-attr]
    check_whole(world)


@pytest.mark.parametrize("lost", [False, True])
def test_f22_what_was_never_sent_is_sent_once_at_start_up(
    world: World, venue: ScriptedVenue, *, lost: bool
) -> None:
    """The process dies between intent and sending; the price has changed what is wanted."""
    passed = 0

    def die(label: str) -> None:
        nonlocal passed
        passed += label == "send"
        if passed == 3:
            raise Crash

    world.probe = die
    world.feed.changes = {at(2): {"energy_usd_per_mwh": 900.0}}
    with pytest.raises(Crash):
        world.run(9)
    assert len(venue.sent) == 2
    world.probe = no_probe
    venue.script = {3: VenueError("not now")} if lost else {}
    world.run(2)
    assert [d.tick_at for d in venue.sent] == [at(0), at(1), at(2), at(3), at(4)]
    wanted = OutcomeKind.REFUSED if lost else OutcomeKind.ACKNOWLEDGED
    assert outcome(world, 2).kind is wanted  # type: ignore[union-attr]
    assert check_whole(world).decided == steps_between(0, 5)


def test_f18_three_mismatches_halt(world: World, venue: ScriptedVenue) -> None:
    venue.script = {2: "wrong", 3: "wrong", 4: "wrong"}
    resume(world, 6)
    world.run(9)
    states = {round((s.clock - START) / STEP): s for s in world.snapshots}
    assert states[2].trading_state is TradingState.ACTIVE
    assert "air_miners 1 for 2" in alerts_of(states[2])["venue"]
    assert states[4].trading_state is TradingState.HALTED
    assert states[6].trading_state in {TradingState.HALTED, TradingState.ACTIVE}
    assert world.snapshots[-1].trading_state is TradingState.ACTIVE, "a person resumed"
    assert [outcome(world, i).kind for i in (1, 2, 3)] == [OutcomeKind.REFUSED] * 3  # type: ignore[union-attr]
    check_whole(world)


def test_f18_halted_goes_on_by_the_safe_controller(world: World, venue: ScriptedVenue) -> None:
    venue.script = {2: "wrong", 3: "wrong", 4: "wrong"}
    world.run(7)
    assert world.snapshots[-1].trading_state is TradingState.HALTED
    assert [d.resolved_by for d in venue.sent][-2:] == ["safe controller"] * 2


def test_f19_refused_key_of_the_feed_is_asked_once(world: World) -> None:
    world.feed.down = {at(i): Unauthorized("key ***4 is refused") for i in range(3, 20)}
    world.run(8)
    assert world.feed.reads == 1 + 3 + 1, "the past, three ticks, and one refusal"
    last = world.snapshots[-1]
    assert last.trading_state is TradingState.HALTED
    assert "***4" in alerts_of(last)["feed:key"]
    check_whole(world)


def test_f19_a_person_resumes_after_the_key_was_changed(world: World) -> None:
    world.feed.down = {at(3): Unauthorized("key is refused")}
    resume(world, 3)
    world.run(7)
    assert world.snapshots[-1].trading_state is TradingState.ACTIVE
    assert alerts_of(world.snapshots[-1]) == {}
    check_whole(world)


def test_f19_refused_key_of_the_venue_is_used_once(world: World, venue: ScriptedVenue) -> None:
    venue.script = {i: Unauthorized("key is refused") for i in range(3, 99)}
    world.run(8)
    assert len(venue.sent) == 3
    assert world.snapshots[-1].trading_state is TradingState.HALTED
    refused = outcome(world, 5)
    assert refused is not None
    assert (refused.kind, refused.rule) == (OutcomeKind.REFUSED, "key")
    check_whole(world)


def test_a_venue_that_refuses_one_order_goes_on_with_the_next(
    world: World, venue: ScriptedVenue
) -> None:
    venue.script = {2: VenueError("over the site's power limit")}
    world.run(4)
    assert outcome(world, 1).kind is OutcomeKind.REFUSED  # type: ignore[union-attr]
    assert outcome(world, 2).kind is OutcomeKind.ACKNOWLEDGED  # type: ignore[union-attr]
    assert alerts_of(world.snapshots[-1]) == {}
    check_whole(world)


def test_an_advisory_engine_sends_nothing(world: World, venue: ScriptedVenue) -> None:
    world.mode = Mode.ADVISORY
    world.run(4)
    assert venue.sent == []
    assert {outcome(world, i).kind for i in range(4)} == {OutcomeKind.EXPIRED}  # type: ignore[union-attr]
    check_whole(world)


class FullDisk:
    """A probe at which commits fail, as they do on a full disk."""

    def __init__(self, world: World) -> None:
        self.full = False
        self.refused = 0
        world.ledger = Ledger.open(
            world.url, site_id="demo", synchronous="OFF", probe=self.at_commit
        )

    def at_commit(self, label: str) -> None:
        if self.full and label == "commit":
            self.refused += 1
            raise LedgerFull("ledger: the disk is full; free some space, nothing is lost")


def test_f21_full_disk_halts_and_resumes(world: World, venue: ScriptedVenue) -> None:
    """Nothing is sent while nothing can be written; every tick and interval is there after."""
    disk = FullDisk(world)
    tries = 0

    def fill() -> None:
        disk.full = True

    def free() -> None:
        nonlocal tries
        tries += 1
        if tries < 4:
            world.feed.hooks.setdefault(at(3), []).append(free)
        else:
            disk.full = False

    world.feed.hooks[at(3)] = [fill, free]
    world.run(7)
    halted = [s for s in world.snapshots if s.trading_state is TradingState.HALTED]
    assert halted
    assert "nothing is sent" in alerts_of(halted[0])["ledger"]
    assert disk.refused > 0
    assert world.snapshots[-1].trading_state is TradingState.ACTIVE
    assert len(venue.sent) == 7
    assert check_whole(world).settled == steps_between(0, 7)
    with Ledger.open(world.url, site_id="demo") as ledger:
        assert len(ledger.ticks(at(0), at(9))) == 7


@pytest.mark.parametrize("nth", range(1, 13))
def test_f21_any_single_write_may_fail(world: World, venue: ScriptedVenue, nth: int) -> None:
    """The n-th commit fails, for every n of three ticks: nothing lost, nothing doubled."""
    passed = 0

    def at_commit(label: str) -> None:
        nonlocal passed
        passed += label == "commit"
        if passed == nth + 3 and label == "commit":
            raise LedgerFull("ledger: the disk is full")

    world.ledger = Ledger.open(world.url, site_id="demo", synchronous="OFF", probe=at_commit)
    control = world.run(5)
    whole = check_whole(world)
    assert whole.settled == steps_between(0, 5)
    assert whole.decided == steps_between(0, 5)
    assert control.standing.day.margin_usd == pytest.approx(whole.margin, abs=0.001)


@pytest.mark.parametrize(
    "error",
    [
        Infeasible("no plan satisfies import limit", constraints=("import limit",)),
        SolverFailed("the solver ended without a plan"),
        ZeroDivisionError("NaN dual"),
    ],
)
def test_f36_solver_trouble_leaves_the_others(tmp_path: Path, error: Exception) -> None:
    def broken(context: DecisionContext) -> None:
        if at(2) <= context.tick.at <= at(3):
            raise error

    world = World(tmp_path, settings=Settings())
    world.strategies["optimiser"] = lambda: ScriptedStrategy(OptimiserStrategy(), broken)
    world.circuits["optimiser"] = Circuit(limit=9, window_s=600.0, pause_s=0.0)
    world.run(6)
    with Ledger.open(world.url, site_id="demo") as ledger:
        found = [ledger.decision(at(i)) for i in range(6)]
    assert [len(r.proposals) for r in found if r] == [4, 4, 3, 3, 4, 4]
    assert all(
        str(error) in alerts_of(s).get("agent:optimiser", str(error)) for s in world.snapshots
    )
    assert any("agent:optimiser" in alerts_of(s) for s in world.snapshots)
    assert alerts_of(world.snapshots[-1]) == {}
    check_whole(world)


def test_f36_an_infeasible_promise_still_gets_a_plan(tmp_path: Path) -> None:
    """Nothing may be imported at all while machines must run on: limits stand above them."""
    world = World(tmp_path, settings=Settings())
    world.site = replace(
        world.site, commitments=(Commitment(start=at(1), end=at(3), max_import_mw=0.0),)
    )
    world.run(4)
    with Ledger.open(world.url, site_id="demo") as ledger:
        imports = [s.import_mw for s in ledger.settlements(at(0), at(4))]
    assert imports[0] > 0.0
    assert imports[1:3] == pytest.approx([0.0, 0.0], abs=1e-9)
    check_whole(world)
