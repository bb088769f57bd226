"""A first interval decided by somebody else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mara.domain import ClassUnits
from mara.domain.checks import non_negative

if TYPE_CHECKING:
    from mara.domain import Plan, Setpoint
    from mara.models.dispatch.layout import Layout
    from mara.models.dispatch.model import Figures

__all__ = ["Forced", "forced_figures"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forced:
    """Units on of some classes, and the battery's power, in the first interval; None is free."""

    units: tuple[ClassUnits, ...] = ()
    charge_mw: float | None = None
    discharge_mw: float | None = None

    def __post_init__(self) -> None:
        for name in ("charge_mw", "discharge_mw"):
            if (value := getattr(self, name)) is not None:
                non_negative("Forced", name, value)

    @classmethod
    def first_of(cls, plan: Plan) -> Forced:
        """Force all that `plan` does in its first interval."""
        return cls.of(plan.setpoint)

    @classmethod
    def of(cls, point: Setpoint) -> Forced:
        """Force all of a set point."""
        return cls(units=point.units, charge_mw=point.charge_mw, discharge_mw=point.discharge_mw)


def forced_figures(figures: Figures, layout: Layout, forced: Forced) -> Figures:
    """Bounds that leave only the forced decision in the first interval."""
    lower, upper = figures.lower.copy(), figures.upper.copy()
    names = [machine.name for machine in layout.shape.machines]
    wanted = [(layout.units[names.index(u.name), 0], float(u.units)) for u in forced.units]
    for columns, power in (
        (layout.charge, forced.charge_mw),
        (layout.discharge, forced.discharge_mw),
    ):
        if power is not None and len(columns):
            wanted.append((columns[0], power))
    for column, value in wanted:
        lower[column] = upper[column] = value
    return replace(figures, lower=lower, upper=upper)
