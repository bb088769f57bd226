"""A page waits while a tick is worked on, and no longer than it asks for."""

from __future__ import annotations

import threading
import time

import pytest

from mara.agents.rightofway import RightOfWay


def test_a_page_waits_for_the_tick() -> None:
    way = RightOfWay()
    drawn: list[float] = []

    def page() -> None:
        with way.turn(5.0) as came:
            assert came
            drawn.append(time.monotonic())

    with way.taken():
        thread = threading.Thread(target=page)
        thread.start()
        time.sleep(0.05)
        assert drawn == []
        ended = time.monotonic()
    thread.join(5.0)
    assert drawn[0] >= ended


def test_nobody_waits_long() -> None:
    way = RightOfWay()
    with way.taken(), way.turn(0.01) as came:
        assert not came


def test_parts_are_drawn_one_at_a_time_and_a_part_may_hold_another() -> None:
    way = RightOfWay()
    at_work, most = 0, 0

    def page() -> None:
        nonlocal at_work, most
        with way.turn(5.0), way.turn(5.0) as came:
            assert came
            at_work += 1
            most = max(most, at_work)
            time.sleep(0.01)
            at_work -= 1

    threads = [threading.Thread(target=page) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5.0)
    assert most == 1


def test_a_part_that_waited_its_share_goes_on() -> None:
    way = RightOfWay()
    answers: list[bool] = []

    def page() -> None:
        with way.turn(0.01) as came:
            answers.append(came)

    with way.turn():
        thread = threading.Thread(target=page)
        thread.start()
        thread.join(5.0)
    assert answers == [False]
    with way.turn(0.0) as came:
        assert came


def test_a_tick_that_fails_gives_the_way_back() -> None:
    way = RightOfWay()

    def tick() -> None:
        with way.taken():
            raise ValueError("tick")

    with pytest.raises(ValueError, match="tick"):
        tick()
    with way.turn(0.0) as came:
        assert came
