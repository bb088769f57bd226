"""Budgets, meter and breaker."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from mara.errors import InvalidValue, NarratorError, RefusedError
from mara.insights.breaker import Breaker
from mara.insights.money import Budget, Meter, TokenPrices, Usage, most_usage
from mara.services.insights_commentary import SHARED, payer_of


class Hands:
    """A clock that is moved by hand."""

    speed: float | None = 1.0

    def __init__(self) -> None:
        self.at = datetime(2026, 6, 2, 23, 59, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    async def sleep_until(self, at: datetime) -> None:
        self.at = at


USED = Usage(input_tokens=100, output_tokens=10)


def test_prices_make_the_cost() -> None:
    prices = TokenPrices(input_usd=2.0, output_usd=10.0, cache_write_usd=2.5, cache_read_usd=0.2)
    used = Usage(
        input_tokens=1_000, output_tokens=500, cache_write_tokens=2_000, cache_read_tokens=10_000
    )
    assert prices.cost_usd(used) == pytest.approx((2_000 + 5_000 + 5_000 + 2_000) / 1e6)
    assert (used + used).total == 2 * used.total
    with pytest.raises(InvalidValue):
        Usage(input_tokens=-1)


def test_the_most_is_a_token_a_byte() -> None:
    most = most_usage(request_bytes=10, max_tokens=600)
    assert (most.cache_write_tokens, most.output_tokens) == (1_010, 600)


def test_a_reply_is_allowed_only_if_its_most_fits() -> None:
    meter = Meter(Budget(day_usd=1.0, session_usd=0.5), Hands())
    held = meter.reserve("a", 0.4)
    with pytest.raises(RefusedError, match="session") as refused:
        meter.reserve("a", 0.2)
    assert refused.value.rule == "session budget"
    meter.settle(held, USED, 0.1)
    meter.settle(meter.reserve("a", 0.4), USED, 0.4)
    assert meter.of_session("a").usd == pytest.approx(0.5)
    assert meter.of_session("a").usage.total == 220
    with pytest.raises(RefusedError):
        meter.reserve("a", 0.01)
    with pytest.raises(RefusedError, match="day"):
        meter.reserve("b", 0.6)


def test_a_day_begins_at_midnight_and_goes_on_after_a_restart() -> None:
    clock, kept = Hands(), {"2026-06-02": 0.7}
    meter = Meter(
        Budget(day_usd=1.0, session_usd=9.0),
        clock,
        restored=lambda day: kept.get(day, 0.0),
        kept=kept.__setitem__,
    )
    assert meter.of_day().usd == 0.7
    held = meter.reserve("a", 0.2)
    clock.at += timedelta(minutes=2)
    meter.settle(held, USED, 0.2)
    assert meter.of_day().usd == pytest.approx(0.2)
    assert meter.of_day().reserved_usd == 0.0
    assert kept["2026-06-03"] == pytest.approx(0.2)


def test_the_shared_commentary_has_a_budget_each_day() -> None:
    clock = Hands()
    first, second = clock.at, clock.at + timedelta(days=1)
    assert payer_of("a", first) == payer_of("a", second) == "a"
    meter = Meter(Budget(day_usd=9.0, session_usd=1.0), clock)
    held = meter.reserve(payer_of(SHARED, first), 1.0)
    meter.settle(held, Usage(), 1.0)
    with pytest.raises(RefusedError, match="session"):
        meter.reserve(payer_of(SHARED, first), 0.5)
    clock.at = second
    assert meter.reserve(payer_of(SHARED, second), 0.5).usd == 0.5


def test_many_threads_do_not_overspend() -> None:
    meter = Meter(Budget(day_usd=0.1, session_usd=9.0), Hands())

    def spend() -> None:
        for _ in range(50):
            try:
                meter.settle(meter.reserve("a", 0.002), USED, 0.002)
            except RefusedError:
                return

    threads = [threading.Thread(target=spend) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert meter.of_day().usd == pytest.approx(0.1)


def test_sessions_are_bounded() -> None:
    meter = Meter(Budget(day_usd=9.0, session_usd=9.0), Hands())
    for number in range(600):
        meter.settle(meter.reserve(f"s{number}", 0.001), USED, 0.001)
    assert meter.of_session("s0").usd == 0.0
    assert meter.of_session("s599").usd == 0.001


def error(cause: str, after: float | None = None) -> NarratorError:
    return NarratorError("it failed", cause=cause, retry_after_s=after)


def test_three_failures_open_and_one_success_closes() -> None:
    clock = Hands()
    breaker = Breaker(clock)
    for _ in range(3):
        breaker.check()
        breaker.failed(error("server"))
    with pytest.raises(NarratorError, match="not asked until") as held:
        breaker.check()
    assert held.value.retry_after_s == pytest.approx(30.0)
    clock.at += timedelta(seconds=31)
    breaker.check()
    breaker.failed(error("server"))
    with pytest.raises(NarratorError) as longer:
        breaker.check()
    assert longer.value.retry_after_s == pytest.approx(60.0)
    clock.at += timedelta(seconds=61)
    breaker.check()
    breaker.succeeded()
    breaker.failed(error("server"))
    breaker.check()


@pytest.mark.parametrize(
    ("cause", "after", "days"),
    [("key", None, 1_000), ("spend", None, 27), ("spend", 3_600.0, 0), ("rate", 7.0, 0)],
)
def test_causes_keep_it_open_for_as_long_as_they_last(
    cause: str, after: float | None, days: int
) -> None:
    clock = Hands()
    breaker = Breaker(clock)
    breaker.failed(error(cause, after))
    with pytest.raises(NarratorError) as held:
        breaker.check()
    assert (held.value.retry_after_s or 0.0) > days * 86_400
    if after is not None:
        clock.at += timedelta(seconds=after)
        breaker.check()
