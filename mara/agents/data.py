"""The data agent: reads the market, and says what is odd about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mara.agents.base import Prompt
from mara.agents.messages import Advance, MarketRead, MarketSeen, Message
from mara.models.signals import Anomaly, Trend, find_anomalies, market_trends

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["DataAgent"]


class DataAgent(Prompt):
    """Passes each reading on at once, and studies it when the tick is decided.

    No decision waits for `trends` and `anomalies`: what a message carries of them is what the
    tick before showed.
    """

    name = "data"

    def __init__(self) -> None:
        self.trends: tuple[Trend, ...] = ()
        self.anomalies: tuple[Anomaly, ...] = ()
        self._seen = 0

    def handle(self, message: Message) -> Sequence[Message]:
        """Pass a reading on, or study it."""
        match message:
            case MarketRead():
                return (MarketSeen(read=message, trends=self.trends, anomalies=self.anomalies),)
            case Advance():
                read = message.made.seen.read
                self.trends = market_trends(read.history)
                self.anomalies = find_anomalies(read.history, assumed=read.tick.assumed)
                self._seen += len(self.anomalies)
                return ()
            case _:
                return ()

    def score(self) -> tuple[float, str] | None:
        """Count the anomalies seen so far."""
        return float(self._seen), "anomalies"
