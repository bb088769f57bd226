"""Stochastic laws of prices: one protocol, one law a file."""

from mara.models.stochastic.base import Law
from mara.models.stochastic.calibration import Calibration, Estimate
from mara.models.stochastic.cox_ingersoll_ross import CoxIngersollRoss
from mara.models.stochastic.geometric_brownian import GeometricBrownian
from mara.models.stochastic.grid import Grid, Moments, Noise, Precision
from mara.models.stochastic.heston import Heston
from mara.models.stochastic.mean_reverting_jumps import (
    ExponentialJumpReversion,
    NormalJumpReversion,
)
from mara.models.stochastic.merton import MertonJumps
from mara.models.stochastic.ornstein_uhlenbeck import OrnsteinUhlenbeck
from mara.models.stochastic.regime_switching import RegimeSwitching
from mara.models.stochastic.registry import LAWS, SIGNED_LAWS, law_called
from mara.models.stochastic.score_reversion import ScoreReversion
from mara.models.stochastic.seasonal import SeasonalLaw, calibrate_seasonal
from mara.models.stochastic.series import PriceSeries

__all__ = [
    "LAWS",
    "SIGNED_LAWS",
    "Calibration",
    "CoxIngersollRoss",
    "Estimate",
    "ExponentialJumpReversion",
    "GeometricBrownian",
    "Grid",
    "Heston",
    "Law",
    "MertonJumps",
    "Moments",
    "Noise",
    "NormalJumpReversion",
    "OrnsteinUhlenbeck",
    "Precision",
    "PriceSeries",
    "RegimeSwitching",
    "ScoreReversion",
    "SeasonalLaw",
    "calibrate_seasonal",
    "law_called",
]
