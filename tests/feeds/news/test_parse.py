"""RSS and Atom as they come, good and bad."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mara.domain import Origin
from mara.errors import FeedError, InvalidValue
from mara.feeds.news import Headline, newest, parse_feed, pasted_headlines
from mara.feeds.news.parse import MOST_HEADLINES
from tests.feeds.news.serving import RSS

URL = "https://news.example/feed.xml"
NOON = datetime(2026, 6, 2, 12, tzinfo=UTC)
ATOM = b"""<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>Power wire</title>
<entry><title type="html">&lt;b&gt;Heat&lt;/b&gt; dome</title>
<link rel="self" href="https://news.example/self"/><link href="/heat"/>
<published>2026-06-02T14:00:00+02:00</published><updated>2026-06-03T00:00:00Z</updated></entry>
<entry><title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">Cold <em>front</em></div></title>
<updated>2026-06-02T11:00:00Z</updated></entry></feed>"""
RDF = b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel><title>Old wire</title></channel>
<item><title>Rain fills lakes</title><link>https://news.example/rain</link>
<dc:date>2026-06-02T12:00:00Z</dc:date></item></rdf:RDF>"""
BOMB = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;">]>
<rss><channel><title>&b;</title></channel></rss>"""
OUTSIDE = b"""<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<rss><channel><title>&x;</title></channel></rss>"""


def _read(body: bytes) -> tuple[Headline, ...]:
    return parse_feed(body, url=URL, origin=Origin.LIVE)


def _rss(item: str) -> bytes:
    return f"<rss><channel><title>T</title><item>{item}</item></channel></rss>".encode()


def test_rss() -> None:
    wind, gas = _read(RSS)
    assert (wind.title, wind.link) == ("Wind lifts Texas", "https://news.example/wind")
    assert wind.published == datetime(2026, 6, 2, 13, 30, tzinfo=UTC)
    assert (gas.title, gas.link) == ("Gas falls & stays low", "https://news.example/gas")
    assert (gas.published, gas.source, gas.origin) == (NOON, "Grid News", Origin.LIVE)


def test_atom() -> None:
    heat, cold = _read(ATOM)
    assert (heat.title, heat.link) == ("Heat dome", "https://news.example/heat")
    assert (heat.published, heat.source) == (NOON, "Power wire")
    assert (cold.title, cold.link) == ("Cold front", None)
    assert cold.published == NOON - timedelta(hours=1)


def test_rdf() -> None:
    (rain,) = _read(RDF)
    assert (rain.title, rain.source, rain.published) == ("Rain fills lakes", "Old wire", NOON)


def test_the_title_of_the_entry_goes_before_those_of_others() -> None:
    media = '<m:title xmlns:m="http://search.yahoo.com/mrss/">A picture</m:title>'
    (one,) = _read(_rss(f"{media}<title>The news</title>"))
    assert one.title == "The news"


@pytest.mark.parametrize(
    ("given_date", "read"),
    [
        ("Tue, 02 Jun 2026 12:00:00 GMT", NOON),
        ("Tue, 02 Jun 2026 07:00:00 EST", NOON),
        ("02 Jun 2026 12:00:00", NOON),
        ("2026-06-02T12:00:00", NOON),
        ("2026-06-02T14:00:00+02:00", NOON),
        ("yesterday", None),
        ("Tue, 99 Jun 2026 12:00:00 GMT", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("", None),
    ],
)
def test_dates(given_date: str, read: datetime | None) -> None:
    (one,) = _read(_rss(f"<title>a</title><pubDate>{given_date}</pubDate>"))
    assert one.published == read


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "data:text/html,x", "https://u:p@x.example", "http://[bad", ""]
)
def test_bad_links_are_none(link: str) -> None:
    (one,) = _read(_rss(f"<title>a</title><link>{link}</link>"))
    assert one.link is None


def test_entries_without_a_title_are_left_out() -> None:
    assert _read(_rss("<title>  </title>")) == _read(_rss("<link>x</link>")) == ()


def test_comments_and_nameless_feeds_are_no_fault() -> None:
    body = (
        b"<rss><channel><!-- a --><item><!-- b --><title>a<!-- c --></title></item></channel></rss>"
    )
    (one,) = _read(body)
    assert (one.title, one.source) == ("a", "news.example")


def test_long_feeds_are_read_to_a_bound() -> None:
    items = "".join(f"<item><title>{i}</title></item>" for i in range(MOST_HEADLINES + 5))
    assert len(_read(f"<rss><channel>{items}</channel></rss>".encode())) == MOST_HEADLINES


@pytest.mark.parametrize("body", [BOMB, OUTSIDE], ids=["bomb", "outside"])
def test_entities_are_refused(body: bytes) -> None:
    with pytest.raises(FeedError, match=r"^news news\.example: the feed declares entities"):
        _read(body)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "no XML"),
        (b"<rss><channel>", "no XML"),
        (b"{}", "no XML"),
        (b"\xff\xfe\x00", "no XML"),
        (b"<?xml version='1.0' encoding='klingon'?><rss/>", "no XML"),
        (b"<html><body>Sign in</body></html>", "neither RSS nor Atom but <html>"),
    ],
)
def test_what_is_no_feed(body: bytes, said: str) -> None:
    with pytest.raises(FeedError, match=said):
        _read(body)


@given(st.binary(max_size=300))
def test_any_bytes_are_headlines_or_one_sentence(body: bytes) -> None:
    problem, found = "", ()
    try:
        found = _read(b"<rss><channel>" + body + b"</channel></rss>")
    except FeedError as error:
        problem = str(error)
    assert "\n" not in problem
    assert all(one.title for one in found)


def _headline(title: str, published: datetime | None = None, source: str = "a") -> Headline:
    return Headline(title=title, source=source, origin=Origin.LIVE, published=published)


def test_newest_first_each_once() -> None:
    late, early = _headline("Late", NOON), _headline("Early", NOON - timedelta(hours=2))
    again = _headline("EARLY", NOON + timedelta(hours=1), source="b")
    undated = _headline("Undated")
    assert newest((undated, again, early, late), 10) == (late, early, undated)
    assert newest((undated, again, early, late), 1) == (late,)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"title": ""}, "title"),
        ({"title": "a" * 301}, "title"),
        ({"source": ""}, "source"),
        ({"link": "javascript:alert(1)"}, "link"),
        ({"published": datetime(2026, 6, 2)}, "published"),  # noqa: DTZ001
    ],
)
def test_impossible_headlines_are_refused(change: dict[str, object], said: str) -> None:
    values: dict[str, object] = {"title": "a", "source": "b", "origin": Origin.LIVE}
    with pytest.raises(InvalidValue, match=said):
        Headline(**values | change)  # type: ignore[arg-type]


def test_pasted_lines() -> None:
    text = "\n- Gas falls\n2) Wind rises\n\n3.5 GW of storage joins\n• Gas falls\n<b>Rain</b>\n"
    found = pasted_headlines(text, at=NOON)
    assert [one.title for one in found] == [
        "Gas falls", "Wind rises", "3.5 GW of storage joins", "Rain",
    ]  # fmt: skip
    assert {(one.source, one.origin, one.published) for one in found} == {
        ("pasted", Origin.ASSUMED, NOON)
    }


def test_pasting_is_bounded() -> None:
    lines = [f"headline {number}" for number in range(101)]
    assert len(pasted_headlines("\n".join(lines[:100]), at=NOON)) == 100
    with pytest.raises(InvalidValue, match="101 lines"):
        pasted_headlines("\n".join(lines), at=NOON)
    with pytest.raises(InvalidValue, match="50001 characters"):
        pasted_headlines("a" * 50_001, at=NOON)
