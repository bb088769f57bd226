"""Makes both sets of sheets and replies: ``python -m tests.insights.data.making.replies``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tests.insights.data.making.false_sentences import FALSE
from tests.insights.data.making.harder import HARDER_FALSE, HARDER_TRUE
from tests.insights.data.making.sentence import Number, Sentence, capital
from tests.insights.data.making.sheets import Sheet, sheet_of
from tests.insights.data.making.true_sentences import TRUE

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["REPLIES", "SETS", "SHEETS", "ReplySet", "lines_of_replies", "lines_of_sheets"]

FOLDER: Final = Path(__file__).resolve().parents[1]
SHEETS: Final = 25
REPLIES: Final = 200
_SENTENCES: Final = 5
_PLANTED: Final = (0, 1, 1, 2, 2, 3)
Record = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplySet:
    """Two files, what they are drawn from, and their seed."""

    sheets: str
    replies: str
    seed: int
    true: tuple[Any, ...]
    false: tuple[Any, ...]


SETS: Final = (
    ReplySet(
        sheets="sheets.jsonl", replies="replies.jsonl", seed=20_260_602, true=TRUE, false=FALSE
    ),
    ReplySet(
        sheets="sheets_2.jsonl",
        replies="replies_2.jsonl",
        seed=20_260_603,
        true=HARDER_TRUE,
        false=HARDER_FALSE,
    ),
)
"""The first set, and a second with harder sentences."""


def _sheets(seed: int) -> list[Sheet]:
    rng = np.random.default_rng(seed)
    return [sheet_of(rng, number) for number in range(SHEETS)]


def lines_of_sheets(made: ReplySet) -> list[str]:
    """Give the sheets, a line of JSON each."""
    rows = [
        [
            {"id": f.id, "name": f.name, "value": float(f.value), "unit": f.unit, "at": f.at}
            for f in s
        ]
        for s in _sheets(made.seed)
    ]
    return [_line({"id": f"sheet-{i:02d}", "facts": facts}) for i, facts in enumerate(rows, 1)]


def lines_of_replies(made: ReplySet) -> list[str]:
    """Give the replies with their numbers, a line of JSON each."""
    sheets = _sheets(made.seed)
    planted = cycle(made.false)
    lines = []
    for number in range(REPLIES):
        rng = np.random.default_rng([made.seed, number])
        at = number % SHEETS
        sentences = list(_sentences(rng, sheets[at], (made.true, planted)))
        record = {"id": f"reply-{number + 1:03d}", "sheet": f"sheet-{at + 1:02d}"}
        lines.append(_line(record | _assembled(sentences)))
    return lines


def _sentences(
    rng: np.random.Generator, sheet: Sheet, makers: tuple[tuple[Any, ...], Iterator[Any]]
) -> Iterator[Sentence]:
    true, planted = makers
    false = int(rng.choice(_PLANTED))
    order = rng.permutation([*([False] * (_SENTENCES - false)), *([True] * false)])
    for is_false in order:
        maker = next(planted) if is_false else true[int(rng.integers(len(true)))]
        yield capital(maker(rng, sheet))


def _assembled(sentences: list[Sentence]) -> Record:
    """Join sentences, and tell where each number stands (code points, end exclusive)."""
    text, numbers = "", []
    for place, sentence in enumerate(sentences):
        clean = all(n.traceable for n in sentence if isinstance(n, Number))
        text += _gap(text, sentence)
        for piece in sentence:
            if isinstance(piece, Number):
                span = {"start": len(text), "end": len(text) + len(piece.text)}
                said = {"text": piece.text, "kind": piece.kind, "traceable": piece.traceable}
                place_of = {"about": piece.about, "sentence": place, "clean": clean}
                numbers.append(span | said | place_of)
            text += piece.text if isinstance(piece, Number) else piece
    return {"text": text, "numbers": numbers}


def _gap(text: str, sentence: Sentence) -> str:
    """Separate sentences; rows of tables and lists stand on lines of their own."""
    if not text:
        return ""
    head = sentence[0] if isinstance(sentence[0], str) else ""
    own_line = head.startswith(("|", "- "))
    return "\n" if own_line or not text.endswith(".") else " "


def _line(record: Record) -> str:
    return json.dumps(record, ensure_ascii=False)


def main() -> None:
    """Write all files."""
    for made in SETS:
        for name, lines in (
            (made.sheets, lines_of_sheets(made)),
            (made.replies, lines_of_replies(made)),
        ):
            (FOLDER / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
