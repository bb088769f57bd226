"""A page waits while a tick is worked on, and no longer than it asks for."""

from __future__ import annotations

import threading
import time

import pytest

from mara.agents.rightofway import RightOfWay


def test_a_page_waits_for_the_tick() -> None:
    way = RightOfWay()
    assert way.give(0.0)
    drawn: list[float] = []

    def page() -> None:
        way.give(5.0)
        drawn.append(time.monotonic())

    with way.taken():
        thread = threading.Thread(target=page)
        thread.start()
        assert not way.give(0.05)
        assert drawn == []
        ended = time.monotonic()
    thread.join(5.0)
    assert drawn[0] >= ended


def test_a_tick_that_fails_gives_the_way_back() -> None:
    way = RightOfWay()

    def tick() -> None:
        with way.taken():
            raise ValueError("tick")

    with pytest.raises(ValueError, match="tick"):
        tick()
    assert way.give(0.0)
