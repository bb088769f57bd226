"""The aggregate index of headlines over time, and its facts."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from mara.insights.facts import Fact
from mara.insights.sentiment.tags import Direction

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mara.insights.sentiment.tags import TaggedHeadline

__all__ = ["index_at", "index_series", "news_facts"]

_HALF_LIFE: Final = timedelta(hours=24)


def index_at(tagged: Sequence[TaggedHeadline], at: datetime) -> float | None:
    """Index of all headlines up to `at`, from -1 (dearer) to 1 (cheaper); None without any.

    Law: I = sum of w c s / sum of w c, with s the sign of the direction for a buyer, c the
    confidence, and w = 2^(-age / 24 h).
    """
    known = [(t, (at - t.headline.at) / _HALF_LIFE) for t in tagged if t.headline.at <= at]
    weights = [t.tag.confidence * math.pow(2.0, -min(age, 60.0)) for t, age in known]
    total = sum(weights)
    if total <= 0.0:
        return None
    return sum(w * t.tag.direction.sign for w, (t, _) in zip(weights, known, strict=True)) / total


def index_series(
    tagged: Sequence[TaggedHeadline], end: datetime, *, points: int = 96, step_h: float = 1.0
) -> tuple[tuple[datetime, ...], tuple[float, ...]]:
    """Index at `points` times before `end`, from where the first headline is."""
    times = [end - timedelta(hours=step_h * back) for back in range(points - 1, -1, -1)]
    rows = [(at, value) for at in times if (value := index_at(tagged, at)) is not None]
    return tuple(at for at, _ in rows), tuple(value for _, value in rows)


def news_facts(tagged: Sequence[TaggedHeadline], at: datetime) -> tuple[Fact, ...]:
    """Write index and counts as facts; they are readings of outside text, so ASSUMED."""
    counts = {d: sum(t.tag.direction is d for t in tagged) for d in Direction}
    index = index_at(tagged, at)
    rows = [("news.count", "headlines read", float(len(tagged)), "headlines")]
    rows += [(f"news.{d}", f"{d} headlines", float(n), "") for d, n in counts.items()]
    if index is not None:
        rows.append(("news.index", "news index for a buyer of power, -1 to 1", index, ""))
    return tuple(
        Fact(
            fact_id=fact_id,
            label=label,
            value=value,
            unit=unit,
            at=at,
            source="headlines of others, classified",
            badge="ASSUMED",
            own_label=True,
        )
        for fact_id, label, value, unit in rows
    )
