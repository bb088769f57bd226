"""What an interval did, in physics and in money."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mara.domain.checks import aware, finite, named, non_negative, positive, whole
from mara.domain.plan import Setpoint

__all__ = ["CashItem", "ClassMargin", "Settlement"]

_NON_NEGATIVE = (
    "import_mw",
    "export_mw",
    "charge_mw",
    "discharge_mw",
    "machines_mw",
    "served_mtok",
    "missed_mtok",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CashItem:
    """Money that came in (positive) or went out (negative), by `account`.

    Accounts: `income:hash`, `income:tokens`, `income:export`, `expense:energy`, `expense:sla`,
    `expense:wear`, `expense:switching`.
    """

    account: str
    amount_usd: float

    def __post_init__(self) -> None:
        finite("CashItem", self.account, self.amount_usd)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassMargin:
    """Revenue and energy of one machine class over the interval."""

    name: str
    units_on: int
    power_mw: float
    revenue_usd: float

    def __post_init__(self) -> None:
        named("ClassMargin", "name", self.name)
        whole(f"ClassMargin {self.name}", "units_on", self.units_on)
        finite(f"ClassMargin {self.name}", "power_mw", self.power_mw)
        finite(f"ClassMargin {self.name}", "revenue_usd", self.revenue_usd)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """Flows and cash of the interval that began `at` and lasted `hours`.

    Balance: import + discharge = export + charge + machines, all in MW at the bus.
    """

    site_id: str
    at: datetime
    hours: float
    setpoint: Setpoint
    import_mw: float
    export_mw: float
    charge_mw: float
    discharge_mw: float
    machines_mw: float
    soc_mwh: float | None
    served_mtok: float
    missed_mtok: float
    classes: tuple[ClassMargin, ...]
    cash: tuple[CashItem, ...]
    estimated: bool = False

    def __post_init__(self) -> None:
        aware("Settlement", "at", self.at)
        positive("Settlement", "hours", self.hours)
        for field in _NON_NEGATIVE:
            non_negative("Settlement", field, getattr(self, field))
        if self.soc_mwh is not None:
            non_negative("Settlement", "soc_mwh", self.soc_mwh)

    @property
    def margin_usd(self) -> float:
        """Sum of all cash items."""
        return sum(item.amount_usd for item in self.cash)
