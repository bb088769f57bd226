"""From weighted proposals to one set point."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mara.domain import ClassUnits, Proposal, Setpoint, Site, Tick, Weight
from mara.models.strike import strike_prices

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Consensus", "at_most", "resolve", "weighted_mean"]

_MAJORITY = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Consensus:
    """One set point, the proposal it leans on, and how the weights became it."""

    setpoint: Setpoint
    leading: Proposal
    resolved_by: str


def resolve(
    site: Site, tick: Tick, proposals: Sequence[Proposal], weights: Sequence[Weight]
) -> Consensus:
    """Choose the proposal with the majority of the weight, else the weighted mean.

    Of a class that loses money at the price now, the mean runs no more units than any of the
    proposals does: whoever does not look at the price must not be met half way.

    The weighted mean of feasible set points can break integrality and minimum runs: whoever
    calls repairs it (`mara.models.settlement.feasible`).
    """
    trust = {w.agent: w.weight for w in weights}
    leading = max(proposals, key=lambda p: trust.get(p.agent, 0.0))
    total = sum(trust.get(p.agent, 0.0) for p in proposals) or 1.0
    if trust.get(leading.agent, 0.0) / total >= _MAJORITY or len(proposals) == 1:
        return Consensus(
            setpoint=leading.plan.setpoint,
            leading=leading,
            resolved_by="proposal with the majority of the weight",
        )
    mean = weighted_mean(site, proposals, [trust.get(p.agent, 0.0) / total for p in proposals])
    losing = [s.name for s in strike_prices(site, tick) if s.usd_per_mwh < tick.energy_usd_per_mwh]
    fewest = {name: min(p.plan.setpoint.of(name) for p in proposals) for name in losing}
    return Consensus(
        setpoint=at_most(mean, fewest),
        leading=leading,
        resolved_by="weighted mean, repaired to a feasible plan",
    )


def at_most(point: Setpoint, most: Mapping[str, int]) -> Setpoint:
    """Lower the units of the classes that `most` names to what it says."""
    units = tuple(replace(u, units=min(u.units, most.get(u.name, u.units))) for u in point.units)
    return replace(point, units=units)


def weighted_mean(site: Site, proposals: Sequence[Proposal], shares: Sequence[float]) -> Setpoint:
    """Average set points: counts are rounded, the battery's two powers become one net power."""
    points = [p.plan.setpoint for p in proposals]
    net = sum(s * (p.charge_mw - p.discharge_mw) for s, p in zip(shares, points, strict=True))
    units = tuple(
        ClassUnits(
            name=m.name,
            units=round(sum(s * p.of(m.name) for s, p in zip(shares, points, strict=True))),
        )
        for m in site.machines
    )
    return Setpoint(units=units, charge_mw=max(net, 0.0), discharge_mw=max(-net, 0.0))
