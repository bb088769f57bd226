"""Stochastic laws of prices: one protocol, one law a file."""

from mara.models.stochastic.base import Law
from mara.models.stochastic.calibration import Calibration, Estimate
from mara.models.stochastic.grid import Grid, Moments, Noise, Precision
from mara.models.stochastic.ornstein_uhlenbeck import OrnsteinUhlenbeck
from mara.models.stochastic.registry import LAWS, law_called
from mara.models.stochastic.series import PriceSeries

__all__ = [
    "LAWS",
    "Calibration",
    "Estimate",
    "Grid",
    "Law",
    "Moments",
    "Noise",
    "OrnsteinUhlenbeck",
    "Precision",
    "PriceSeries",
    "law_called",
]
