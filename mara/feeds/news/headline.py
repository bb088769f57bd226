"""A headline, and how headlines of several sources are joined."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from mara.domain import Origin
from mara.domain.checks import aware, named
from mara.errors import InvalidValue
from mara.feeds.news.plain import safe_link

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["MOST_TITLE", "Headline", "newest"]

MOST_TITLE: Final = 300
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """One headline: text that we did not write, without markup.

    `source` names the feed, or says that it was pasted. `link` leads to the article, `published`
    is in UTC; each is None where the source does not say. `origin` is the badge: LIVE from the
    web, SIMULATED from a server on this machine, ASSUMED where a person pasted it.
    """

    title: str
    source: str
    origin: Origin
    link: str | None = None
    published: datetime | None = None

    def __post_init__(self) -> None:
        if not self.title or len(self.title) > MOST_TITLE:
            raise InvalidValue(
                f"Headline: title={self.title[:40]!r} must have 1 to {MOST_TITLE} characters"
            )
        named("Headline", "source", self.source)
        if self.link is not None and safe_link(self.link) is None:
            raise InvalidValue(f"Headline: link={self.link[:60]!r} must be a plain http(s) address")
        if self.published is not None:
            aware("Headline", "published", self.published)

    @property
    def headline_id(self) -> str:
        """Name of what is said: the same words, in whatever case, have the same one."""
        return hashlib.sha256(self.title.casefold().encode()).hexdigest()[:16]


def newest(headlines: Iterable[Headline], most: int) -> tuple[Headline, ...]:
    """Join headlines: the newest first, those without a date last, each title once, at most `most`.

    Of doubles the oldest stays, because it is who said it first.
    """
    once: dict[str, Headline] = {}
    for one in sorted(headlines, key=_first_said):
        once.setdefault(one.headline_id, one)
    return tuple(sorted(once.values(), key=_time, reverse=True)[:most])


def _time(headline: Headline) -> datetime:
    return headline.published or _LONG_AGO


def _first_said(headline: Headline) -> tuple[bool, datetime]:
    return headline.published is None, _time(headline)
