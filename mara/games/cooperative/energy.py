"""Energy sites behind one connection: v(S) is what the best joint dispatch of S earns.

Members share connection, battery, inference machines and the coincident peak. Flows inside a
coalition cost nothing, so a surplus of one serves another without the spread between buying and
selling; the peak charge is paid on the common peak; work of one runs on idle machines of another.
Resources add up, so this is a linear production game: its core is never empty (Owen, Mathematical
Programming 9, 1975).
"""

from __future__ import annotations

from dataclasses import dataclass

from mara.domain import Battery
from mara.domain.checks import all_finite, finite, named, non_negative, positive
from mara.errors import InvalidValue

__all__ = ["EnergyPrices", "EnergySite", "FlexibleBlock"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlexibleBlock:
    """Machines that may run or not: `power_mw` in all, worth `usd_per_mwh` of power drawn."""

    power_mw: float
    usd_per_mwh: float

    def __post_init__(self) -> None:
        non_negative("FlexibleBlock", "power_mw", self.power_mw)
        finite("FlexibleBlock", "usd_per_mwh", self.usd_per_mwh)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergySite:
    """One player: its connection, machines, inference work and battery.

    `work_mw[t]` is the power that serving all its inference demand of interval t would draw, worth
    `work_usd_per_mwh`; its own machines run at most `compute_mw` of work, its own or another's. The
    battery starts at its floor; what it holds at the end is worth nothing.
    """

    name: str
    import_limit_mw: float
    export_limit_mw: float
    blocks: tuple[FlexibleBlock, ...]
    compute_mw: float
    work_mw: tuple[float, ...]
    work_usd_per_mwh: float
    battery: Battery | None = None

    def __post_init__(self) -> None:
        named("EnergySite", "name", self.name)
        owner = f"EnergySite {self.name}"
        for field in ("import_limit_mw", "export_limit_mw", "compute_mw"):
            non_negative(owner, field, getattr(self, field))
        finite(owner, "work_usd_per_mwh", self.work_usd_per_mwh)
        for t, work in enumerate(self.work_mw):
            non_negative(owner, f"work_mw[{t}]", work)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyPrices:
    """Prices of `hours`-long intervals, and the charge on the highest import of all of them."""

    hours: float
    import_usd_per_mwh: tuple[float, ...]
    export_usd_per_mwh: tuple[float, ...]
    peak_usd_per_mw: float = 0.0

    def __post_init__(self) -> None:
        positive("EnergyPrices", "hours", self.hours)
        non_negative("EnergyPrices", "peak_usd_per_mw", self.peak_usd_per_mw)
        all_finite("EnergyPrices", "import_usd_per_mwh", self.import_usd_per_mwh)
        all_finite("EnergyPrices", "export_usd_per_mwh", self.export_usd_per_mwh)
        if not 0 < len(self.import_usd_per_mwh) == len(self.export_usd_per_mwh):
            raise InvalidValue(
                f"EnergyPrices: {len(self.import_usd_per_mwh)} import and "
                f"{len(self.export_usd_per_mwh)} export prices; give one of each for every interval"
            )
        both = zip(self.import_usd_per_mwh, self.export_usd_per_mwh, strict=True)
        for t, (buy, sell) in enumerate(both):
            if sell > buy:
                raise InvalidValue(
                    f"EnergyPrices: export_usd_per_mwh[{t}]={sell} is above the import price {buy}; "
                    "power bought and sold at once would earn without end"
                )

    @property
    def horizon(self) -> int:
        """Number of intervals."""
        return len(self.import_usd_per_mwh)
