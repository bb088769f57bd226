"""`dashboard`: the whole platform in the browser."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NoReturn

from mara.bootstrap.spawn import spawn_early
from mara.cli.options import Feed, LedgerUrl, Port, SiteName, Speed, settings_from
from mara.settings import load_settings
from mara.ui.server import serve_app

if TYPE_CHECKING:
    from mara.settings import Settings

__all__ = ["dashboard", "serve"]


def dashboard(
    speed: Speed = None,
    feed: Feed = None,
    site: SiteName = None,
    ledger: LedgerUrl = None,
    port: Port = 8503,
) -> None:
    """Serve the dashboard on http://localhost:8503."""
    serve(port, settings_from(speed=speed, feed=feed, site=site, ledger=ledger))


def serve(port: int, settings: Settings) -> NoReturn:
    """Serve `app.py` in this process; the settings reach it as MARA_ variables."""
    os.environ |= {  # noqa: TID251
        "MARA_FEED": settings.feed.model_dump_json(exclude={"mara_api"}, exclude_none=True),
        "MARA_SITE": settings.site,
        "MARA_LEDGER__URL": settings.ledger.url,
        "MARA_AGENTS__STRATEGY": settings.agents.strategy,
    }
    spawn_early(load_settings())
    serve_app(port)
