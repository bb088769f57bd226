"""Serves people's commands between ticks: each takes effect once."""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

import structlog

from mara.agents.commands import (
    AddOverride,
    Command,
    DropOverride,
    Outcome,
    PlaceOrder,
    SetCommitments,
    SetMode,
    SetOutage,
    SetState,
)
from mara.agents.overrides import check_override, in_force, said
from mara.domain import (
    Intent,
    IntentKind,
    Mode,
    Order,
    Outage,
    Override,
    OverrideTarget,
)
from mara.errors import InvalidValue, MaraError, RefusedError, StaleVersion
from mara.trading.gate import GateView
from mara.trading.states import StateChange
from mara.units import money

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from pydantic import SecretStr

    from mara.agents.control import SiteControl
    from mara.agents.manager import SystemManager
    from mara.agents.runtime import Request
    from mara.trading.desk import TradeDesk
    from mara.trading.gate import Limits

__all__ = ["Orders"]

_log = structlog.get_logger("mara.agents.orders")
_REMEMBERED: Final = 10_000
_STALE_AFTER: Final = 24
_MINUTE: Final = timedelta(minutes=1)


class Orders:
    """Turns commands into changes of the site, each journalled under its own id.

    A command made on a snapshot that 24 newer ones have followed is refused: whoever made it saw
    another situation.
    """

    def __init__(
        self,
        *,
        control: SiteControl,
        desk: TradeDesk,
        limits: Limits,
        password: SecretStr | None,
        version: Callable[[], int],
    ) -> None:
        self._control = control
        self._desk = desk
        self._limits = limits
        self._password = password
        self._placed: deque[datetime] = deque(maxlen=_REMEMBERED)
        self._version = version
        self._done: OrderedDict[str, Outcome] = OrderedDict()

    async def serve(self, request: Request) -> Callable[[], None]:
        """Carry out one command; what is returned answers whoever waits for it.

        Call it when the change can be seen: who has the answer looks at the state next.
        """
        command, answer = request
        if not answer.set_running_or_notify_cancel():
            return lambda: None
        try:
            return partial(answer.set_result, await self._carry_out(command))
        except MaraError as error:
            return partial(answer.set_exception, error)
        except Exception as error:  # noqa: BLE001
            _log.exception("command failed", command=type(command).__name__)
            return partial(answer.set_exception, error)

    async def _carry_out(self, command: Command) -> Outcome:
        if (before := self._done.get(command.command_id)) is not None:
            return replace(before, done=False)
        self._refuse_stale(command)
        outcome = await self._effect(command)
        self._done[command.command_id] = outcome
        if len(self._done) > _REMEMBERED:
            self._done.popitem(last=False)
        return outcome

    def _refuse_stale(self, command: Command) -> None:
        now = self._version()
        if command.version is not None and now - command.version > _STALE_AFTER:
            raise StaleVersion(
                f"made on version {command.version}, now is {now}: look at the fresh state and "
                "press again"
            )

    async def _effect(self, command: Command) -> Outcome:
        match command:
            case PlaceOrder():
                effect = self._trade(command)
            case SetState() | AddOverride():
                effect = self._override(command)
            case DropOverride():
                effect = self._drop(command)
            case SetMode():
                effect = self._mode(command)
            case SetOutage():
                effect = self._outage(command)
            case SetCommitments():
                effect = self._commitments(command)
        return await effect

    @property
    def _manager(self) -> SystemManager:
        return self._control.pipeline.manager()

    def _now(self) -> datetime:
        position = self._control.position
        if position is None:
            raise RefusedError("no tick was decided yet; try again in a moment", rule="running")
        return max(self._control.clock.now(), position.state.at)

    async def _trade(self, command: PlaceOrder) -> Outcome:
        position = self._control.position
        now = self._now()
        if position is None:
            raise RefusedError("no tick was decided yet", rule="running")
        order = Order(
            order_id=command.command_id,
            site_id=self._control.site.site_id,
            at=now,
            side=command.side,
            quantity_mwh=command.quantity_mwh,
            limit_usd_per_mwh=command.limit_usd_per_mwh,
            delivery=position.state.at + self._control.book.step,
            author=command.author,
        )
        view = self._view(now)
        self._placed.append(now)
        trade = await self._control.effects.write(self._desk.execute, order, view)
        if all(t.trade_id != trade.trade_id for t in position.trades):
            position.trades = (*position.trades, trade)
        local = trade.delivery.astimezone(self._control.site.zone)
        return Outcome(
            command_id=command.command_id,
            done=True,
            text=(
                f"{trade.side} {trade.quantity_mwh} MWh at {trade.price_usd_per_mwh} USD/MWh for "
                f"delivery at {local:%H:%M}"
            ),
            trade=trade,
        )

    def _view(self, now: datetime) -> GateView:
        """Gather what the gate knows now."""
        control, position, tick = self._control, self._control.position, self._control.book.newest
        if position is None or tick is None:
            raise RefusedError("no tick was decided yet", rule="running")
        return GateView(
            site=control.site,
            limits=self._limits,
            state=self._manager.trading_state,
            mode=self._manager.state.mode,
            tick=tick,
            now=now,
            positions=position.open_positions(),
            margin_today_usd=money(position.day.margin_usd),
            orders_last_minute=sum(now - at < _MINUTE for at in self._placed),
            exposure_mw=position.exposure_mw(control.site),
            soc_mwh=position.state.soc_mwh,
        )

    async def _override(self, command: SetState | AddOverride) -> Outcome:
        override = self._as_override(command)
        fresh = await self._journal(command, override)
        state = self._manager.state
        text = said(override)
        if fresh:
            others = tuple(o for o in state.overrides if not _same_thing(o, override))
            before = [o for o in in_force(state.overrides, override.at) if o not in others]
            text = "; instead of: ".join([text, *map(said, before)])
            if isinstance(command, SetState):
                kept = tuple(o for o in state.overrides if o.target is not OverrideTarget.STATE)
                self._manager.state = replace(state, overrides=kept)
                self._manager.set_trading(_by_person(command, override.at))
            else:
                self._manager.state = replace(state, overrides=(*others, override))
        await self._control.remember()
        return Outcome(command_id=command.command_id, done=fresh, text=text)

    def _as_override(self, command: SetState | AddOverride) -> Override:
        now = self._now()
        if isinstance(command, SetState):
            return Override(
                override_id=command.command_id,
                target=OverrideTarget.STATE,
                author=command.author,
                reason=command.reason,
                at=now,
                expires_at=now.replace(year=now.year + 10, day=min(now.day, 28)),
                state=command.state,
            )
        made = Override(
            override_id=command.command_id,
            target=command.target,
            author=command.author,
            reason=command.reason,
            at=now,
            expires_at=now + command.lasts,
            machine_class=command.machine_class,
            value=command.value,
            state=command.state,
        )
        check_override(made, self._control.site)
        return made

    async def _journal(self, command: Command, override: Override) -> bool:
        kind = IntentKind.STATE if override.target is OverrideTarget.STATE else IntentKind.OVERRIDE
        return await self._control.effects.note_intent(
            Intent(
                intent_id=command.command_id,
                site_id=self._control.site.site_id,
                tick_at=override.at,
                kind=kind,
                made_at=override.at,
                author=command.author,
                override=override,
            )
        )

    async def _drop(self, command: DropOverride) -> Outcome:
        state = self._manager.state
        left = tuple(o for o in state.overrides if o.override_id != command.override_id)
        if len(left) == len(state.overrides):
            raise InvalidValue(
                f"override {command.override_id!r} is not in force; it has expired or was dropped"
            )
        self._manager.state = replace(state, overrides=left)
        await self._control.remember()
        return Outcome(command_id=command.command_id, done=True, text="override ended")

    async def _mode(self, command: SetMode) -> Outcome:
        if command.mode is Mode.LIVE:
            self._refuse_live(command)
        self._manager.state = replace(self._manager.state, mode=command.mode)
        await self._control.remember()
        return Outcome(command_id=command.command_id, done=True, text=f"mode is now {command.mode}")

    def _refuse_live(self, command: SetMode) -> None:
        site = self._control.site.site_id
        wanted = self._password
        if wanted is None:
            raise RefusedError(
                "live mode needs an operator's password: set MARA_TRADING__OPERATOR_PASSWORD",
                rule="mode",
            )
        if command.confirmation != site:
            raise RefusedError(f"live mode: type the site's name {site!r} to confirm", rule="mode")
        if command.password.get_secret_value() != wanted.get_secret_value():
            raise RefusedError("live mode: the operator's password is wrong", rule="mode")

    async def _outage(self, command: SetOutage) -> Outcome:
        site = self._control.site
        site.machine(command.machine_class)
        others = tuple(o for o in site.outages if o.machine_class != command.machine_class)
        outage = Outage(machine_class=command.machine_class, units=command.units, note=command.note)
        outages = (*others, outage) if command.units else others
        self._control.site = replace(site, outages=outages)
        await self._control.remember()
        return Outcome(
            command_id=command.command_id,
            done=True,
            text=f"{command.units} x {command.machine_class} out of service",
        )

    async def _commitments(self, command: SetCommitments) -> Outcome:
        self._control.site = replace(self._control.site, commitments=command.commitments)
        await self._control.remember()
        return Outcome(
            command_id=command.command_id,
            done=True,
            text=f"{len(command.commitments)} promises to the grid",
        )


def _by_person(command: SetState, at: datetime) -> StateChange:
    return StateChange(
        state=command.state,
        at=at,
        author=command.author,
        reason=command.reason,
        by_person=True,
    )


def _same_thing(one: Override, other: Override) -> bool:
    return one.target is other.target and one.machine_class == other.machine_class
