"""What people took into their own hands: overrides and units out of service."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from mara.ui.format import number, words
from mara.ui.tables.columns import at_header, local_times

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mara.domain import Override, Site

__all__ = ["outages_frame", "override_wish", "overrides_frame"]


def overrides_frame(overrides: Sequence[Override], site: Site) -> pd.DataFrame:
    """List the overrides in force, with author, reason and expiry."""
    return pd.DataFrame(
        {
            "Wish": [override_wish(o) for o in overrides],
            "Author": [o.author for o in overrides],
            "Reason": [o.reason for o in overrides],
            at_header(site, "Since"): local_times((o.at for o in overrides), site),
            at_header(site, "Until"): local_times((o.expires_at for o in overrides), site),
        }
    )


def override_wish(override: Override) -> str:
    """Say in a few words what an override asks for."""
    if override.state is not None:
        return f"Trading state {override.state}"
    if override.machine_class is not None:
        return f"{words(override.machine_class)}: {number(override.value, 'units on', 0)}"
    return f"Battery: {number(override.value, 'MW', 2)} (charging positive)"


def outages_frame(site: Site) -> pd.DataFrame:
    """List each class with its units in and out of service."""
    out = {m.name: m.count - site.available(m.name) for m in site.machines}
    notes = {o.machine_class: o.note for o in site.outages}
    return pd.DataFrame(
        {
            "Class": [words(m.name) for m in site.machines],
            "Kind": [m.kind.value.lower() for m in site.machines],
            "Units": [m.count for m in site.machines],
            "Out of service (units)": [out[m.name] for m in site.machines],
            "Power of a unit (kW)": [round(m.unit_mw * 1_000, 2) for m in site.machines],
            "Note": [notes.get(m.name, "") for m in site.machines],
        }
    )
