"""`forecast`: what it prints and writes, and one sentence for what cannot be."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from mara.cli.forecast import forecast
from mara.errors import DataFileError, InvalidValue, MaraError, SettingsError

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = typer.Typer()
COMMAND.command()(forecast)


@pytest.fixture
def prices(tmp_path: Path) -> Path:
    """Sixty days of hourly prices with one exogenous column."""
    rng = np.random.default_rng(1)
    hours = np.arange(60 * 24)
    load = 100.0 + 20.0 * np.sin(2 * np.pi * hours / 24)
    frame = pd.DataFrame(
        {
            "timestamp": pd.date_range("2026-01-01", periods=hours.size, freq="h", tz="UTC"),
            "energy_price": 0.5 * load + rng.normal(size=hours.size),
            "exog_load": load,
        }
    )
    path = tmp_path / "prices.csv"
    frame.to_csv(path, index=False)
    return path


def printed(*words: object) -> str:
    result = CliRunner().invoke(COMMAND, [str(w) for w in words])
    if isinstance(result.exception, MaraError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_forecast_as_json(prices: Path) -> None:
    told = json.loads(
        printed("--data", prices, "--model", "seasonal-ar", "--horizon", 24, "--json")
    )
    assert told["issue_time"] == told["timestamps"][0] == "2026-03-02T00:00:00Z"
    assert len(told["mean"]) == 24
    assert (told["unit"], told["step_minutes"]) == ("USD/MWh", 60.0)
    assert (np.diff(np.array(list(told["quantiles"].values())), axis=0) >= 0.0).all()


def test_a_forecast_as_a_table(prices: Path, tmp_path: Path) -> None:
    shown = printed("--data", prices, "--horizon", 2)
    assert shown.splitlines()[1].startswith("timestamp,mean,q0.05")
    assert printed("--data", prices, "--horizon", 2, "--out", tmp_path / "f.csv") == ""
    assert (tmp_path / "f.csv").read_text() == "\n".join(shown.splitlines()[1:]) + "\n"


def test_the_scores_can_be_recomputed_from_what_is_written(prices: Path, tmp_path: Path) -> None:
    out = tmp_path / "forecasts.csv"
    command = ["--data", prices, "--model", "adaptive", "--evaluate", "--test-days", 7]
    command += ["--refit-every", 7, "--start", "2026-02-10", "--out", out, "--json"]
    told = json.loads(printed(*command))
    rows = list(csv.DictReader(out.read_text().splitlines()))
    assert list(rows[0])[:3] == ["timestamp", "issue_time", "mean"]
    assert len(rows) == 7 * 24 == told["values"]
    assert rows[0]["issue_time"] == "2026-02-10T00:00:00Z"
    actual = {r["timestamp"]: r for r in csv.DictReader(prices.read_text().splitlines())}
    came = [
        float(actual[r["timestamp"].replace("T", " ").replace("Z", "+00:00")]["energy_price"])
        for r in rows
    ]
    error = np.abs(np.array([float(r["mean"]) for r in rows]) - came)
    assert error.mean() == pytest.approx(told["mae"], rel=1e-4)
    held = [float(r["q0.05"]) <= y <= float(r["q0.95"]) for r, y in zip(rows, came, strict=True)]
    assert np.mean(held) == pytest.approx(told["intervals"][0]["covered"], abs=0.01)
    assert len(told["by_hour"]) == 24
    assert (told["versus_naive"]["days"], told["versus_naive"]["overlap"]) == (7, 0)
    assert told["naive"]["model"] == "seasonal-naive"
    text = printed(*command[:-1])
    assert "accuracy of seasonal-naive" in text


def test_the_naive_is_as_good_as_itself(prices: Path) -> None:
    told = json.loads(
        printed(
            *("--data", prices, "--model", "seasonal-naive", "--evaluate", "--test-days", 3),
            "--json",
        )
    )
    assert told["rmae"] == 1.0
    assert told["versus_naive"] is None


@pytest.mark.parametrize("model", ["seasonal-naive", "seasonal-ar", "ornstein-uhlenbeck"])
def test_demand_is_never_negative(model: str, tmp_path: Path) -> None:
    """A demand that falls to zero each night, with noise in proportion to its level."""
    rng = np.random.default_rng(3)
    hours = np.arange(60 * 24)
    shape = 5.0 + 5.0 * np.sin(2 * np.pi * (hours - 9) / 24)
    frame = pd.DataFrame(
        {
            "timestamp": pd.date_range("2026-01-01", periods=hours.size, freq="h", tz="UTC"),
            "demand": shape * rng.gamma(1.2, 1 / 1.2, hours.size),
        }
    )
    frame.to_csv(tmp_path / "demand.csv", index=False)
    words = ["--data", tmp_path / "demand.csv", "--target", "demand", "--model", model]
    told = json.loads(printed(*words, "--json"))
    numbers = np.array([told["mean"], *told["quantiles"].values()])
    assert numbers.min() == 0.0
    assert (np.diff(numbers[1:], axis=0) >= 0.0).all()
    out = tmp_path / "rolled.csv"
    printed(*words, "--evaluate", "--test-days", 3, "--refit-every", 3, "--out", out)
    rolled = pd.read_csv(out).filter(regex="mean|q0").to_numpy()
    assert rolled.min() == 0.0


def test_a_saved_model_forecasts_again(prices: Path, tmp_path: Path) -> None:
    saved = tmp_path / "model.npz"
    once = json.loads(printed("--data", prices, "--save", saved, "--json"))
    again = json.loads(printed("--data", prices, "--model", saved, "--json"))
    assert once == again
    with pytest.raises(DataFileError, match="cannot be written"):
        printed("--data", prices, "--save", tmp_path / "no" / "m.npz")
    saved.write_bytes(saved.read_bytes()[:-80])
    with pytest.raises(DataFileError, match="fit it again"):
        printed("--data", prices, "--model", saved)


def future(folder: Path, start: str, name: str = "exog_load") -> Path:
    frame = pd.DataFrame(
        {"timestamp": pd.date_range(start, periods=24, freq="h", tz="UTC"), name: np.ones(24)}
    )
    path = folder / "future.csv"
    frame.to_csv(path, index=False)
    return path


def test_what_is_known_of_the_future_must_fit(prices: Path, tmp_path: Path) -> None:
    known = future(tmp_path, "2026-03-02")
    assert printed("--data", prices, "--known-future", known, "--horizon", 3)
    with pytest.raises(InvalidValue, match="says nothing of the first interval"):
        printed("--data", prices, "--known-future", future(tmp_path, "2026-04-02"))
    with pytest.raises(InvalidValue, match="lacks \\['exog_load'\\]"):
        printed("--data", prices, "--known-future", future(tmp_path, "2026-03-02", "exog_wind"))


@pytest.mark.parametrize(
    ("words", "error", "said"),
    [
        (["--horizon", "0"], InvalidValue, "at least one step"),
        (["--horizon", "nan"], InvalidValue, "at least one step"),
        (["--horizon", "1000000"], InvalidValue, "must be 1 to"),
        (["--model", "oracle"], InvalidValue, "'oracle' is unknown"),
        (["--target", "weather"], SettingsError, "'weather' is unknown"),
        (["--target", "demand"], DataFileError, "no column demand"),
        (["--evaluate", "--test-days", "90"], InvalidValue, "do not fit into the past"),
        (["--evaluate", "--start", "spring"], SettingsError, "give a day such as"),
        (["--evaluate", "--model", "oracle"], InvalidValue, "'oracle' is unknown"),
        (["--evaluate", "--save", "m.npz"], SettingsError, "--save .* without --evaluate to save"),
        (
            ["--evaluate", "--known-future", "f.csv"],
            SettingsError,
            "leave --known-future out",
        ),
    ],
)
def test_what_cannot_be_is_one_sentence(
    prices: Path, words: list[str], error: type[MaraError], said: str
) -> None:
    with pytest.raises(error, match=said) as caught:
        printed("--data", prices, *words)
    assert "\n" not in str(caught.value)


def test_a_column_without_values_is_named(prices: Path, tmp_path: Path) -> None:
    frame = pd.read_csv(prices)
    frame["demand"] = ""
    frame.to_csv(tmp_path / "empty.csv", index=False)
    with pytest.raises(InvalidValue, match="holds no values"):
        printed("--data", tmp_path / "empty.csv", "--target", "demand")


def test_mapped_columns_serve_both_files(prices: Path, tmp_path: Path) -> None:
    frame = pd.read_csv(prices).rename(columns={"timestamp": "time", "exog_load": "Load"})
    frame.to_csv(tmp_path / "mapped.csv", index=False)
    known = future(tmp_path, "2026-03-02", "Load")
    told = pd.read_csv(known).rename(columns={"timestamp": "time"})
    told.to_csv(known, index=False)
    mapping = ["--columns", "timestamp=time", "--columns", "exog_load=Load"]
    words = ["--data", tmp_path / "mapped.csv", *mapping, "--known-future", known, "--horizon", 1]
    assert printed(*words)
