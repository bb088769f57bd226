"""The app around the pages: start, stop, routes, errors."""

# ruff: noqa: PLC0415 - functions that AppTest runs as scripts of their own import what they use.

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from starlette.applications import Starlette
from streamlit.errors import FragmentHandledException
from streamlit.testing.v1 import AppTest

from mara.agents.follower import AWAY
from mara.errors import MaraError
from mara.ui import live_chart, platform
from mara.ui.figures.weights import weights_figure
from mara.ui.lifespan import ROUTES, lifespan
from mara.ui.live_chart import plotly_file
from tests.ui import support

if TYPE_CHECKING:
    from collections.abc import Callable

    from mara.agents.snapshot import Snapshot
    from mara.services.console import Console

ROOT = Path(__file__).resolve().parents[2]


async def test_the_platform_lives_with_the_app(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MARA_LEDGER__URL", f"sqlite:///{tmp_path / 'mara.db'}")
    monkeypatch.setenv("MARA_DASHBOARD__REFRESH_S", "2.5")
    async with lifespan(None) as state:
        assert platform.is_starting()
        async with served() as client:
            assert (await client.get("/health")).json()["status"] == "starting"
        started = await state["platform"]
        console = platform.console()
        assert console is started.console
        assert console.wait_for_tick(0, 60.0) is not None
        assert platform.refresh_s() == 2.5
    with pytest.raises(MaraError, match="not running"):
        platform.console()


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"alerts": ()}, "ok", 200),
        ({"alerts": (replace(support.alert(), code=AWAY),)}, "restarting", 503),
        ({"alerts": (), "finished": True}, "stopped", 503),
    ],
)
async def test_a_monitor_reads_whether_agents_work(
    still: Callable[[Snapshot], Console], changes: dict[str, object], status: str, code: int
) -> None:
    platform.attach(still(support.snapshot(**changes)))
    async with served() as client:
        answer = await client.get("/health")
    assert answer.json()["status"] == status
    assert answer.status_code == code


def served() -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=Starlette(routes=list(ROUTES)))
    return httpx.AsyncClient(transport=transport, base_url="http://app")


async def test_a_figure_is_fetched_by_its_digest() -> None:
    digest = live_chart._drawn(weights_figure, support.snapshot())
    async with served() as client:
        found = await client.get(f"/assets/figures/{digest}.json")
        missing = await client.get("/assets/figures/0000.json")
    assert found.json()["layout"]["uirevision"] == "weights"
    assert missing.status_code == 404


def test_the_store_of_figures_is_bounded() -> None:
    store = live_chart.FigureStore(2)
    first, second, third = (store.put(figure) for figure in (b"1", b"2", b"3"))
    assert store.get(first) is None
    assert store.get(second) == b"2"
    assert store.put(b"2") == second
    store.put(b"4")
    assert store.get(third) is None


async def test_the_chart_library_comes_from_this_machine() -> None:
    async with served() as client:
        answer = await client.get("/assets/plotly.min.js")
    assert answer.status_code == 200
    assert answer.content == plotly_file().read_bytes()
    assert "immutable" in answer.headers["cache-control"]


def test_heavy_libraries_stay_out_of_the_process() -> None:
    code = "import app, sys, json; print(json.dumps(sorted(sys.modules)))"
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(json.loads(answer.stdout.splitlines()[-1]))
    assert not loaded & {"torch", "cvxpy", "anthropic", "prophet", "sklearn", "matplotlib"}


def broken(message: str | None) -> None:
    from mara.errors import MaraError
    from mara.ui.frame import page_failed

    error = MaraError(message) if message else ZeroDivisionError("secret detail")
    page_failed(error)


@pytest.mark.ui
def test_an_error_of_ours_is_shown_as_its_sentence() -> None:
    page = AppTest.from_function(broken, args=("no *such* file",)).run()
    assert page.error[0].value == r"no \*such\* file"


@pytest.mark.ui
def test_any_other_error_shows_a_code_only() -> None:
    page = AppTest.from_function(broken, args=(None,)).run()
    assert "secret" not in page.error[0].value
    assert "The log tells more under" in page.error[0].value


def twice() -> None:
    from streamlit.errors import FragmentHandledException

    from mara.ui.frame import page_failed

    page_failed(FragmentHandledException(ValueError("x")))


@pytest.mark.ui
def test_an_error_of_a_nested_fragment_is_shown_once() -> None:
    assert not AppTest.from_function(twice).run().error
    assert issubclass(FragmentHandledException, Exception)


def draw() -> None:
    from mara.ui.figures.weights import weights_figure
    from mara.ui.live_chart import chart
    from tests.ui import support

    snapshot = support.snapshot()
    chart(weights_figure, snapshot, key="one", alt="weights")
    chart(weights_figure, snapshot, key="two", alt="weights")


@pytest.mark.ui
def test_a_figure_is_drawn_once_for_all_who_look() -> None:
    page = AppTest.from_function(draw).run()
    assert not page.exception
    first, second = (json.loads(e.proto.json)["figure"] for e in page.get("bidi_component"))
    assert first == second


def test_figures_are_json_a_browser_reads() -> None:
    text = weights_figure(support.snapshot()).to_json()
    assert json.loads(text)["layout"]["uirevision"] == "weights"
