"""Figures of our own labels: a text may repeat them in the role that the label gives them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from mara.insights.mentions import Mention, mentions

__all__ = ["LabelFigure", "label_figures"]

_WORD: Final = re.compile(r"[^\W\d_]+")
_CLAUSE: Final = re.compile(r"[,;:.()]")
_NEAR: Final = 2
_REACH: Final = 40
_LEVELS: Final = frozenset({"quantile", "percentile", "interval", "band"})
_ENDS: Final = frozenset({"to", "and"})
_ARTICLES: Final = frozenset({"a", "an", "the"})
_AHEAD: Final = frozenset({"ahead", "later", "out", "from", "horizon", "hence"})
_SPANS: Final = frozenset(
    {"in", "last", "past", "previous", "next", "coming", "within", "over", "of", "through"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelFigure:
    """A figure of a label, with the words that stand beside it there.

    A text repeats it where the next word of the label follows within two words ("95 % quantile"),
    or, where none does, the word before stands before ("in 12 h"). A time may also go with any
    other word that spans time, or with a word of the label ("12-hour forecast").
    """

    figure: Mention
    before: frozenset[str]
    after: frozenset[str]

    def repeated(self, text: str, mention: Mention) -> bool:
        """Tell whether `mention` of `text` is this figure in its role."""
        same = (mention.raw, mention.unit, mention.kind)
        if same != (self.figure.raw, self.figure.unit, self.figure.kind):
            return False
        level = _LEVELS.intersection(_stems(mention.text))
        follow = _stems(text[mention.end :][:_REACH])[:_NEAR]
        ahead = _stems(text[: mention.start][-_REACH:])[-_NEAR:]
        if not self.after.isdisjoint([*level, *follow]):
            return True
        return self._leads and not self.before.isdisjoint(ahead)

    @property
    def _leads(self) -> bool:
        unit = self.figure.unit
        return not self.after or (unit is not None and unit.dimension == "time")


def label_figures(label: str) -> tuple[LabelFigure, ...]:
    """Find the figures of a label with their roles."""
    return tuple(_figure(label, mention) for mention in mentions(label))


def _figure(label: str, mention: Mention) -> LabelFigure:
    before = _stems(_CLAUSE.split(label[: mention.start])[-1])[-1:]
    after = _stems(_CLAUSE.split(label[mention.end :])[0])[:1]
    around = f"{label[: mention.start]} {label[mention.end :]}"
    timed = mention.unit is not None and mention.unit.dimension == "time"
    return LabelFigure(
        figure=mention,
        before=_like(before) | (_SPANS if timed else frozenset()),
        after=_like(after)
        | (frozenset(_stems(around)) - _SPANS - _ARTICLES | _AHEAD if timed else frozenset()),
    )


def _like(words: list[str]) -> frozenset[str]:
    """Give the words with those that say the same of a figure."""
    same = [group for group in (_LEVELS, _ENDS) if not group.isdisjoint(words)]
    return frozenset(words).union(*same)


def _stems(text: str) -> list[str]:
    return [word.lower().rstrip("s") for word in _WORD.findall(text)]
