"""What an allocation draws, costs and earns in one interval of five minutes, in credits.

Law: power = sum n_c w_c, cost = power * energy price, revenue = sum n_c o_c * (hash price for
miners, token price for inference), with n_c units on, w_c watts and o_c hashrate or tokens of the
inventory. Source: documentation of the MARA Hackathon 2025 API, "Inventory" and "GET /machines".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CLASSES", "COUNT_KEYS", "EventClass", "EventQuote", "economics", "inventory", "power_w"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventClass:
    """A machine class: its place in the inventory, watts a unit, and hashrate or tokens a unit."""

    key: str
    group: str
    kind: str
    watts: int
    output: int
    priced_by: str

    @property
    def output_name(self) -> str:
        """How the inventory calls the output."""
        return "tokens" if self.priced_by == "token_price" else "hashrate"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventQuote:
    """Prices of the interval that begins `at`, in credits a watt, hash and token."""

    at: datetime
    energy_price: float
    hash_price: float
    token_price: float


def _class(key: str, group: str, kind: str, watts: int, output: int) -> EventClass:
    priced_by = "token_price" if group == "inference" else "hash_price"
    return EventClass(
        key=key, group=group, kind=kind, watts=watts, output=output, priced_by=priced_by
    )


CLASSES: Final = (
    _class("air_miners", "miners", "air", 3_500, 1_000),
    _class("asic_compute", "inference", "asic", 15_000, 50_000),
    _class("gpu_compute", "inference", "gpu", 5_000, 1_000),
    _class("hydro_miners", "miners", "hydro", 5_000, 5_000),
    _class("immersion_miners", "miners", "immersion", 10_000, 10_000),
)
"""The event's inventory."""

COUNT_KEYS: Final = tuple(machine.key for machine in CLASSES)


def inventory() -> dict[str, dict[str, dict[str, int]]]:
    """Give the inventory as the API states it."""
    groups: dict[str, dict[str, dict[str, int]]] = {"inference": {}, "miners": {}}
    for machine in CLASSES:
        groups[machine.group][machine.kind] = {
            "power": machine.watts,
            machine.output_name: machine.output,
        }
    return groups


def power_w(counts: Mapping[str, int]) -> int:
    """Power of an allocation in watts."""
    return sum(counts[machine.key] * machine.watts for machine in CLASSES)


def economics(counts: Mapping[str, int], quote: EventQuote) -> dict[str, object]:
    """Power and revenue by class and in total, as the API states them."""
    power = {m.key: counts[m.key] * m.watts for m in CLASSES}
    revenue = {
        m.key: counts[m.key] * m.output * float(getattr(quote, m.priced_by)) for m in CLASSES
    }
    total_power = sum(power.values())
    return {
        "power": power,
        "revenue": revenue,
        "total_power_used": total_power,
        "total_power_cost": total_power * quote.energy_price,
        "total_revenue": sum(revenue.values()),
    }
