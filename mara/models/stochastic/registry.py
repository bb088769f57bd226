"""All laws by name, for the tab and the command line."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from mara.errors import InvalidValue
from mara.models.stochastic.cox_ingersoll_ross import CoxIngersollRoss
from mara.models.stochastic.geometric_brownian import GeometricBrownian
from mara.models.stochastic.heston import Heston
from mara.models.stochastic.mean_reverting_jumps import (
    ExponentialJumpReversion,
    NormalJumpReversion,
)
from mara.models.stochastic.merton import MertonJumps
from mara.models.stochastic.ornstein_uhlenbeck import OrnsteinUhlenbeck
from mara.models.stochastic.regime_switching import RegimeSwitching
from mara.models.stochastic.score_reversion import ScoreReversion

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mara.models.stochastic.base import Law

__all__ = ["LAWS", "SIGNED_LAWS", "law_called"]

_ALL: Final[tuple[type[Law], ...]] = (
    OrnsteinUhlenbeck,
    GeometricBrownian,
    MertonJumps,
    NormalJumpReversion,
    ExponentialJumpReversion,
    CoxIngersollRoss,
    Heston,
    RegimeSwitching,
    ScoreReversion,
)

LAWS: Final[Mapping[str, type[Law]]] = MappingProxyType({law.name: law for law in _ALL})
"""Every law by its name."""

SIGNED_LAWS: Final[tuple[str, ...]] = tuple(law.name for law in _ALL if law.signed)
"""Names of the laws whose values may be negative, as prices and departures from them are."""


def law_called(name: str) -> type[Any]:
    """Find a law.

    Raises
    ------
    InvalidValue
        No law has this name.
    """
    if name not in LAWS:
        raise InvalidValue(f"law {name!r} is unknown; use one of {', '.join(LAWS)}")
    return LAWS[name]
