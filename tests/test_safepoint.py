"""A thread is stopped in our own code, not in a library that may be taking a lock."""

from __future__ import annotations

import inspect
import sys
import threading
import time

import pytest

from mara.agents import runtime
from mara.agents.runtime import AgentHungError
from mara.domain.checks import positive
from mara.safepoint import may_stop


def test_code_of_the_package_may_be_stopped_but_the_module_named() -> None:
    assert not may_stop(None)
    assert not may_stop(inspect.currentframe())
    seen = []

    class Watched(float):
        def __le__(self, other: object) -> bool:
            frame = sys._getframe(1)
            seen.append((may_stop(frame), may_stop(frame, but="mara.domain.checks")))
            return False

        __lt__ = __le__

        def __gt__(self, other: object) -> bool:
            self.__le__(other)
            return True

    positive("test", "value", Watched(1.0))
    assert (True, False) in seen


@pytest.mark.parametrize("grace_s", [0.0, 0.1])
def test_a_thread_in_foreign_code_is_waited_for_and_then_stopped(
    grace_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime, "_GRACE_S", grace_s)
    ended: list[type[BaseException]] = []

    def busy() -> None:
        try:
            while True:
                time.sleep(0.001)
        except AgentHungError as error:
            ended.append(type(error))

    thread = threading.Thread(target=busy)
    thread.start()
    began = time.monotonic()
    runtime._interrupt(thread)
    assert time.monotonic() - began >= grace_s
    thread.join(5.0)
    assert ended == [AgentHungError]
