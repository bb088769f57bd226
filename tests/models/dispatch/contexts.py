"""Decision contexts for the tests of dispatch and of the optimiser."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from mara.domain import History
from mara.models.strategies.base import DecisionContext

if TYPE_CHECKING:
    from mara.domain import Forecast, Site, SiteState, Tick


def context_of(where: Site, state: SiteState, now: Tick, *forecasts: Forecast) -> DecisionContext:
    """A context after a day at 40 USD/MWh."""
    step = timedelta(minutes=now.minutes)
    calm = replace(now, energy_usd_per_mwh=40.0)
    past = [replace(calm, at=now.at - k * step) for k in range(288, 0, -1)]
    return DecisionContext(
        site=where,
        state=state,
        tick=now,
        history=History.of([*past, now], minutes=now.minutes),
        forecasts=forecasts,
    )
