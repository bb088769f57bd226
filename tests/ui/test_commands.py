"""A press acts once: double clicks, reruns and answers that come late."""

# ruff: noqa: PLC0415 - functions that AppTest runs as scripts of their own import what they use.

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

pytestmark = pytest.mark.ui


def form() -> None:
    import streamlit as st

    from mara.agents.commands import Outcome
    from mara.errors import OutcomeUnknown, RefusedError, StaleVersion
    from mara.ui import commands

    st.session_state.setdefault("sent", [])

    def act(command_id: str) -> Outcome:
        st.session_state.sent.append(command_id)
        answer = st.session_state.get("answer", "done")
        if answer == "refused":
            raise RefusedError("5 MWh at most", rule="order size")
        if answer == "stale":
            raise StaleVersion("made on version 1, now is 9")
        if answer == "unknown":
            raise OutcomeUnknown("no answer within 15 s; press again to see what came of it")
        return Outcome(command_id=command_id, done=answer == "done", text="bought *1 MWh*")

    commands.press("drill", "Buy", act)
    commands.said("drill")


@pytest.fixture
def page() -> AppTest:
    return AppTest.from_function(form).run()


def test_success_renews_the_id(page: AppTest) -> None:
    page.button[0].click().run()
    page.button[0].click().run()
    first, second = page.session_state["sent"]
    assert first != second
    assert page.success[0].value == r"bought \*1 MWh\*"
    assert not page.exception


def test_a_button_that_has_done_its_work_is_replaced(page: AppTest) -> None:
    old = page.button[0].key
    page.button[0].click().run()
    assert page.button[0].key != old
    page.run()
    assert len(page.session_state["sent"]) == 1


def late() -> None:
    import streamlit as st

    from mara.agents.commands import Outcome
    from mara.ui import commands

    done = st.session_state.setdefault("done", [])

    def act(command_id: str) -> Outcome:
        fresh = command_id not in done
        done.append(command_id)
        return Outcome(command_id=command_id, done=fresh, text="bought")

    made = commands.command_id("drill")
    commands.send("drill", made, act)
    renewed = commands.command_id("drill")
    commands.send("drill", made, act)
    assert commands.command_id("drill") == renewed != made
    commands.said("drill")


def test_the_second_half_of_a_double_click_changes_nothing() -> None:
    page = AppTest.from_function(late).run()
    assert not page.exception
    first, second = page.session_state["done"]
    assert first == second
    assert page.info[0].value == "bought"


def test_a_press_that_is_repeated_carries_the_same_id(page: AppTest) -> None:
    page.session_state["answer"] = "stale"
    page.run()
    page.button[0].click().run()
    page.button[0].click().run()
    first, second = page.session_state["sent"]
    assert first == second


def test_what_was_refused_is_over_and_the_next_press_is_another(page: AppTest) -> None:
    page.session_state["answer"] = "refused"
    page.run()
    page.button[0].click().run()
    page.button[0].click().run()
    first, second = page.session_state["sent"]
    assert first != second
    assert "order size" in page.error[0].value


def test_what_was_done_before_is_said_so(page: AppTest) -> None:
    page.session_state["answer"] = "before"
    page.run()
    page.button[0].click().run()
    assert page.info[0].value.startswith("bought")


def test_a_stale_press_asks_to_look_again(page: AppTest) -> None:
    page.session_state["answer"] = "stale"
    page.run()
    page.button[0].click().run()
    assert "look again" in page.error[0].value


def names() -> None:
    import streamlit as st

    from mara.ui import commands

    st.text_input("name", key="trading_author")
    st.write(commands.author())


@pytest.mark.parametrize(
    ("typed", "named"), [("", "operator"), ("  ", "operator"), ("Dana", "Dana")]
)
def test_an_author_always_has_a_name(typed: str, named: str) -> None:
    page = AppTest.from_function(names).run()
    page.text_input[0].set_value(typed).run()
    assert page.markdown[0].value == named


def test_an_answer_that_did_not_come_keeps_the_id(page: AppTest) -> None:
    page.session_state["answer"] = "unknown"
    page.button[0].click().run()
    assert "no answer within" in page.error[0].value
    page.session_state["answer"] = "done"
    page.button[0].click().run()
    first, second = page.session_state["sent"]
    assert first == second
    assert page.success
