"""The stress desk: what a bad day would cost after the optimiser has planned it anew."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from mara.domain import MachineKind, Plan, Site
from mara.domain.checks import finite, named, non_negative, within
from mara.models.risk.answers import Answer
from mara.models.risk.day_ahead import day_problem
from mara.models.risk.margins import margins_of
from mara.models.risk.position import position_of
from mara.models.risk.replan import HeldBack, replanned

if TYPE_CHECKING:
    from datetime import datetime

    from mara.models.dispatch import DispatchProblem
    from mara.models.scenarios.joint import JointScenarios

__all__ = ["NAMED", "Stress", "StressPart", "StressResult", "stressed", "stressed_all"]

Floats = NDArray[np.float64]

_HOUR_MIN: Final = 60.0
_SLACK_MW: Final = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Stress:
    """What goes wrong from `from_hour` to `to_hour` of the site's clock (over midnight if less).

    `energy_usd_per_mwh` replaces the price of power, the factors multiply what is expected; the
    shares are what is left of connection, miners, servers and battery power. `cooling_added` is
    added to every class's cooling overhead for the whole day.
    """

    name: str
    about: str = ""
    from_hour: float = 0.0
    to_hour: float = 24.0
    energy_usd_per_mwh: float | None = None
    energy_factor: float = 1.0
    hash_factor: float = 1.0
    token_factor: float = 1.0
    demand_factor: float = 1.0
    import_share: float = 1.0
    miners_share: float = 1.0
    servers_share: float = 1.0
    battery_share: float = 1.0
    cooling_added: float = 0.0

    def __post_init__(self) -> None:
        named("Stress", "name", self.name)
        owner = f"Stress {self.name}"
        for field in ("from_hour", "to_hour"):
            within(owner, field, getattr(self, field), 0.0, 24.0)
        for field in ("import_share", "miners_share", "servers_share", "battery_share"):
            within(owner, field, getattr(self, field), 0.0, 1.0)
        for field in ("energy_factor", "hash_factor", "token_factor", "demand_factor"):
            non_negative(owner, field, getattr(self, field))
        non_negative(owner, "cooling_added", self.cooling_added)
        if self.energy_usd_per_mwh is not None:
            finite(owner, "energy_usd_per_mwh", self.energy_usd_per_mwh)

    def strikes(self, at: datetime, minutes: float, count: int, site: Site) -> NDArray[np.bool_]:
        """Tell which of `count` intervals from `at` on begin within the window."""
        local = at.astimezone(site.zone)
        begin = local.hour + local.minute / 60.0
        hours = (begin + np.arange(count) * minutes / 60.0) % 24.0
        if self.from_hour <= self.to_hour:
            return (hours >= self.from_hour) & (hours < self.to_hour)
        return (hours >= self.from_hour) | (hours < self.to_hour)


NAMED: Final = (
    Stress(
        name="cap-price evening",
        about="the Texas cap (16 TAC 25.509) for four hours",
        from_hour=17.0,
        to_hour=21.0,
        energy_usd_per_mwh=5_000.0,
    ),
    Stress(
        name="negative night",
        about="surplus wind until dawn",
        from_hour=0.0,
        to_hour=6.0,
        energy_usd_per_mwh=-40.0,
    ),
    Stress(name="hash price -50 %", about="all day", hash_factor=0.5),
    Stress(
        name="feed loss",
        about="blind for six hours: miners off, battery idle, promised inference goes on",
        from_hour=15.0,
        to_hour=21.0,
        miners_share=0.0,
        battery_share=0.0,
    ),
    Stress(
        name="connection derate",
        about="half the import limit from noon to 22 h",
        from_hour=12.0,
        to_hour=22.0,
        import_share=0.5,
    ),
    Stress(
        name="battery failure",
        about="no battery all day",
        battery_share=0.0,
    ),
    Stress(
        name="heat wave",
        about="afternoon price x 8, demand + 10 %, connection 90 %, cooling + 10 points",
        from_hour=13.0,
        to_hour=20.0,
        energy_factor=8.0,
        demand_factor=1.1,
        import_share=0.9,
        cooling_added=0.10,
    ),
)
"""Scenarios that every desk looks at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StressPart:
    """Cash of one part of the site on the normal day and on the stressed one, USD."""

    part: str
    normal_usd: float
    stressed_usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StressResult:
    """Expected margins of the day, USD, energy gained or spent by the battery valued alike.

    `unanswered_usd` is what the normal plan would earn if nobody changed it; None where the
    stressed site cannot carry it out. `replanned_usd` is what the optimiser's new plan earns.
    """

    stress: Stress
    normal_usd: float
    unanswered_usd: float | None
    replanned_usd: float
    normal_import_mwh: float
    stressed_import_mwh: float
    parts: tuple[StressPart, ...]
    plan: Plan

    @property
    def loss_usd(self) -> float:
        """What the stress costs after planning anew; negative where it pays."""
        return self.normal_usd - self.replanned_usd


