"""Every stored tick comes out the same again, to the byte."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from mara.agents.manager import ALONE
from mara.bootstrap.agents import replayer_of
from mara.errors import InvalidValue
from mara.ledger.codec import decode, encode
from mara.ledger.ledger import Ledger
from mara.models.strategies.strike_rule import StrikeRule
from mara.settings import Settings
from tests.agents.rig import ScriptedStrategy, World, at

if TYPE_CHECKING:
    from pathlib import Path

    from mara.agents.replay import Replayed
    from mara.domain import TickRecord
    from mara.models.strategies.base import DecisionContext

HOURS = 2


def replayed(world: World, count: int) -> list[tuple[TickRecord, Replayed]]:
    replayer = replayer_of(world.settings)
    pairs = []
    with Ledger.open(world.url, site_id="demo") as ledger:
        for i in range(count):
            record = ledger.decision(at(i))
            assert record is not None
            hour = record.tick_at.replace(minute=0)
            earlier = ledger.records_between(hour, record.tick_at)
            pairs.append((record, replayer.replay(record, earlier)))
    return pairs


@pytest.mark.slow
def test_every_tick_of_two_hours_over_a_restart_replays_to_the_same_bytes(tmp_path: Path) -> None:
    world = World(tmp_path, settings=Settings())
    world.feed.changes = {
        at(7): {"energy_usd_per_mwh": 900.0},
        at(15): {"energy_usd_per_mwh": -5.0},
    }
    world.feed.missing = {at(17)}
    world.run(10)
    world.crash(16)
    world.run(HOURS * 12 - 16)
    for record, again in replayed(world, HOURS * 12):
        assert encode(again.decision) == encode(record.decision), record.tick_at
        assert again.proposals == record.proposals
        assert again.same


def test_a_tick_whose_agents_failed_replays_too(tmp_path: Path) -> None:
    def broken(context: DecisionContext) -> None:
        if context.tick.at == at(2):
            raise RuntimeError("broken")

    world = World(tmp_path)
    world.strategies["strike-rule"] = lambda: ScriptedStrategy(StrikeRule(), broken)
    world.run(5)
    pairs = replayed(world, 5)
    assert pairs[2][0].decision.safe
    assert all(again.same for _, again in pairs)


def test_a_tick_that_the_manager_missed_replays_too(tmp_path: Path) -> None:
    world = World(tmp_path)
    engine = world.engine(ticks=4)
    managing = world.controls[-1].pipeline.hosts["manager"]
    world.feed.hooks[at(2)] = [lambda: managing._circuit.hung(managing._beat_s)]
    import asyncio  # noqa: PLC0415

    asyncio.run(engine.run())
    world.close()
    pairs = replayed(world, 4)
    assert [r.decision.resolved_by == ALONE for r, _ in pairs] == [False, False, True, True]
    assert all(again.same for _, again in pairs)


def test_a_changed_record_is_noticed(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.run(2)
    record, _ = replayed(world, 2)[1]
    replayer = replayer_of(world.settings)
    told = replace(record, decision=replace(record.decision, reason="because"))
    assert not replayer.replay(told).same


def test_a_record_that_lacks_an_input_is_refused(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.run(1)
    record, _ = replayed(world, 1)[0]
    replayer = replayer_of(world.settings)
    with pytest.raises(InvalidValue, match="lacks the input"):
        replayer.replay(replace(record, inputs=()))
    with pytest.raises(InvalidValue, match="no tick was known"):
        replayer.replay(replace(record, tick=None, proposals=()))


def test_memory_comes_back_as_it_was(tmp_path: Path) -> None:
    from mara.agents.memory import KEY, Memory  # noqa: PLC0415

    world = World(tmp_path, settings=Settings())
    world.run(3)
    with Ledger.open(world.url, site_id="demo") as ledger:
        body = ledger.note(KEY)
    assert body is not None
    memory = decode(Memory, body)
    assert encode(memory) == body
    assert memory.ticks == 3
    assert memory.decided_at == at(2)
    assert memory.state.at == at(3)
    assert {s.name for s in memory.shadows} >= {"optimiser", "strike-rule", "hold", "best-response"}


def test_a_restart_goes_on_as_if_nothing_had_been(tmp_path: Path) -> None:
    """One life of six ticks and two lives of three decide the same and earn the same."""
    decided = []
    for name, lives in (("one", (6,)), ("two", (3, 3))):
        (tmp_path / name).mkdir()
        world = World(tmp_path / name)
        for ticks in lives:
            control = world.run(ticks)
        with Ledger.open(world.url, site_id="demo") as ledger:
            decided.append(
                (
                    [encode(d.setpoint) for d in ledger.decisions(99)],
                    dict(ledger.balances()),
                    [s.shadow for s in control.pipeline.shadows()],
                    control.standing.day,
                )
            )
    assert decided[0] == decided[1]


def test_a_memory_that_cannot_be_read_is_never_overwritten(tmp_path: Path) -> None:
    from mara.agents.memory import KEY  # noqa: PLC0415
    from mara.errors import LedgerCorrupt  # noqa: PLC0415

    world = World(tmp_path)
    world.run(1)
    with Ledger.open(world.url, site_id="demo") as ledger:
        ledger.acquire("breaker", world.snapshots[-1].clock + timedelta(days=9_000), 0.1)
        ledger.save_note(KEY, b"{}")
    with pytest.raises(LedgerCorrupt, match="restore a backup"):
        world.run(1)
    world.close()
