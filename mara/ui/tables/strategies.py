"""Proposals side by side, and the trust put in each strategy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from mara.ui.format import words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mara.agents.snapshot import Verdict
    from mara.domain import Plan, Proposal, Site, Weight

__all__ = ["proposals_frame", "weights_frame"]


def proposals_frame(
    site: Site, verdict: Verdict | None, weights: Sequence[Weight]
) -> pd.DataFrame:
    """List what each strategy wants for this interval, what it expects of it, and why."""
    trust = {weight.agent: weight.weight for weight in weights}
    proposals = () if verdict is None else verdict.proposals
    chosen = "" if verdict is None else verdict.decision.chosen
    rows = [_row(site, proposal, trust.get(proposal.agent), chosen) for proposal in proposals]
    return pd.DataFrame(rows, columns=_headers(site))


def _headers(site: Site) -> list[str]:
    return [
        "Strategy",
        "Chosen",
        "Weight (%)",
        f"Expected margin ({site.labels.currency})",
        "Grid import (MW)",
        *(f"{words(machine.name)} (units on)" for machine in site.machines),
        "Charge (MW)",
        "Discharge (MW)",
        "Horizon (h)",
        "Reason",
    ]


def _row(
    site: Site, proposal: Proposal, weight: float | None, chosen: str
) -> tuple[object, ...]:
    plan = proposal.plan
    return (
        words(proposal.agent),
        "✓" if proposal.agent == chosen else "",
        None if weight is None else round(100 * weight, 1),
        round(plan.expected_margin_usd, 2),
        round(plan.import_mw[0], 3),
        *(plan.setpoint.of(machine.name) for machine in site.machines),
        round(plan.charge_mw[0], 3),
        round(plan.discharge_mw[0], 3),
        round(_horizon_h(plan), 1),
        proposal.reason,
    )


def _horizon_h(plan: Plan) -> float:
    return sum(plan.hours)


def weights_frame(weights: Sequence[Weight], currency: str) -> pd.DataFrame:
    """List the weights of the strategies and what each earned in its shadow ledger."""
    return pd.DataFrame(
        {
            "Strategy": [words(w.agent) for w in weights],
            "Weight (%)": [round(100 * w.weight, 1) for w in weights],
            f"Score against strike rule ({currency})": [round(w.score_usd, 2) for w in weights],
        }
    )
