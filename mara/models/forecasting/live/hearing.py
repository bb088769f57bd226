"""A round as a worker process answers it: short to read, with what it remembers packed.

Book and fitted models are of use to the next round only, which a worker process does again. They
cross the border between processes as bytes that nobody unpacks in between, so that a round costs
the process that decides little more than reading its newest word.
"""

from __future__ import annotations

import pickle
from dataclasses import dataclass

from mara.models.forecasting.live.book import Book, Issue
from mara.models.forecasting.live.rounds import Failure, Learnt, Task, run_round
from mara.models.forecasting.past import Past, Predicted

__all__ = ["Heard", "Question", "ask"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Question:
    """Ask `experts` for `horizon` hours after `past`, as a `Task` does.

    `memory` is that of the answer before, None at first; with `relearn` the experts are fitted
    anew. What nobody has said yet is rehearsed.
    """

    past: Past
    experts: tuple[str, ...]
    horizon: int
    memory: bytes | None = None
    relearn: bool = False
    limit_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Heard:
    """What came of a round on a past until `until_s`.

    `issues` are those that were added, `newest` what the experts said together, `weights` the
    trust near, in the middle and far ahead, `drifted` who has lost it; `fitted` tells whether any
    expert has a model.
    """

    until_s: int
    issues: tuple[Issue, ...]
    newest: Predicted | None
    weights: tuple[dict[str, float], ...]
    drifted: tuple[str, ...]
    failures: tuple[Failure, ...]
    broken_h: float | None
    fitted: bool
    memory: bytes


def ask(question: Question) -> Heard:
    """Run the round, from what the one before remembered."""
    book, learnt = _unpacked(question)
    made = run_round(
        Task(
            past=question.past,
            book=book,
            learnt=() if question.relearn else learnt,
            horizon=question.horizon,
            limit_s=question.limit_s,
            rehearse=not book.issues,
        )
    )
    return Heard(
        until_s=made.past.end_s,
        issues=made.issues,
        newest=made.book.newest,
        weights=made.book.weights,
        drifted=made.book.drifted,
        failures=made.failures,
        broken_h=made.broken_h,
        fitted=bool(made.learnt),
        memory=pickle.dumps((made.book, made.learnt), protocol=pickle.HIGHEST_PROTOCOL),
    )


def _unpacked(question: Question) -> tuple[Book, tuple[Learnt, ...]]:
    if question.memory is None:
        return Book.of(question.experts), ()
    memory: tuple[Book, tuple[Learnt, ...]] = pickle.loads(question.memory)  # noqa: S301 - packed above, by a process of ours
    return memory
