"""A fixed problem whose solved basis the fast form starts a chain of ticks from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mara.domain import ClassState, MachineKind, Site, SiteState
from mara.models.dispatch.problem import DispatchProblem, stored_value
from mara.units import hash_usd_per_h

if TYPE_CHECKING:
    from mara.models.dispatch.grid import Grid

__all__ = ["reference_problem"]

Floats = NDArray[np.float64]

_STRIKE_USD_PER_MWH = 80.0
_TOKEN_STRIKE_USD_PER_MWH = 600.0
_LEVEL_USD_PER_MWH = 60.0
_PEAK_H = 14.0
_SWING = 0.8
_BUSY_SHARE = 0.6


def reference_problem(site: Site, grid: Grid) -> DispatchProblem:
    """Make a day with one daily wave of price.

    Law: p(t) = 60 * (1 + 0.8 cos(2 pi (t - 14 h) / 24 h)) USD/MWh, while miners break even at 80
    and inference at 600 USD/MWh on average, the machines run and the battery is half full.
    """
    phase = (grid.offsets_min / 60.0 - _PEAK_H) * np.pi / 12.0
    energy = _LEVEL_USD_PER_MWH * (1.0 + _SWING * np.cos(phase))
    n, battery = len(grid), site.battery
    capacity = sum(m.count * m.unit_mtok_per_h for m in site.machines)
    classes = tuple(ClassState(name=m.name, units_on=site.available(m.name)) for m in site.machines)
    soc = None if battery is None else (battery.floor_mwh + battery.ceiling_mwh) / 2.0
    return DispatchProblem(
        site=site,
        state=SiteState(at=grid.at, classes=classes, soc_mwh=soc),
        grid=grid,
        energy_usd_per_mwh=energy,
        hash_usd_per_ph_day=np.full(n, _price(site, MachineKind.MINER, _STRIKE_USD_PER_MWH)),
        token_usd_per_mtok=np.full(
            n, _price(site, MachineKind.INFERENCE, _TOKEN_STRIKE_USD_PER_MWH)
        ),
        demand_mtok_per_h=np.full(n, _BUSY_SHARE * capacity),
        import_cap_mw=np.full(n, site.import_limit_mw),
        export_cap_mw=np.full(n, site.export_limit_mw),
        terminal_usd_per_mwh=stored_value(site, grid, energy),
    )


def _output_per_mwh(site: Site, kind: MachineKind) -> float:
    """Output of the mean unit of `kind`, in the price's quantity for each MWh; zero for none."""
    rates = [
        (hash_usd_per_h(m.hashrate_th_s or 0.0, 1.0) + m.unit_mtok_per_h) / m.unit_mw
        for m in site.machines
        if m.kind is kind
    ]
    return sum(rates) / len(rates) if rates else 0.0


def _price(site: Site, kind: MachineKind, strike_usd_per_mwh: float) -> float:
    rate = _output_per_mwh(site, kind)
    return strike_usd_per_mwh / rate if rate else 0.0
