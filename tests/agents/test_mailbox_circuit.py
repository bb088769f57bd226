"""Bounded queues, and the breaker that holds failing agents back."""

from __future__ import annotations

import pytest

from mara.agents.circuit import Circuit
from mara.agents.mailbox import Mailbox
from mara.errors import InvalidValue


async def test_the_oldest_message_gives_way_and_is_counted() -> None:
    box: Mailbox[int] = Mailbox(size=3)
    for number in range(5):
        box.put(number)
    assert len(box) == 3
    assert box.dropped == 2
    assert [await box.get() for _ in range(3)] == [2, 3, 4]
    assert box.wait_ms_p99 >= 0.0


def test_a_mailbox_holds_at_least_one() -> None:
    with pytest.raises(InvalidValue, match="size=0 must be at least 1"):
        Mailbox(size=0)


def test_pauses_double_and_a_success_forgets_them() -> None:
    circuit = Circuit(limit=100, window_s=1_000.0, pause_s=1.0)
    now, pauses = 0.0, []
    for _ in range(7):
        circuit.failed(now)
        wait = 0.0
        while not circuit.allows(now + wait):
            wait += 1.0
        pauses.append(wait)
        now += wait
    assert pauses == [2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]
    circuit.succeeded()
    assert circuit.allows(now)
    circuit.failed(now)
    assert not circuit.allows(now + 1.9)
    assert circuit.allows(now + 2.0)


def test_it_opens_at_the_limit_within_the_window_only() -> None:
    slow = Circuit(limit=3, window_s=10.0)
    for now in (0.0, 6.0, 12.0, 18.0):
        slow.failed(now)
    assert not slow.is_open
    fast = Circuit(limit=3, window_s=10.0)
    for now in (0.0, 4.0, 8.0):
        assert not fast.is_open
        fast.failed(now)
    assert fast.is_open
    assert not fast.allows(17.9)
    assert fast.allows(18.0)


def test_half_open_one_failure_holds_for_another_window() -> None:
    circuit = Circuit(limit=2, window_s=10.0)
    circuit.failed(0.0)
    circuit.failed(1.0)
    assert circuit.allows(11.0)
    circuit.failed(11.0)
    assert circuit.is_open
    assert not circuit.allows(20.9)
    assert circuit.allows(21.0)
    circuit.succeeded()
    assert not circuit.is_open
    circuit.failed(22.0)
    assert not circuit.is_open, "what failed before the success is forgotten"


def test_who_hung_is_passed_over_for_longer() -> None:
    circuit = Circuit(limit=5, window_s=600.0, pause_s=0.05, hang_pause_s=30.0)
    circuit.hung(100.0)
    assert not circuit.is_open
    assert not circuit.allows(129.9)
    assert circuit.allows(130.0)
