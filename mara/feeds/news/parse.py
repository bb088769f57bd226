"""RSS 0.9x to 2.0, RSS 1.0 and Atom, read into headlines.

Sources: the RSS 2.0 specification (rssboard.org), RDF Site Summary 1.0, RFC 4287 (Atom), RFC 822
and RFC 3339 dates. The XML is read with entities and external references refused.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin, urlsplit

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from mara.errors import FeedError
from mara.feeds.news.headline import MOST_TITLE, Headline
from mara.feeds.news.plain import plain, safe_link

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

    from mara.domain import Origin

__all__ = ["MOST_HEADLINES", "parse_feed"]

MOST_HEADLINES: Final = 200
"""Most headlines that are read of one feed."""

_MOST_SOURCE: Final = 80
_ROOTS: Final = frozenset({"rss", "RDF", "feed"})
_ENTRIES: Final = frozenset({"item", "entry"})
_DATES: Final = ("pubDate", "published", "date", "updated")


def parse_feed(body: bytes, *, url: str, origin: Origin) -> tuple[Headline, ...]:
    """Read a feed that came from `url`, in its own order.

    Entries without a title are left out; a date or link that is wrong counts as none. Naive dates
    are in UTC.

    Raises
    ------
    FeedError
        It is no XML, declares entities, or is neither RSS nor Atom.
    """
    root = _root(body, urlsplit(url).netloc)
    source = plain(_source(root), most=_MOST_SOURCE) or urlsplit(url).netloc
    found: list[Headline] = []
    for entry in _entries(root):
        headline = _headline(entry, url=url, source=source, origin=origin)
        if headline is not None:
            found.append(headline)
        if len(found) == MOST_HEADLINES:
            break
    return tuple(found)


def _root(body: bytes, host: str) -> Element:
    try:
        root: Element = fromstring(body)
    except DefusedXmlException:
        raise FeedError(f"news {host}: the feed declares entities, which are not read") from None
    except (ParseError, ValueError, LookupError):
        raise FeedError(
            f"news {host}: the reply is no XML; is the address that of a feed?"
        ) from None
    if _name(root) not in _ROOTS:
        raise FeedError(
            f"news {host}: the reply is neither RSS nor Atom but <{_name(root)[:20]}>; give the "
            "address of the feed itself"
        )
    return root


def _name(element: Element) -> str:
    """Give the name of an element without its namespace; "" for a comment."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _child(parent: Element, name: str) -> Element | None:
    """Find a child by its name, one of the parent's own namespace before others."""
    fit = [child for child in parent if _name(child) == name]
    own = (child for child in fit if _space(child) == _space(parent))
    return next(own, fit[0] if fit else None)


def _space(element: Element) -> str:
    return element.tag.rpartition("}")[0]


def _text(element: Element | None) -> str:
    return "" if element is None else "".join(element.itertext())


def _source(root: Element) -> str:
    channel = _child(root, "channel")
    return _text(_child(root if channel is None else channel, "title"))


def _entries(root: Element) -> Iterator[Element]:
    """Give the entries; those of RSS 2.0 stand in its channel, others below the root."""
    for parent in (root, _child(root, "channel")):
        if parent is not None:
            yield from (child for child in parent if _name(child) in _ENTRIES)


def _headline(entry: Element, *, url: str, source: str, origin: Origin) -> Headline | None:
    title = plain(_text(_child(entry, "title")), most=MOST_TITLE)
    if not title:
        return None
    return Headline(
        title=title, source=source, origin=origin, link=_link(entry, url), published=_date(entry)
    )


def _link(entry: Element, url: str) -> str | None:
    """Give the address of the article: the text of RSS, the alternate of Atom."""
    for element in entry:
        if _name(element) == "link" and element.get("rel", "alternate") == "alternate":
            given = element.get("href") or _text(element)
            return _joined(url, given.strip()) if given.strip() else None
    return None


def _joined(url: str, link: str) -> str | None:
    try:
        return safe_link(urljoin(url, link))
    except ValueError:
        return None


def _date(entry: Element) -> datetime | None:
    given = (_text(_child(entry, name)).strip() for name in _DATES)
    return next((date for text in given if text and (date := _moment(text))), None)


def _moment(text: str) -> datetime | None:
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            stamp = read(text)
            return stamp.replace(tzinfo=UTC) if stamp.tzinfo is None else stamp.astimezone(UTC)
        except (ValueError, TypeError, OverflowError, IndexError):
            continue
    return None
