"""What people ask of a running engine: each command takes effect once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from mara.agents.commands import (
    AddOverride,
    DropOverride,
    PlaceOrder,
    SetCommitments,
    SetMode,
    SetOutage,
    SetState,
)
from mara.domain import Commitment, Mode, OverrideTarget, Side, TradingState
from mara.errors import InvalidValue, MaraError, RefusedError, StaleVersion
from mara.ledger.ledger import Ledger
from mara.settings import Settings
from tests.agents.rig import World, at, check_whole, tick

if TYPE_CHECKING:
    from pathlib import Path

    from mara.agents.commands import Command


def order(name: str = "buy-1", **changes: object) -> PlaceOrder:
    usual = PlaceOrder(
        command_id=name,
        author="dana",
        side=Side.BUY,
        quantity_mwh=Decimal("1.5"),
        limit_usd_per_mwh=Decimal(100),
    )
    return replace(usual, **changes)


def override(name: str = "o-1", **changes: object) -> AddOverride:
    usual = AddOverride(
        command_id=name,
        author="dana",
        target=OverrideTarget.CLASS_UNITS,
        reason="fan test",
        lasts=timedelta(minutes=12),
        machine_class="hydro_miners",
        value=100.0,
    )
    return replace(usual, **changes)


def halt(name: str = "s-1", which: TradingState = TradingState.HALTED) -> SetState:
    return SetState(command_id=name, author="dana", state=which, reason="storm")


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def refusal(world: World, command: Command, *, ticks: int = 3) -> MaraError:
    """Serve one command that is refused."""
    answer = world.ask(0, command)
    world.run(ticks)
    error = answer.exception(0)
    assert isinstance(error, MaraError)
    return error


def test_a_trade_goes_through_gate_and_books(world: World) -> None:
    answer = world.ask(0, order())
    control = world.run(4)
    outcome = answer.result(0)
    assert outcome.done
    assert outcome.trade is not None
    assert outcome.trade.delivery == at(1)
    assert outcome.text.endswith("for delivery at 01:05"), "the site's own time"
    with Ledger.open(world.url, site_id="demo") as ledger:
        assert [t.order_id for t in ledger.trades()] == ["buy-1"]
        gain = -ledger.balances()["income:trading"]
    price = Decimal(str(tick(at(1)).energy_usd_per_mwh))
    assert gain == (Decimal("1.5") * (price - outcome.trade.price_usd_per_mwh)).quantize(
        Decimal("0.01")
    )
    assert control.standing.trades == ()
    check_whole(world)


def test_the_same_command_again_has_been_done_before(world: World) -> None:
    answers = [world.ask(0, order()) for _ in range(3)]
    world.run(3)
    assert [a.result(0).done for a in answers] == [True, False, False]
    with Ledger.open(world.url, site_id="demo") as ledger:
        assert len(ledger.trades()) == 1


def test_an_id_that_was_used_before_a_restart_takes_effect_once(world: World) -> None:
    first = world.ask(0, override(lasts=timedelta(hours=5)))
    world.run(2)
    again = world.ask(2, override(lasts=timedelta(hours=5)))
    world.run(2)
    assert first.result(0).done
    assert not again.result(0).done
    assert len(world.snapshots[-1].overrides) == 1


def test_a_command_on_an_old_snapshot_is_refused(world: World) -> None:
    error = refusal(world, order(version=-50))
    assert isinstance(error, StaleVersion)
    assert "look at the fresh state" in str(error)


def test_open_trades_survive_a_crash_and_count_in_the_books(world: World) -> None:
    answer = world.ask(0, order())
    world.crash(1)
    assert answer.result(0).trade is not None
    assert world.snapshots[-1].books.position_mwh == 1.5
    world.crash(1)
    assert world.snapshots[-1].books.position_mwh == 1.5, "the restarted engine knows of it"
    control = world.run(2)
    with Ledger.open(world.url, site_id="demo") as ledger:
        booked = ledger.balances()["assets:cash"]
        assert "income:trading" in ledger.balances()
    assert float(booked) == pytest.approx(control.standing.day.margin_usd, abs=0.001)
    assert "income:trading" in dict(control.standing.day.by_account)
    check_whole(world)


@pytest.mark.parametrize(
    ("command", "rule"),
    [
        (order(quantity_mwh=Decimal(50)), "order_size"),
        (order(limit_usd_per_mwh=Decimal(1)), "limit_price"),
        (order(limit_usd_per_mwh=Decimal(4_000)), "price_band"),
    ],
)
def test_a_refusal_names_its_rule(world: World, command: PlaceOrder, rule: str) -> None:
    error = refusal(world, command)
    assert isinstance(error, RefusedError)
    assert error.rule == rule


def test_halted_refuses_trades(world: World) -> None:
    world.ask(0, halt())
    answer = world.ask(1, order())
    world.run(4)
    error = answer.exception(0)
    assert isinstance(error, RefusedError)
    assert error.rule == "trading_state"


def test_advisory_moves_nothing(world: World) -> None:
    answer = world.ask(0, SetMode(command_id="m", author="dana", mode=Mode.ADVISORY))
    traded = world.ask(1, order())
    control = world.run(4)
    assert answer.result(0).text == "mode is now advisory"
    error = traded.exception(0)
    assert isinstance(error, RefusedError)
    assert error.rule == "mode"
    assert control.standing.in_force.units
    check_whole(world)


@pytest.mark.parametrize(
    ("password", "typed", "given", "words"),
    [
        (None, "demo", "x", "MARA_TRADING__OPERATOR_PASSWORD"),
        ("secret", "Demo", "secret", "type the site's name 'demo'"),
        ("secret", "demo", "guess", "password is wrong"),
    ],
)
def test_live_mode_is_hard_to_reach(
    tmp_path: Path, password: str | None, typed: str, given: str, words: str
) -> None:
    world = World(tmp_path, settings=Settings(trading={"operator_password": password}))
    command = SetMode(
        command_id="m",
        author="dana",
        mode=Mode.LIVE,
        confirmation=typed,
        password=SecretStr(given),
    )
    error = refusal(world, command)
    assert isinstance(error, RefusedError)
    assert words in str(error)
    assert given not in str(error) or given == "x"
    assert world.snapshots[-1].mode is Mode.PAPER


def test_live_mode_with_name_and_password(tmp_path: Path) -> None:
    world = World(tmp_path, settings=Settings(trading={"operator_password": "secret"}))
    command = SetMode(
        command_id="m",
        author="dana",
        mode=Mode.LIVE,
        confirmation="demo",
        password=SecretStr("secret"),
    )
    answer = world.ask(0, command)
    world.run(3)
    assert answer.result(0).done
    assert world.snapshots[-1].mode is Mode.LIVE


def test_an_override_rules_until_it_expires(world: World) -> None:
    answer = world.ask(0, override())
    world.run(6)
    assert answer.result(0).text == "hydro_miners held at 100 units"
    with Ledger.open(world.url, site_id="demo") as ledger:
        made = [ledger.decision(at(i)).decision for i in range(1, 5)]
    held = [d.setpoint.of("hydro_miners") == 100 for d in made]
    assert held == [True, True, False, False]
    assert [bool(d.overrides) for d in made] == held


def test_an_override_can_be_ended(world: World) -> None:
    world.ask(0, override(lasts=timedelta(hours=9)))
    ended = world.ask(1, DropOverride(command_id="d", author="eva", override_id="o-1"))
    gone = world.ask(2, DropOverride(command_id="e", author="eva", override_id="o-1"))
    world.run(4)
    assert ended.result(0).text == "override ended"
    assert isinstance(gone.exception(0), InvalidValue)
    assert world.snapshots[-1].overrides == ()


def test_the_newer_override_on_one_thing_takes_the_place(world: World) -> None:
    world.ask(0, override(lasts=timedelta(hours=9)))
    second = world.ask(1, override("o-2", value=50.0, lasts=timedelta(hours=9)))
    battery = override(
        "o-3", target=OverrideTarget.BATTERY_MW, machine_class=None, lasts=timedelta(hours=9)
    )
    answer = world.ask(1, replace(battery, value=-0.5))
    world.run(4)
    assert second.result(0).text == (
        "hydro_miners held at 50 units; instead of: hydro_miners held at 100 units"
    )
    assert answer.result(0).text == "battery held at -0.5 MW"
    assert {o.override_id for o in world.snapshots[-1].overrides} == {"o-2", "o-3"}


@pytest.mark.parametrize(
    "command",
    [
        override(machine_class="toasters"),
        override(machine_class=None),
        override(value=999_999.0),
        override(value=1.5),
        override(target=OverrideTarget.BATTERY_MW, machine_class=None, value=99.0),
        override(lasts=timedelta(0)),
        SetOutage(command_id="x", author="dana", machine_class="toasters", units=1),
        SetOutage(command_id="x", author="dana", machine_class="hydro_miners", units=-1),
    ],
)
def test_what_is_impossible_is_refused(world: World, command: Command) -> None:
    assert isinstance(refusal(world, command), InvalidValue)


def test_an_override_of_the_state_ends_with_a_persons_word(world: World) -> None:
    kept = override(
        target=OverrideTarget.STATE,
        machine_class=None,
        value=None,
        state=TradingState.REDUCING,
        lasts=timedelta(hours=3),
    )
    answer = world.ask(0, kept)
    world.ask(2, halt("s-2", TradingState.ACTIVE))
    world.run(5)
    assert answer.result(0).text == "trading is REDUCING"
    states = [s.trading_state for s in world.snapshots]
    assert TradingState.REDUCING in states
    assert states[-1] is TradingState.ACTIVE


def test_a_halt_by_a_person_survives_a_restart_with_other_strategies(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.ask(0, halt())
    world.ask(0, override(lasts=timedelta(hours=9)))
    world.run(2)
    world.settings = Settings()
    world.run(2)
    assert world.snapshots[-1].trading_state is TradingState.HALTED
    assert [o.override_id for o in world.snapshots[-1].overrides] == ["o-1"]
    assert len(world.snapshots[-1].weights) == 4


def test_units_out_of_service_do_not_run(world: World) -> None:
    out = SetOutage(
        command_id="x", author="dana", machine_class="hydro_miners", units=1_000, note="pump"
    )
    answer = world.ask(0, out)
    back = world.ask(3, replace(out, command_id="y", units=0))
    control = world.run(7)
    assert "1000 x hydro_miners" in answer.result(0).text
    assert back.result(0).done
    on = [i.settlement.setpoint.of("hydro_miners") for i in control.standing.recent]
    assert max(on[1:4]) <= 100
    assert control.site.outages == ()


def test_a_promise_to_the_grid_lowers_the_import_in_the_same_tick(world: World) -> None:
    promise = Commitment(start=at(2), end=at(4), max_import_mw=3.0)
    command = SetCommitments(command_id="c", author="dana", commitments=(promise,))
    answer = world.ask(0, command)
    control = world.run(7)
    assert answer.result(0).text == "1 promises to the grid"
    imports = [i.settlement.import_mw for i in control.standing.recent]
    assert max(imports[2:4]) <= 3.0 + 1e-9
    assert min(imports[:2]) > 3.0


def test_before_the_first_tick_nothing_can_be_asked(world: World) -> None:
    world.feed.start = None
    world.feed.truth = lambda: at(-1_000)
    answers = [world.ask(0, c) for c in (order(), halt())]
    engine = world.engine()
    for hook in world.feed.hooks.pop(at(0)):
        hook()
    import asyncio  # noqa: PLC0415

    async def soon() -> None:
        running = asyncio.create_task(engine.run())
        while not all(a.done() for a in answers):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        engine.stop()
        await running

    asyncio.run(soon())
    world.close()
    assert all(isinstance(a.exception(0), RefusedError) for a in answers)


def test_whoever_stopped_waiting_is_not_served(world: World) -> None:
    answer = world.ask(0, order())
    answer.cancel()
    world.run(3)
    with Ledger.open(world.url, site_id="demo") as ledger:
        assert ledger.trades() == ()


def test_a_command_names_itself_and_its_author() -> None:
    with pytest.raises(InvalidValue, match="author"):
        replace(order(), author="")
