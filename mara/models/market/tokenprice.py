"""Blended price of inference, USD per million tokens.

Law: ``p = level exp(sd Z)``, ``Z`` a slow Ornstein-Uhlenbeck process of unit variance, so that
``level`` is the median and half of a log deviation is gone after ``ln 2`` relaxation times.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mara.domain.checks import non_negative, positive
from mara.models.market.latent import Latent

if TYPE_CHECKING:
    from mara.models.market.local_time import FloatArray

__all__ = ["TokenParameters", "token_usd_per_mtok"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenParameters:
    """Parameters of the token price.

    Attributes
    ----------
    latent
        Factors of ``Z``.
    level_usd_per_mtok
        Median price.
    log_sd
        ``sd``, stationary standard deviation of the logarithm.
    """

    latent: Latent
    level_usd_per_mtok: float
    log_sd: float

    def __post_init__(self) -> None:
        positive("TokenParameters", "level_usd_per_mtok", self.level_usd_per_mtok)
        non_negative("TokenParameters", "log_sd", self.log_sd)


def token_usd_per_mtok(parameters: TokenParameters, latent: FloatArray) -> FloatArray:
    """Prices from the values of ``Z``."""
    return parameters.level_usd_per_mtok * np.exp(parameters.log_sd * latent)
