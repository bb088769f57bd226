"""Proposals side by side, and the trust put in each strategy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from mara.ui.format import DASH, number, plain, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mara.agents.snapshot import Snapshot
    from mara.domain import Plan, Proposal, Site, TickRecord, Weight

__all__ = ["proposals_beside", "proposals_frame", "record_frame"]


def proposals_frame(snapshot: Snapshot) -> pd.DataFrame:
    """List what each strategy wants for this interval, what it expects of it, and why."""
    site, verdict = snapshot.site, snapshot.verdict
    if verdict is None:
        return pd.DataFrame(columns=_headers(site))
    return _frame(site, verdict.proposals, snapshot.weights, verdict.decision.chosen)


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


def proposals_beside(snapshot: Snapshot) -> pd.DataFrame:
    """Turn the proposals so that each strategy is a column, its figures written out."""
    frame = proposals_frame(snapshot)
    figures = frame.drop(columns=["Chosen", "Reason"]).set_index("Strategy")
    turned = figures.map(_written).T
    marks = frame[["Strategy", "Chosen"]].itertuples(index=False)
    turned.columns = pd.Index([f"{name} {chosen}".rstrip() for name, chosen in marks])
    turned.index.name = "For this interval"
    return turned.reset_index()


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
        None if weight is None else round(100 * weight, 2),
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
