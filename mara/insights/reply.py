"""A reply in the making: text comes in pieces, and leaves as checked sentences."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from mara.insights.checking import CheckedSentence, Checker, Piece
from mara.insights.facts import FactSheet
from mara.insights.narrator import (
    Ended,
    Notice,
    TextDelta,
    ToolCalled,
    Withdrawn,
)
from mara.insights.scripts import cleaned
from mara.insights.sentences import SentenceCutter
from mara.insights.tools import ToolCall

if TYPE_CHECKING:
    from mara.insights.guard import Guard
    from mara.insights.narrator import Event

__all__ = ["ReplySoFar", "ReplyWriter"]

_REMOVED: Final = "(A sentence that repeated our instructions is removed.) "


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplySoFar:
    """What may be shown of a reply; `by` names who wrote it, `ended` is None while it goes on."""

    by: str
    sheet: FactSheet
    sentences: tuple[CheckedSentence, ...] = ()
    calls: tuple[ToolCall, ...] = ()
    notices: tuple[str, ...] = ()
    ended: Ended | None = None

    @property
    def text(self) -> str:
        """The text as it is read."""
        return "".join(sentence.text for sentence in self.sentences)

    @property
    def traced(self) -> int:
        """How many figures have a fact behind them."""
        return sum(len(sentence.figures) for sentence in self.sentences)

    @property
    def untraced(self) -> int:
        """How many figures are marked."""
        return sum(len(sentence.untraced) for sentence in self.sentences)


class ReplyWriter:
    """Takes the events of a narrator in order; `so_far` is one value, swapped at each change."""

    def __init__(self, by: str, sheet: FactSheet, guard: Guard) -> None:
        self.so_far = ReplySoFar(by=by, sheet=sheet)
        self._guard = guard
        self._checker = Checker(sheet)
        self._cutter = SentenceCutter()
        self._leaking = False
        self._tail = ""

    def begin(self, by: str, sheet: FactSheet) -> None:
        """Name who writes, and the facts, once both are known."""
        self._checker.use(sheet)
        self.so_far = replace(self.so_far, by=by, sheet=sheet)

    def take(self, event: Event) -> bool:
        """Take an event; tell whether there is something new to show."""
        if isinstance(event, TextDelta):
            return self._say(self._cutter.feed(event.text))
        if isinstance(event, ToolCalled):
            self._say([self._cutter.rest()])
            self._called(event.call)
        elif isinstance(event, Notice):
            self._say([self._cutter.rest()])
            self.so_far = replace(self.so_far, notices=(*self.so_far.notices, event.text))
        elif isinstance(event, Withdrawn):
            self._cutter.rest()
            self.so_far = replace(self.so_far, sentences=(), calls=())
        else:
            self._say([self._cutter.rest()])
            by = event.model if self.so_far.sentences else self.so_far.by
            self.so_far = replace(self.so_far, ended=event, by=by)
        return True

    def _say(self, sentences: list[str]) -> bool:
        fresh = tuple(self._checked(text) for text in sentences if text)
        if fresh:
            self.so_far = replace(self.so_far, sentences=(*self.so_far.sentences, *fresh))
        return bool(fresh)

    def _checked(self, raw: str) -> CheckedSentence:
        sentence = cleaned(raw)
        said = f"{self._tail} {sentence}"
        self._leaking = self._guard.leaks(said, going_on=self._leaking)
        self._tail = self._guard.tail(said)
        if self._leaking:
            return CheckedSentence(pieces=(Piece(kind="text", text=_REMOVED),))
        return self._checker.check(self._guard.masked(sentence))

    def _called(self, call: ToolCall) -> None:
        if call.result is not None and call.result.facts:
            sheet = self.so_far.sheet.extended(call.result.facts)
            self._checker.use(sheet)
            self.so_far = replace(self.so_far, sheet=sheet)
        self.so_far = replace(self.so_far, calls=(*self.so_far.calls, call))
