"""Makes `sheets.jsonl` and `replies.jsonl`: ``python -m tests.insights.data.making.replies``."""

from __future__ import annotations

import json
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tests.insights.data.making.false_sentences import FALSE
from tests.insights.data.making.sentence import Number, Sentence, capital
from tests.insights.data.making.sheets import Sheet, sheet_of
from tests.insights.data.making.true_sentences import TRUE

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["REPLIES", "SHEETS", "lines_of_replies", "lines_of_sheets"]

FOLDER: Final = Path(__file__).resolve().parents[1]
SHEETS: Final = 25
REPLIES: Final = 200
_SENTENCES: Final = 5
_PLANTED: Final = (0, 1, 1, 2, 2, 3)
_SEED: Final = 20_260_602
Record = dict[str, Any]


def _sheets() -> list[Sheet]:
    rng = np.random.default_rng(_SEED)
    return [sheet_of(rng, number) for number in range(SHEETS)]


def lines_of_sheets() -> list[str]:
    """Give the sheets, a line of JSON each."""
    rows = [
        [
            {"id": f.id, "name": f.name, "value": float(f.value), "unit": f.unit, "at": f.at}
            for f in s
        ]
        for s in _sheets()
    ]
    return [_line({"id": f"sheet-{i:02d}", "facts": facts}) for i, facts in enumerate(rows, 1)]


def lines_of_replies() -> list[str]:
    """Give the replies with their numbers, a line of JSON each."""
    sheets = _sheets()
    planted = cycle(FALSE)
    lines = []
    for number in range(REPLIES):
        rng = np.random.default_rng([_SEED, number])
        at = number % SHEETS
        sentences = list(_sentences(rng, sheets[at], planted))
        record = {"id": f"reply-{number + 1:03d}", "sheet": f"sheet-{at + 1:02d}"}
        lines.append(_line(record | _assembled(sentences)))
    return lines


def _sentences(
    rng: np.random.Generator, sheet: Sheet, planted: Iterator[Any]
) -> Iterator[Sentence]:
    false = int(rng.choice(_PLANTED))
    order = rng.permutation([*([False] * (_SENTENCES - false)), *([True] * false)])
    for is_false in order:
        maker = next(planted) if is_false else TRUE[int(rng.integers(len(TRUE)))]
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
    """Write both files."""
    for name, lines in (("sheets", lines_of_sheets()), ("replies", lines_of_replies())):
        (FOLDER / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
