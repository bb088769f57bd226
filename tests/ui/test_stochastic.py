"""The stochastic tab in process: every sub-tab, its answers, and what goes wrong in words."""

from __future__ import annotations

import pickle
import time
from typing import TYPE_CHECKING

import pytest

from mara.models.stochastic import SIGNED_LAWS
from mara.ui.panels import stochastic_work
from mara.ui.panels.stochastic_laws import law_title
from tests.ui import support

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlit.testing.v1 import AppTest

    from mara.agents.snapshot import Snapshot
    from mara.bootstrap.platform import Platform
    from mara.services.console import Console

pytestmark = [pytest.mark.ui, pytest.mark.slow]

PAGE = "stochastic_forecasting.py"


def show(at: AppTest, view: str) -> None:
    at.session_state["stochastic_views"] = view
    at.run()
    assert not at.exception


def press(at: AppTest, label: str) -> None:
    next(b for b in at.button if b.label == label).click().run()
    assert not at.exception


def texts(at: AppTest) -> str:
    return "\n".join([str(e.value) for e in (*at.markdown, *at.caption, *at.info, *at.error)])


def answered(at: AppTest, key: str) -> None:
    """Wait for the work of a view, then draw it."""
    ends = time.monotonic() + 90.0
    ask = at.session_state[f"{key}_ask"]
    while time.monotonic() < ends:
        seen = stochastic_work.desk().look(ask)
        if seen is not None and seen.ended:
            break
        time.sleep(0.1)
    at.run()
    assert not at.exception
    assert not at.error, [e.value for e in at.error]


def test_the_whole_way(running: Platform, opened: Callable[..., AppTest]) -> None:
    at = opened(running.console, PAGE)
    show(at, "Calibrate")
    press(at, "Calibrate")
    answered(at, "stochastic_calibrate")
    assert "**QQ of residuals**" in texts(at)
    assert {"KS p-value", "AIC", "BIC"} <= {m.label for m in at.metric}
    show(at, "Simulate")
    press(at, "Simulate")
    answered(at, "stochastic_simulate")
    assert "**Where the paths end**" in texts(at)
    show(at, "Risk")
    at.number_input(key="stochastic_risk_count").set_value(500)
    press(at, "Work out the risk")
    answered(at, "stochastic_risk")
    assert "**VaR by method**" in texts(at)
    assert "too few to test" in texts(at)
    show(at, "Stress")
    at.text_input(key="stochastic_own_name").set_value("dear evening")
    at.number_input(key="stochastic_own_energy").set_value(700.0)
    press(at, "Add it")
    assert [s.name for s in at.session_state["stochastic_stresses"]] == ["dear evening"]
    press(at, "Put tomorrow under stress")
    answered(at, "stochastic_stress")
    assert "**What each stress costs**" in texts(at)
    show(at, "Scenarios")
    at.number_input(key="stochastic_scen_many").set_value(50)
    press(at, "Draw them")
    answered(at, "stochastic_scenarios")
    assert "**Mean against tail**" in texts(at)
    show(at, "Storage value")
    press(at, "Value it")
    answered(at, "stochastic_worth")
    assert "**One more MWh, by charge and by the price of now**" in texts(at)
    kept = {k: v for k, v in at.session_state.to_dict().items() if k.startswith("stochastic")}
    charts = {k for k in kept if type(kept[k]).__name__ == "_WriteThrough"}
    assert pickle.dumps({k: v for k, v in kept.items() if k not in charts})


@pytest.mark.parametrize(
    ("view", "key"), [("Risk", "stochastic_risk_law"), ("Scenarios", "stochastic_scen_law")]
)
def test_days_are_drawn_from_laws_that_can_be_negative(
    running: Platform, opened: Callable[..., AppTest], view: str, key: str
) -> None:
    at = opened(running.console, PAGE)
    show(at, view)
    assert at.selectbox(key=key).options == [law_title(name) for name in SIGNED_LAWS]


def test_a_sample_is_made_and_its_trouble_told(
    running: Platform, opened: Callable[..., AppTest]
) -> None:
    at = opened(running.console, PAGE)
    show(at, "Calibrate")
    at.segmented_control(key="stochastic_kind").set_value("sample").run()
    assert "Nothing is chosen yet" in texts(at)
    at.number_input(key="stochastic_sample_days").set_value(12)
    press(at, "Make it")
    at.run()
    assert "12 days of the seeded market" in texts(at).replace("\\", "")
    at.selectbox(key="stochastic_law").set_value("gbm")
    at.toggle(key="stochastic_seasonal").set_value(False)
    press(at, "Calibrate")
    ends = time.monotonic() + 60.0
    while time.monotonic() < ends and not at.error:
        time.sleep(0.2)
        at.run()
    assert at.error
    show(at, "Risk")
    press(at, "Work out the risk")
    at.run()
    assert not at.exception


def test_without_workers_it_says_so(
    still: Callable[[Snapshot], Console], opened: Callable[..., AppTest]
) -> None:
    at = opened(still(support.first_snapshot()), PAGE)
    show(at, "Calibrate")
    assert "no workers" in texts(at)


def test_simulate_waits_for_a_law(running: Platform, opened: Callable[..., AppTest]) -> None:
    at = opened(running.console, PAGE)
    show(at, "Simulate")
    assert "calibrate a law first" in texts(at)
