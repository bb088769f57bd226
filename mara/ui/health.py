"""`/health`: is the platform alive, in figures that a monitor can read."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse
from starlette.routing import Route

from mara.agents.follower import AWAY
from mara.errors import MaraError
from mara.ui import platform

if TYPE_CHECKING:
    from starlette.requests import Request

    from mara.agents.snapshot import Snapshot

__all__ = ["HEALTH"]


async def _health(request: Request) -> JSONResponse:
    """Answer 200 with figures while agents work, 503 where they start, restart or have stopped."""
    del request
    if platform.is_starting():
        return JSONResponse({"status": "starting", "ticks": 0}, status_code=503)
    try:
        snapshot = platform.console().snapshot()
    except MaraError as error:
        return JSONResponse({"status": "stopped", "reason": str(error)}, status_code=503)
    figures = _figures(snapshot)
    return JSONResponse(figures, status_code=200 if figures["status"] == "ok" else 503)


def _status(snapshot: Snapshot) -> str:
    if snapshot.finished:
        return "stopped"
    return "restarting" if any(alert.code == AWAY for alert in snapshot.alerts) else "ok"


def _figures(snapshot: Snapshot) -> dict[str, Any]:
    return {
        "status": _status(snapshot),
        "site": snapshot.site.site_id,
        "ticks": snapshot.ticks,
        "market_time": snapshot.clock.isoformat(),
        "feed": snapshot.market.feed.label,
        "trading_state": str(snapshot.trading_state),
        "alerts": [alert.code for alert in snapshot.alerts],
        "pace_ms": asdict(snapshot.pace),
        "message_ms_p99": {agent.name: agent.message_ms_p99 for agent in snapshot.agents},
    }


HEALTH = Route("/health", _health)
