"""Three prices together, when to curtail, and the battery valued twice, as pages show them."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from mara.domain import FIGURES
from mara.models.storage.band import Band, Habit
from mara.models.storage.least_squares import SimulatedValue
from mara.services.console import Console
from mara.services.stochastic_battery import BatteryReport
from mara.services.stochastic_switching import ClassBand, SwitchingReport
from mara.ui.figures.stochastic_methods import band_figure, valued_figure
from mara.ui.panels import stochastic_battery, stochastic_joint, stochastic_switching
from mara.ui.tables.stochastic_methods import band_frame, valued_frame
from tests.ui import support
from tests.ui.test_stochastic import PAGE, answered, press, show, texts

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlit.testing.v1 import AppTest

    from mara.agents.snapshot import Snapshot
    from mara.bootstrap.platform import Platform

USUAL = Habit(starts=0.02, running=0.9, earned_usd=1.0)
RARE = Habit(starts=0.01, running=0.9, earned_usd=1.5)
MINERS = ClassBand(
    name="air_miners",
    units=100,
    unit_mw=0.0035,
    start_usd=0.04,
    strike_usd_per_mwh=61.5,
    band=Band(curtail_above=77.3, resume_below=51.6, best=RARE, strike=USUAL),
)
NEVER = ClassBand(
    name="gpu_compute",
    units=60,
    unit_mw=0.012,
    start_usd=3.8,
    strike_usd_per_mwh=1_608.0,
    band=Band(curtail_above=None, resume_below=None, best=USUAL, strike=USUAL),
)
UNPRICED = replace(NEVER, name="asic_compute", strike_usd_per_mwh=None, band=None)
REPORT = SwitchingReport(
    classes=(NEVER, MINERS, UNPRICED),
    price_usd_per_mwh=30.0,
    minutes=15.0,
    steps=2_879,
    low=-35.6,
    high=1_009.5,
)
VALUED = BatteryReport(
    dynamic_usd=414.3,
    simulated=SimulatedValue(value=402.5, standard_error=10.5, in_sample=408.0),
    price_usd_per_mwh=30.0,
    level_mwh=1.125,
    levels=8,
    steps=96,
    hours_a_step=0.25,
    paths=4_000,
    learnt_from=2_880,
)


def test_the_advice_names_the_class_that_gains_most() -> None:
    said = stochastic_switching._advice(REPORT, "USD")
    assert said.startswith("Air miners: curtail above 77.30 USD/MWh, resume below 51.60 USD/MWh")
    assert "1.92 instead of 0.96 times a day" in said
    assert "4,800 USD a day less" in said
    calm = replace(REPORT, classes=(NEVER, UNPRICED))
    assert "Leave every class as it is" in stochastic_switching._advice(calm, "USD")
    mute = replace(REPORT, classes=(UNPRICED,))
    assert "none breaks even" in stochastic_switching._advice(mute, "USD")


def test_classes_without_a_band_have_no_figures_and_say_why() -> None:
    frame = band_frame(REPORT, "USD").set_index("Machine class")
    assert frame.loc["Air miners", "Curtail above (USD/MWh)"] == 77.3
    assert np.isnan(frame.loc["GPU compute", "Curtail above (USD/MWh)"])
    assert np.isnan(frame.loc["ASIC compute", "Break-even (USD/MWh)"])
    said = stochastic_switching._reading(REPORT, "USD")
    assert "\u221236 to 1,010 USD/MWh" in said
    assert "ASIC compute: this source has no price" in said
    whole = stochastic_switching._reading(replace(REPORT, classes=(MINERS,)), "USD")
    assert "this source has no" not in whole
    assert "never make the class change" not in whole
    lent = replace(REPORT, borrowed=("hash_usd_per_ph_day", "token_usd_per_mtok"))
    assert "no hash price and token price: taken is the newest" in stochastic_switching._reading(
        lent, "USD"
    )
    assert UNPRICED.gain_usd(96.0) == 0.0
    chart = band_figure(REPORT, "USD")
    assert {name for trace in chart.data for name in trace.y} == {"Air miners"}
    assert chart.layout.xaxis.type == "linear"
    dear = Band(curtail_above=3_480.0, resume_below=2_483.0, best=RARE, strike=USUAL)
    far = replace(REPORT, classes=(replace(NEVER, band=dear), MINERS))
    assert band_figure(far, "USD").layout.xaxis.type == "log"
    negative = replace(far, price_usd_per_mwh=-5.0)
    assert band_figure(negative, "USD").layout.xaxis.type == "linear"


def test_the_verdict_says_where_the_methods_differ() -> None:
    verdict = stochastic_battery._verdict
    assert verdict(VALUED, "USD").startswith(
        "The two methods agree: the simulated value is 11.8 USD below"
    )
    below = verdict(replace(VALUED, dynamic_usd=450.0), "USD")
    assert "differ by more than chance" in below
    assert "trust dynamic programming" in below
    assert "luckier" in verdict(replace(VALUED, dynamic_usd=350.0), "USD")
    frame = valued_frame(VALUED, "USD")
    assert frame["Value (USD)"].tolist() == [414.3, 402.5, 408.0]
    assert valued_figure(VALUED, "USD").data[0].error_x.array == (21.0,)


@pytest.mark.ui
@pytest.mark.slow
def test_the_three_views_answer(running: Platform, opened: Callable[..., AppTest]) -> None:
    at = opened(running.console, PAGE)
    show(at, "Simulate")
    at.segmented_control(key="stochastic_simulate_what").set_value(stochastic_joint._TOGETHER).run()
    press(at, "Draw all three")
    answered(at, "stochastic_joint")
    assert "**How their shocks come together**" in texts(at)
    assert "copula" in texts(at)
    show(at, "Storage value")
    press(at, "Value it twice")
    answered(at, "stochastic_battery")
    assert {"Dynamic programming", "Longstaff-Schwartz"} <= {m.label for m in at.metric}
    assert "The two methods" in texts(at)
    show(at, "Curtail and resume")
    press(at, "Find the prices")
    answered(at, "stochastic_switching")
    assert "**Two prices for each class**" in texts(at)
    kept = {k: v for k, v in at.session_state.to_dict().items() if k.startswith("stochastic")}
    charts = {k for k in kept if type(kept[k]).__name__ == "_WriteThrough"}
    assert pickle.dumps({k: v for k, v in kept.items() if k not in charts})


@pytest.mark.ui
@pytest.mark.slow
def test_what_is_missing_is_said_in_words(
    still: Callable[[Snapshot], Console],
    opened: Callable[..., AppTest],
) -> None:
    snapshot = support.snapshot(site=support.site_without_battery())
    history = snapshot.market.history
    values = history.values.copy()
    values[:, FIGURES.index("hash_usd_per_ph_day")] = np.nan
    bare = replace(
        snapshot, market=replace(snapshot.market, history=replace(history, values=values))
    )
    quiet = still(bare)
    with ThreadPoolExecutor(max_workers=1) as executor:
        console = Console(
            quiet._runtime, ledger=quiet._ledger, replayer=quiet._replayer, executor=executor
        )
        at = opened(console, PAGE)
        show(at, "Storage value")
        assert "This site has no battery" in texts(at)
        show(at, "Simulate")
        chosen = at.segmented_control(key="stochastic_simulate_what")
        chosen.set_value(stochastic_joint._TOGETHER).run()
        assert "ends without a price of hash" in texts(at)
