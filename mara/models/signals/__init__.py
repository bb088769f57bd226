"""What a history says about now: trends and anomalies."""

from mara.models.signals.anomalies import Anomaly, AnomalyKind, find_anomalies
from mara.models.signals.trends import Trend, market_trends

__all__ = ["Anomaly", "AnomalyKind", "Trend", "find_anomalies", "market_trends"]
