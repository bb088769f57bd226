"""The ledger that the settings name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mara.ledger.ledger import Ledger

if TYPE_CHECKING:
    from mara.domain import Site
    from mara.settings import Settings

__all__ = ["open_ledger"]


def open_ledger(settings: Settings, site: Site) -> Ledger:
    """Open the ledger of the settings for a site; its folder is made where it is missing.

    Every commit waits for the disk, except in a run through a file or a simulation at full
    speed, which can be run again.
    """
    url = settings.ledger.url
    if url.startswith("sqlite:///"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    return Ledger.open(
        url,
        site_id=site.site_id,
        busy_timeout_s=settings.ledger.busy_timeout_s,
        synchronous="NORMAL" if settings.feed.speed == "max" else "FULL",
    )
