"""What goes wrong, as alerts and as changes of the trading state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import structlog

from mara.domain import Severity, TradingState
from mara.errors import LedgerFull, Mismatch, RefusedError, Unauthorized
from mara.trading.states import StateChange

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from mara.agents.alerts import AlertBoard
    from mara.agents.manager import SystemManager
    from mara.agents.messages import Failed
    from mara.agents.snapshot import FeedStatus
    from mara.errors import LedgerError, MaraError
    from mara.models.signals import Anomaly

__all__ = ["Trouble"]

_log = structlog.get_logger("mara.agents.trouble")

_MISMATCHES_TO_HALT: Final = 3
_LEDGER: Final = "ledger"
_SKEW_S: Final = 60.0


class Trouble:
    """Raises and clears alerts; halts trading where no retry can help.

    A full disk halts until space is back. A refused key, and a venue that does three times in a
    row what it was not told, halt until a person resumes.
    """

    def __init__(self, alerts: AlertBoard, manager: Callable[[], SystemManager]) -> None:
        self._alerts = alerts
        self._manager = manager
        self._mismatches = 0

    def feed(self, status: FeedStatus, at: datetime) -> None:
        """Say that the feed is silent, skewed, or sends what cannot be used."""
        stale = f"no tick for {status.age_ticks} intervals; {status.error or 'the feed is silent'}"
        self._alerts.set(
            "feed:stale", Severity.WARNING, stale if status.age_ticks else status.error, at
        )
        skewed = status.skew_s is not None and abs(status.skew_s) > _SKEW_S
        text = f"the server's clock differs from ours by {status.skew_s:,.0f} s" if skewed else None
        self._alerts.set("feed:skew", Severity.INFO, text, at)

    def unauthorized(self, error: Unauthorized, at: datetime) -> None:
        """Halt: the key is refused, and no retry can help."""
        self._alerts.show("feed:key", Severity.CRITICAL, str(error), at)
        self._halt("feed", "the feed refuses the key", at, sticky=True)

    def key_refused(self) -> bool:
        """Say whether nothing may be sent or read, since the key was refused and trading halted."""
        shown = self._alerts.has("feed:key") or self._alerts.has("venue:key")
        if shown and self._manager().trading_state is not TradingState.HALTED:
            self._alerts.clear("feed:key")
            self._alerts.clear("venue:key")
            return False
        return shown

    def fatal(self, error: BaseException, at: datetime) -> None:
        """Say why the agents have stopped for good."""
        self._alerts.show("engine", Severity.CRITICAL, f"the agents have stopped: {error}", at)

    def failures(self, failures: Sequence[Failed], at: datetime) -> None:
        """Say which agents gave no answer."""
        self._alerts.clear("agent:manager")
        failed = {f"agent:{f.agent}": f for f in failures}
        for alert in self._alerts.all():
            if alert.code.startswith("agent:") and alert.code not in failed:
                self._alerts.clear(alert.code)
        for code, failure in failed.items():
            text = f"{failure.agent} gave no answer: {failure.reason}"
            self._alerts.show(code, Severity.WARNING, text, at)

    def no_manager(self, at: datetime) -> None:
        """Say that the safe controller decides alone."""
        text = "the manager gave no answer in time; the safe controller decides"
        self._alerts.show("agent:manager", Severity.CRITICAL, text, at)

    def anomalies(self, anomalies: Sequence[Anomaly], at: datetime) -> None:
        """Show what is odd about the market."""
        codes = {f"market:{a.kind}": a for a in anomalies}
        for alert in self._alerts.all():
            if alert.code.startswith("market:") and alert.code not in codes:
                self._alerts.clear(alert.code)
        for code, anomaly in codes.items():
            self._alerts.show(code, Severity.INFO, anomaly.reason, at)

    def forecasts(self, troubles: Sequence[str], at: datetime) -> None:
        """Show which forecasters failed or drifted, and who stands in for them."""
        text = "; ".join(troubles) or None
        self._alerts.set("forecasting", Severity.INFO, text, at)

    def ledger(self, error: LedgerError | None, at: datetime) -> None:
        """Halt while the ledger cannot take what happens, resume when it can again."""
        self._alerts.set(
            "ledger", Severity.CRITICAL, None if error is None else f"nothing is sent: {error}", at
        )
        trading = self._manager().state.trading
        if isinstance(error, LedgerFull):
            self._halt(_LEDGER, f"disk: {error}", at)
        elif error is None and trading.author == _LEDGER and not trading.sticky:
            self._set(TradingState.ACTIVE, _LEDGER, "the ledger takes writes again", at)

    def venue(self, error: MaraError | None, at: datetime) -> None:
        """Count mismatches, and halt at the third in a row or at a refused key."""
        self._alerts.set("venue", Severity.CRITICAL, None if error is None else str(error), at)
        self._mismatches = self._mismatches + 1 if isinstance(error, Mismatch) else 0
        if isinstance(error, Unauthorized):
            self._alerts.show("venue:key", Severity.CRITICAL, str(error), at)
            self._halt("venue", "the venue refuses the key", at, sticky=True)
        elif self._mismatches >= _MISMATCHES_TO_HALT:
            text = f"the venue did {self._mismatches} times what it was not told"
            self._halt("venue", text, at, sticky=True)

    def loss(self, margin_usd: float, limit_usd: float, at: datetime) -> None:
        """Halt when the day has lost more than the limit."""
        over = margin_usd < -limit_usd
        text = f"today's margin {margin_usd:,.0f} is below the limit of -{limit_usd:,.0f}"
        self._alerts.set("loss", Severity.CRITICAL, text if over else None, at)
        if over and self._manager().state.trading.state is TradingState.ACTIVE:
            self._halt("loss limit", text, at, sticky=True)

    def _halt(self, author: str, reason: str, at: datetime, *, sticky: bool = False) -> None:
        self._set(TradingState.HALTED, author, reason, at, sticky=sticky)

    def _set(
        self, state: TradingState, author: str, reason: str, at: datetime, *, sticky: bool = False
    ) -> None:
        wanted = StateChange(
            state=state,
            at=at,
            author=author,
            reason=reason[:200],
            by_person=False,
            sticky=sticky,
        )
        try:
            self._manager().set_trading(wanted)
        except RefusedError as error:
            _log.info("trading state kept", reason=str(error))
