"""Proposals side by side, and the trust put in each strategy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from mara.ui.format import DASH, number, plain, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mara.agents.snapshot import Verdict
    from mara.domain import Plan, Proposal, Site, TickRecord, Weight

__all__ = ["proposals_frame", "record_frame", "side_by_side"]


def proposals_frame(site: Site, verdict: Verdict | None, weights: Sequence[Weight]) -> pd.DataFrame:
    """List what each strategy wants for this interval, what it expects of it, and why."""
    if verdict is None:
        return pd.DataFrame(columns=_headers(site))
    return _frame(site, verdict.proposals, weights, verdict.decision.chosen)


def record_frame(site: Site, record: TickRecord) -> pd.DataFrame:
    """List what a stored decision was chosen from."""
    decision = record.decision
    return _frame(site, record.proposals, decision.weights, decision.chosen)


def _frame(
    site: Site, proposals: Sequence[Proposal], weights: Sequence[Weight], chosen: str
) -> pd.DataFrame:
    trust = {weight.agent: weight.weight for weight in weights}
    rows = [_row(site, proposal, trust.get(proposal.agent), chosen) for proposal in proposals]
    return pd.DataFrame(rows, columns=_headers(site))


def side_by_side(frame: pd.DataFrame) -> pd.DataFrame:
    """Turn the proposals so that each strategy is a column, its figures written out."""
    figures = frame.drop(columns=["Chosen", "Reason"]).set_index("Strategy")
    turned = figures.map(_written).T
    turned.columns = pd.Index(
        [f"{name} ✓" if chosen else name for name, chosen in frame[["Strategy", "Chosen"]].values]
    )
    turned.index.name = "For this interval"
    return turned


def _written(value: object) -> str:
    if isinstance(value, float):
        return number(value, digits=2)
    return (
        number(value, digits=0) if isinstance(value, int) else plain(str(value)) if value else DASH
    )


def _headers(site: Site) -> list[str]:
    return [
        "Strategy",
        "Chosen",
        "Weight (%)",
        f"Expected margin ({site.labels.currency}/h)",
        f"Expected margin over the horizon ({site.labels.currency})",
        "Horizon (h)",
        "Grid import (MW)",
        *(f"{words(machine.name)} (units on)" for machine in site.machines),
        "Charge (MW)",
        "Discharge (MW)",
        "Reason",
    ]


def _row(site: Site, proposal: Proposal, weight: float | None, chosen: str) -> tuple[object, ...]:
    plan = proposal.plan
    return (
        words(proposal.agent),
        "✓" if proposal.agent == chosen else "",
        None if weight is None else round(100 * weight, 1),
        round(plan.expected_margin_usd / _horizon_h(plan), 2),
        round(plan.expected_margin_usd, 2),
        round(_horizon_h(plan), 2),
        round(plan.import_mw[0], 3),
        *(plan.setpoint.of(machine.name) for machine in site.machines),
        round(plan.charge_mw[0], 3),
        round(plan.discharge_mw[0], 3),
        proposal.reason,
    )


def _horizon_h(plan: Plan) -> float:
    return sum(plan.hours)
