"""What if: the same question with the tick's own inputs changed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mara.domain import Outage, Plan, Site
from mara.domain.checks import finite, non_negative
from mara.models.dispatch.problem import import_caps

if TYPE_CHECKING:
    from mara.models.dispatch.fast import FastDispatch
    from mara.models.dispatch.problem import DispatchProblem

__all__ = ["Change", "WhatIf", "changed", "what_if"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What to suppose; None leaves a figure as it is.

    `energy_usd_per_mwh`, `hash_usd_per_ph_day`, `token_usd_per_mtok` and `demand_mtok_per_h` hold
    in the first interval, `import_limit_mw` and `outages` from now on; a grid commitment below
    the supposed limit stays.
    """

    energy_usd_per_mwh: float | None = None
    hash_usd_per_ph_day: float | None = None
    token_usd_per_mtok: float | None = None
    demand_mtok_per_h: float | None = None
    import_limit_mw: float | None = None
    outages: tuple[Outage, ...] | None = None

    def __post_init__(self) -> None:
        if self.energy_usd_per_mwh is not None:
            finite("Change", "energy_usd_per_mwh", self.energy_usd_per_mwh)
        for name in (
            "hash_usd_per_ph_day",
            "token_usd_per_mtok",
            "demand_mtok_per_h",
            "import_limit_mw",
        ):
            if (value := getattr(self, name)) is not None:
                non_negative("Change", name, value)


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """The plan as it is, the plan as it would be, and the difference in expected margin, USD."""

    change: Change
    plan: Plan
    changed_plan: Plan
    gain_usd: float


def what_if(problem: DispatchProblem, change: Change, dispatch: FastDispatch) -> WhatIf:
    """Solve `problem` as it is and as `change` supposes; gain = changed margin - margin."""
    plan = dispatch.plan(problem)
    changed_plan = dispatch.plan(changed(problem, change))
    return WhatIf(
        change=change,
        plan=plan,
        changed_plan=changed_plan,
        gain_usd=changed_plan.expected_margin_usd - plan.expected_margin_usd,
    )


def changed(problem: DispatchProblem, change: Change) -> DispatchProblem:
    """Make the problem that `change` supposes."""
    site = _changed_site(problem.site, change)
    limited = change.import_limit_mw is not None
    n = len(problem.grid)
    return replace(
        problem,
        site=site,
        energy_usd_per_mwh=_first(problem.energy_usd_per_mwh, change.energy_usd_per_mwh),
        hash_usd_per_ph_day=_supposed(problem.hash_usd_per_ph_day, change.hash_usd_per_ph_day, n),
        token_usd_per_mtok=_supposed(problem.token_usd_per_mtok, change.token_usd_per_mtok, n),
        demand_mtok_per_h=_supposed(problem.demand_mtok_per_h, change.demand_mtok_per_h, n),
        import_cap_mw=import_caps(site, problem.grid) if limited else problem.import_cap_mw,
    )


def _changed_site(site: Site, change: Change) -> Site:
    outages = site.outages if change.outages is None else change.outages
    limit = site.import_limit_mw if change.import_limit_mw is None else change.import_limit_mw
    return replace(site, outages=outages, import_limit_mw=limit)


def _first(values: Floats, value: float | None) -> Floats:
    return values if value is None else np.concatenate(([value], values[1:]))


def _supposed(values: Floats | None, value: float | None, n: int) -> Floats | None:
    """Suppose `value` in the first interval; a figure that was unknown is supposed throughout."""
    if values is None:
        return None if value is None else np.full(n, value)
    return _first(values, value)
