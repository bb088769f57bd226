"""A press is acted on once, also where the page is drawn anew before it gets to the button."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

pytestmark = pytest.mark.ui


def page() -> None:
    import streamlit as st  # noqa: PLC0415 - this function is the page

    from mara.ui.press import pressed  # noqa: PLC0415

    if st.session_state.pop("anew", False):
        st.rerun()
    st.session_state["pressed"] = st.session_state.get("pressed", 0) + pressed(
        st.button, "Go", key="go"
    )
    with st.form("form"):
        sent = pressed(st.form_submit_button, "Send", key="send")
    st.session_state["sent"] = st.session_state.get("sent", 0) + sent
    st.session_state["plain"] = st.session_state.get("plain", 0) + st.button("Plain")


@pytest.mark.parametrize(("button", "count"), [(0, "pressed"), (1, "sent")])
@pytest.mark.parametrize("anew", [False, True])
def test_a_press_is_acted_on_once(button: int, count: str, anew: bool) -> None:  # noqa: FBT001
    test = AppTest.from_function(page).run()
    test.session_state["anew"] = anew
    test.button[button].click().run()
    assert test.session_state[count] == 1
    test.run()
    assert test.session_state[count] == 1


def test_a_plain_press_is_forgotten() -> None:
    """What the module is for: this fails on the day Streamlit keeps such a press itself."""
    test = AppTest.from_function(page).run()
    test.session_state["anew"] = True
    test.button[2].click().run()
    assert test.session_state["plain"] == 0
