"""What `doctor` looks at."""

from __future__ import annotations

import asyncio
import shutil
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mara.bootstrap.ledgers import open_ledger
from mara.bootstrap.sources import site_of, source_maker
from mara.clock import SystemClock
from mara.errors import MaraError
from mara.insights.claude.connection import Connection, Endpoint
from mara.insights.claude.probe import probe

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from mara.settings import Settings

__all__ = ["Finding", "examine"]

_LEAST_FREE_GB: Final = 1.0
_SKEW_S: Final = 60.0
_PORT: Final = 8503


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at: is it well, and what to do where it is not."""

    check: str
    ok: bool
    text: str


def examine(settings: Settings) -> tuple[Finding, ...]:
    """Look at settings, ledger, disk, clock, feed, port and Claude; an absent ledger is made."""
    looks: dict[str, Callable[[Settings], str]] = {
        "settings": _settings,
        "ledger": _ledger,
        "disk": _disk,
        "clock": _clock,
        "feed": _feed,
        "port": _port,
        "password": _password,
        "claude": _claude,
    }
    return tuple(_found(check, look, settings) for check, look in looks.items())


def _found(check: str, look: Callable[[Settings], str], settings: Settings) -> Finding:
    try:
        return Finding(check=check, ok=True, text=look(settings))
    except MaraError as error:
        return Finding(check=check, ok=False, text=str(error))


def _settings(settings: Settings) -> str:
    return f"site {settings.site}, feed {settings.feed.kind}, ledger {settings.ledger.url}"


def _ledger(settings: Settings) -> str:
    with open_ledger(settings, site_of(settings)) as ledger:
        return f"opens and verifies; postings sum to {ledger.trial_balance()}"


def _disk(settings: Settings) -> str:
    path = Path(settings.ledger.url.removeprefix("sqlite:///")).resolve()
    folder = next(parent for parent in path.parents if parent.exists())
    free_gb = shutil.disk_usage(folder).free / 1e9
    if free_gb < _LEAST_FREE_GB:
        raise MaraError(f"{free_gb:.1f} GB free at {folder}; make room, trading halts without")
    return f"{free_gb:,.0f} GB free at {folder}"


def _clock(settings: Settings) -> str:
    del settings
    wall, steady = SystemClock().now(), time.monotonic()
    time.sleep(0.05)
    drift = abs((SystemClock().now() - wall).total_seconds() - (time.monotonic() - steady))
    if drift > _SKEW_S:
        raise MaraError(f"the wall clock jumped by {drift:.0f} s; set up time synchronisation")
    return f"{wall:%Y-%m-%d %H:%M:%S} UTC, steady"


def _feed(settings: Settings) -> str:
    return asyncio.run(_read(settings))


async def _read(settings: Settings) -> str:
    feed = source_maker(settings, site_of(settings))().feed
    try:
        until: datetime = feed.start or SystemClock().now()
        batch = await feed.read(after=None, until=until)
    finally:
        await feed.close()
    if not batch.ticks:
        raise MaraError(f"{feed.name}: answers, but has no price; look at the server")
    newest = batch.ticks[-1]
    return (
        f"{feed.name}: {len(batch.ticks):,} ticks of {feed.minutes:g} min up to "
        f"{newest.at:%Y-%m-%d %H:%M} UTC, {newest.origin}, {len(batch.quarantined)} refused"
    )


def _port(settings: Settings) -> str:
    del settings
    with socket.socket() as probe:
        taken = probe.connect_ex(("127.0.0.1", _PORT)) == 0
    return f"{_PORT} is in use: a dashboard runs, or choose --port" if taken else f"{_PORT} is free"


def _password(settings: Settings) -> str:
    if settings.trading.operator_password is None:
        return "none set, so live mode stays closed (MARA_TRADING__OPERATOR_PASSWORD opens it)"
    return "set; live mode asks for it"


def _claude(settings: Settings) -> str:
    """Ask the model for one word, where there is a key."""
    chosen = settings.insights
    if chosen.api_key is None:
        return "no key (MARA_INSIGHTS__API_KEY), so texts are composed offline and say so"
    endpoint = Endpoint(key=chosen.api_key, base_url=chosen.base_url, idle_s=chosen.deadline_s)
    connection = Connection(endpoint)
    connection.client()
    try:
        found = probe(connection, chosen.model, SystemClock())
    finally:
        connection.close()
    return (
        f"key accepted, {found.model} answers: first token after {found.first_token_s:.2f} s, "
        f"whole after {found.whole_s:.2f} s"
    )
