"""Headlines from feeds or pasted, tagged once each, and their index over time."""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from mara.feeds.news import pasted_headlines
from mara.insights.facts import OutsideText
from mara.insights.sentiment.lexicon import read_headline
from mara.insights.sentiment.tags import Headline, TaggedHeadline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from mara.feeds.news import NewsReader
    from mara.feeds.news import headline as feed
    from mara.insights.sentiment.tags import Tag

__all__ = ["NewsDesk", "read_feeds"]

_KEPT: Final = 400
_SHOWN_TO_CLAUDE: Final = 40


class NewsDesk:
    """Keeps the newest headlines with their tags, once each; safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tagged: OrderedDict[str, TaggedHeadline] = OrderedDict()

    def tagged(self) -> tuple[TaggedHeadline, ...]:
        """All headlines kept, newest first."""
        with self._lock:
            found = tuple(self._tagged.values())
        return tuple(sorted(found, key=lambda t: t.headline.at, reverse=True))

    def paste(self, text: str, at: datetime) -> int:
        """Take pasted text, a headline a line; return how many are new.

        Raises
        ------
        InvalidValue
            There are too many lines or characters.
        """
        return self.take(_dated(one, at) for one in pasted_headlines(text, at=at))

    def take(self, headlines: Iterable[Headline]) -> int:
        """Keep headlines that are new, read by the word list; return how many were."""
        fresh = 0
        for headline in headlines:
            tag = read_headline(headline.text)
            with self._lock:
                if headline.text in self._tagged:
                    continue
                self._tagged[headline.text] = TaggedHeadline(headline=headline, tag=tag)
                fresh += 1
                while len(self._tagged) > _KEPT:
                    self._tagged.popitem(last=False)
        return fresh

    def retag(self, tagger: Callable[[tuple[str, ...]], tuple[Tag | None, ...]]) -> int:
        """Let `tagger` read what only the word list has read; return how many it did."""
        todo = [t for t in self.tagged() if t.tag.by == "lexicon"][:_SHOWN_TO_CLAUDE]
        if not todo:
            return 0
        tags = tagger(tuple(t.headline.text for t in todo))
        done = [(t, tag) for t, tag in zip(todo, tags, strict=True) if tag is not None]
        with self._lock:
            for old, tag in done:
                if old.headline.text in self._tagged:
                    fresh = TaggedHeadline(headline=old.headline, tag=tag)
                    self._tagged[old.headline.text] = fresh
        return len(done)

    def outside(self) -> tuple[OutsideText, ...]:
        """Give the newest headlines as outside text, each with its reading."""
        return tuple(
            OutsideText(
                label=f"headline, read as {t.tag.direction}",
                source=t.headline.source,
                text=t.headline.text,
            )
            for t in self.tagged()[:_SHOWN_TO_CLAUDE]
        )


def read_feeds(reader: NewsReader, at: datetime) -> tuple[tuple[Headline, ...], tuple[str, ...]]:
    """Read all feeds that are due; give the headlines known, and what failed."""
    readings = asyncio.run(reader.read())
    problems = tuple(f"{r.name}: {r.problem}" for r in readings if r.problem is not None)
    return tuple(_dated(one, at) for one in reader.headlines()), problems


def _dated(found: feed.Headline, at: datetime) -> Headline:
    """Date a headline: one without a date is of the moment when it was read."""
    return Headline(text=found.title, source=found.source, at=found.published or at)
