"""A site of the domain as a player of the energy game."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mara.domain import MachineKind
from mara.errors import InvalidValue
from mara.games.cooperative.energy import EnergySite, FlexibleBlock

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mara.domain import MachineClass, Site

__all__ = ["energy_site_of"]


def energy_site_of(
    site: Site, *, strike_usd_per_mwh: Mapping[str, float], demand_mtok_per_h: Sequence[float]
) -> EnergySite:
    """Make a player of `site`: units in service, worth their strike prices by class.

    Each class of miners is a block. Inference classes are pooled: work in MW is demand over their
    tokens per MWh together, worth their strikes weighted by power. Classes without a strike price
    have no price for their output and do not take part.

    Raises
    ------
    InvalidValue
        There is demand, but no priced machine to serve it.
    """
    priced = [m for m in site.machines if m.name in strike_usd_per_mwh]
    servers = [m for m in priced if m.kind is MachineKind.INFERENCE]
    compute_mw = sum(_power_mw(site, m) for m in servers)
    if compute_mw <= 0.0 and any(demand > 0.0 for demand in demand_mtok_per_h):
        raise InvalidValue(
            f"energy_site_of: site {site.site_id} has demand but no inference machine in service "
            "with a price; give demand 0 or a strike price"
        )
    most_mtok_per_h = sum(site.available(m.name) * m.unit_mtok_per_h for m in servers)
    worth = sum(_power_mw(site, m) * strike_usd_per_mwh[m.name] for m in servers)
    idle = compute_mw <= 0.0
    return EnergySite(
        name=site.site_id,
        import_limit_mw=site.import_limit_mw,
        export_limit_mw=site.export_limit_mw,
        blocks=tuple(
            FlexibleBlock(power_mw=_power_mw(site, m), usd_per_mwh=strike_usd_per_mwh[m.name])
            for m in priced
            if m.kind is MachineKind.MINER
        ),
        compute_mw=compute_mw,
        work_mw=tuple(
            0.0 if idle else demand * compute_mw / most_mtok_per_h for demand in demand_mtok_per_h
        ),
        work_usd_per_mwh=0.0 if idle else worth / compute_mw,
        battery=site.battery,
    )


def _power_mw(site: Site, machine: MachineClass) -> float:
    """Power of all units in service."""
    return site.available(machine.name) * machine.unit_mw
