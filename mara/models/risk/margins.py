"""The margin of a plan in each scenario, by part of the site."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from mara.domain import MachineKind
from mara.errors import InvalidValue
from mara.models.risk.answers import Answer, Flows, answered
from mara.units import hash_usd_per_h

if TYPE_CHECKING:
    from mara.domain import MachineClass
    from mara.models.risk.position import Position
    from mara.models.scenarios.joint import JointScenarios

__all__ = ["BATTERY", "SERVICE", "Margins", "margins_of"]

Floats = NDArray[np.float64]

BATTERY: Final = "battery"
SERVICE: Final = "missed service"
_BLOCK: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Margins:
    """USD earned over the span, in each of S scenarios.

    `parts` names machine classes, then battery and missed service; `by_part` has shape (P, S) and
    sums to the margin. `probabilities` are those of the scenarios.
    """

    parts: tuple[str, ...]
    by_part: Floats
    probabilities: Floats

    @property
    def usd(self) -> Floats:
        """Margin of each scenario, shape (S,)."""
        total: Floats = self.by_part.sum(axis=0)
        return total

    @property
    def mean_usd(self) -> float:
        """Expected margin."""
        return float(self.probabilities @ self.usd)


def margins_of(position: Position, scenarios: JointScenarios, answer: Answer) -> Margins:
    """Earn what the position earns in each scenario.

    Law: the cash of `mara.models.settlement.settle`, summed over the intervals: hash and token
    income of warm units, less power at the interval's price, penalties, wear and starts. Energy
    is bought and sold at one price, so each part bears the price of its own power. Work that may
    wait is served in its own interval or missed, so that margins are never overstated.

    Raises
    ------
    InvalidValue
        Position and scenarios have not the same intervals.
    """
    if (position.intervals, position.minutes) != (scenarios.intervals, scenarios.minutes):
        raise InvalidValue(
            f"margins_of: the position has {position.intervals} intervals of "
            f"{position.minutes:g} min and the scenarios {scenarios.intervals} of "
            f"{scenarios.minutes:g} min; cut both alike"
        )
    blocks = [
        _block(position, _rows(scenarios, begin, begin + _BLOCK), answer)
        for begin in range(0, scenarios.count, _BLOCK)
    ]
    names = [m.name for m in position.site.machines]
    return Margins(
        parts=(*names, BATTERY, SERVICE),
        by_part=np.hstack(blocks),
        probabilities=scenarios.probabilities,
    )


def _rows(scenarios: JointScenarios, begin: int, end: int) -> JointScenarios:
    """Cut a block out, small enough for the processor's cache; its weights are not used."""
    rows = np.arange(begin, min(end, scenarios.count))
    return scenarios.chosen(rows, np.full(len(rows), 1.0 / len(rows)))


def _block(position: Position, scenarios: JointScenarios, answer: Answer) -> Floats:
    flows = answered(position, scenarios, answer)
    site, h, price = position.site, position.hours, scenarios.energy_usd_per_mwh
    classes = len(site.machines)
    parts = np.zeros((classes + 2, scenarios.count))
    earning = [_earning(position, flows, c) for c in range(classes)]
    for c, machine in enumerate(site.machines):
        parts[c] -= h * machine.unit_mw * (flows.units[c] * price).sum(axis=1)
        parts[c] -= machine.switch_cost_usd * _starts(position, flows, c).sum(axis=1)
        parts[c] += _hash_income(machine, scenarios, earning[c], h)
    _sell_tokens(parts, position, scenarios, earning)
    if site.battery is not None:
        net = flows.discharge_mw - flows.charge_mw
        wear = site.battery.wear_usd_per_mwh * flows.discharge_mw
        parts[classes] = h * (net * price - wear).sum(axis=1)
    return parts


def _starts(position: Position, flows: Flows, c: int) -> Floats:
    """Units of class `c` started in each interval, (S, T)."""
    units: Floats = flows.units[c]
    starts: Floats = np.empty_like(units)
    starts[:, 0] = np.maximum(units[:, 0] - position.units_before[c], 0.0)
    np.maximum(units[:, 1:] - units[:, :-1], 0.0, out=starts[:, 1:])
    return starts


def _earning(position: Position, flows: Flows, c: int) -> Floats:
    """Warm units of class `c` in each interval: those on, less the share that warms up, (S, T)."""
    machine = position.site.machines[c]
    units: Floats = flows.units[c]
    warm_up = machine.warm_up_min / position.minutes
    if warm_up == 0.0:
        return units
    starts, earning = _starts(position, flows, c), units.copy()
    for lag in range(int(np.ceil(warm_up))):
        if lag < units.shape[1]:
            share = min(warm_up - lag, 1.0)
            earning[:, lag:] -= share * starts[:, : units.shape[1] - lag]
    warm: Floats = np.maximum(earning, 0.0)
    return warm


def _hash_income(
    machine: MachineClass, scenarios: JointScenarios, earning: Floats, hours: float
) -> Floats:
    prices = scenarios.hash_usd_per_ph_day
    if machine.kind is not MachineKind.MINER or prices is None:
        return np.zeros(scenarios.count)
    income: Floats = (prices * earning).sum(axis=1)
    return income * (hash_usd_per_h(machine.hashrate_th_s or 0.0, 1.0) * hours)


def _sell_tokens(
    parts: Floats, position: Position, scenarios: JointScenarios, earning: list[Floats]
) -> None:
    """Book token income to the classes by output, and penalties to missed service."""
    token, h = scenarios.token_usd_per_mtok, position.hours
    if token is None:
        return
    made = [m.unit_mtok_per_h * e for m, e in zip(position.site.machines, earning, strict=True)]
    capacity = np.asarray(sum(made))
    income, penalty = _service(position, scenarios, capacity)
    per_mtok = np.divide(income, capacity, out=np.zeros_like(capacity), where=capacity > 0.0)
    for c, output in enumerate(made):
        if position.site.machines[c].kind is MachineKind.INFERENCE:
            parts[c] += h * (per_mtok * output).sum(axis=1)
    parts[-1] = -h * penalty.sum(axis=1)


def _service(
    position: Position, scenarios: JointScenarios, capacity: Floats
) -> tuple[Floats, Floats]:
    """Income and penalty an hour, (S, T): work worth most is served first."""
    token, demand = scenarios.token_usd_per_mtok, scenarios.demand_mtok_per_h
    assert token is not None  # noqa: S101
    if not position.site.tiers:
        return token * capacity, np.zeros_like(capacity)
    income, penalty, left = np.zeros_like(capacity), np.zeros_like(capacity), capacity.copy()
    mean = float(token.mean())
    tiers = position.site.tiers
    for tier in sorted(tiers, key=lambda t: -(t.price_factor * mean + t.penalty_usd_per_mtok)):
        asked = tier.share * (0.0 if demand is None else demand)
        served = np.minimum(left, asked)
        left -= served
        income += tier.price_factor * token * served
        penalty += tier.penalty_usd_per_mtok * (asked - served)
    return income, penalty
