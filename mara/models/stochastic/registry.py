"""All laws by name, for the tab and the command line."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from mara.errors import InvalidValue
from mara.models.stochastic.ornstein_uhlenbeck import OrnsteinUhlenbeck

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mara.models.stochastic.base import Law

__all__ = ["LAWS", "law_called"]

_ALL: Final[tuple[type[Law], ...]] = (OrnsteinUhlenbeck,)

LAWS: Final[Mapping[str, type[Law]]] = MappingProxyType({law.name: law for law in _ALL})
"""Every law by its name."""


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
