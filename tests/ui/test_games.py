"""The game theory tab: each sub-tab on published games, the site's own, and the user's."""

from __future__ import annotations

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from mara.services import games_presets as presets
from mara.services.games_cooperative import coalitional_game, sharing_of
from mara.services.games_markets import market_answer
from mara.services.games_nash import WAYS, equilibria_of, learnt, learnt_by, recommended
from mara.services.games_site import COOPERATIVE_POSES, NASH_POSES, STACKELBERG_POSES, VCG_POSES
from mara.services.games_stackelberg import leader_answer
from mara.services.games_vcg import auction_answer, lies_of
from mara.ui import platform
from mara.ui.figures import games as parts
from mara.ui.figures import games_cooperative as cooperative
from mara.ui.figures import games_markets as markets
from mara.ui.figures import games_nash as nash
from mara.ui.figures import games_stackelberg as stackelberg
from mara.ui.figures import games_vcg as auctions
from mara.ui.tables import games as tables
from tests.ui import support

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import plotly.graph_objects as go
    from streamlit.testing.v1 import AppTest

    from mara.agents.snapshot import Snapshot
    from mara.services.console import Console

PAGE = "game_theory.py"
TABS = ("Cooperative", "Stackelberg", "Nash", "VCG")
SHELVES = {
    "cooperative": ("Cooperative", [*COOPERATIVE_POSES, *presets.COOPERATIVE]),
    "stackelberg": ("Stackelberg", [*STACKELBERG_POSES, *presets.STACKELBERG]),
    "nash": ("Nash", [*NASH_POSES, *presets.NASH]),
    "vcg": ("VCG", [*VCG_POSES, *presets.VCG]),
}


def sharing(name: str) -> cooperative.Sharing:
    game, notices = coalitional_game(presets.COOPERATIVE[name].document)
    return sharing_of(game, notices=notices)


def figures() -> Iterator[go.Figure]:
    for name in presets.COOPERATIVE:
        shared = sharing(name)
        if cooperative.has_triangle(shared):
            yield cooperative.core_figure(shared)
        yield cooperative.lattice_figure(shared)
        yield cooperative.shares_figure(shared)
    yield cooperative.gains_figure(sharing("Insurers share a risk"))
    for name in ("Chicken (Aumann 1974)", "Anti-coordination of three"):
        solved = equilibria_of(presets.NASH[name].document)
        yield nash.heat_figure(solved, 0, 0)
        yield nash.heat_figure(solved, 1, None)
        yield nash.mixtures_figure(solved, 1)
        said = recommended(presets.NASH[name].document)
        yield nash.advice_figure(said, 0)
    yield nash.best_replies_figure(equilibria_of(presets.NASH["Chicken (Aumann 1974)"].document))
    snapshot = support.snapshot()
    for pose in list(NASH_POSES.values())[1:]:
        yield markets.market_figure(market_answer(pose.make(snapshot, pose.least).document))
    duopoly = market_answer(presets.NASH["Cournot duopoly"].document)
    yield markets.reactions_figure(duopoly)  # type: ignore[arg-type]
    for preset in presets.STACKELBERG.values():
        found = leader_answer(preset.document)
        if hasattr(found, "led"):
            yield stackelberg.leading_figure(found)
            yield stackelberg.profits_figure(found)
        elif hasattr(found, "flat"):
            yield stackelberg.tariff_figure(found)
            yield stackelberg.taken_figure(found)
        else:
            yield stackelberg.commitment_figure(found)  # type: ignore[arg-type]
    auction = presets.VCG["Two items, one wants both"].document
    yield auctions.payments_figure(auction_answer(auction))  # type: ignore[arg-type]
    yield auctions.lie_figure(lies_of(auction, "A"))
    exchange = presets.VCG["Double auction of power"].document
    yield auctions.crossing_figure(auction_answer(exchange))  # type: ignore[arg-type]


def test_the_theme_gives_every_figure_its_colours() -> None:
    for chart in figures():
        assert chart.layout.uirevision
        spec = json.dumps(chart.to_plotly_json(), default=list)
        assert not re.search(r"#[0-9a-fA-F]{6}\b|rgba?\(", spec)


@pytest.mark.parametrize(
    "name",
    ["Chicken (Aumann 1974)", "Shapley 1964, where play circles", "Kuhn's poker (Kuhn 1950)"],
)
def test_paths_of_learning_are_drawn_in_square_triangle_and_time(name: str) -> None:
    import numpy as np  # noqa: PLC0415

    document = presets.NASH[name].document
    ways = WAYS[-1:] * 4 if "Kuhn" in name else WAYS
    found = learnt(document, [learnt_by(document, w, np.random.default_rng(1)) for w in ways])
    assert len(nash.paths_figure(found).data) >= 4
    assert len(nash.regrets_figure(found).data) == 4
    assert len(tables.learning_frame(found)) == 4


def test_the_core_triangle_holds_shapley_and_nucleolus() -> None:
    chart = cooperative.core_figure(sharing("Insurers share a risk"))
    names = {trace.name for trace in chart.data if trace.name}
    assert {"Core", "Shapley", "Nucleolus"} <= names
    lone = cooperative.core_figure(sharing("One left glove, two right"))
    core = next(trace for trace in lone.data if trace.name == "Core")
    assert len(core.x) == 2  # One point, drawn closed.
    assert (core.x[0], core.y[0]) == parts.CORNERS[0]
    assert not cooperative.has_triangle(sharing("Votes 40, 30, 20, 10"))


