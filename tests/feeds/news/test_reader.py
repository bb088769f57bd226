"""Feeds over HTTP: bounded, polite, and one sentence where they fail."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx
import pytest

from mara.clock import SystemClock
from mara.domain import Origin
from mara.errors import FeedError, InvalidValue
from mara.feeds.news import NewsReader
from mara.feeds.news.fetch import MOST_BYTES, _next, checked_url
from tests.feeds.news.serving import RSS, WebServer, web_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

NOW = datetime(2026, 6, 2, 15, tzinfo=UTC)


class HandClock(SystemClock):
    """Moves when told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
async def web() -> AsyncIterator[WebServer]:
    async with web_server() as server:
        yield server


def _reader(url: str, clock: HandClock | None = None, timeout_s: float = 5.0) -> NewsReader:
    return NewsReader(feeds={"wire": url}, clock=clock or HandClock(), timeout_s=timeout_s)


async def _problem(url: str, timeout_s: float = 5.0) -> str:
    (reading,) = await _reader(url, timeout_s=timeout_s).read()
    assert reading.headlines == ()
    assert reading.problem is not None
    assert "\n" not in reading.problem
    return reading.problem


async def test_headlines_come_with_name_time_and_badge(web: WebServer) -> None:
    reader = _reader(web.put("/feed"))
    (reading,) = await reader.read()
    assert (reading.problem, reading.read_at, len(reading.headlines)) == (None, NOW, 2)
    wind = reader.headlines()[0]
    assert (wind.title, wind.source, wind.origin) == ("Wind lifts Texas", "wire", Origin.SIMULATED)
    assert wind.link == f"{web.url}/wind"
    assert reader.headlines(1) == (wind,)


async def test_a_feed_is_asked_only_when_due(web: WebServer) -> None:
    clock = HandClock()
    reader = _reader(web.put("/feed"), clock)
    for seconds, requests in ((0.0, 1), (299.0, 1), (300.0, 2)):
        clock.seconds = seconds
        await reader.read()
        assert len(web.requests) == requests


async def test_what_did_not_change_is_not_sent_again(web: WebServer) -> None:
    clock = HandClock()
    stamp = "Tue, 02 Jun 2026 12:00:00 GMT"
    reader = _reader(web.put("/feed", headers=f'ETag: "v1"\r\nLast-Modified: {stamp}\r\n'), clock)
    (first,) = await reader.read()
    web.put("/feed", b"", status="304 Not Modified")
    clock.seconds = 300.0
    (second,) = await reader.read()
    assert 'if-none-match: "v1"' in web.requests[1].lower()
    assert f"if-modified-since: {stamp.lower()}" in web.requests[1].lower()
    assert second == first


async def test_not_modified_without_being_asked_is_a_fault(web: WebServer) -> None:
    assert "304" in await _problem(web.put("/feed", b"", status="304 Not Modified"))


async def test_an_endless_validator_is_not_sent_back(web: WebServer) -> None:
    clock = HandClock()
    reader = _reader(web.put("/feed", headers=f'ETag: "{"v" * 600}"\r\n'), clock)
    await reader.read()
    clock.seconds = 300.0
    await reader.read()
    assert "if-none-match" not in web.requests[1].lower()


async def test_a_feed_that_fails_keeps_what_it_gave(web: WebServer) -> None:
    clock = HandClock()
    reader = _reader(web.put("/feed"), clock)
    (before,) = await reader.read()
    web.put("/feed", b"<html/>")
    clock.seconds = 300.0
    (after,) = await reader.read()
    assert (after.headlines, after.read_at) == (before.headlines, before.read_at)
    assert "neither RSS nor Atom" in (after.problem or "")
    web.put("/feed")
    clock.seconds = 600.0
    assert (await reader.read())[0].problem is None


async def test_a_date_to_come_is_none(web: WebServer) -> None:
    body = RSS.replace(b"02 Jun 2026 08:30", b"02 Jun 2999 08:30")
    reader = _reader(web.put("/feed", body))
    await reader.read()
    assert [one.published is None for one in reader.headlines()] == [False, True]


async def test_feeds_are_read_side_by_side(web: WebServer) -> None:
    web.delay_s = 1.0
    urls = {f"wire {i}": web.put(f"/{i}") for i in range(5)}
    reader = NewsReader(feeds={**urls, "gone": f"{web.url}/gone"}, clock=HandClock())
    start = time.monotonic()
    readings = await reader.read()
    assert time.monotonic() - start < 4.5
    assert [len(one.headlines) for one in readings] == [2, 2, 2, 2, 2, 0]
    assert len(reader.headlines()) == 2


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("404 Not Found", "refused with 404"),
        ("401 Unauthorized", "wants a login"),
        ("403 Forbidden", "wants a login"),
        ("408 Request Timeout", "the server fails"),
        ("500 Oops", "the server fails"),
        ("503 Busy", "asks for a pause"),
        ("204 No Content", "refused with 204"),
    ],
)
async def test_statuses(web: WebServer, status: str, said: str) -> None:
    assert said in await _problem(web.put("/feed", b"", status=status))