def stressed_all(
    site: Site, at: datetime, expected: JointScenarios, stresses: tuple[Stress, ...] = NAMED
) -> tuple[StressResult, ...]:
    """Put the day from `at` under each of the stresses."""
    return tuple(stressed(site, at, expected, stress) for stress in stresses)


def stressed(site: Site, at: datetime, expected: JointScenarios, stress: Stress) -> StressResult:
    """Plan the day as expected and as `stress` has it, and compare.

    Raises
    ------
    Infeasible
        The stressed site admits no plan.
    """
    hourly = expected.averaged(max(expected.minutes, _HOUR_MIN))
    hit = stress.strikes(at, hourly.minutes, hourly.intervals, site)
    shocked, worse = _shocked(hourly, stress, hit), _worse(site, stress)
    calm = day_problem(site, at, hourly)
    problem = replace(
        day_problem(worse, at, shocked),
        import_cap_mw=np.where(hit, stress.import_share, 1.0) * calm.import_cap_mw,
        terminal_usd_per_mwh=calm.terminal_usd_per_mwh,
    )
    normal = replanned(calm, _held(site, Stress(name="none"), hit))
    plan = replanned(problem, _held(worse, stress, hit))
    before, after = _cash(normal, site, hourly), _cash(plan, worse, shocked)
    held = _held(worse, stress, hit)
    fits = _fits(normal, problem, held) and not stress.cooling_added
    change = _cash(normal, site, shocked)[1].sum() - before[1].sum()
    return StressResult(
        stress=stress,
        normal_usd=normal.expected_margin_usd,
        unanswered_usd=normal.expected_margin_usd + float(change) if fits else None,
        replanned_usd=plan.expected_margin_usd,
        normal_import_mwh=_imported(normal),
        stressed_import_mwh=_imported(plan),
        parts=tuple(
            StressPart(part=name, normal_usd=float(x), stressed_usd=float(y))
            for name, x, y in zip(before[0], before[1], after[1], strict=True)
        ),
        plan=plan,
    )


def _shocked(expected: JointScenarios, stress: Stress, hit: NDArray[np.bool_]) -> JointScenarios:
    """Change the figures where the stress strikes."""
    factors = {
        "energy_usd_per_mwh": stress.energy_factor,
        "hash_usd_per_ph_day": stress.hash_factor,
        "token_usd_per_mtok": stress.token_factor,
        "demand_mtok_per_h": stress.demand_factor,
    }
    changed = {name: np.where(hit, factors[name], 1.0) * v for name, v in expected.figures()}
    if stress.energy_usd_per_mwh is not None:
        energy = changed["energy_usd_per_mwh"]
        changed["energy_usd_per_mwh"] = np.where(hit, stress.energy_usd_per_mwh, energy)
    return type(expected).equally_likely(minutes=expected.minutes, **changed)


def _worse(site: Site, stress: Stress) -> Site:
    machines = tuple(
        replace(m, cooling_overhead=m.cooling_overhead + stress.cooling_added)
        for m in site.machines
    )
    return replace(site, machines=machines)


def _held(site: Site, stress: Stress, hit: NDArray[np.bool_]) -> HeldBack:
    shares = {
        MachineKind.MINER: stress.miners_share,
        MachineKind.INFERENCE: stress.servers_share,
    }
    most = [np.where(hit, shares[m.kind], 1.0) * site.available(m.name) for m in site.machines]
    power = 0.0 if site.battery is None else site.battery.power_mw
    return HeldBack(
        units=np.array(most).reshape(len(site.machines), len(hit)),
        battery_mw=np.where(hit, stress.battery_share, 1.0) * power,
    )


def _fits(plan: Plan, problem: DispatchProblem, held: HeldBack) -> bool:
    """Tell whether the stressed site could carry the normal plan out."""
    units = np.array([s.values for s in plan.units])
    battery = np.maximum(plan.charge_mw, plan.discharge_mw)
    within_units = bool((units <= held.units + _SLACK_MW).all())
    within_power = bool((battery <= held.battery_mw + _SLACK_MW).all())
    within_cap = bool((np.asarray(plan.import_mw) <= problem.import_cap_mw + _SLACK_MW).all())
    return within_units and within_power and within_cap


def _cash(plan: Plan, site: Site, scenario: JointScenarios) -> tuple[tuple[str, ...], Floats]:
    """Cash of a plan by part, at the figures of one scenario."""
    position = position_of(
        plan,
        site,
        at=plan.starts[0],
        minutes=scenario.minutes,
        intervals=scenario.intervals,
    )
    margins = margins_of(position, scenario, Answer.HELD)
    return margins.parts, margins.by_part[:, 0]


def _imported(plan: Plan) -> float:
    return float(np.asarray(plan.import_mw) @ np.asarray(plan.hours))
