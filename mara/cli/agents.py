"""`agents`: the agent system alone, in the browser or without one."""

from __future__ import annotations

import json
import signal
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mara.bootstrap.platform import start_platform
from mara.cli.dashboard import serve
from mara.cli.options import (
    Columns,
    Data,
    Demand,
    Feed,
    HashPrice,
    Json,
    LedgerUrl,
    Port,
    SiteName,
    Speed,
    TokenPrice,
    TrainDays,
    Zone,
    columns_of,
    settings_from,
)
from mara.services.summary import summary_of

if TYPE_CHECKING:
    from mara.bootstrap.platform import Platform
    from mara.settings import Settings

__all__ = ["agents"]

_TELL_EVERY_S = 5.0

Headless = Annotated[bool, typer.Option("--headless", help="Run without a browser.")]
Ticks = Annotated[int | None, typer.Option(help="End after this many decisions.", min=1)]
Strategy = Annotated[
    str | None,
    typer.Option(help="Strategies that propose: all, or one by its name, such as storage-sdp."),
]


def agents(  # noqa: PLR0913, PLR0917
    headless: Headless = False,  # noqa: FBT002
    ticks: Ticks = None,
    speed: Speed = None,
    feed: Feed = None,
    data: Data = None,
    site: SiteName = None,
    strategy: Strategy = None,
    train: TrainDays = None,
    columns: Columns = None,
    tz: Zone = None,
    hash_price: HashPrice = None,
    token_price: TokenPrice = None,
    demand: Demand = None,
    ledger: LedgerUrl = None,
    port: Port = 8501,
    as_json: Json = False,  # noqa: FBT002
) -> None:
    """Run the agents: with two tabs on http://localhost:8501, or headless."""
    replay = {
        "data": data,
        "tz": tz,
        "columns": columns_of(columns),
        "hash_price": hash_price,
        "token_price": token_price,
        "demand": demand,
        "train_days": train,
    }
    replaying = data is not None or feed == "replay"
    settings = settings_from(
        speed=speed or ("max" if headless else None),
        feed=feed,
        site=site,
        strategy=strategy,
        ledger=ledger or (_fresh_ledger() if headless and replaying else None),
        replay=replay,
    )
    if not headless:
        serve(port, settings)
    _print(_run(settings, ticks), as_json=as_json)


def _fresh_ledger() -> str:
    """Name a ledger of its own for each replay, so that none starts where another ended."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")  # noqa: TID251
    return f"sqlite:///var/replay-{stamp}.db"


def _run(settings: Settings, ticks: int | None) -> dict[str, Any]:
    began = time.perf_counter()
    signal.signal(signal.SIGTERM, _stopped)
    platform = start_platform(settings, max_ticks=ticks)
    try:
        _wait(platform)
        return summary_of(
            platform.console,
            ledger_url=settings.ledger.url,
            seconds=time.perf_counter() - began,
        )
    finally:
        platform.stop()


def _stopped(number: int, frame: object) -> None:
    """End as by Ctrl-C: after the tick at hand, with the lease given back."""
    del number, frame
    raise KeyboardInterrupt


def _wait(platform: Platform) -> None:
    while not platform.runtime.wait_finished(_TELL_EVERY_S):
        snapshot = platform.console.snapshot()
        at = f"{snapshot.clock:%Y-%m-%d %H:%M}"
        typer.echo(f"{snapshot.ticks:,} decisions, market at {at} UTC", err=True)
    if platform.runtime.failure is not None:
        raise platform.runtime.failure


def _print(summary: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(summary, indent=2))
        return
    for name, value in summary.items():
        typer.echo(f"{name.replace('_', ' '):28} {value}")
