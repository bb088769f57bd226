"""What tomorrow's margin may lack, in one figure a level: for those who ask the strategy agent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mara.errors import InvalidValue, SolverError
from mara.models.risk.answers import Answer
from mara.models.risk.day_ahead import day_records, deviations_of, tomorrow
from mara.models.risk.margins import margins_of
from mara.models.risk.measures import LEVELS, RiskFigure
from mara.models.risk.methods import LEAST_DAYS, Method, from_past
from mara.models.scenarios.days import PROFILE_DAYS, day_sheet

if TYPE_CHECKING:
    from mara.domain import History, Site

__all__ = ["Tomorrow", "tomorrow_of"]

_MINUTES: Final = 15.0
_MOST_DAYS: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Tomorrow:
    """The next 24 hours' margin as planned, and its risk learnt from `days` past days."""

    expected_usd: float
    figures: tuple[RiskFigure, ...]
    days: int

    def at(self, level: float) -> RiskFigure:
        """Find the figure of one of the levels."""
        return next(f for f in self.figures if abs(f.level - level) < 1e-9)


def tomorrow_of(site: Site, history: History) -> Tomorrow | None:
    """Plan the next day and the past ones, and read the risk; None where the past is too short.

    The method is filtered historical simulation, the one that held on real prices (docs/risk.md).
    """
    past = history.last(round(_MOST_DAYS * 24 * 60 / history.minutes))
    try:
        sheet = day_sheet(past, minutes=max(_MINUTES, past.minutes))
        if len(sheet) < LEAST_DAYS + PROFILE_DAYS:
            return None
        position, expected = tomorrow(site, sheet)
        records = tuple(day_records(site, sheet, Answer.ADAPTED))
    except (InvalidValue, SolverError):
        return None
    expected_usd = margins_of(position, expected, Answer.ADAPTED).mean_usd
    deviations = deviations_of(records)
    return Tomorrow(
        expected_usd=expected_usd,
        figures=tuple(from_past(Method.FILTERED, deviations, expected_usd, x) for x in LEVELS),
        days=len(records),
    )
