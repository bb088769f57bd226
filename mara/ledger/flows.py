"""Hourly energy flows, told apart by where the energy came from and went to, and what they earned."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING, Final

from mara.domain.checks import aware, non_negative

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mara.domain import Settlement

__all__ = ["Flows", "flows_of", "hourly_flows"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flows:
    """Energy in MWh at the site's bus, and money booked, of what began at `start`.

    `estimated_hours` of `hours` are settled by estimate and not trued up. `margin` is all that was
    booked, the gain of the trades delivered (`trading`) included.

    import = grid to battery + grid to machines; export = battery to grid; discharge = battery to
    grid + battery to machines, as long as the site neither exports while importing nor discharges
    while charging.
    """

    start: datetime
    hours: float
    estimated_hours: float
    import_mwh: float
    export_mwh: float
    charge_mwh: float
    discharge_mwh: float
    grid_to_battery_mwh: float
    grid_to_machines_mwh: float
    battery_to_grid_mwh: float
    battery_to_machines_mwh: float
    machines_mwh: float
    trading: Decimal
    margin: Decimal

    def __post_init__(self) -> None:
        aware("Flows", "start", self.start)
        for field in fields(self):
            if field.name.endswith("mwh"):
                non_negative("Flows", field.name, getattr(self, field.name))


_NOTHING: Final = Decimal("0.00")


def flows_of(
    settlement: Settlement, *, margin: Decimal = _NOTHING, trading: Decimal = _NOTHING
) -> Flows:
    """Allocate the flows of one interval; `margin` and `trading` are what was booked for it.

    Law: the battery charges from import first, grid to battery = min(import, charge); it
    discharges to export first, battery to grid = min(export, discharge); the machines take the
    rest of both.
    """
    hours = settlement.hours
    charge, discharge = settlement.charge_mw * hours, settlement.discharge_mw * hours
    imported, exported = settlement.import_mw * hours, settlement.export_mw * hours
    to_battery, to_grid = min(imported, charge), min(exported, discharge)
    return Flows(
        start=settlement.at,
        hours=hours,
        estimated_hours=hours if settlement.estimated else 0.0,
        import_mwh=imported,
        export_mwh=exported,
        charge_mwh=charge,
        discharge_mwh=discharge,
        grid_to_battery_mwh=to_battery,
        grid_to_machines_mwh=imported - to_battery,
        battery_to_grid_mwh=to_grid,
        battery_to_machines_mwh=discharge - to_grid,
        machines_mwh=settlement.machines_mw * hours,
        trading=trading,
        margin=margin,
    )


def hourly_flows(
    settlements: Iterable[Settlement],
    *,
    margins: Mapping[datetime, Decimal],
    trading: Mapping[datetime, Decimal],
) -> tuple[Flows, ...]:
    """Sum the flows by the UTC hour in which each interval began; `settlements` are in order.

    `margins` and `trading` are what was booked, by interval; nothing where one is missing.
    """
    intervals = (
        flows_of(
            settlement,
            margin=margins.get(settlement.at, _NOTHING),
            trading=trading.get(settlement.at, _NOTHING),
        )
        for settlement in settlements
    )
    return tuple(
        _sum(hour, list(group)) for hour, group in groupby(intervals, key=lambda f: _hour(f.start))
    )


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def _sum(hour: datetime, flows: list[Flows]) -> Flows:
    names = [field.name for field in fields(Flows) if field.name != "start"]
    return Flows(start=hour, **{name: sum(getattr(flow, name) for flow in flows) for name in names})
