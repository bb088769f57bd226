"""What a headline says to a buyer of power."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from mara.domain.checks import aware, within

__all__ = ["Direction", "Headline", "Tag", "TaggedHeadline"]


class Direction(StrEnum):
    """For a firm that buys power for years to come: cheaper, dearer, or neither."""

    FAVOURABLE = "favourable"
    ADVERSE = "adverse"
    NEUTRAL = "neutral"

    @property
    def sign(self) -> float:
        """1 where power gets cheaper, -1 where dearer."""
        return {"favourable": 1.0, "adverse": -1.0, "neutral": 0.0}[self.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """The reading of one headline; `quote` are its deciding words, `by` who read it."""

    entity: str
    direction: Direction
    confidence: float
    quote: str
    by: Literal["lexicon", "claude"]

    def __post_init__(self) -> None:
        within("Tag", "confidence", self.confidence, 0.0, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """A headline as it came: text from outside."""

    text: str
    source: str
    at: datetime

    def __post_init__(self) -> None:
        aware("Headline", "at", self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaggedHeadline:
    """A headline with its reading."""

    headline: Headline
    tag: Tag
