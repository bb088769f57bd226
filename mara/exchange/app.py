"""The MARA event API, served by this machine.

Facts of the API are those of the documentation of the MARA Hackathon 2025: paths, keys, the header
``X-Api-Key``, prices newest first with naive UTC times. Beyond it, replies carry ``X-Mara-Origin``
and a `Date` of the market's clock, and unknown keys of a request are refused.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Request
from fastapi.responses import JSONResponse

from mara.clock import Clock
from mara.errors import FeedError
from mara.exchange.bodies import (  # noqa: TC001 - FastAPI reads the annotations
    Counts,
    FaultBody,
    NewLimit,
    NewSite,
)
from mara.exchange.economics import EventQuote, economics, inventory, power_w
from mara.exchange.faults import FaultPlan, Faults
from mara.exchange.market import Market
from mara.exchange.misbehave import LOG_ROWS, Misbehaving, Served
from mara.exchange.store import Allocated, ExchangeStore, RegisteredSite

__all__ = ["Exchange", "create_app"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """What the server stands on.

    `power_w` is the limit of a new site. With `controls`, ``/_faults`` and ``/_power`` change
    faults and limits at run time: for tests only. `log` holds the requests that came.
    """

    store: ExchangeStore
    market: Market
    clock: Clock
    faults: Faults
    power_w: int = 1_000_000
    controls: bool = False
    log: deque[Served] = field(default_factory=lambda: deque(maxlen=LOG_ROWS))

    def quotes(self) -> tuple[EventQuote, ...]:
        """Give the prices until now, newest first; 503 where there is none yet."""
        try:
            return self.market.quotes(self.clock.now())
        except FeedError as error:
            raise HTTPException(503, str(error)) from None


def create_app(exchange: Exchange) -> FastAPI:
    """Make the server of `exchange`."""
    app = FastAPI(title="MARA exchange", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.exchange = exchange
    app.include_router(_api)
    if exchange.controls:
        app.include_router(_controls)
    app.add_middleware(
        Misbehaving,
        faults=exchange.faults,
        clock=exchange.clock,
        origin=exchange.market.origin,
        log=exchange.log,
    )
    return app


async def _exchange_of(request: Request) -> Exchange:
    exchange: Exchange = request.app.state.exchange
    return exchange


Ours = Annotated[Exchange, Depends(_exchange_of)]


async def _site_of_key(
    exchange: Ours, x_api_key: Annotated[str | None, Header()] = None
) -> RegisteredSite:
    site = exchange.store.site_of(x_api_key) if x_api_key else None
    if site is None:
        raise HTTPException(401, "X-Api-Key is missing or unknown; POST /sites gives one")
    return site


Site = Annotated[RegisteredSite, Depends(_site_of_key)]
_api: Final = APIRouter()
_controls: Final = APIRouter()


@_api.post("/sites")
async def _add_site(exchange: Ours, body: NewSite) -> dict[str, Any]:
    site, key = exchange.store.add_site(body.name, exchange.power_w, exchange.clock.now())
    return {"api_key": key, "name": site.name, "power": site.power_w}


@_api.get("/sites")
async def _show_site(site: Site) -> dict[str, Any]:
    return {"name": site.name, "power": site.power_w}


@_api.get("/prices")
async def _show_prices(exchange: Ours) -> JSONResponse:
    rows = [
        {
            "energy_price": quote.energy_price,
            "hash_price": quote.hash_price,
            "timestamp": quote.at.replace(tzinfo=None).isoformat(),
            "token_price": quote.token_price,
        }
        for quote in exchange.quotes()
    ]
    return JSONResponse(rows)


@_api.get("/inventory")
async def _show_inventory() -> dict[str, Any]:
    return dict(inventory())


@_api.put("/machines")
async def _allocate(exchange: Ours, site: Site, body: Counts) -> dict[str, Any]:
    counts = body.model_dump()
    wanted = power_w(counts)
    if wanted > site.power_w:
        raise HTTPException(400, f"{wanted} W are over the site's limit of {site.power_w} W")
    return _stated(exchange.store.allocate(site.site_id, counts, exchange.clock.now()))


@_api.get("/machines")
async def _show_machines(exchange: Ours, site: Site) -> dict[str, Any]:
    allocated = exchange.store.allocated(site.site_id)
    return _stated(allocated) | economics(allocated.counts, exchange.quotes()[0])


def _stated(allocated: Allocated) -> dict[str, Any]:
    return {
        **allocated.counts,
        "id": allocated.allocation_id,
        "site_id": allocated.site_id,
        "updated_at": allocated.updated_at,
    }


@_controls.put("/_faults")
async def _set_faults(exchange: Ours, body: list[FaultBody]) -> dict[str, int]:
    exchange.faults.use(FaultPlan(faults=tuple(fault.fault() for fault in body)))
    return {"faults": len(body)}


@_controls.put("/_power")
async def _set_power(exchange: Ours, site: Site, body: NewLimit) -> dict[str, int]:
    exchange.store.set_power(site.site_id, body.power)
    return {"power": body.power}
