"""`python -m mara exchange`: a local market that speaks the MARA event API."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta
from errno import EADDRINUSE
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer
import uvicorn

from mara.cli.options import Columns, columns_of
from mara.clock import SpeedClock, SystemClock
from mara.errors import InvalidValue, MaraError
from mara.exchange.app import Exchange, create_app
from mara.exchange.faults import FaultPlan, Faults
from mara.exchange.market import HISTORY, STEP, Market, ReplayedMarket, SimulatedMarket
from mara.exchange.store import ExchangeStore
from mara.feeds.pricefile import read_price_file
from mara.models.market import MarketSimulator

if TYPE_CHECKING:
    from mara.clock import Clock

__all__ = ["exchange", "register"]

_REPLAY_LEAD = timedelta(hours=1)
_KIND_OF_MARKET = 1
_KIND_OF_FAULTS = 2


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("exchange")(exchange)


def exchange(  # noqa: PLR0913, PLR0917 - a command has as many parameters as options
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Port to listen on.")] = 8900,
    host: Annotated[str, typer.Option(help="Address to bind.")] = "127.0.0.1",
    speed: Annotated[float, typer.Option(help="Market seconds a real second.")] = 1.0,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the market and the faults.")] = 7,
    data: Annotated[
        Path | None, typer.Option(help="Replay this file of the event's quotes instead.")
    ] = None,
    tz: Annotated[str, typer.Option(help="Zone of times without an offset in it.")] = "UTC",
    columns: Columns = None,
    power: Annotated[int, typer.Option(min=1, help="Power limit of a new site, W.")] = 1_000_000,
    faults: Annotated[
        str | None,
        typer.Option(help="What goes wrong, such as error=0.1,delay=0.2:1.5; also at /_faults."),
    ] = None,
    db: Annotated[str, typer.Option(help="Database of sites and allocations.")] = (
        "sqlite:///var/exchange.db"
    ),
) -> None:
    """Serve a local market that speaks the MARA event API."""
    try:
        plan = FaultPlan.parse(faults or "")
        store = ExchangeStore(db)
        mapped = columns_of(columns)
        if mapped and data is None:
            raise InvalidValue("exchange --columns: give its file with --data, or leave it out")
        market, clock = (
            _replayed(data, tz, mapped, speed) if data else _simulated(store, seed, speed)
        )
        listening = _listening(host, port)
    except MaraError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    typer.echo(f"MARA exchange on http://{host}:{port}: {market.origin}, {speed:g} x real time")
    served = Exchange(
        store=store,
        market=market,
        clock=clock,
        faults=Faults(rng=_generator(seed, _KIND_OF_FAULTS, 0), plan=plan),
        power_w=power,
        controls=faults is not None,
    )
    config = uvicorn.Config(
        create_app(served),
        log_level="warning",
        date_header=False,
        server_header=False,
        ws="none",
    )
    with listening:
        uvicorn.Server(config).run(sockets=[listening])


def _listening(host: str, port: int) -> socket.socket:
    """Take the port, before anything is announced."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        cause = "the port is taken" if error.errno == EADDRINUSE else error.strerror
        raise InvalidValue(
            f"exchange: cannot listen on {host}:{port}: {cause}; choose with --host and --port"
        ) from None


def _generator(seed: int, kind: int, number: int) -> np.random.Generator:
    """Make a generator: the exchange is a process of its own, and this is where it is put together."""
    return np.random.default_rng([seed, kind, number])  # noqa: TID251


def _simulated(store: ExchangeStore, seed: int, speed: float) -> tuple[Market, Clock]:
    """Make the seeded market; its beginning is kept, so that a restart shows the same prices."""
    now = SystemClock().now()
    begin = now - HISTORY * STEP - timedelta(days=1)
    midnight = datetime(begin.year, begin.month, begin.day, tzinfo=UTC)
    start = datetime.fromisoformat(store.fact("market_start", midnight.isoformat()))
    simulator = MarketSimulator(
        rng_for_block=lambda block: _generator(seed, _KIND_OF_MARKET, block), start=start
    )
    return SimulatedMarket(simulator), _clock(now, speed)


def _replayed(
    data: Path, tz: str, columns: dict[str, str] | None, speed: float
) -> tuple[Market, Clock]:
    """Make the market of a file, whose clock begins an hour into it."""
    market = ReplayedMarket(read_price_file(data, tz=tz, columns=columns))
    return market, SpeedClock(start=market.start + _REPLAY_LEAD, speed=speed)


def _clock(now: datetime, speed: float) -> Clock:
    if speed == 1.0:
        return SystemClock()
    if speed < 1.0:
        raise InvalidValue(f"--speed {speed}: must be 1 or more")
    return SpeedClock(start=now, speed=speed)
