"""MARA: the operating console of a flexible-compute energy site.

>>> import mara
>>> m = mara.connect()  # doctest: +SKIP
>>> m.forecaster.predict_prices(horizon=24)  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mara.bootstrap.connect import Connection
    from mara.settings import Settings

__all__ = ["connect"]


def connect(settings: Settings | None = None) -> Connection:
    """Connect to the agents of the running system, or start one; see `mara.bootstrap.connect`."""
    from mara.bootstrap.connect import connect as make  # noqa: PLC0415

    return make(settings)
