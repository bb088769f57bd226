"""What the MARA event API says, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Final

from pydantic import SecretStr

from mara.domain.checks import aware, finite, named, non_negative, positive
from mara.errors import InvalidValue

if TYPE_CHECKING:
    from mara.domain import Setpoint

__all__ = [
    "COUNT_KEYS",
    "LARGEST_QUOTE",
    "Allocation",
    "Inventory",
    "MachineStatus",
    "MachineType",
    "Quote",
    "SiteAccount",
]

COUNT_KEYS: Final = (
    "air_miners",
    "asic_compute",
    "gpu_compute",
    "hydro_miners",
    "immersion_miners",
)
"""The machine classes of the event; a request always states all five."""

LARGEST_QUOTE: Final = 1e6
"""Credits beyond which a quote is corrupt; the event's stay below a hundred."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """Prices of one interval in the event's credits, by watt, unit of hashrate and token."""

    at: datetime
    energy_price: float
    hash_price: float
    token_price: float

    def __post_init__(self) -> None:
        aware("Quote", "at", self.at)
        finite("Quote", "energy_price", self.energy_price)
        non_negative("Quote", "hash_price", self.hash_price)
        non_negative("Quote", "token_price", self.token_price)
        for name in ("energy_price", "hash_price", "token_price"):
            if abs(getattr(self, name)) > LARGEST_QUOTE:
                raise InvalidValue(
                    f"Quote: {name}={getattr(self, name)!r} is beyond {LARGEST_QUOTE:g}, not a price"
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """Units on of each of the five classes."""

    air_miners: int = 0
    asic_compute: int = 0
    gpu_compute: int = 0
    hydro_miners: int = 0
    immersion_miners: int = 0

    def __post_init__(self) -> None:
        for name in COUNT_KEYS:
            count = getattr(self, name)
            if isinstance(count, bool) or not isinstance(count, int):
                raise InvalidValue(f"Allocation: {name}={count!r} must be a whole number")
            non_negative("Allocation", name, count)

    @classmethod
    def of(cls, setpoint: Setpoint) -> Allocation:
        """Give the counts of a set point.

        Raises
        ------
        InvalidValue
            The set point names another class, or moves a battery: the API has neither.
        """
        unknown = sorted({u.name for u in setpoint.units if u.units} - set(COUNT_KEYS))
        if unknown:
            raise InvalidValue(
                f"Allocation: classes {unknown} are unknown to the MARA API; it has {COUNT_KEYS}"
            )
        if setpoint.charge_mw or setpoint.discharge_mw:
            raise InvalidValue("Allocation: the MARA API moves no battery; use a site without one")
        return cls(**{name: setpoint.of(name) for name in COUNT_KEYS})

    def counts(self) -> dict[str, int]:
        """Give the counts by name, all five of them."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def difference(self, other: Allocation) -> str:
        """Where `other` differs, as one line; empty where it does not."""
        mine, theirs = self.counts(), other.counts()
        return ", ".join(
            f"{name} {mine[name]} sent, {theirs[name]} there"
            for name in COUNT_KEYS
            if mine[name] != theirs[name]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineStatus:
    """What is in force at the venue, and what one interval of it earns and costs in credits."""

    allocation: Allocation
    total_power_used_w: float
    total_power_cost: float
    total_revenue: float

    def __post_init__(self) -> None:
        non_negative("MachineStatus", "total_power_used_w", self.total_power_used_w)
        finite("MachineStatus", "total_power_cost", self.total_power_cost)
        finite("MachineStatus", "total_revenue", self.total_revenue)


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteAccount:
    """A site at the event: its power limit, and its key where it was just made."""

    name: str
    power_w: float
    api_key: SecretStr | None = None

    def __post_init__(self) -> None:
        named("SiteAccount", "name", self.name)
        positive("SiteAccount", "power_w", self.power_w)


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineType:
    """Power of one machine, and its hashrate or the tokens it makes an interval."""

    name: str
    power_w: float
    output: float

    def __post_init__(self) -> None:
        named("MachineType", "name", self.name)
        positive(f"MachineType {self.name}", "power_w", self.power_w)
        positive(f"MachineType {self.name}", "output", self.output)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """The machine types on offer, named by their keys of an allocation."""

    machines: tuple[MachineType, ...]

    def machine(self, name: str) -> MachineType:
        """Find the type called `name`."""
        for machine in self.machines:
            if machine.name == name:
                return machine
        raise InvalidValue(f"Inventory: machine {name!r} is unknown; there are {COUNT_KEYS}")
