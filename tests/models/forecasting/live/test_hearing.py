"""A round across the border of processes says what the round itself says."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from mara.models.forecasting.live.book import Book
from mara.models.forecasting.live.hearing import Question, ask
from mara.models.forecasting.live.rounds import Task, run_round
from tests.models.forecasting.live.test_live import hourly

EXPERTS = ("persistence", "seasonal-naive", "seasonal-ar", "adaptive")


@pytest.mark.parametrize("relearn", [False, True])
def test_two_rounds_say_what_the_rounds_themselves_say(relearn: bool) -> None:  # noqa: FBT001
    past = hourly(30)
    earlier = past.first(len(past) - 1)
    made = run_round(Task(past=earlier, book=Book.of(EXPERTS), horizon=26, rehearse=True))
    then = run_round(
        Task(past=past, book=made.book, learnt=() if relearn else made.learnt, horizon=26)
    )

    heard = ask(Question(past=earlier, experts=EXPERTS, horizon=26))
    again = ask(
        Question(past=past, experts=EXPERTS, horizon=26, memory=heard.memory, relearn=relearn)
    )

    assert len(heard.issues) == len(made.issues) > 1
    assert [issue.issued_s for issue in again.issues] == [past.end_s] == [again.until_s]
    assert again.weights == then.book.weights
    assert again.drifted == then.book.drifted
    assert again.newest is not None
    assert then.book.newest is not None
    np.testing.assert_array_equal(again.newest.mean, then.book.newest.mean)
    np.testing.assert_array_equal(again.newest.quantiles, then.book.newest.quantiles)


def test_the_answer_is_small_to_unpack() -> None:
    heard = ask(Question(past=hourly(30), experts=EXPERTS, horizon=50))
    again = ask(
        Question(past=hourly(30), experts=EXPERTS, horizon=50, memory=heard.memory, relearn=False)
    )
    read = len(pickle.dumps(again)) - len(again.memory)
    assert heard.fitted
    assert read < len(again.memory) / 10
