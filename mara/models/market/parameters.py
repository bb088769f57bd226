"""All parameters of a simulated market."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from mara.models.market.demand import DemandParameters
from mara.models.market.energy import EnergyParameters
from mara.models.market.hashprice import HashParameters
from mara.models.market.load import LoadParameters
from mara.models.market.temperature import TemperatureParameters
from mara.models.market.tokenprice import TokenParameters

__all__ = ["MarketParameters"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketParameters:
    """One law for each quantity, and the zone whose wall clock they follow.

    Examples
    --------
    A market like West Texas, for a site with ten times the demand for inference:

    >>> from dataclasses import replace
    >>> from mara.models.market import WEST_TEXAS
    >>> demand = replace(WEST_TEXAS.demand, demand_mean_mtok_per_h=10.0)
    >>> replace(WEST_TEXAS, demand=demand).demand.demand_mean_mtok_per_h
    10.0
    """

    zone: ZoneInfo
    energy: EnergyParameters
    hash: HashParameters
    token: TokenParameters
    demand: DemandParameters
    load: LoadParameters
    temperature: TemperatureParameters
