"""The data that the insights are judged with are whole, and are what their README says."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.insights.data.making.replies import SETS, ReplySet, lines_of_replies, lines_of_sheets

FOLDER = Path(__file__).resolve().parent
FIGURE = re.compile(r"-?\$?-?[\d,]+(?:\.\d+)?")


def _lines(name: str) -> list[str]:
    return (FOLDER / name).read_text(encoding="utf-8").splitlines()


def _records(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in _lines(name)]


def _numbers(made: ReplySet, *, traceable: bool) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Give pairs of a number and the facts of its sheet."""
    sheets = {s["id"]: {f["id"]: f for f in s["facts"]} for s in _records(made.sheets)}
    return [
        (number, sheets[reply["sheet"]])
        for reply in _records(made.replies)
        for number in reply["numbers"]
        if number["traceable"] is traceable
    ]


def test_headlines_are_labelled_as_invented_and_split_by_parity() -> None:
    with (FOLDER / "headlines.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) >= 240
    assert len({row["headline"] for row in rows}) == len(rows)
    for number, row in enumerate(rows, start=1):
        assert row["id"] == f"invented-{number:03d}"
        assert row["split"] == ("train" if number % 2 else "held_out")
        assert row["entity"]
    shares = Counter(row["direction"] for row in rows)
    assert shares.keys() == {"favourable", "adverse", "neutral"}
    assert all(0.25 < count / len(rows) < 0.40 for count in shares.values())


each_set = pytest.mark.parametrize("made", SETS, ids=lambda made: made.replies)


@each_set
def test_files_are_what_their_maker_makes(made: ReplySet) -> None:
    assert _lines(made.sheets) == lines_of_sheets(made)
    assert _lines(made.replies) == lines_of_replies(made)


@each_set
def test_numbers_stand_where_they_are_said_to(made: ReplySet) -> None:
    replies = _records(made.replies)
    assert len(replies) == 200
    for reply in replies:
        for number in reply["numbers"]:
            assert reply["text"][number["start"] : number["end"]] == number["text"]


@each_set
def test_every_digit_outside_brackets_belongs_to_a_number(made: ReplySet) -> None:
    for reply in _records(made.replies):
        rest = list(reply["text"])
        for number in reply["numbers"]:
            rest[number["start"] : number["end"]] = " " * len(number["text"])
        assert not re.search(r"\d", re.sub(r"\[[^\]]*\]", "", "".join(rest))), reply["id"]


@each_set
def test_every_kind_comes_often_enough(made: ReplySet) -> None:
    planted = Counter(number["kind"] for number, _ in _numbers(made, traceable=False))
    true = Counter(number["kind"] for number, _ in _numbers(made, traceable=True))
    assert len(planted) >= 17
    assert min(planted.values()) >= 9
    assert true.keys() == {"exact", "rounded", "converted", "derived", "range", "time", "name"}
    assert 0 < true["name"] < 0.02 * true.total()


@each_set
def test_exact_numbers_are_those_of_their_facts(made: ReplySet) -> None:
    for number, facts in _numbers(made, traceable=True):
        if number["kind"] != "exact":
            continue
        digits = FIGURE.match(number["text"])
        assert digits is not None
        value = Decimal(digits.group().replace(",", "").replace("$", ""))
        assert value == Decimal(str(facts[number["about"]]["value"])), number


@each_set
@pytest.mark.parametrize("kind", ["wrong value", "misrounded", "digits swapped"])
def test_planted_values_are_far_from_their_facts(made: ReplySet, kind: str) -> None:
    for number, facts in _numbers(made, traceable=False):
        if number["kind"] != kind:
            continue
        digits = FIGURE.match(number["text"])
        assert digits is not None
        stated = float(digits.group().replace(",", "").replace("$", ""))
        assert abs(stated / facts[number["about"]]["value"] - 1) > 0.035, number


def test_injections_come_from_every_place() -> None:
    texts = _records("injections.jsonl")
    assert len({one["text"] for one in texts}) == len(texts) == 60
    places = Counter(one["place"] for one in texts)
    assert places.keys() == {"headline", "site_name", "machine_name", "csv_cell", "error_body"}
    assert min(places.values()) >= 8
    assert len({one["technique"] for one in texts}) >= 9
