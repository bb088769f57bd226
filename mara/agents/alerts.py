"""The alerts in force: raised while a cause lasts, dropped when it is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from mara.domain import Alert, Severity

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["AlertBoard"]

_log = structlog.get_logger("mara.agents.alerts")
_RANK = {Severity.CRITICAL: 0, Severity.WARNING: 1, Severity.INFO: 2}


class AlertBoard:
    """One alert a code. A change of state is logged once, not every tick."""

    def __init__(self) -> None:
        self._alerts: dict[str, Alert] = {}

    def show(self, code: str, severity: Severity, text: str, at: datetime) -> None:
        """Raise an alert, or renew its text; `since` stays that of the first time."""
        known = self._alerts.get(code)
        if known is None:
            _log.warning("alert raised", code=code, text=text)
        since = known.since if known else at
        self._alerts[code] = Alert(code=code, severity=severity, text=text[:500], since=since)

    def clear(self, code: str) -> None:
        """Drop an alert whose cause is gone."""
        if self._alerts.pop(code, None) is not None:
            _log.info("alert cleared", code=code)

    def set(self, code: str, severity: Severity, text: str | None, at: datetime) -> None:
        """Raise the alert where there is a text, clear it where there is none."""
        if text is None:
            self.clear(code)
        else:
            self.show(code, severity, text, at)

    def has(self, code: str) -> bool:
        """Say whether an alert is in force."""
        return code in self._alerts

    def all(self) -> tuple[Alert, ...]:
        """Alerts in force, the most severe and oldest first."""
        return tuple(sorted(self._alerts.values(), key=lambda a: (_RANK[a.severity], a.since)))
