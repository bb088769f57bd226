"""The checker: every figure of a sentence is traced to a fact, or it is marked."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from mara.insights.derivations import Cited, cited, split_entries
from mara.insights.facts import Fact
from mara.insights.mentions import list_mark, mentions
from mara.insights.names import names_of
from mara.insights.scripts import cleaned
from mara.insights.sentences import SentenceCutter
from mara.insights.tracing import Context, traced
from mara.insights.units import dimension_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mara.insights.facts import FactSheet
    from mara.insights.mentions import Mention

__all__ = ["CheckedSentence", "Checker", "Piece", "without_untraced"]

_BRACKET: Final = re.compile(r"\s?\[(?P<inside>[^\[\]\n]{1,600})\](?!\()")
_ENTRY: Final = re.compile(r"[\w.]+|\w+\s*\([\w.,\s]*\)")
_UNTRACED: Final = "(a figure that is not traced)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of a sentence: plain text, a figure with the facts behind it, or one without."""

    kind: Literal["text", "figure", "untraced"]
    text: str
    facts: tuple[Fact, ...] = ()
    entry: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedSentence:
    """A sentence whose figures are traced or marked; citations are taken out of its text."""

    pieces: tuple[Piece, ...]

    @property
    def text(self) -> str:
        """The sentence as it is read, marks left out."""
        return "".join(piece.text for piece in self.pieces)

    @property
    def untraced(self) -> tuple[Piece, ...]:
        """Figures that nothing stands behind."""
        return tuple(piece for piece in self.pieces if piece.kind == "untraced")

    @property
    def figures(self) -> tuple[Piece, ...]:
        """Figures that a fact stands behind."""
        return tuple(piece for piece in self.pieces if piece.kind == "figure")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bracket:
    start: int
    end: int
    entries: tuple[str, ...]


class Checker:
    """Traces the figures of sentences to a sheet; a longer sheet takes its place by `use`."""

    def __init__(self, sheet: FactSheet) -> None:
        self.use(sheet)

        self._item = 1

    def use(self, sheet: FactSheet) -> None:
        """Trace to `sheet` from now on."""
        self._sheet = sheet
        units = {f.unit for f in sheet.facts if dimension_of(f.unit).dimension.startswith("unit ")}
        self._units = tuple(sorted(units))
        self._names = names_of(sheet)
        self._context = Context.of(sheet)

    def check(self, sentence: str) -> CheckedSentence:
        """Trace every figure of a sentence.

        A figure is traced by its citation: the entry of the bracket that follows it. Without one
        it may be a constant with its unit, a number of a label cited beside it, a time of a cited
        fact, or a figure of at least four digits that one fact alone has. All else is marked.
        Sentences come in their order: the marks of a list count up.
        """
        text = cleaned(sentence)
        brackets = tuple(_brackets(text))
        bare = _masked(text, brackets)
        found = mentions(bare, self._units, item=self._item, names=self._names)
        self._count_item(bare)
        known = {e: cited(e, self._sheet) for b in brackets for e in b.entries}
        here = tuple(c for c in known.values() if c is not None)
        context = self._context.beside(here, bare)
        pieces: list[Piece] = []
        at = 0
        for place, mention in enumerate(found):
            pieces += _text_between(text, brackets, at, mention.start)
            own = _cited_for(found[place:], brackets)
            pieces.append(self._judged(bare, mention, own, known, context))
            at = mention.end
        pieces += _text_between(text, brackets, at, len(text))
        return CheckedSentence(pieces=tuple(pieces))

    def _count_item(self, text: str) -> None:
        item = list_mark(text)
        if item in {1, self._item}:
            self._item = item + 1

    def _judged(
        self,
        text: str,
        mention: Mention,
        own: tuple[str, ...],
        known: dict[str, Cited | None],
        context: Context,
    ) -> Piece:
        candidates = tuple(c for entry in own if (c := known[entry]) is not None)
        found = traced(text, mention, candidates, context, cited=bool(own))
        shown = text[mention.start : mention.end]
        if found is not None:
            return Piece(kind="figure", text=shown, facts=found.facts, entry=found.entry)
        return Piece(kind="untraced", text=shown, note=_why(own, candidates))


def without_untraced(text: str, sheet: FactSheet) -> str:
    """Write a text with what it cannot trace taken out, for places that show no marks."""
    checker, cutter = Checker(sheet), SentenceCutter()
    pieces = [p for s in (*cutter.feed(text), cutter.rest()) for p in checker.check(s).pieces]
    return "".join(_UNTRACED if p.kind == "untraced" else p.text for p in pieces)


def _why(own: tuple[str, ...], candidates: tuple[Cited, ...]) -> str:
    if not own:
        return "no fact is cited for this figure"
    if not candidates:
        return f"what it cites is not among the facts: {own[0][:60]}"
    first = candidates[0]
    unit = "" if first.dimension == "share" else f" {first.facts[0].unit}"
    return f"it is not what it cites: {first.entry} is {first.shown:,.6g}{unit}"


def _brackets(text: str) -> Iterator[_Bracket]:
    for match in _BRACKET.finditer(text):
        entries = split_entries(match["inside"])
        if entries and all(_ENTRY.fullmatch(entry) for entry in entries):
            yield _Bracket(start=match.start(), end=match.end(), entries=entries)


def _masked(text: str, brackets: tuple[_Bracket, ...]) -> str:
    for bracket in brackets:
        width = bracket.end - bracket.start
        text = text[: bracket.start] + "\x00" * width + text[bracket.end :]
    return text


def _cited_for(left: tuple[Mention, ...], brackets: tuple[_Bracket, ...]) -> tuple[str, ...]:
    """Find the entries that speak for the first figure left: those of the next bracket.

    The last figures before a bracket of n entries are n; one further back has no citation. Times
    do not count among numbers.
    """
    mention = left[0]
    after = [b for b in brackets if b.start >= mention.end]
    if not after:
        return ()
    bracket = _joined_entries(after)
    counted = {"time", "date"} if mention.kind in {"time", "date"} else {"number", "word"}
    until = itertools.takewhile(lambda m: m.end <= after[0].start, left)
    more = itertools.islice((m for m in until if m.kind in counted), len(bracket) + 1)
    return bracket if len(list(more)) <= len(bracket) else ()


def _joined_entries(after: list[_Bracket]) -> tuple[str, ...]:
    """Join brackets that stand side by side: [a][b] is [a, b]."""
    entries = list(after[0].entries)
    for left, right in itertools.pairwise(after):
        if left.end != right.start:
            break
        entries += right.entries
    return tuple(entries)


def _text_between(
    text: str, brackets: tuple[_Bracket, ...], start: int, end: int
) -> Iterator[Piece]:
    """Give the plain text between two figures, without the citations."""
    out, at = "", start
    for bracket in brackets:
        if start <= bracket.start and bracket.end <= end:
            out += text[at : bracket.start]
            at = bracket.end
    out += text[at:end]
    if out:
        yield Piece(kind="text", text=out)
