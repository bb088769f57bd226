"""The protocol of all strategies, and all that a strategy may see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from mara.domain import Forecast, History, KnownSeries, Proposal, Site, SiteState, Tick

__all__ = ["DecisionContext", "Preparing", "Strategy"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DecisionContext:
    """The present and the past: nothing later than `tick` is in here.

    `known` are series whose whole calendar days are known when they begin, such as day-ahead
    prices: that of `tick` and earlier ones. `forecasts` hold at most one forecast a figure, issued at or before `tick.at`; a figure
    without a forecast is expected to stay at the tick's value.
    """

    site: Site
    state: SiteState
    tick: Tick
    history: History
    forecasts: tuple[Forecast, ...] = ()
    known: tuple[KnownSeries, ...] = ()

    def forecast(self, target: str) -> Forecast | None:
        """Find the forecast of `target`; None where there is none."""
        return next((f for f in self.forecasts if f.target == target), None)

    def series(self, name: str) -> KnownSeries | None:
        """Find the known series called `name`; None where there is none."""
        return next((s for s in self.known if s.name == name), None)


class Strategy(Protocol):
    """Turns what is known now into a proposal."""

    @property
    def name(self) -> str:
        """How the strategy is called in weights, tables and the ledger."""
        ...

    def propose(self, context: DecisionContext) -> Proposal:
        """Plan from the context; equal contexts give equal proposals."""
        ...


@runtime_checkable
class Preparing(Protocol):
    """A strategy with work that takes longer than milliseconds, to be done beside the loop."""

    def prepare(self, context: DecisionContext) -> None:
        """Work out what `propose` needs for this context; it changes no proposal."""
        ...
