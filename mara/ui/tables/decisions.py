"""Decisions: what binds, what would be otherwise, and what was decided before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from mara.ui.format import DASH, money, number, signed_money, words
from mara.ui.tables.columns import at_header, local_times

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mara.domain import Decision, Plan, Site
    from mara.models.dispatch.explain import Binding
    from mara.models.dispatch.whatif import WhatIf

__all__ = ["binding_frame", "decisions_frame", "what_if_frame"]


def binding_frame(binding: Sequence[Binding], currency: str) -> pd.DataFrame:
    """List the limits that this interval reaches, and their shadow prices with machines fixed."""
    return pd.DataFrame(
        {
            "Binds now": [words(b.name) for b in binding],
            "At": [number(b.value, b.unit, 0 if b.unit == "units" else 2) for b in binding],
            f"Shadow price ({currency})": [
                DASH if b.shadow_usd is None else money(b.shadow_usd, "", 2) for b in binding
            ],
        }
    )


def what_if_frame(what: WhatIf, site: Site) -> pd.DataFrame:
    """Lay the plan as it is beside the plan as it would be; the first interval, and the margin."""
    rows = [_margin_row(what, site.labels.currency)]
    rows += [
        _flow_row(name, what, field)
        for name, field in (
            ("Grid import (MW)", "import_mw"),
            ("Charge (MW)", "charge_mw"),
            ("Discharge (MW)", "discharge_mw"),
        )
    ]
    rows += [_units_row(what, machine.name) for machine in site.machines]
    return pd.DataFrame(rows, columns=["Now", "As planned", "What if", "Difference"])


def _margin_row(what: WhatIf, currency: str) -> tuple[str, str, str, str]:
    return (
        f"Expected margin ({currency})",
        money(what.plan.expected_margin_usd, ""),
        money(what.changed_plan.expected_margin_usd, ""),
        signed_money(what.gain_usd, ""),
    )


def _flow_row(name: str, what: WhatIf, field: str) -> tuple[str, str, str, str]:
    before, after = (float(getattr(p, field)[0]) for p in (what.plan, what.changed_plan))
    return (
        name,
        number(before, digits=2),
        number(after, digits=2),
        signed_money(after - before, "", 2),
    )


def _units_row(what: WhatIf, name: str) -> tuple[str, str, str, str]:
    before, after = _units(what.plan, name), _units(what.changed_plan, name)
    return (
        f"{words(name)} (units on)",
        number(before, digits=0),
        number(after, digits=0),
        signed_money(after - before, ""),
    )


def _units(plan: Plan, name: str) -> int:
    return plan.setpoint.of(name)


def decisions_frame(decisions: Sequence[Decision], site: Site) -> pd.DataFrame:
    """List decisions as they were made, newest first."""
    return pd.DataFrame(
        {
            at_header(site, "Interval"): local_times((d.tick_at for d in decisions), site),
            "Chosen": [words(d.chosen) for d in decisions],
            "Resolved by": [d.resolved_by for d in decisions],
            "Safe": ["safe controller" if d.safe else "" for d in decisions],
            "State": [d.state.value for d in decisions],
            "Mode": [d.mode.value for d in decisions],
            **{
                f"{words(m.name)} (units on)": [d.setpoint.of(m.name) for d in decisions]
                for m in site.machines
            },
            "Charge (MW)": [round(d.setpoint.charge_mw, 3) for d in decisions],
            "Discharge (MW)": [round(d.setpoint.discharge_mw, 3) for d in decisions],
            "Reason": [d.reason for d in decisions],
        }
    )
