"""What a MWh in store is worth under scenarios of the day, by how much is there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mara.errors import InvalidValue
from mara.models.risk.day_ahead import day_problem
from mara.models.scenarios.days import PROFILE_DAYS
from mara.models.scenarios.forward_selection import forward_selection
from mara.models.scenarios.joint import JointScenarios
from mara.models.scenarios.two_stage import solve_two_stage

if TYPE_CHECKING:
    from mara.domain import Site
    from mara.models.dispatch import DispatchProblem
    from mara.models.scenarios.days import DaySheet
    from mara.models.scenarios.two_stage import RiskAversion

__all__ = ["departed", "posed_next_day", "stored_values"]

Floats = NDArray[np.float64]


def stored_values(
    problem: DispatchProblem,
    energy_usd_per_mwh: Floats,
    probabilities: Floats,
    charges_mwh: Floats,
    aversion: RiskAversion,
) -> Floats:
    """Worth of a MWh in store when the first interval ends, USD/MWh, for each charge now.

    Law: the dual of the two-stage programme's store at the end of its first interval, `problem`
    posed with each row of `energy_usd_per_mwh` (S, n) in turn.
    """
    worth = []
    for charge in charges_mwh.tolist():
        state = replace(problem.state, soc_mwh=charge)
        posed = tuple(
            replace(problem, state=state, energy_usd_per_mwh=row) for row in energy_usd_per_mwh
        )
        found = solve_two_stage(posed, probabilities, aversion=aversion)
        worth.append(found.stored_usd_per_mwh)
    return np.array(worth)


def departed(sheet: DaySheet, keep: int) -> JointScenarios:
    """Make scenarios of the day after the sheet, and keep at most `keep`.

    Law: what is expected of the day plus each past day's departure from what was expected of it,
    reduced by forward selection.

    Raises
    ------
    InvalidValue
        No day stands after the first `PROFILE_DAYS`.
    """
    expected = sheet.expected(len(sheet))
    past = range(PROFILE_DAYS, len(sheet))
    if not past:
        raise InvalidValue(
            f"departed: {len(sheet)} days are too few; give more than {PROFILE_DAYS}"
        )
    departures = [
        sheet.energy_usd_per_mwh[day] - sheet.expected(day).energy_usd_per_mwh[0] for day in past
    ]
    many = JointScenarios.equally_likely(
        minutes=sheet.minutes,
        energy_usd_per_mwh=expected.energy_usd_per_mwh + np.array(departures),
    )
    return forward_selection(many, min(keep, many.count)).scenarios


def posed_next_day(site: Site, sheet: DaySheet) -> DispatchProblem:
    """Pose the day after the sheet as expected."""
    return day_problem(site, sheet.next_day(), sheet.expected(len(sheet)))
