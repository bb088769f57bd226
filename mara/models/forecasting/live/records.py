"""Records of what was said live, to be scored as any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mara.models.forecasting.evaluation.track import Track, joined
from mara.models.forecasting.live.book import ENSEMBLE, Book, Issue, Said
from mara.models.forecasting.past import LEVELS, Past, Predicted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["ensemble_of", "record_of"]


def record_of(expert: str, issues: Iterable[Issue], past: Past) -> Track | None:
    """Lay what an expert, or the ensemble, said beside what came by the end of `past`.

    None where it said nothing.
    """
    made = [issue.of(expert) for issue in issues]
    pieces = [_piece(expert, p, past) for p in made if p is not None]
    return joined(pieces) if pieces else None


def _piece(expert: str, made: Predicted, past: Past) -> Track:
    """Lay a prediction beside what came of it by the end of the past."""
    first = (made.start_s - past.start_s) // made.step_s
    steps = made.mean.size
    actual = np.full(steps, np.nan)
    rows = np.arange(first, first + steps)
    there = (rows >= 0) & (rows < len(past))
    actual[there] = past.values[rows[there]]
    told = made.quantiles if made.levels == LEVELS else np.full((steps, len(LEVELS)), np.nan)
    return Track(
        model=expert,
        levels=LEVELS,
        issued_s=np.full(steps, made.start_s, dtype=np.int64),
        start_s=made.epoch_s,
        actual=actual,
        mean=made.mean,
        quantiles=told,
    )


def ensemble_of(pieces: Mapping[str, Sequence[Track]], past: Past) -> Track:
    """Have the ensemble speak where its experts spoke: each time by the trust earned before.

    `pieces` holds, for each expert, its record issue by issue, the issues being the same for all.

    Raises
    ------
    InvalidValue
        There is no expert, or no issue.
    """
    book = Book.of(tuple(pieces))
    made: list[Predicted | None] = []
    for said in zip(*pieces.values(), strict=True):
        issued_s = int(said[0].issued_s[0])
        seen = past.first((issued_s - past.start_s) // past.step_s)
        spoken = tuple(
            Said(expert=name, predicted=_predicted(piece, past))
            for name, piece in zip(pieces, said, strict=True)
        )
        book, (*_, issue) = book.extended(spoken, seen)
        made.append(issue.together)
    return joined([_piece(ENSEMBLE, p, past) for p in made if p is not None])


def _predicted(piece: Track, past: Past) -> Predicted:
    told = bool(np.isfinite(piece.quantiles).all())
    return Predicted(
        target=past.target,
        model=piece.model,
        start_s=int(piece.start_s[0]),
        step_s=past.step_s,
        mean=piece.mean,
        quantiles=piece.quantiles if told else np.empty((len(piece), 0)),
        levels=LEVELS if told else (),
    )
