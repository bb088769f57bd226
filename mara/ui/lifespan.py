"""Starts the platform with the app and stops it with the app: agents tick with no browser open."""

from __future__ import annotations

import asyncio
import gc
import importlib
import inspect
import os
import signal
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

import structlog

from mara.errors import MaraError
from mara.settings import load_settings
from mara.ui import platform
from mara.ui.health import HEALTH
from mara.ui.insight_stream import INSIGHT_ROUTES
from mara.ui.live_chart import CHART_ROUTES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from mara.bootstrap.platform import Platform
    from mara.settings import Settings

__all__ = ["ROUTES", "lifespan"]

_FIRST_TAB: Final = (
    "mara.ui.panels.agents",
    "mara.ui.panels.decision",
    "mara.ui.panels.market",
    "mara.ui.panels.site",
    "streamlit.emojis",
)
_log = structlog.get_logger("mara.ui.lifespan")


@asynccontextmanager
async def lifespan(app: object) -> AsyncIterator[dict[str, Any]]:
    """Run the platform while the app runs.

    The server answers at once, so that browsers load what they need while the platform starts;
    pages wait for it. Where it cannot start, its reason is logged and shown, and the server ends.
    """
    del app
    settings = load_settings()
    platform.starting()
    started = asyncio.create_task(_started(settings))
    try:
        yield {"platform": started}
    finally:
        running = await started
        platform.detach()
        if running is not None:
            await asyncio.to_thread(running.stop)


async def _started(settings: Settings) -> Platform | None:
    """Start the platform beside the server; None where it cannot start."""
    try:
        running = await asyncio.to_thread(_start, settings)
    except Exception as error:  # noqa: BLE001
        known = isinstance(error, MaraError)
        _log.error("the platform cannot start", reason=str(error), exc_info=not known)
        platform.failed(error if isinstance(error, MaraError) else MaraError(f"start: {error}"))
        os.kill(os.getpid(), signal.SIGTERM)
        return None
    platform.attach(
        running.console,
        refresh_s=settings.dashboard.refresh_s,
        executor=running.executor,
        insights=lambda: running.insights,
    )
    return running


def _start(settings: Settings) -> Platform:
    """Import and start the platform, and freeze what stands.

    What is imported and built by then lives as long as the process: no later garbage collection
    walks it again.
    """
    from mara.bootstrap.platform import start_apart  # noqa: PLC0415

    running = start_apart(settings, meanwhile=_import_first_tab)
    gc.collect()
    gc.freeze()
    return running


def _import_first_tab() -> None:
    """Import what the first tab needs, so that the first browser does not wait for it.

    Streamlit's first page looks its icon up among all emojis, and its caller among all modules.
    """
    for name in _FIRST_TAB:
        importlib.import_module(name)
    inspect.stack()


ROUTES = (*CHART_ROUTES, *INSIGHT_ROUTES, HEALTH)
"""What the app serves besides Streamlit's own."""
