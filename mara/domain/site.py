"""A site: machines, battery, inference tiers and the connection they share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mara.domain.checks import aware, named, non_negative, positive, whole, within
from mara.errors import InvalidValue
from mara.units import kw_to_mw, mtok_per_h

__all__ = [
    "Battery",
    "Commitment",
    "MachineClass",
    "MachineKind",
    "Outage",
    "QuoteLabels",
    "Site",
    "SlaTier",
]


class MachineKind(StrEnum):
    """What a machine makes of power."""

    MINER = "MINER"
    INFERENCE = "INFERENCE"


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineClass:
    """`count` equal machines; a unit is on or off, and draws its full power when on.

    A unit that starts draws power for `warm_up_min` before it earns, then stays on until
    `min_run_min` after its start; each start costs `switch_cost_usd`.
    """

    name: str
    kind: MachineKind
    count: int
    power_kw: float
    hashrate_th_s: float | None = None
    tokens_per_s: float | None = None
    warm_up_min: float = 0.0
    min_run_min: float = 0.0
    switch_cost_usd: float = 0.0
    cooling_overhead: float = 0.0
    source: str = ""

    def __post_init__(self) -> None:
        named("MachineClass", "name", self.name)
        owner = f"MachineClass {self.name}"
        whole(owner, "count", self.count)
        positive(owner, "power_kw", self.power_kw)
        for field in ("warm_up_min", "min_run_min", "switch_cost_usd", "cooling_overhead"):
            non_negative(owner, field, getattr(self, field))
        self._check_output(owner)

    def _check_output(self, owner: str) -> None:
        miner = self.kind is MachineKind.MINER
        wanted = "hashrate_th_s" if miner else "tokens_per_s"
        other = "tokens_per_s" if miner else "hashrate_th_s"
        if getattr(self, wanted) is None:
            raise InvalidValue(f"{owner}: {wanted} is missing for kind {self.kind}")
        positive(owner, wanted, getattr(self, wanted))
        if getattr(self, other) is not None:
            raise InvalidValue(f"{owner}: {other} makes no sense for kind {self.kind}")

    @property
    def unit_mw(self) -> float:
        """Power of one running unit with its cooling, in MW."""
        return kw_to_mw(self.power_kw) * (1.0 + self.cooling_overhead)

    @property
    def unit_mtok_per_h(self) -> float:
        """Throughput of one running unit, in Mtok/h; zero for miners."""
        return 0.0 if self.tokens_per_s is None else mtok_per_h(self.tokens_per_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Battery:
    """Stored energy between `soc_min` and `soc_max` (shares of `energy_mwh`).

    Law: e' = e + charge_efficiency * charge * h - discharge * h / discharge_efficiency, with both
    powers measured at the site's bus and wear paid on energy discharged at the bus.
    """

    energy_mwh: float
    power_mw: float
    soc_min: float = 0.0
    soc_max: float = 1.0
    charge_efficiency: float = 0.95
    discharge_efficiency: float = 0.95
    wear_usd_per_mwh: float = 0.0
    source: str = ""

    def __post_init__(self) -> None:
        positive("Battery", "energy_mwh", self.energy_mwh)
        positive("Battery", "power_mw", self.power_mw)
        within("Battery", "soc_max", self.soc_max, 0.0, 1.0)
        within("Battery", "soc_min", self.soc_min, 0.0, self.soc_max)
        within("Battery", "charge_efficiency", self.charge_efficiency, 1e-3, 1.0)
        within("Battery", "discharge_efficiency", self.discharge_efficiency, 1e-3, 1.0)
        non_negative("Battery", "wear_usd_per_mwh", self.wear_usd_per_mwh)

    @property
    def floor_mwh(self) -> float:
        """Least stored energy allowed."""
        return self.soc_min * self.energy_mwh

    @property
    def ceiling_mwh(self) -> float:
        """Most stored energy allowed."""
        return self.soc_max * self.energy_mwh


@dataclass(frozen=True, slots=True, kw_only=True)
class SlaTier:
    """A promise on a share of the inference demand.

    Demand of an interval is served within `longest_delay_min` after the interval's end, at
    `price_factor` times the token price; what is not costs `penalty_usd_per_mtok`.
    """

    name: str
    share: float
    price_factor: float
    penalty_usd_per_mtok: float
    longest_delay_min: float = 0.0

    def __post_init__(self) -> None:
        named("SlaTier", "name", self.name)
        owner = f"SlaTier {self.name}"
        within(owner, "share", self.share, 0.0, 1.0)
        for field in ("price_factor", "penalty_usd_per_mtok", "longest_delay_min"):
            non_negative(owner, field, getattr(self, field))


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitment:
    """A promise to the grid: import at most `max_import_mw` from `start` to `end`."""

    start: datetime
    end: datetime
    max_import_mw: float
    note: str = ""

    def __post_init__(self) -> None:
        aware("Commitment", "start", self.start)
        aware("Commitment", "end", self.end)
        non_negative("Commitment", "max_import_mw", self.max_import_mw)
        if self.end <= self.start:
            raise InvalidValue(f"Commitment: end={self.end} must come after start={self.start}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """`units` of a class are out of service until a person says otherwise."""

    machine_class: str
    units: int
    note: str = ""

    def __post_init__(self) -> None:
        named("Outage", "machine_class", self.machine_class)
        whole("Outage", "units", self.units)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteLabels:
    """How prices are shown: shown figure = internal figure x factor, with its unit.

    Internally prices are per MWh, PH/s-day and Mtok; a feed that quotes otherwise says so here.
    """

    currency: str = "USD"
    energy_unit: str = "USD/MWh"
    energy_factor: float = 1.0
    hash_unit: str = "USD/PH/day"
    hash_factor: float = 1.0
    token_unit: str = "USD/Mtok"  # noqa: S105
    token_factor: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Everything behind one grid connection; a calendar day is that of `time_zone`.

    Without `tiers` every token made is sold at the token price; with them, output is sold
    against demand only.
    """

    site_id: str
    time_zone: str
    import_limit_mw: float
    export_limit_mw: float
    machines: tuple[MachineClass, ...]
    battery: Battery | None = None
    tiers: tuple[SlaTier, ...] = ()
    outages: tuple[Outage, ...] = ()
    commitments: tuple[Commitment, ...] = ()
    ramp_mw_per_min: float | None = None
    labels: QuoteLabels = QuoteLabels()

    def __post_init__(self) -> None:
        named("Site", "site_id", self.site_id)
        owner = f"Site {self.site_id}"
        non_negative(owner, "import_limit_mw", self.import_limit_mw)
        non_negative(owner, "export_limit_mw", self.export_limit_mw)
        if self.ramp_mw_per_min is not None:
            positive(owner, "ramp_mw_per_min", self.ramp_mw_per_min)
        self._check_zone(owner)
        self._check_names(owner)
        self._check_shares(owner)

    def _check_zone(self, owner: str) -> None:
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise InvalidValue(
                f"{owner}: time_zone={self.time_zone!r} is unknown; use a name such as "
                "'America/Chicago'"
            ) from None

    def _check_names(self, owner: str) -> None:
        names = [m.name for m in self.machines]
        if len(set(names)) != len(names):
            raise InvalidValue(f"{owner}: machine class names {names} must differ")
        tiers = [t.name for t in self.tiers]
        if len(set(tiers)) != len(tiers):
            raise InvalidValue(f"{owner}: names of SLA tiers {tiers} must differ")
        counts = {m.name: m.count for m in self.machines}
        for outage in self.outages:
            if outage.units > counts.get(outage.machine_class, 0):
                raise InvalidValue(
                    f"{owner}: outage of {outage.units} x {outage.machine_class} exceeds "
                    f"the {counts.get(outage.machine_class, 0)} there are"
                )

    def _check_shares(self, owner: str) -> None:
        total = sum(t.share for t in self.tiers)
        if self.tiers and abs(total - 1.0) > 1e-9:
            raise InvalidValue(f"{owner}: shares of the SLA tiers sum to {total}, not to 1")

    @property
    def zone(self) -> ZoneInfo:
        """The site's time zone."""
        return ZoneInfo(self.time_zone)

    def machine(self, name: str) -> MachineClass:
        """Find the machine class called `name`."""
        for machine in self.machines:
            if machine.name == name:
                return machine
        raise InvalidValue(
            f"Site {self.site_id}: machine class {name!r} is unknown; there are "
            f"{[m.name for m in self.machines]}"
        )

    def available(self, name: str) -> int:
        """Units of a class that are in service."""
        out = sum(o.units for o in self.outages if o.machine_class == name)
        return max(self.machine(name).count - out, 0)

    def import_cap_mw(self, start: datetime, end: datetime) -> float:
        """Least import limit in force anywhere between `start` and `end`."""
        caps = [c.max_import_mw for c in self.commitments if c.start < end and start < c.end]
        return min([self.import_limit_mw, *caps])
