"""What a strategy wants: set points for now, and the plan behind them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mara.domain.checks import all_finite, aware, finite, named, non_negative, whole
from mara.errors import InvalidValue

__all__ = ["ClassUnits", "Duals", "Plan", "Schedule", "Setpoint"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassUnits:
    """Units of a class that shall be on."""

    name: str
    units: int

    def __post_init__(self) -> None:
        named("ClassUnits", "name", self.name)
        whole(f"ClassUnits {self.name}", "units", self.units)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setpoint:
    """What the site shall do in one interval; import or export follow from the balance."""

    units: tuple[ClassUnits, ...]
    charge_mw: float = 0.0
    discharge_mw: float = 0.0

    def __post_init__(self) -> None:
        non_negative("Setpoint", "charge_mw", self.charge_mw)
        non_negative("Setpoint", "discharge_mw", self.discharge_mw)

    def of(self, name: str) -> int:
        """Units on of the class called `name`; none where it is not listed."""
        return next((u.units for u in self.units if u.name == name), 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """One value an interval for a machine class (units on) or a tier (Mtok/h served)."""

    name: str
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Duals:
    """Shadow prices of the LP that remains when the counts are fixed, one value an interval.

    `import_limit` and `export_limit`: USD of margin for one more MW of connection through the
    interval. `balance`: USD for one more MW at the bus through the interval. `storage`: USD for
    one more MWh stored at the interval's end.
    """

    import_limit: tuple[float, ...]
    export_limit: tuple[float, ...]
    balance: tuple[float, ...]
    storage: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Set points for each interval of a horizon, and what they are expected to earn.

    `starts[i]` and `hours[i]` are the i-th interval; every other sequence has one value for each.
    `soc_mwh` is the energy at the interval's end. `gap` is the proven relative gap to the
    optimum, None for rules that do not optimise.
    """

    site_id: str
    issued_at: datetime
    starts: tuple[datetime, ...]
    hours: tuple[float, ...]
    units: tuple[Schedule, ...]
    charge_mw: tuple[float, ...]
    discharge_mw: tuple[float, ...]
    import_mw: tuple[float, ...]
    export_mw: tuple[float, ...]
    soc_mwh: tuple[float, ...] = ()
    served: tuple[Schedule, ...] = ()
    expected_margin_usd: float
    method: str
    gap: float | None = None
    duals: Duals | None = None

    def __post_init__(self) -> None:
        named("Plan", "site_id", self.site_id)
        aware("Plan", "issued_at", self.issued_at)
        finite("Plan", "expected_margin_usd", self.expected_margin_usd)
        self._check_lengths()

    def _check_lengths(self) -> None:
        n = len(self.starts)
        if n == 0:
            raise InvalidValue("Plan: starts is empty; a plan has at least one interval")
        flows = (self.hours, self.charge_mw, self.discharge_mw, self.import_mw, self.export_mw)
        schedules = (s.values for s in (*self.units, *self.served))
        if any(len(x) != n for x in (*flows, *schedules)) or len(self.soc_mwh) not in {0, n}:
            raise InvalidValue(f"Plan: every sequence must have {n} values, one an interval")
        for field in ("hours", "charge_mw", "discharge_mw", "import_mw", "export_mw", "soc_mwh"):
            all_finite("Plan", field, getattr(self, field))
        for schedule in (*self.units, *self.served):
            all_finite(f"Plan {schedule.name}", "values", schedule.values)

    @property
    def setpoint(self) -> Setpoint:
        """What the plan says for its first interval."""
        return Setpoint(
            units=tuple(ClassUnits(name=s.name, units=round(s.values[0])) for s in self.units),
            charge_mw=self.charge_mw[0],
            discharge_mw=self.discharge_mw[0],
        )
