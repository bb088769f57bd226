"""Each tab renders on a running platform, and in every state that a site can be in."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from mara.domain import Origin, TradingState
from mara.errors import MaraError
from mara.ui import platform
from mara.ui.format import DASH
from tests.ui import support

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlit.testing.v1 import AppTest
    from streamlit.testing.v1.element_tree import Button

    from mara.agents.snapshot import Snapshot
    from mara.bootstrap.platform import Platform
    from mara.services.console import Console

pytestmark = pytest.mark.ui

TRADING = "trading_agents.py"


def texts(at: AppTest) -> str:
    return "\n".join([str(e.value) for e in (*at.markdown, *at.caption, *at.info, *at.error)])


def button(at: AppTest, label: str) -> Button:
    return next(b for b in at.button if label in b.label)


def test_real_time_shows_every_panel(running: Platform, opened: Callable[..., AppTest]) -> None:
    at = opened(running.console)
    assert not at.exception
    shown = texts(at)
    for title in ("Market prices", "Decision", "Power against the connection", "Battery"):
        assert f"**{title}**" in shown
    assert "SIMULATED" in shown
    assert "60x" not in shown
    assert "240x real time" in shown


def test_real_time_answers_what_if(running: Platform, opened: Callable[..., AppTest]) -> None:
    at = opened(running.console)
    at.number_input(key="real_time_what_if_energy").set_value(4_000.0)
    button(at, "Plan it again").click().run()
    assert not at.exception
    assert not at.error
    assert "Expected margin would change by" in texts(at)
    assert "As planned" in at.table[-1].value.columns


def test_what_if_tells_why_it_cannot(running: Platform, opened: Callable[..., AppTest]) -> None:
    at = opened(running.console)
    at.number_input(key="real_time_what_if_units").set_value(1_000_000)
    button(at, "Plan it again").click().run()
    assert not at.exception
    assert "exceeds" in at.error[0].value


def test_trading_shows_every_panel(running: Platform, opened: Callable[..., AppTest]) -> None:
    at = opened(running.console, TRADING)
    assert not at.exception
    shown = texts(at)
    for title in ("Kill switch", "Trading state", "Mode", "Trade energy", "Pipeline", "Weights"):
        assert f"**{title}**" in shown
    assert "mode **paper**" in shown


def test_a_trade_is_sent_once_a_press(running: Platform, opened: Callable[..., AppTest]) -> None:
    at = opened(running.console, TRADING)
    before = len(running.console.trades())
    at.number_input(key="trading_price").set_value(20.0)
    button(at, "Send order").click().run()
    assert not at.exception
    assert at.success, [e.value for e in at.error]
    assert len(running.console.trades()) == before + 1
    assert at.run().success
    assert len(running.console.trades()) == before + 1


def test_the_limit_begins_where_a_purchase_is_filled(
    still: Callable[[Snapshot], Console], opened: Callable[..., AppTest]
) -> None:
    snapshot = support.snapshot()
    tick = snapshot.market.tick
    assert tick is not None
    at = opened(still(snapshot), TRADING)
    limit = at.number_input(key="trading_price")
    assert 2.5 < 10.0 * limit.value - tick.energy_usd_per_mwh <= 5.0
    assert limit.set_value(7.0).run().number_input(key="trading_price").value == 7.0


def test_a_refusal_names_its_rule(running: Platform, opened: Callable[..., AppTest]) -> None:
    at = opened(running.console, TRADING)
    at.number_input(key="trading_amount").set_value(9_000_000.0)
    button(at, "Send order").click().run()
    assert not at.exception
    assert "Refused by the rule" in at.error[0].value


def test_after_a_refusal_the_next_press_is_an_order_of_its_own(
    running: Platform, opened: Callable[..., AppTest]
) -> None:
    at = opened(running.console, TRADING)
    before = len(running.console.trades())
    at.number_input(key="trading_price").set_value(-10.0)
    button(at, "Send order").click().run()
    assert "does not reach the price" in at.error[0].value
    at.number_input(key="trading_price").set_value(20.0)
    button(at, "Send order").click().run()
    assert at.success, [e.value for e in at.error]
    assert len(running.console.trades()) == before + 1


def test_a_tab_left_open_cannot_act(running: Platform, opened: Callable[..., AppTest]) -> None:
    at = opened(running.console, TRADING)
    at.session_state["shell_version"] = -1_000
    before = len(running.console.trades())
    button(at, "Send order").click().run()
    assert "look again and press once more" in at.error[0].value
    assert len(running.console.trades()) == before


def test_halt_and_back(running: Platform, opened: Callable[..., AppTest]) -> None:
    at = opened(running.console, TRADING)
    try:
        button(at, "HALT").click().run()
        assert not at.exception
        assert running.console.snapshot().trading_state is TradingState.HALTED
        button(at, "Send order").click().run()
        assert "Refused by the rule" in at.error[0].value
    finally:
        at.text_input(key="trading_reason").set_value("drill over")
        button(at, "Set state").click().run()
    assert not at.exception
    assert running.console.snapshot().trading_state is TradingState.ACTIVE


def test_mode_live_asks_for_more(running: Platform, opened: Callable[..., AppTest]) -> None:
    at = opened(running.console, TRADING)
    at.segmented_control(key="trading_mode").set_value("live")
    button(at, "Set mode").click().run()
    assert not at.exception
    assert at.error


def test_override_added_and_dropped(running: Platform, opened: Callable[..., AppTest]) -> None:
    at = opened(running.console, TRADING)
    show(at, "Overrides & outages")
    at.number_input(key="trading_override_value").set_value(100.0)
    at.text_input(key="trading_override_reason").set_value("row test")
    button(at, "Add override").click().run()
    assert not at.exception
    assert [o.reason for o in running.console.snapshot().overrides] == ["row test"]
    at.run()
    button(at, "Drop").click().run()
    assert not at.exception
    assert running.console.snapshot().overrides == ()


def test_outage_set_and_taken_back(running: Platform, opened: Callable[..., AppTest]) -> None:
    at = opened(running.console, TRADING)
    show(at, "Overrides & outages")
    for units in (7, 0):
        at.number_input(key="trading_outage_units").set_value(units)
        button(at, "Set units out of service").click().run()
        assert not at.exception
        assert running.console.snapshot().site.available("air_miners") == 2_300 - units


@pytest.mark.parametrize(
    "question",
    [
        "fetch_live_prices",
        "analyze_market_trends",
        "detect_anomalies",
        "optimize_portfolio",
        "assess_risk",
        "predict_prices",
        "predict_demand",
    ],
)
def test_every_question_is_answered(
    running: Platform, opened: Callable[..., AppTest], question: str
) -> None:
    planned = running.runtime.wait_for(
        lambda s: s.verdict is not None and s.verdict.decision.plan is not None, 30.0
    )
    assert planned is not None
    at = opened(running.console, TRADING)
    show(at, "Ask the agents")
    button(at, question).click().run()
    assert not at.exception
    assert not at.error, [e.value for e in at.error]
    assert "Press a question" not in texts(at.run())


def test_books_balance_on_screen(running: Platform, opened: Callable[..., AppTest]) -> None:
    at = opened(running.console, TRADING)
    show(at, "Ledger")
    assert not at.exception
    total = next(m for m in at.metric if m.label == "Trial balance")
    assert total.value == "0.00 USD"
    assert "balance to the cent" in texts(at)


def test_a_decision_is_reopened_and_replayed(
    running: Platform, opened: Callable[..., AppTest]
) -> None:
    at = opened(running.console, TRADING)
    show(at, "Decisions")
    button(at, "Open its record").click().run()
    assert not at.exception
    assert not at.error, [e.value for e in at.error]
    button(at, "Decide it again").click().run()
    assert not at.exception
    assert "the same to the byte" in at.success[-1].value


def test_messages_are_listed(running: Platform, opened: Callable[..., AppTest]) -> None:
    at = opened(running.console, TRADING)
    show(at, "Messages")
    assert not at.exception
    assert "Message" in at.dataframe[-1].value.columns
    assert at.dataframe[-1].proto.placeholder == DASH


@pytest.mark.parametrize("page", [None, TRADING])
@pytest.mark.parametrize(
    "snapshot",
    [
        pytest.param(support.first_snapshot, id="before the first tick"),
        pytest.param(
            lambda: support.snapshot(site=support.site_without_battery()), id="no battery"
        ),
        pytest.param(
            lambda: support.snapshot(
                market=support.market(tick=support.tick(hash_usd_per_ph_day=None))
            ),
            id="no hash price",
        ),
        pytest.param(
            lambda: support.snapshot(
                market=support.market(feed=support.feed(stale=True, age_ticks=3, error="refused"))
            ),
            id="stale feed",
        ),
        pytest.param(
            lambda: support.snapshot(
                verdict=replace(support.snapshot().verdict, proposals=()),
                trading_state=TradingState.HALTED,
            ),
            id="safe controller alone",
        ),
    ],
)
def test_every_state_of_a_site_renders(
    still: Callable[[Snapshot], Console],
    opened: Callable[..., AppTest],
    page: str | None,
    snapshot: Callable[[], Snapshot],
) -> None:
    at = opened(still(snapshot()), page)
    assert not at.exception
    assert not at.error


@pytest.mark.parametrize("question", ["fetch_live_prices", "optimize_portfolio"])
def test_a_question_before_the_first_tick_is_answered_in_words(
    still: Callable[[Snapshot], Console], opened: Callable[..., AppTest], question: str
) -> None:
    at = opened(still(support.first_snapshot()), TRADING)
    show(at, "Ask the agents")
    button(at, question).click().run()
    assert not at.exception
    assert at.info or at.error


def test_a_decision_without_its_reasons_is_shown(
    still: Callable[[Snapshot], Console], opened: Callable[..., AppTest]
) -> None:
    at = opened(still(support.snapshot()))
    assert not at.exception
    assert "they follow the decision by a moment" in texts(at)


def test_a_decision_without_a_plan_has_no_reasons(
    still: Callable[[Snapshot], Console], opened: Callable[..., AppTest]
) -> None:
    snapshot = support.snapshot()
    assert snapshot.verdict is not None
    decision = replace(snapshot.verdict.decision, plan=None)
    verdict = replace(snapshot.verdict, decision=decision)
    at = opened(still(replace(snapshot, verdict=verdict)))
    assert not at.exception
    assert "there is no plan to explain" in texts(at)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"binding": ()}, "No limit binds"),
        ({"runner_up": None}, "Nothing else is possible"),
        ({}, "would lose"),
        ({}, "In numbers, for 16:00"),
    ],
)
def test_the_card_says_why(
    still: Callable[[Snapshot], Console],
    opened: Callable[..., AppTest],
    changes: dict[str, Any],
    said: str,
) -> None:
    snapshot = support.snapshot()
    assert snapshot.verdict is not None
    verdict = replace(snapshot.verdict, card=support.card(**changes))
    at = opened(still(replace(snapshot, verdict=verdict)))
    assert not at.exception
    assert said in texts(at)


def test_assumed_figures_are_badged(
    still: Callable[[Snapshot], Console], opened: Callable[..., AppTest]
) -> None:
    assumed = support.tick(assumed=frozenset({"hash_usd_per_ph_day"}), origin=Origin.REPLAY)
    feed = support.feed(origin=Origin.REPLAY, label="REPLAY", assumed=("hash price",))
    at = opened(still(support.snapshot(market=support.market(tick=assumed, feed=feed))))
    assert not at.exception
    assert "ASSUMED" in texts(at)
    assert "mara doctor" not in texts(at)


def test_text_from_outside_stays_text(
    still: Callable[[Snapshot], Console], opened: Callable[..., AppTest]
) -> None:
    at = opened(still(support.snapshot()), TRADING)
    assert not at.exception
    assert "<script>" not in texts(at)
    assert r"\<script\>" in texts(at)


def test_session_state_holds_plain_values(
    running: Platform, opened: Callable[..., AppTest]
) -> None:
    at = opened(running.console, TRADING)
    button(at, "Send order").click().run()
    plain = {k: v for k, v in at.session_state.to_dict().items() if not k.startswith("$$")}
    charts = {k for k in plain if type(plain[k]).__name__ == "_WriteThrough"}
    assert pickle.dumps({k: v for k, v in plain.items() if k not in charts})


def test_a_page_without_a_platform_says_so(opened: Callable[..., AppTest]) -> None:
    platform.detach()
    with pytest.raises(MaraError, match="streamlit run"):
        platform.console()


def show(at: AppTest, view: str) -> None:
    at.session_state["trading_records"] = view
    at.run()
    assert not at.exception
