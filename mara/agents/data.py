"""The data agent: reads the market, and says what is odd about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mara.agents.messages import MarketRead, MarketSeen, Message
from mara.models.signals import Anomaly, Trend, find_anomalies, market_trends

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mara.domain import History

__all__ = ["DataAgent"]


class DataAgent:
    """Answers each reading of the market by its trends and anomalies."""

    name = "data"

    def __init__(self) -> None:
        self._anomalies_seen = 0

    def handle(self, message: Message) -> Sequence[Message]:
        """Look at a reading."""
        if not isinstance(message, MarketRead):
            return ()
        trends, anomalies = self.look(message.history)
        self._anomalies_seen += len(anomalies)
        return (MarketSeen(read=message, trends=trends, anomalies=anomalies),)

    def look(self, history: History) -> tuple[tuple[Trend, ...], tuple[Anomaly, ...]]:
        """Compute trends and anomalies of a history."""
        return market_trends(history), find_anomalies(history)

    def score(self) -> tuple[float, str] | None:
        """Count the anomalies seen so far."""
        return float(self._anomalies_seen), "anomalies"
