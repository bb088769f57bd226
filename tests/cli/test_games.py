"""The commands on games: the JSON they print, and one line for a faulty file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import typer
from typer.testing import CliRunner

from mara.cli.games import nucleolus, shapley, stackelberg, vcg
from mara.errors import DataFileError, MaraError

if TYPE_CHECKING:
    from pathlib import Path

COMMANDS = typer.Typer()
for command in (shapley, nucleolus, vcg, stackelberg):
    COMMANDS.command()(command)

GAME = {"players": ["a", "b"], "values": {"a": 1, "a,b": 3}}
AUCTION = {
    "items": ["x", "y"],
    "bids": [
        {"bidder": "A", "bundle": ["x"], "value": 160},
        {"bidder": "B", "bundle": ["y"], "value": 150},
        {"bidder": "C", "bundle": ["x", "y"], "value": 200},
    ],
}
DUOPOLY = {
    "demand": {"a": 200, "b": 2},
    "leaders": [{"cost": 8}],
    "followers": [{"cost": 8}],
}


def printed(folder: Path, document: object, *words: str) -> str:
    file = folder / "game.json"
    file.write_text(document if isinstance(document, str) else json.dumps(document))
    result = CliRunner().invoke(COMMANDS, [words[0], str(file), *words[1:]])
    if isinstance(result.exception, MaraError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


def answered(folder: Path, document: object, *words: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(printed(folder, document, *words, "--json"))
    assert answer["converged"] is True
    return answer


def test_shapley(tmp_path: Path) -> None:
    answer = answered(tmp_path, GAME, "shapley")
    assert answer["values"] == pytest.approx({"a": 2.0, "b": 1.0})
    assert answer["notices"] == ["{b} has no value and is taken to earn 0 alone"]


def test_nucleolus(tmp_path: Path) -> None:
    answer = answered(tmp_path, GAME, "nucleolus")
    assert answer["values"] == pytest.approx({"a": 2.0, "b": 1.0})
    assert answer["levels"][0]["excess"] == pytest.approx(-1.0)
    inessential = {"players": ["a", "b"], "values": {"a": 3, "b": 3, "a,b": 4}}
    pre = answered(tmp_path, inessential, "nucleolus", "--over", "preimputations")
    assert pre["values"] == pytest.approx({"a": 2.0, "b": 2.0})


def test_vcg(tmp_path: Path) -> None:
    answer = answered(tmp_path, AUCTION, "vcg")
    assert answer["allocation"] == {"A": ["x"], "B": ["y"]}
    assert answer["payments"] == pytest.approx({"A": 50.0, "B": 40.0, "C": 0.0})
    assert answer["welfare"] == pytest.approx(310.0)


def test_vcg_of_capacity(tmp_path: Path) -> None:
    bids = [{"bidder": "A", "bundle": {"MW": 4}, "value": 50}]
    answer = answered(tmp_path, {"items": {"MW": 10}, "bids": bids}, "vcg")
    assert answer["allocation"] == {"A": {"MW": 4.0}}


def test_stackelberg(tmp_path: Path) -> None:
    answer = answered(tmp_path, DUOPOLY, "stackelberg")
    assert answer["quantities"] == {"leaders": [48.0], "followers": [24.0]}
    assert answer["price"] == pytest.approx(56.0)
    assert answer["profits"] == {"leaders": [2304.0], "followers": [1152.0]}


def test_a_person_reads_lines(tmp_path: Path) -> None:
    lines = printed(tmp_path, DUOPOLY, "stackelberg").splitlines()
    assert lines[:4] == ["quantities:", "  leaders: [48.0]", "  followers: [24.0]", "price: 56.0"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "line 1, column 2: .*; correct the JSON"),
        ('{"players": [], "players": []}', r"game\.json: field 'players' stands twice"),
        ('{"players": ' + "9" * 5_000 + "}", "too many digits"),
        ("[" * 200_000, "nested too deep"),
    ],
)
def test_faulty_json_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataFileError, match=message):
        printed(tmp_path, text, "shapley")


def test_faulty_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match=r"away\.json: cannot be read: No such file"):
        shapley(tmp_path / "away.json")
    (tmp_path / "latin.json").write_bytes(b'{"players": ["\xe4"]}')
    with pytest.raises(DataFileError, match="byte 14 is not UTF-8"):
        shapley(tmp_path / "latin.json")
    with (tmp_path / "large.json").open("wb") as file:
        file.truncate(64_000_001)
    with pytest.raises(DataFileError, match="larger than 64 MB"):
        shapley(tmp_path / "large.json")
