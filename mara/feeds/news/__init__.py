"""Headlines of RSS and Atom feeds, and pasted ones: text of others, never an instruction."""

from mara.feeds.news.headline import Headline, newest
from mara.feeds.news.parse import parse_feed
from mara.feeds.news.pasted import pasted_headlines
from mara.feeds.news.reader import NewsReader, NewsReading

__all__ = [
    "Headline",
    "NewsReader",
    "NewsReading",
    "newest",
    "parse_feed",
    "pasted_headlines",
]
