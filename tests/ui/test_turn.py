"""Parts of pages are drawn one at a time, and nobody waits long for it."""

from __future__ import annotations

import threading
import time

from mara.ui import platform


def test_parts_are_drawn_one_at_a_time_and_a_part_may_hold_another() -> None:
    at_work, most = [0], [0]

    def part() -> None:
        with platform.turn(), platform.turn():
            at_work[0] += 1
            most[0] = max(most[0], at_work[0])
            time.sleep(0.01)
            at_work[0] -= 1

    threads = [threading.Thread(target=part) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]


def test_a_part_that_takes_long_is_not_waited_for() -> None:
    begun, ends = threading.Event(), threading.Event()

    def long() -> None:
        with platform.turn():
            begun.set()
            ends.wait(60)

    thread = threading.Thread(target=long)
    thread.start()
    begun.wait(10)
    with platform.turn():
        assert thread.is_alive()
    ends.set()
    thread.join()