def test_best_replies_cross_in_the_equilibria() -> None:
    solved = equilibria_of(presets.NASH["Battle of the sexes (Luce and Raiffa 1957)"].document)
    chart = nash.best_replies_figure(solved)
    marks = next(trace for trace in chart.data if trace.name == "equilibrium")
    found = sorted((round(x, 6), round(y, 6)) for x, y in zip(marks.x, marks.y, strict=True))
    assert found == [(0.0, 0.0), (0.4, 0.6), (1.0, 1.0)]


def test_a_chart_leaves_as_a_page_of_its_own() -> None:
    page = parts.html_of(cooperative.shares_figure(sharing("Insurers share a risk"))).decode()
    spec = page.split("Plotly.newPlot")[-1]
    assert "var(--st" not in spec
    assert "#1971C2" in spec
    faint = parts.html_of(
        auctions.payments_figure(
            auction_answer(
                presets.VCG["Two items, one wants both"].document  # type: ignore[arg-type]
            )
        )
    ).decode()
    assert "rgba(93,106,119,0.35)" in faint


def test_headers_carry_units() -> None:
    led = leader_answer(presets.STACKELBERG["Leader and follower"].document)
    assert "Profit, leaders first (USD)" in tables.led_frame(led)  # type: ignore[arg-type]
    tariff = leader_answer(presets.STACKELBERG["Tariff for two flexible sites"].document)
    assert "Tariff (USD/MWh)" in tables.tariff_frame(tariff)  # type: ignore[arg-type]
    lie = tables.lie_frame(lies_of(presets.VCG["One item, second price"].document, "A"))
    assert list(lie)[2:] == ["Pays (USD)", "True gain (USD)"]


@pytest.fixture
def page(
    still: Callable[[Snapshot], Console], opened: Callable[..., AppTest]
) -> Iterator[Callable[..., AppTest]]:
    """Open the tab on a site that stands still, with workers, at one of its sub-tabs."""
    executor = ThreadPoolExecutor(max_workers=1)

    def open_tab(tab: str, snapshot: Snapshot | None = None) -> AppTest:
        console = still(snapshot or support.snapshot())
        test = opened(console, PAGE)
        platform.attach(console, executor=executor)
        test.session_state["games_tab"] = tab
        return test.run()

    yield open_tab
    executor.shutdown()


def texts(at: AppTest) -> str:
    return "\n".join(str(e.value) for e in (*at.markdown, *at.caption, *at.info, *at.error))


def waited(at: AppTest) -> AppTest:
    ends = time.monotonic() + 200.0
    while "Cancel" in [b.label for b in at.button] and time.monotonic() < ends:
        time.sleep(0.2)
        at.run()
    return at


@pytest.mark.ui
@pytest.mark.parametrize("key", SHELVES)
def test_every_game_of_a_sub_tab_is_solved_and_explained(
    key: str, page: Callable[..., AppTest]
) -> None:
    tab, names = SHELVES[key]
    at = page(tab)
    for name in names:
        at.selectbox(key=f"games_{key}_choice").set_value(name)
        waited(at.run())
        assert not at.exception, name
        assert not at.error, (name, [e.value for e in at.error])
        shown = texts(at)
        assert "**In plain words**" in shown, name
        assert "Source" in shown


@pytest.mark.ui
@pytest.mark.parametrize("view", ["Mediator", "Learning"])
def test_other_views_of_a_finite_game(view: str, page: Callable[..., AppTest]) -> None:
    at = page("Nash")
    at.selectbox(key="games_nash_choice").set_value("Chicken (Aumann 1974)").run()
    at.segmented_control(key="games_nash_view").set_value(view)
    waited(at.run())
    assert not at.exception
    assert not at.error
    assert ("mediator" if view == "Mediator" else "regret") in texts(at)


@pytest.mark.ui
def test_the_user_s_own_game_is_solved_and_bad_input_is_one_sentence(
    page: Callable[..., AppTest],
) -> None:
    at = page("Nash")
    at.selectbox(key="games_nash_choice").set_value("Your own game").run()
    assert "Nothing is given yet" in texts(at)
    at.text_area(key="games_nash_text").set_value(
        'NFG 1 R "Mine" { "A" "B" } { 2 2 }  3 2 0 0 0 0 2 3'
    ).run()
    assert not at.exception
    assert "3 equilibria" in texts(at)
    at.text_area(key="games_nash_text").set_value('NFG 1 R "Mine" { "A" "B" } { 2 2 }  3 2 x').run()
    assert not at.exception
    assert len(at.error) == 1
    assert "line 1" in at.error[0].value


@pytest.mark.ui
def test_a_site_of_many_neighbours_is_solved_by_the_workers(page: Callable[..., AppTest]) -> None:
    at = page("Cooperative")
    at.slider(key="games_cooperative_neighbours_1").set_value(5)
    waited(at.run())
    assert not at.exception
    assert not at.error
    assert "Together all 6 earn" in texts(at)


@pytest.mark.ui
def test_before_the_first_tick_the_site_s_game_says_so(page: Callable[..., AppTest]) -> None:
    at = page("Stackelberg", support.first_snapshot())
    assert not at.exception
    assert "no tick was read yet" in at.error[0].value


@pytest.mark.ui
def test_only_the_open_sub_tab_does_work(page: Callable[..., AppTest]) -> None:
    at = page("VCG")
    keys = {box.key for box in at.selectbox}
    assert "games_vcg_choice" in keys
    assert not keys & {"games_nash_choice", "games_cooperative_choice", "games_stackelberg_choice"}
