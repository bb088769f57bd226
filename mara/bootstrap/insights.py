"""Wires the insights: real time for money and deadlines, chance, ids, and news feeds."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import numpy as np

from mara.clock import SystemClock
from mara.feeds.news import NewsReader
from mara.services.insights import Insights, Parts

if TYPE_CHECKING:
    from mara.ledger.ledger import Ledger
    from mara.services.console import Console
    from mara.settings import Settings

__all__ = ["insights_of"]


def insights_of(settings: Settings, console: Console, ledger: Ledger) -> Insights:
    """Make the insights of a running system; nothing is sent, and nothing imported, until asked."""
    news = settings.insights.news
    parts = Parts(
        clock=SystemClock(),
        rng=np.random.default_rng,
        new_id=lambda: uuid4().hex,
        reader=NewsReader(feeds=news, clock=SystemClock()) if news else None,
    )
    return Insights(console, ledger=ledger, settings=settings.insights, parts=parts)
