"""Faults on demand: their plan, their draws, and what they do on the wire."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import httpx
import numpy as np
import pytest

from mara.errors import InvalidValue, SettingsError
from mara.exchange.faults import Fault, FaultKind, FaultPlan, Faults
from mara.exchange.spoil import spoiled_reply, spoiled_request
from mara.exchange.store import ExchangeStore
from tests.exchange.serving import exchange_of, serving

if TYPE_CHECKING:
    from pathlib import Path


def test_a_plan_is_read() -> None:
    plan = FaultPlan.parse("error=0.1, delay=0.2:1.5,rate_limit")
    assert plan.faults == (
        Fault(kind=FaultKind.ERROR, probability=0.1),
        Fault(kind=FaultKind.DELAY, probability=0.2, seconds=1.5),
        Fault(kind=FaultKind.RATE_LIMIT),
    )
    assert FaultPlan.parse("") == FaultPlan()


@pytest.mark.parametrize("text", ["fire=1", "error=2", "error=x", "delay=1:y", "delay=1:-1"])
def test_a_plan_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue, match=r"--faults|Fault "):
        FaultPlan.parse(text)


def drawn(seed: int) -> list[list[FaultKind]]:
    plan = FaultPlan(faults=tuple(Fault(kind=kind, probability=0.3) for kind in FaultKind))
    faults = Faults(rng=np.random.default_rng(seed), plan=plan)
    return [sorted(faults.drawn("GET", "/prices")) for _ in range(200)]


def test_draws_follow_seed_and_probability() -> None:
    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)
    share = sum(map(len, drawn(1))) / (200 * len(FaultKind))
    assert share == pytest.approx(0.3, abs=0.03)


def test_a_fault_keeps_to_its_requests_and_its_number() -> None:
    fault = Fault(kind=FaultKind.ERROR, times=2, method="PUT", path="/machines")
    faults = Faults(rng=np.random.default_rng(0), plan=FaultPlan(faults=(fault,)))
    assert not faults.drawn("GET", "/machines")
    assert not faults.drawn("PUT", "/sites")
    assert [bool(faults.drawn("PUT", "/machines")) for _ in range(4)] == [True, True, False, False]
    with pytest.raises(InvalidValue, match="times"):
        Fault(kind=FaultKind.ERROR, times=0)


@pytest.mark.parametrize("kind", FaultKind)
def test_replies_that_are_no_lists_survive_every_spoiler(kind: FaultKind) -> None:
    rng = np.random.default_rng(0)
    assert isinstance(spoiled_reply(b'{"a": 1}', [kind], rng), bytes)
    assert spoiled_request(b"not json", [], rng) == b"not json"
    assert json.loads(spoiled_request(b'{"air_miners": 0}', [FaultKind.CLAMP], rng)) == {
        "air_miners": 0
    }


def test_bad_records_take_every_form() -> None:
    rng = np.random.default_rng(0)
    row = {"energy_price": 1.0, "hash_price": 1.0, "timestamp": "t", "token_price": 1.0}
    forms = {
        spoiled_reply(json.dumps([row]).encode(), [FaultKind.BAD_RECORD], rng) for _ in range(300)
    }
    assert any(b"NaN" in form for form in forms)
    assert any(b"surprise" in form for form in forms)
    assert any(len(json.loads(form)[0]) == 3 for form in forms)


def test_faults_are_set_at_run_time(tmp_path: Path) -> None:
    with serving(exchange_of(tmp_path, controls=True)) as url, httpx.Client(base_url=url) as http:
        assert http.get("/prices").status_code == 200
        assert http.put("/_faults", json=[{"kind": "error"}]).json() == {"faults": 1}
        assert http.get("/prices").status_code == 500
        assert http.put("/_faults", json=[{"kind": "fire"}]).status_code == 422
        assert http.put("/_faults", json=[]).json() == {"faults": 0}
        assert http.get("/prices").status_code == 200


def test_without_controls_there_are_none(tmp_path: Path) -> None:
    with serving(exchange_of(tmp_path)) as url:
        assert httpx.put(f"{url}/_faults", json=[]).status_code == 404
        assert httpx.put(f"{url}/_power", json={"power": 1}).status_code == 404


def test_a_cut_reply_is_cut_after_it_took_effect(tmp_path: Path) -> None:
    exchange = exchange_of(tmp_path, faults=(Fault(kind=FaultKind.CUT, method="PUT"),))
    with serving(exchange) as url, httpx.Client(base_url=url) as http:
        http.headers["X-Api-Key"] = http.post("/sites", json={"name": "n"}).json()["api_key"]
        with pytest.raises(httpx.RemoteProtocolError):
            http.put("/machines", json={"air_miners": 3})
        assert http.get("/machines").json()["air_miners"] == 3


def test_a_dripped_reply_is_whole(tmp_path: Path) -> None:
    exchange = exchange_of(tmp_path, quotes=1, faults=(Fault(kind=FaultKind.DRIP, seconds=1e-4),))
    with serving(exchange) as url:
        assert len(httpx.get(f"{url}/prices").json()) == 1


def test_sites_and_allocations_outlive_the_server(tmp_path: Path) -> None:
    with serving(exchange_of(tmp_path)) as url, httpx.Client(base_url=url) as http:
        key = http.post("/sites", json={"name": "n"}).json()["api_key"]
        http.put("/machines", json={"air_miners": 3}, headers={"X-Api-Key": key})
    with serving(exchange_of(tmp_path)) as url:
        status = httpx.get(f"{url}/machines", headers={"X-Api-Key": key}).json()
    assert status["air_miners"] == 3


def test_a_fact_is_kept_as_it_was_first_told(tmp_path: Path) -> None:
    store = ExchangeStore(f"sqlite:///{tmp_path}/new/folder/e.db")
    assert store.fact("a", "1") == "1"
    assert store.fact("a", "2") == "1"
    store.close()


@pytest.mark.parametrize("url", ["nonsense", "nodb://x", "sqlite:////dev/null/x.db"])
def test_a_database_that_cannot_be_is_named(url: str) -> None:
    with pytest.raises(SettingsError, match="cannot be used"):
        ExchangeStore(url)
