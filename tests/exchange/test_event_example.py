"""The worked example of the event's documentation, over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import httpx
import numpy as np
import pytest

from mara.clock import FileClock
from mara.exchange.app import Exchange
from mara.exchange.economics import COUNT_KEYS, EventQuote
from mara.exchange.faults import Faults
from mara.exchange.store import ExchangeStore
from tests.exchange.serving import START, StandingMarket, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Documentation of the MARA Hackathon 2025 API, "Building, managing, and viewing your site":
# 5 ASIC, 30 GPU, 10 immersion; its prices follow from the revenues and the cost that it prints.
TOKEN_PRICE = 212734.43494337276 / (5 * 50_000)
HASH_PRICE = 150596.58003406858 / (10 * 10_000)
ENERGY_PRICE = 238466.35509633605 / 325_000
COUNTS = {"asic_compute": 5, "gpu_compute": 30, "immersion_miners": 10}


@pytest.fixture
def documented(tmp_path: Path) -> Iterator[httpx.Client]:
    quote = EventQuote(
        at=START, energy_price=ENERGY_PRICE, hash_price=HASH_PRICE, token_price=TOKEN_PRICE
    )
    exchange = Exchange(
        store=ExchangeStore(f"sqlite:///{tmp_path}/e.db"),
        market=StandingMarket((quote,)),
        clock=FileClock(start=START),
        faults=Faults(rng=np.random.default_rng(0)),
    )
    with serving(exchange) as url, httpx.Client(base_url=url) as http:
        site = http.post("/sites", json={"name": "HackFestSite"}).json()
        http.headers["X-Api-Key"] = site["api_key"]
        yield http


def test_the_prices_begin_as_the_documentation_quotes_them() -> None:
    assert str(TOKEN_PRICE).startswith("0.850937")
    assert str(HASH_PRICE).startswith("1.505965")
    assert str(ENERGY_PRICE).startswith("0.733742")


def test_the_example_comes_out_to_the_cent(documented: httpx.Client) -> None:
    echo = documented.put("/machines", json=COUNTS).json()
    assert {key: echo[key] for key in COUNT_KEYS} == dict.fromkeys(COUNT_KEYS, 0) | COUNTS
    status = documented.get("/machines").json()
    assert round(status["total_power_cost"], 2) == 238_466.36
    assert round(status["total_revenue"], 2) == 388_859.15
    assert status["total_power_used"] == 325_000
    assert status["power"]["asic_compute"] == 75_000
    assert status["revenue"]["gpu_compute"] == pytest.approx(25_528.132193204732, rel=1e-12)


def test_replies_have_the_documented_keys(documented: httpx.Client) -> None:
    documented.put("/machines", json=COUNTS)
    assert set(documented.get("/machines").json()) == {
        *COUNT_KEYS,
        *("id", "site_id", "updated_at", "power", "revenue"),
        *("total_power_used", "total_power_cost", "total_revenue"),
    }
    assert documented.get("/sites").json() == {"name": "HackFestSite", "power": 1_000_000}
    assert documented.get("/inventory").json() == {
        "inference": {
            "asic": {"power": 15_000, "tokens": 50_000},
            "gpu": {"power": 5_000, "tokens": 1_000},
        },
        "miners": {
            "air": {"hashrate": 1_000, "power": 3_500},
            "hydro": {"hashrate": 5_000, "power": 5_000},
            "immersion": {"hashrate": 10_000, "power": 10_000},
        },
    }


def test_a_site_may_draw_its_limit_and_not_a_watt_more(documented: httpx.Client) -> None:
    assert documented.put("/machines", json={"immersion_miners": 100}).status_code == 200
    refused = documented.put("/machines", json={"immersion_miners": 100, "air_miners": 1})
    assert refused.status_code == 400
    assert "1003500 W are over the site's limit of 1000000 W" in refused.text
    assert documented.get("/machines").json()["immersion_miners"] == 100


@pytest.mark.parametrize(
    "body",
    [
        {"asic_miners": 10},
        {"air_miners": -1},
        {"air_miners": 1.5},
        {"air_miners": "3"},
        {"air_miners": True},
        [],
    ],
)
def test_unknown_keys_and_odd_counts_are_refused(documented: httpx.Client, body: object) -> None:
    assert documented.put("/machines", json=body).status_code == 422


def test_keys_are_asked_for_and_kept_hashed(documented: httpx.Client, tmp_path: Path) -> None:
    key = documented.headers["X-Api-Key"]
    assert documented.get("/machines", headers={"X-Api-Key": key[:-1]}).status_code == 401
    assert httpx.get(f"{documented.base_url}/machines").status_code == 401
    assert key.encode() not in (tmp_path / "e.db").read_bytes()


def test_times_are_naive_and_newest_first(documented: httpx.Client) -> None:
    prices = documented.get("/prices").json()
    assert set(prices[0]) == {"energy_price", "hash_price", "timestamp", "token_price"}
    assert datetime.fromisoformat(prices[0]["timestamp"]).tzinfo is None