@pytest.mark.parametrize(
    ("headers", "pause_s"),
    [("Retry-After: 900\r\n", 900.0), ("", 600.0), ("Retry-After: 5\r\n", 300.0)],
)
async def test_a_pause_asked_for_is_kept(web: WebServer, headers: str, pause_s: float) -> None:
    clock = HandClock()
    reader = _reader(web.put("/feed", b"", status="429 Slow down", headers=headers), clock)
    for seconds, requests in ((0.0, 1), (pause_s - 1, 1), (pause_s, 2)):
        clock.seconds = seconds
        await reader.read()
        assert len(web.requests) == requests


async def test_too_large(web: WebServer) -> None:
    assert "larger than" in await _problem(web.put("/feed", b" " * (MOST_BYTES + 1)))


async def test_a_compressed_reply_is_refused(web: WebServer) -> None:
    said = await _problem(web.put("/feed", headers="Content-Encoding: gzip\r\n"))
    assert "encoded as 'gzip'" in said


async def test_too_slow(web: WebServer) -> None:
    web.delay_s = 5.0
    start = time.monotonic()
    assert "within 0.2 s" in await _problem(web.put("/feed"), timeout_s=0.2)
    assert time.monotonic() - start < 4.9


async def test_the_time_is_for_all_redirects_together(web: WebServer) -> None:
    web.delay_s = 0.15
    web.put("/c")
    web.move("/b", "/c")
    assert "within 0.3 s" in await _problem(web.move("/a", "/b"), timeout_s=0.3)


async def test_nobody_there_and_a_cut(web: WebServer) -> None:
    assert "connection failed (ConnectError)" in await _problem("http://127.0.0.1:9/feed")
    web.pages["/feed"] = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<rss>"
    assert "connection failed" in await _problem(f"{web.url}/feed")


async def test_redirects_are_followed_to_a_bound(web: WebServer) -> None:
    web.put("/end")
    for at, target in (("/2", "/end"), ("/1", "/2"), ("/0", "/1")):
        web.move(at, target, status="301 Moved")
    assert (await _reader(f"{web.url}/0").read())[0].problem is None
    assert "more than 3 redirects" in await _problem(web.move("/start", "/0"))


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "http://[bad", "", "http://u:p@x.example/"]
)
async def test_redirects_lead_to_web_addresses_only(web: WebServer, target: str) -> None:
    said = await _problem(web.move("/feed", target))
    assert "no web address" in said or "more than 3" in said
    assert len(web.requests) <= 4


@pytest.mark.parametrize(
    "target",
    ["http://10.0.0.1/", "http://127.1/", "http://169.254.169.254/meta", "http://localhost/",
     "http://2130706433/", "http://[::1]/", "http://db.internal/", "http://router/"],
)  # fmt: skip
def test_redirects_never_lead_inside(target: str) -> None:
    first = httpx.URL("http://news.example/feed")
    with pytest.raises(FeedError, match="into this network"):
        _next(first, first, target)


def test_redirects_never_leave_https() -> None:
    first = httpx.URL("https://news.example/feed")
    assert _next(first, first, "//www.news.example/a").scheme == "https"
    assert _next(first, first, "https://1.1.1.1/a").host == "1.1.1.1"
    with pytest.raises(FeedError, match="from https to http"):
        _next(first, first, "http://news.example/feed")


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "ftp://x.example", "news", "", "http://", "https://u:p@x.example/",
     "http://x.example:0/", "http://[bad", "http://x.example:99999/", "http://x.example:port/"],
)  # fmt: skip
def test_impossible_addresses(url: str) -> None:
    with pytest.raises(InvalidValue, match="news") as caught:
        checked_url(url)
    assert "u:p" not in str(caught.value)


def test_impossible_readers() -> None:
    with pytest.raises(InvalidValue, match="21 feeds"):
        NewsReader(feeds={str(i): "https://x.example" for i in range(21)}, clock=HandClock())
    with pytest.raises(InvalidValue, match="timeout_s"):
        _reader("https://x.example", timeout_s=0.0)
    assert _reader("https://x.example").readings[0].read_at is None
