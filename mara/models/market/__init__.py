"""A seeded five-minute market: energy, hash and token prices, demand, grid load, temperature."""

from mara.models.market.parameters import MarketParameters
from mara.models.market.path import MarketPath
from mara.models.market.simulator import MAX_STEPS, MarketSimulator
from mara.models.market.west_texas import WEST_TEXAS

__all__ = ["MAX_STEPS", "WEST_TEXAS", "MarketParameters", "MarketPath", "MarketSimulator"]
