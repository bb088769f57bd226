"""The lexicon classifier: what a headline means to a buyer of power, from a word list and a grammar.

A headline is split into clauses. Each thing that rises or falls, and each event, votes with its
sign; what calls a thing off turns the votes of its clause; the clause that the headline ends on
weighs most; words without effect on prices hold the vote back.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final

from mara.insights.sentiment import words
from mara.insights.sentiment.tags import Direction, Tag

__all__ = ["read_headline"]

_NEAR_WORDS: Final = 5
_THRESHOLD: Final = 0.5
_NEUTRAL_WEIGHT: Final = 0.9
_LAST_WEIGHT: Final = 1.5
_SMALL_CHANGE: Final = re.compile(r"\b0?\.\d+\s?%|\b0\.\d+ per ?cent")
_CLAUSES: Final = re.compile(
    r"\s*(?:;|:| - | \u2013 |, but | but | despite | although | even as | while )\s*"
)


def _whole(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{pattern})\b")


_THINGS: Final = tuple((_whole(pattern), sign) for pattern, sign in words.THINGS)
_EVENTS: Final = tuple((_whole(pattern), sign) for pattern, sign in words.EVENTS)
_RISES: Final = _whole(words.RISES)
_FALLS: Final = _whole(words.FALLS)
_FLIPS_BEFORE: Final = _whole(words.FLIPS_BEFORE)
_FLIPS_AFTER: Final = _whole(words.FLIPS_AFTER)
_TRANSITIVES: Final = _whole(words.TRANSITIVES)
_FROM_TO: Final = re.compile(
    r"to \W?(\d[\d,.]*)\S* from \W?(\d[\d,.]*)|from \W?(\d[\d,.]*)\S* to \W?(\d[\d,.]*)"
)
_NEUTRAL: Final = _whole(words.NEUTRAL)
_MARKETS: Final = re.compile(
    r"\b(?:Nord Pool|"
    + "|".join(re.escape(w) for w in words.MARKETS.split() if w not in {"Nord", "Pool"})
    + r")\b"
)
_CAPITALS: Final = re.compile(r"\b[A-Z][\w&-]+(?:\s+[A-Z][\w&-]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Vote:
    sign: float
    words: str
    at: int


def read_headline(headline: str) -> Tag:
    """Read a headline.

    >>> read_headline("Strike at gas terminal called off").direction.value
    'favourable'
    """
    parts = [part for part in _CLAUSES.split(headline.lower()) if part] or [""]
    votes = [_clause_votes(part) for part in parts]
    weights = [1.0] * (len(parts) - 1) + [_LAST_WEIGHT]
    total = sum(w * sum(v.sign for v in clause) for w, clause in zip(weights, votes, strict=True))
    quiet = len(_NEUTRAL.findall(headline.lower())) + len(_SMALL_CHANGE.findall(headline.lower()))
    threshold = _THRESHOLD + _NEUTRAL_WEIGHT * quiet
    said = [vote for clause in votes for vote in clause]
    return _tag(headline, total, threshold, said)


def _tag(headline: str, total: float, threshold: float, said: list[_Vote]) -> Tag:
    if abs(total) < threshold:
        direction = Direction.NEUTRAL
        confidence = 1.0 - abs(total) / (2.0 * threshold)
    else:
        direction = Direction.FAVOURABLE if total > 0 else Direction.ADVERSE
        confidence = 1.0 - 0.5 * math.exp(-(abs(total) - threshold))
    agree = [v for v in said if v.sign * total > 0] or said
    quote = max(agree, key=lambda v: abs(v.sign)).words if agree else headline[:60]
    return Tag(
        entity=_entity(headline),
        direction=direction,
        confidence=min(max(confidence, 0.0), 1.0),
        quote=_as_written(headline, quote),
        by="lexicon",
    )


def _as_written(headline: str, quote: str) -> str:
    at = headline.lower().find(quote)
    return headline[at : at + len(quote)] if at >= 0 else quote


def _entity(headline: str) -> str:
    found = _MARKETS.search(headline) or _CAPITALS.search(headline)
    return found.group()[:80] if found else "power market"


def _clause_votes(clause: str) -> list[_Vote]:
    """Let things and events of one clause vote, turned where the clause calls them off."""
    moves = [_moved(match, 1.0, clause) for match in _RISES.finditer(clause)]
    moves += [_moved(match, -1.0, clause) for match in _FALLS.finditer(clause)]
    events = [
        _Vote(sign=sign, words=match.group(), at=match.start())
        for pattern, sign in _EVENTS
        for match in pattern.finditer(clause)
    ]
    votes = [vote for vote in moves if vote is not None] + events + _from_to(clause)
    return _turned(clause, votes)


def _from_to(clause: str) -> list[_Vote]:
    """Read "to 74 from 61": the figure has risen."""
    match = _FROM_TO.search(clause)
    thing = _nearest(clause[: match.start()], last=True) if match else None
    if match is None or thing is None:
        return []
    new, old = (match[1], match[2]) if match[1] else (match[4], match[3])
    rise = _figure(new) - _figure(old)
    return [_Vote(sign=math.copysign(thing[0], thing[0] * rise), words=thing[1], at=match.start())]


def _figure(text: str) -> float:
    return float(text.replace(",", "").rstrip(".") or 0.0)


def _moved(match: re.Match[str], direction: float, clause: str) -> _Vote | None:
    """Find the thing that a rise or fall is about: the nearest one before it, else after it."""
    before = _nearest(clause[: match.start()], last=True)
    after = _nearest(clause[match.end() :], last=False)
    thing = (after or before) if _TRANSITIVES.fullmatch(match.group()) else (before or after)
    if thing is None:
        return None
    sign, name = thing
    return _Vote(sign=sign * direction, words=name or match.group(), at=match.start())


def _nearest(text: str, *, last: bool) -> tuple[float, str] | None:
    """Find the thing nearest to the end or the beginning of a text, within a few words."""
    near = " ".join(text.split()[-_NEAR_WORDS:] if last else text.split()[:_NEAR_WORDS])
    found = [
        (match.end() if last else -match.start(), len(match.group()), sign, match.group().strip())
        for pattern, sign in _THINGS
        for match in pattern.finditer(near)
        if match.group().strip()
    ]
    if not found:
        return None
    _, _, sign, name = max(found, key=lambda row: (row[0], row[1]))
    return sign, name


def _turned(clause: str, votes: list[_Vote]) -> list[_Vote]:
    """Turn the votes that a word before them, or after them, says do not come about."""
    before = [match.end() for match in _FLIPS_BEFORE.finditer(clause)]
    after = [match.start() for match in _FLIPS_AFTER.finditer(clause)]
    places = {match.start() for match in _FLIPS_BEFORE.finditer(clause)} | set(after)
    others = [vote for vote in votes if vote.at not in places]
    if not others:
        return votes
    return [_turned_vote(clause, vote, before, after) for vote in others]


def _turned_vote(clause: str, vote: _Vote, before: list[int], after: list[int]) -> _Vote:
    end = vote.at + len(vote.words)
    turns = sum(_close(clause[at : vote.at]) for at in before if at <= vote.at)
    turns += sum(_close(clause[end:at]) for at in after if end <= at)
    return _Vote(sign=-vote.sign if turns % 2 else vote.sign, words=vote.words, at=vote.at)


def _close(between: str) -> bool:
    return len(between.split()) <= _NEAR_WORDS
