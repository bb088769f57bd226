"""Methods by name, and the command that solves a file."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer import Typer
from typer.testing import CliRunner

from mara.cli.solve import solve as command
from mara.errors import DataFileError, InvalidValue
from mara.games.normal_form.game import NormalFormGame, bimatrix
from mara.games.normal_form.methods import Method, solve
from mara.games.normal_form.nfg_writer import write_nfg

STENGEL = bimatrix([[3, 3], [2, 5], [0, 6]], [[3, 2], [2, 6], [3, 1]])
TWO_PLAYERS_ONLY = {Method.VERTEX_ENUMERATION, Method.LEMKE_HOWSON}


@pytest.mark.parametrize("method", Method)
def test_every_method_answers_a_dilemma(method: Method) -> None:
    answer = solve(bimatrix([[3, 0], [5, 1]], [[3, 5], [0, 1]]), method)
    assert method in {Method.AUTO, answer.method}
    (found,) = getattr(answer, "equilibria", (answer,))
    assert found.payoffs == pytest.approx((1.0, 1.0), abs=0.02)


@pytest.mark.slow
@pytest.mark.parametrize("method", sorted(set(Method) - TWO_PLAYERS_ONLY))
def test_methods_for_many_players(method: Method) -> None:
    payoffs = np.random.default_rng(0).normal(size=(3, 2, 2, 2))
    answer = solve(NormalFormGame(payoffs=payoffs), method)
    assert method in {Method.AUTO, answer.method}


@pytest.mark.parametrize(
    ("shape", "chosen"),
    [
        ((3, 3), "vertex-enumeration"),
        ((14, 14), "lemke-howson"),
        ((2, 2, 2), "support-enumeration"),
        ((4, 4, 4), "logit"),
        ((3,), "support-enumeration"),
    ],
)
def test_auto_chooses_by_size(shape: tuple[int, ...], chosen: str) -> None:
    payoffs = np.random.default_rng(2).normal(size=(len(shape), *shape))
    assert solve(NormalFormGame(payoffs=payoffs)).method == chosen


def _run(*arguments: str) -> str:
    app = Typer()
    app.command()(command)
    ended = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert ended.exit_code == 0
    return ended.output


def _file(folder: Path, text: str = "") -> str:
    file = folder / "game.nfg"
    file.write_text(text or write_nfg(STENGEL), encoding="utf-8")
    return str(file)


def test_json_of_equilibria(tmp_path: Path) -> None:
    answer = json.loads(_run(_file(tmp_path), "--json"))
    assert answer["method"] == "vertex-enumeration"
    assert answer["complete"] is True
    assert answer["degenerate"] is False
    assert len(answer["equilibria"]) == 3
    mixed = answer["equilibria"][1]
    assert mixed["strategies"][0] == pytest.approx([0.8, 0.2, 0.0])
    assert mixed["strategies"][1] == pytest.approx([2 / 3, 1 / 3])
    assert mixed["payoffs"] == pytest.approx([3.0, 2.8])
    assert mixed["regret"] < 1e-8


def test_json_of_a_correlated_equilibrium(tmp_path: Path) -> None:
    answer = json.loads(_run(_file(tmp_path), "--method", "correlated", "--json"))
    (found,) = answer["equilibria"]
    assert np.shape(found["distribution"]) == (3, 2)
    assert found["regret"] < 1e-8


def test_words(tmp_path: Path) -> None:
    told = _run(_file(tmp_path))
    assert "vertex-enumeration: 3 equilibria" in told
    assert "1: (0.800000, 0.200000, 0.000000), payoff 3" in told
    told = _run(_file(tmp_path), "--method", "lemke-howson")
    assert "lemke-howson: 1 equilibrium" in told
    assert "there may be others" in told
    told = _run(_file(tmp_path), "--method", "coarse-correlated")
    assert "coarse-correlated: welfare" in told


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match="cannot be read: No such file"):
        _run(str(tmp_path / "none.nfg"))
    with pytest.raises(DataFileError, match="line 1: 'EFG' is not 'NFG'"):
        _run(_file(tmp_path, "EFG 2 R"))
    binary = tmp_path / "binary.nfg"
    binary.write_bytes(b"NFG \xff")
    with pytest.raises(DataFileError, match="byte 4 is not UTF-8 text"):
        _run(str(binary))
    large = tmp_path / "large.nfg"
    with large.open("wb") as handle:
        handle.truncate(64_000_001)
    with pytest.raises(DataFileError, match="larger than 64 MB"):
        _run(str(large))


def test_a_method_that_does_not_fit_says_so(tmp_path: Path) -> None:
    text = write_nfg(NormalFormGame(payoffs=np.zeros((3, 2, 2, 2))))
    with pytest.raises(InvalidValue, match="the game has 3 players"):
        _run(_file(tmp_path, text), "--method", "lemke-howson")
