"""Plain text out of what others wrote: no markup, nothing unseen, one line, bounded."""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Final

__all__ = ["plain", "safe_link"]

_MOST_RAW: Final = 4_000
_MOST_LINK: Final = 2_000
_ROUNDS: Final = 4
_HIDDEN: Final = re.compile(r"<(script|style)\b[^<>]*>.*?(?:</\1\s*>|$)", re.IGNORECASE | re.DOTALL)
_COMMENT: Final = re.compile(r"<!--.*?(?:-->|$)", re.DOTALL)
_TAG: Final = re.compile(r"</?[A-Za-z!?][^<>]*>")
_LINK: Final = re.compile(r"https?://[A-Za-z0-9\[][^\s\"'<>\\`@]*", re.IGNORECASE)
_BLANK: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef]"
)
"""Signs that print nothing although their category is one of letters, marks or symbols."""

_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_MARKS: Final = frozenset({"Mn", "Me"})
_MOST_MARKS: Final = 2


def plain(text: str, *, most: int) -> str:
    """Strip tags, entities, controls, direction marks and piled-up accents; at most `most` signs.

    What is left may still hold signs that mean something in HTML or Markdown: whoever shows it
    escapes it.

    >>> plain("Gas <b>falls</b> &amp; wind&nbsp;rises", most=80)
    'Gas falls & wind rises'
    """
    bare = text[:_MOST_RAW]
    for _ in range(_ROUNDS):
        bare = _without_tags(html.unescape(bare))
    return _cut(" ".join(_seen(bare).split()), most)


def _without_tags(text: str) -> str:
    return _TAG.sub(" ", _COMMENT.sub(" ", _HIDDEN.sub(" ", text)))


def _seen(text: str) -> str:
    """Keep what prints: white space becomes a blank, more than two accents on one sign go."""
    kept: list[str] = []
    marks = 0
    for sign in unicodedata.normalize("NFC", _BLANK.sub("", text)):
        kind = unicodedata.category(sign)
        marks = marks + 1 if kind in _MARKS else 0
        if sign.isspace():
            kept.append(" ")
        elif kind not in _UNSEEN and marks <= _MOST_MARKS:
            kept.append(sign)
    return "".join(kept)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def safe_link(link: str) -> str | None:
    """Give a web address as it stands; None for one of another scheme, with a password or odd."""
    bare = link.strip()
    return bare if len(bare) <= _MOST_LINK and _LINK.fullmatch(bare) else None
