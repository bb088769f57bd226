"""Tables of the insights: headlines with their readings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mara.domain import Site
    from mara.insights.sentiment.tags import TaggedHeadline

__all__ = ["headlines_frame"]


def headlines_frame(tagged: Sequence[TaggedHeadline], site: Site) -> pd.DataFrame:
    """List headlines, newest first; each text is shown as it came."""
    rows = [
        {
            "Time": t.headline.at.astimezone(site.zone).replace(tzinfo=None),
            "Headline": _inert(t.headline.text),
            "Entity": _inert(t.tag.entity),
            "For a buyer": str(t.tag.direction),
            "Confidence (%)": round(100.0 * t.tag.confidence, 1),
            "Quote": _inert(t.tag.quote),
            "Read by": t.tag.by,
            "Source": _inert(t.headline.source),
        }
        for t in tagged
    ]
    return pd.DataFrame(rows)


def _inert(text: str) -> str:
    """Keep a spreadsheet from reading outside text as a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t")) else text
