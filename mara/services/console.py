"""The one object that faces hold: reads snapshots, and acts by commands with client-made ids."""

from __future__ import annotations

import math
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from pydantic import SecretStr

from mara.agents.commands import (
    AddOverride,
    Command,
    DropOverride,
    Outcome,
    PlaceOrder,
    SetMode,
    SetOutage,
    SetState,
)
from mara.domain import Mode, OverrideTarget, Side, TradingState
from mara.errors import InvalidValue, OutcomeUnknown, RefusedError
from mara.services.reports import Reports
from mara.services.tomorrow import tomorrow_of
from mara.units import cents_per_kwh_to_usd_per_mwh, kwh_to_mwh

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

    from mara.agents.replay import Replayer
    from mara.agents.running import Running
    from mara.agents.snapshot import Snapshot
    from mara.ledger.ledger import Ledger
    from mara.services.tomorrow import Tomorrow

__all__ = ["Console", "OverrideRequest"]

_ANSWER_S: Final = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideRequest:
    """A person's wish to take a class, the battery or the state into their own hands."""

    target: OverrideTarget
    author: str
    reason: str
    lasts: timedelta
    machine_class: str | None = None
    value: float | None = None
    state: TradingState | None = None


class Console(Reports):
    """Acts on a running system; safe from any thread.

    Every action carries the caller's `command_id`: the same id sent twice takes effect once, and
    the second answer has `done=False`. `version` is that of the snapshot the caller looked at.
    Refusals are `RefusedError` with the rule's name.
    """

    def __init__(
        self,
        runtime: Running,
        *,
        ledger: Ledger,
        replayer: Callable[[], Replayer],
        executor: Executor | None = None,
    ) -> None:
        super().__init__(lambda: runtime.snapshot, ledger=ledger, replayer=replayer)
        self._runtime = runtime
        self._executor = executor

    @property
    def executor(self) -> Executor:
        """Where heavy work runs, out of this process.

        Raises
        ------
        RefusedError
            This console has no workers.
        """
        if self._executor is None:
            raise RefusedError("no workers in this process: start the dashboard", rule="workers")
        return self._executor

    def _tomorrow(self, newest: Snapshot) -> Tomorrow | None:
        """Have a worker work tomorrow's risk out; the agents' process goes on meanwhile."""
        if self._executor is None:
            return super()._tomorrow(newest)
        return self._executor.submit(tomorrow_of, newest.site, newest.market.history).result()

    def snapshot(self) -> Snapshot:
        """Read the state at the end of the last tick."""
        return self._runtime.snapshot

    def execute_trade(
        self,
        *,
        amount_kwh: float,
        cents_per_kwh: float,
        command_id: str,
        author: str,
        side: str = "buy",
        version: int | None = None,
    ) -> Outcome:
        """Buy or sell `amount_kwh` for the next interval, at `cents_per_kwh` or better."""
        if side not in set(Side):
            raise InvalidValue(f"execute_trade: side={side!r} must be 'buy' or 'sell'")
        return self._ask(
            PlaceOrder(
                command_id=command_id,
                author=author,
                version=version,
                side=Side(side),
                quantity_mwh=_decimal("amount", amount_kwh, kwh_to_mwh),
                limit_usd_per_mwh=_decimal("price", cents_per_kwh, cents_per_kwh_to_usd_per_mwh),
            )
        )

    def set_state(
        self,
        state: TradingState,
        *,
        reason: str,
        command_id: str,
        author: str,
        version: int | None = None,
    ) -> Outcome:
        """Change the trading state."""
        return self._ask(
            SetState(
                command_id=command_id, author=author, version=version, state=state, reason=reason
            )
        )

    def set_mode(
        self,
        mode: Mode,
        *,
        command_id: str,
        author: str,
        confirmation: str = "",
        password: str = "",
        version: int | None = None,
    ) -> Outcome:
        """Change the mode; `live` wants the site's name typed and the operator's password."""
        return self._ask(
            SetMode(
                command_id=command_id,
                author=author,
                version=version,
                mode=mode,
                confirmation=confirmation,
                password=SecretStr(password),
            )
        )

    def override(
        self, request: OverrideRequest, *, command_id: str, version: int | None = None
    ) -> Outcome:
        """Take a class, the battery or the state into a person's hands until it expires."""
        return self._ask(
            AddOverride(
                command_id=command_id,
                author=request.author,
                version=version,
                target=request.target,
                reason=request.reason,
                lasts=request.lasts,
                machine_class=request.machine_class,
                value=request.value,
                state=request.state,
            )
        )

    def drop_override(self, override_id: str, *, command_id: str, author: str) -> Outcome:
        """End an override before it expires."""
        return self._ask(
            DropOverride(command_id=command_id, author=author, override_id=override_id)
        )

    def set_outage(
        self,
        machine_class: str,
        units: int,
        note: str = "",
        *,
        command_id: str,
        author: str,
        version: int | None = None,
    ) -> Outcome:
        """Say how many units of a class are out of service; zero puts all back."""
        return self._ask(
            SetOutage(
                command_id=command_id,
                author=author,
                version=version,
                machine_class=machine_class,
                units=units,
                note=note,
            )
        )

    def wait_for_tick(self, after: int, timeout_s: float = 30.0) -> Snapshot | None:
        """Wait until more than `after` ticks were decided; None on time-out."""
        return self._runtime.wait_for(lambda snapshot: snapshot.ticks > after, timeout_s)

    def _ask(self, command: Command) -> Outcome:
        answer = self._runtime.submit(command)
        try:
            return answer.result(timeout=_ANSWER_S)
        except FutureTimeoutError:
            raise OutcomeUnknown(
                f"no answer within {_ANSWER_S:g} s; the agents are busy, and the command stays "
                "queued: press again to see what came of it"
            ) from None


def _decimal(argument: str, value: float, convert: Callable[[float], float]) -> Decimal:
    try:
        number = float(value)
    except (ValueError, TypeError):
        raise InvalidValue(f"execute_trade: {argument}={value!r} is not a number") from None
    if not math.isfinite(number):
        raise InvalidValue(f"execute_trade: {argument}={value!r} must be finite")
    return Decimal(repr(convert(number)))
