"""Proposals: moves that a narrator suggests, valued by our optimiser, sent by a person alone."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from mara.domain import ClassUnits, OverrideTarget
from mara.domain.checks import named
from mara.errors import InvalidValue, RefusedError
from mara.insights.worth import Worth, Worths, forced_by
from mara.models.dispatch import Forced
from mara.models.strategies.base import DecisionContext
from mara.services.console import OverrideRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from mara.agents.commands import Outcome
    from mara.agents.snapshot import Snapshot
    from mara.services.console import Console

__all__ = ["Move", "MoveKind", "Proposal", "Proposals"]

_KEPT: Final = 200
_MOST_INTERVALS: Final = 12
_LIVES: Final = timedelta(minutes=30)


class MoveKind(StrEnum):
    """What a proposal would take into a person's hands."""

    UNITS = "units"
    BATTERY = "battery"


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """`units` of `machine_class` on, or the battery at `battery_mw` (charging is positive)."""

    kind: MoveKind
    window_min: float
    machine_class: str = ""
    units: int = 0
    battery_mw: float = 0.0

    def text(self) -> str:
        """Say the move in words."""
        if self.kind is MoveKind.UNITS:
            return f"run {self.units:,} {self.machine_class} for {self.window_min:g} min"
        word = "charge" if self.battery_mw > 0 else "discharge"
        if self.battery_mw == 0.0:
            return f"leave the battery idle for {self.window_min:g} min"
        return f"{word} the battery with {abs(self.battery_mw):,.2f} MW for {self.window_min:g} min"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A move with what it gains, when it expires, and where it comes from.

    `gain_usd` is our optimiser's, against the decision in force; `worst_usd` the least gain with
    energy prices at the edges of their forecast interval.
    """

    proposal_id: str
    move: Move
    gain_usd: float
    worst_usd: float
    why: str
    by: str
    sheet: str
    made_at: datetime
    expires_at: datetime

    def __post_init__(self) -> None:
        named("Proposal", "proposal_id", self.proposal_id)


class Proposals:
    """Values moves, keeps proposals, and hands one to the gate when a person presses."""

    def __init__(
        self, console: Console, *, keep: Callable[[str, bytes], None], new_id: Callable[[], str]
    ) -> None:
        self._console = console
        self._keep = keep
        self._new_id = new_id
        self._lock = threading.Lock()
        self._worths = Worths()
        self._known: OrderedDict[str, Proposal] = OrderedDict()

    def worth(self, move: Move) -> Worth:
        """Value a move on the newest tick.

        Raises
        ------
        InvalidValue, Infeasible
            It names what the site does not have, or breaks a limit.
        RefusedError
            Nothing was decided yet.
        """
        snapshot = self._console.snapshot()
        context, in_force = _context(snapshot)
        forced = _forced(move, snapshot)
        minutes = context.tick.minutes
        intervals = max(1, min(round(move.window_min / minutes), _MOST_INTERVALS))
        with self._lock:
            return self._worths.of(context, forced, in_force, intervals=intervals)

    def propose(self, move: Move, *, why: str, by: str, sheet: str) -> Proposal:
        """Value a move and keep it as a proposal."""
        worth = self.worth(move)
        made_at = self._console.snapshot().clock
        proposal = Proposal(
            proposal_id=self._new_id(),
            move=move,
            gain_usd=worth.gain_usd,
            worst_usd=worth.worst_usd,
            why=" ".join(why.split())[:400],
            by=by,
            sheet=sheet,
            made_at=made_at,
            expires_at=made_at + _LIVES,
        )
        with self._lock:
            self._known[proposal.proposal_id] = proposal
            if len(self._known) > _KEPT:
                self._known.popitem(last=False)
        return proposal

    def find(self, proposal_id: str) -> Proposal:
        """Find a proposal.

        Raises
        ------
        InvalidValue
            There is none of that id, or it was dropped.
        """
        with self._lock:
            found = self._known.get(proposal_id)
        if found is None:
            raise InvalidValue(f"proposal {proposal_id!r} is not known any more; ask for new ones")
        return found

    def check(self, proposal_id: str) -> Proposal:
        """Value a proposal anew.

        Raises
        ------
        RefusedError
            It has expired (rule "expired"), or gains nothing any more (rule "gain").
        """
        old = self.find(proposal_id)
        if self._console.snapshot().clock >= old.expires_at:
            raise RefusedError(
                f"the proposal to {old.move.text()} expired at {old.expires_at:%H:%M} UTC; ask anew",
                rule="expired",
            )
        worth = self.worth(old.move)
        fresh = replace(old, gain_usd=worth.gain_usd, worst_usd=worth.worst_usd)
        if fresh.gain_usd <= 0.0:
            raise RefusedError(
                f"to {old.move.text()} would gain {fresh.gain_usd:,.2f} now, against "
                f"{old.gain_usd:,.2f} when it was proposed",
                rule="gain",
            )
        return fresh

    def send(
        self, proposal_id: str, *, author: str, command_id: str, version: int | None = None
    ) -> Outcome:
        """Check a proposal once more, keep it with its provenance, and hand it to the gate.

        It becomes the author's override; the gate and its limits decide as on any other.
        """
        fresh = self.check(proposal_id)
        self._keep(f"insights.proposal.{fresh.proposal_id}", _provenance(fresh, author))
        move = fresh.move
        battery = move.kind is MoveKind.BATTERY
        request = OverrideRequest(
            target=OverrideTarget.BATTERY_MW if battery else OverrideTarget.CLASS_UNITS,
            author=author,
            reason=f"proposal {fresh.proposal_id} by {fresh.by}: {move.text()}"[:200],
            lasts=timedelta(minutes=move.window_min),
            machine_class=None if battery else move.machine_class,
            value=move.battery_mw if battery else float(move.units),
        )
        return self._console.override(request, command_id=command_id, version=version)

    def moves(self, window_min: float = 15.0) -> tuple[Move, ...]:
        """List the plain moves that differ from what is in force.

        Each class off and full; the battery idle, charging and discharging.
        """
        snapshot = self._console.snapshot()
        _, in_force = _context(snapshot)
        site = snapshot.site
        now = {unit.name: unit.units for unit in in_force.units}
        units = [
            Move(kind=MoveKind.UNITS, window_min=window_min, machine_class=m.name, units=count)
            for m in site.machines
            for count in sorted({0, site.available(m.name)} - {now.get(m.name, 0)})
        ]
        power = site.battery.power_mw if site.battery else None
        flow = (in_force.charge_mw or 0.0) - (in_force.discharge_mw or 0.0)
        battery = [] if power is None else [p for p in (0.0, power, -power) if abs(p - flow) > 0.01]
        return (
            *units,
            *(Move(kind=MoveKind.BATTERY, window_min=window_min, battery_mw=p) for p in battery),
        )


def _context(snapshot: Snapshot) -> tuple[DecisionContext, Forced]:
    tick, state, verdict = snapshot.market.tick, snapshot.state, snapshot.verdict
    if tick is None or state is None or verdict is None:
        raise RefusedError("no tick was decided yet; try again in a moment", rule="running")
    context = DecisionContext(
        site=snapshot.site,
        state=state,
        tick=tick,
        history=snapshot.market.history,
        forecasts=snapshot.market.forecasts,
    )
    return context, forced_by(verdict.decision.setpoint)


def _forced(move: Move, snapshot: Snapshot) -> Forced:
    site = snapshot.site
    if move.kind is MoveKind.BATTERY:
        if site.battery is None:
            raise InvalidValue("proposal: this site has no battery")
        power = move.battery_mw
        if abs(power) > site.battery.power_mw:
            raise InvalidValue(
                f"proposal: battery_mw={power:g} exceeds the battery's {site.battery.power_mw:g} MW"
            )
        return Forced(charge_mw=max(power, 0.0), discharge_mw=max(-power, 0.0))
    most = site.available(site.machine(move.machine_class).name)
    if move.units > most:
        raise InvalidValue(
            f"proposal: units={move.units} exceeds the {most} {move.machine_class} in service"
        )
    return Forced(units=(ClassUnits(name=move.machine_class, units=move.units),))


def _provenance(proposal: Proposal, author: str) -> bytes:
    record: dict[str, Any] = asdict(proposal) | {"sent_by": author}
    return json.dumps(record, default=str, sort_keys=True).encode()
