"""Which columns the programme has, and where they stand.

The layout depends on what a site is made of and on the lengths of the intervals alone, so a model
built on it outlives ticks, outages, commitments and limits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mara.domain import Battery, MachineClass, SlaTier

if TYPE_CHECKING:
    from mara.domain import Site
    from mara.models.dispatch.grid import Grid

__all__ = ["Layout", "Shape", "shape_of"]

Floats = NDArray[np.float64]
Index = NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What the layout depends on; equal shapes share a model."""

    machines: tuple[MachineClass, ...]
    battery: Battery | None
    tiers: tuple[SlaTier, ...]
    ramp_mw_per_min: float | None
    minutes: tuple[float, ...]


def shape_of(site: Site, grid: Grid) -> Shape:
    """Take from a site what its programme's matrix depends on."""
    return Shape(
        machines=site.machines,
        battery=site.battery,
        tiers=site.tiers,
        ramp_mw_per_min=site.ramp_mw_per_min,
        minutes=grid.minutes,
    )


class Layout:
    """Column numbers by block.

    `units`, `starts`: machine class x interval. `stops`: class, first interval. `abandoned`:
    one for each of `slots`, units that are warming up and are switched off at once. `net`:
    import less export. `charge`, `discharge`, `stored` (end of interval): empty without battery.
    `served`: tier x interval. `missed`, `waiting` (end of interval): rows for tiers that may
    wait, `deferrable`.

    Beside them stand tables of time: `lost[c][i, t]`, the share of interval t in which a unit of
    class c started in i warms up; `alive[d][i, t]`, one where work of interval i may still wait
    at the end of t.
    """

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.minutes: Floats = np.asarray(shape.minutes)
        self.offsets: Floats = np.concatenate(([0.0], np.cumsum(self.minutes)[:-1]))
        self.ends: Floats = self.offsets + self.minutes
        self.hours: Floats = self.minutes / 60.0
        self.slots = tuple(
            (c, slot)
            for c, machine in enumerate(shape.machines)
            for slot in range(_warm_slots(machine, shape.minutes[0]))
        )
        self.deferrable = tuple(
            k for k, tier in enumerate(shape.tiers) if tier.longest_delay_min > 0.0
        )
        self.lost = tuple(
            np.array([self.warming(machine, float(o)) for o in self.offsets])
            for machine in shape.machines
        )
        self.alive = tuple(
            np.triu(self.may_wait(self.ends + shape.tiers[k].longest_delay_min))
            for k in self.deferrable
        )
        self.columns = 0
        self._allocate()

    def _allocate(self) -> None:
        n, classes = len(self.minutes), len(self.shape.machines)
        stores = 0 if self.shape.battery is None else n
        self.units = self._take(classes, n)
        self.starts = self._take(classes, n)
        self.stops = self._take(classes)
        self.abandoned = self._take(len(self.slots))
        self.net = self._take(n)
        self.charge = self._take(stores)
        self.discharge = self._take(stores)
        self.stored = self._take(stores)
        self.served = self._take(len(self.shape.tiers), n)
        self.missed = self._take(len(self.deferrable), n)
        self.waiting = self._take(len(self.deferrable), n)

    def _take(self, *size: int) -> Index:
        count = math.prod(size)
        block = np.arange(self.columns, self.columns + count, dtype=np.int32).reshape(size)
        self.columns += count
        return block

    def warming(self, machine: MachineClass, since_min: float) -> Floats:
        """Share of each interval that a unit started `since_min` after now still warms up."""
        warm_until = since_min + machine.warm_up_min
        share = np.clip((warm_until - self.offsets) / self.minutes, 0.0, 1.0)
        return np.where(self.ends > since_min + 1e-9, share, 0.0)

    def locked(self, hold_min: float, since_min: float) -> NDArray[np.bool_]:
        """Tell in which intervals a unit started `since_min` after now must not stop yet."""
        held = since_min + hold_min > self.offsets + 1e-9
        later = self.ends > since_min + 1e-9
        return np.logical_and(held, later)

    def may_wait(self, due_min: Floats) -> Floats:
        """Tell (1 or 0) at which intervals' ends (columns) work due then (rows) may still wait.

        It may while a later interval ends in time; nothing waits beyond the horizon.
        """
        in_time = np.zeros((len(due_min), len(self.ends)))
        in_time[:, :-1] = self.ends[1:] <= due_min.reshape(-1, 1) + 1e-9
        return in_time

    def slot_age_min(self, slot: int) -> float:
        """Least age of the units in a warm-up slot: whole first intervals."""
        return slot * float(self.minutes[0])


def _warm_slots(machine: MachineClass, tick_min: float) -> int:
    """Count the ages, in whole ticks, at which a unit warms up and may stop all the same."""
    if machine.warm_up_min <= machine.min_run_min:
        return 0
    return math.ceil(machine.warm_up_min / tick_min - 1e-9)
