"""What following the weights cost beside the best expert in hindsight, and what it can cost at most.

Law: over the hours y_1 ... y_n that came, with the means x_kt that each expert k told of hour t just
before it began and m_t of those who mix them, the regret is

    (sum_t |y_t - m_t| - min_k sum_t |y_t - x_kt|) / n.

The weights of `Mixture` follow changes and have no proven bound. Bernstein online aggregation
(`Experts`) has one, so it is run on the same hours beside them, with the largest disagreement of the
experts as the bound B of its law. Only forecasts of the next hour count: they alone come true before
the next ones are made, which the bound asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from mara.models.forecasting.online_experts import Experts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mara.models.forecasting.live.book import Issue
    from mara.models.forecasting.past import Floats, Past

__all__ = ["Regret", "regret_of"]

_LEAST_BOUND: Final = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Regret:
    """Mean regret to the `best` expert over `hours` forecasts of the next hour, in the figure's unit.

    `ensemble` is that of what was said together, below zero where it did better than every expert;
    `aggregation` that of online aggregation of the same experts, which `bound` is never below.
    """

    best: str
    hours: int
    ensemble: float
    aggregation: float
    bound: float


def regret_of(issues: Iterable[Issue], past: Past) -> Regret | None:
    """Measure the regret over the issues whose next hour has come by the end of `past`.

    None where there is none, or nobody spoke. The experts are those that spoke last; an issue that
    one of them is missing from does not count.
    """
    by_time = {issue.issued_s: issue for issue in issues if issue.together is not None}
    ordered = [by_time[at] for at in sorted(by_time)]
    names = [said.expert for said in ordered[-1].said] if ordered else []
    rounds = [r for issue in ordered if (r := _round(issue, names, past)) is not None]
    if not rounds:
        return None
    table = np.array(rounds)
    came, together, told = table[:, 0], table[:, 1], table[:, 2:]
    mixed, bounds = _aggregated(told, came)
    losses = np.abs(told - came[:, None]).mean(axis=0)
    best = int(np.argmin(losses))
    return Regret(
        best=names[best],
        hours=len(rounds),
        ensemble=float(np.abs(together - came).mean() - losses[best]),
        aggregation=float(np.abs(mixed - came).mean() - losses[best]),
        bound=float(bounds[best]) / len(rounds),
    )


def _round(issue: Issue, names: list[str], past: Past) -> list[float] | None:
    """Give what came of an issue's first hour, and what all together and each expert said of it."""
    row = (issue.issued_s - past.start_s) // past.step_s
    made = [issue.together, *(issue.of(name) for name in names)]
    if not 0 <= row < len(past) or not np.isfinite(past.values[row]):
        return None
    told = [float(one.mean[0]) for one in made if one is not None]
    return [float(past.values[row]), *told] if len(told) == len(made) else None


def _aggregated(told: Floats, came: Floats) -> tuple[Floats, Floats]:
    """Means of online aggregation, shape (n,), and the bounds of its total regret, (experts,)."""
    bound = float(np.ptp(told, axis=1).max()) + _LEAST_BOUND
    experts = Experts.begun(told.shape[1], 1, bound)
    mixed = np.empty(len(came))
    for hour, (row, value) in enumerate(zip(told, came, strict=True)):
        mixed[hour] = experts.weights[:, 0] @ row
        experts = experts.seen(row[:, None], np.array([value]))
    return mixed, experts.regret_bound[:, 0]
