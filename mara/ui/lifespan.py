"""Starts the platform with the app and stops it with the app: agents tick with no browser open."""

from __future__ import annotations

import asyncio
import gc
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from mara.bootstrap.platform import start_platform
from mara.settings import load_settings
from mara.ui import platform
from mara.ui.health import HEALTH
from mara.ui.live_chart import CHART_ROUTES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

__all__ = ["ROUTES", "lifespan"]


@asynccontextmanager
async def lifespan(app: object) -> AsyncIterator[dict[str, Any]]:
    """Run the platform while the app runs.

    What is imported and built by then lives as long as the process: it is frozen, so that no
    later garbage collection walks it again.
    """
    del app
    settings = load_settings()
    running = await asyncio.to_thread(start_platform, settings)
    platform.attach(running.console, refresh_s=settings.dashboard.refresh_s)
    gc.collect()
    gc.freeze()
    try:
        yield {"platform": running}
    finally:
        platform.detach()
        await asyncio.to_thread(running.stop)


ROUTES = (*CHART_ROUTES, HEALTH)
"""What the app serves besides Streamlit's own."""
