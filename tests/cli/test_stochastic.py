"""The commands `simulate` and `calibrate`: what they print and write, and one line for a fault."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from mara.cli.stochastic import calibrate, simulate
from mara.errors import DataFileError, InvalidValue, MaraError, SettingsError
from mara.models.stochastic import Grid, OrnsteinUhlenbeck, SeasonalLaw
from mara.models.stochastic.document import to_document
from mara.models.stochastic.seasonal import Season, SeasonalLevel

if TYPE_CHECKING:
    from pathlib import Path

COMMANDS = typer.Typer()
COMMANDS.command()(simulate)
COMMANDS.command()(calibrate)

OU = ["ou", "--param", "mean=50", "--param", "rate=0.5", "--param", "volatility=10"]


def printed(*words: str) -> str:
    result = CliRunner().invoke(COMMANDS, list(words))
    if isinstance(result.exception, MaraError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


def answered(*words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(printed(*words, "--json"))
    return found


def simulated(*words: str) -> dict[str, Any]:
    return answered("simulate", *OU, "--start", "20", "--paths", "500", "--steps", "12", *words)


@pytest.fixture
def prices(tmp_path: Path) -> Path:
    """A year of hourly prices of a known law, negative ones among them."""
    law = OrnsteinUhlenbeck(mean=20.0, rate=0.2, volatility=9.0)
    path = law.simulate(
        np.random.default_rng(1), Grid(n_paths=1, n_steps=1_999, dt=1.0, start=20.0)
    )[0]
    times = pd.date_range("2023-01-01T06:00Z", periods=2_000, freq="h")
    file = tmp_path / "prices.csv"
    pd.DataFrame({"timestamp": times, "WEST": path}).to_csv(file, index=False)
    return file


def test_simulated_moments_are_repeatable() -> None:
    found = simulated()
    assert found == simulated("--threads", "2") == simulated("--moments")
    assert found != simulated("--seed", "1")
    assert (found["origin"], len(found["mean"])) == ("SIMULATED", 13)
    assert found["mean"][-1] == pytest.approx(50.0 - 30.0 * np.exp(-6.0), abs=2.0)


def test_a_person_sees_the_end() -> None:
    said = printed("simulate", *OU, "--start", "20", "--paths", "50")
    assert "mean: " in said
    assert "at the end" in said


@pytest.mark.parametrize("suffix", ["csv", "csv.gz", "parquet", "npy"])
def test_paths_are_written(tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"paths.{suffix}"
    found = simulated("--out", str(out), "--noise", "antithetic", "--precision", "float32")
    assert found["out"] == str(out)
    if suffix == "npy":
        assert np.load(out).shape == (500, 13)
        return
    frame = pd.read_parquet(out) if suffix == "parquet" else pd.read_csv(out)
    assert frame.shape == (13, 501)
    assert frame["path_0"][0] == 20.0


@pytest.mark.parametrize("suffix", ["csv", "npy"])
def test_moments_are_written(tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"moments.{suffix}"
    found = simulated("--moments", "--out", str(out))
    mean = pd.read_csv(out)["mean"].to_numpy() if suffix == "csv" else np.load(out)[:, 1]
    np.testing.assert_allclose(mean, found["mean"])


def test_an_error_that_is_not_known_is_not_told(tmp_path: Path) -> None:
    out = tmp_path / "moments.csv"
    found = simulated("--noise", "sobol", "--moments", "--out", str(out))
    assert found["standard_error"] is None
    assert pd.read_csv(out)["standard_error"].isna().all()
    said = printed("simulate", *OU, "--start", "20", "--paths", "64", "--noise", "sobol")
    assert "standard_error: -\n" in said
    assert max(simulated("--noise", "antithetic")["standard_error"]) < 1e-9


def test_a_law_is_found_and_simulated_again(prices: Path, tmp_path: Path) -> None:
    law = tmp_path / "law.json"
    words = ("calibrate", "ou", "--data", str(prices), "--columns", "energy_price=WEST")
    found = answered(*words, "--out", str(law))
    for name, truth in (("mean", 20.0), ("rate", 0.2), ("volatility", 9.0)):
        e = found["parameters"][name]
        assert e["low"] < truth < e["high"]
    assert found["bic"] > found["aic"]
    assert found["ks_p_value"] > 0.01
    said = printed(*words)
    assert "95 % from" in said
    assert "rates are per hour" in said
    again = answered("simulate", "ou", "--law", str(law), "--start", "20", "--paths", "100")
    assert again["mean"][-1] == pytest.approx(found["parameters"]["mean"]["value"], abs=5.0)


def test_a_law_file_is_of_the_model_asked(tmp_path: Path) -> None:
    file = tmp_path / "law.json"
    law = OrnsteinUhlenbeck(mean=20.0, rate=0.2, volatility=9.0)
    file.write_text(json.dumps(to_document(law)))
    words = ("--law", str(file), "--start", "20", "--paths", "10")
    with pytest.raises(SettingsError, match=r"simulate gbm: --law .* holds the law ou; write"):
        printed("simulate", "gbm", *words)
    with pytest.raises(SettingsError, match="has all parameters; leave --param mean=3 away"):
        printed("simulate", "ou", *words, "--param", "mean=3")
    level = SeasonalLevel(
        season=Season(annual=0, daily=0), coefficients=(3.0, 0.0, 0.0), zone=ZoneInfo("UTC")
    )
    file.write_text(json.dumps(to_document(SeasonalLaw(level=level, noise=law))))
    assert answered("simulate", "ou", *words, "--begins", "2023-03-01")["model"] == "ou"
    with pytest.raises(SettingsError, match="holds the law ou"):
        printed("simulate", "merton", *words)


def test_a_season_is_removed_first(prices: Path, tmp_path: Path) -> None:
    law = tmp_path / "law.json"
    found = answered(
        "calibrate", "ou", "--data", str(prices), "--columns", "energy_price=WEST",
        "--seasonal", "--tz", "America/Chicago", "--out", str(law),
        "--since", "2023-01-10", "--until", "2023-03-01",
    )  # fmt: skip
    assert found["observations"] == 50 * 24 - 1
    assert "seasonal level" in found["method"]
    started = answered(
        "simulate", "ou", "--law", str(law), "--start", "20", "--begins", "2023-03-01T06:00:00",
        "--steps", "24",
    )  # fmt: skip
    assert len(started["mean"]) == 25


@pytest.mark.parametrize(
    ("words", "error", "says"),
    [
        (("nix", "--start", "1"), InvalidValue, "'nix' is unknown; use one of ou"),
        (("ou", "--start", "1"), SettingsError, "mean is missing; its parameters are mean, rate"),
        ((*OU, "--param", "x=1", "--start", "1"), SettingsError, "--param x=... is unknown"),
        (("ou", "--param", "mean", "--start", "1"), SettingsError, "write it as name=number"),
        (("ou", "--param", "mean=nan", "--start", "1"), SettingsError, "write it as name=number"),
        ((*OU, "--start", "1", "--seed", "-1"), SettingsError, "--seed -1"),
        ((*OU, "--start", "1", "--threads", "0"), SettingsError, "--threads 0"),
        ((*OU, "--start", "1", "--out", "x.txt"), SettingsError, "end the name in one of .csv"),
        ((*OU, "--start", "1", "--out", "/no/x.csv"), DataFileError, "/no/x.csv: cannot be wri"),
        ((*OU, "--start", "1", "--paths", "0"), InvalidValue, "n_paths=0"),
        (("ou", "--law", "/no/law.json", "--start", "1"), DataFileError, "cannot be read"),
    ],
)
def test_faulty_simulations_are_one_line(
    words: tuple[str, ...], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        printed("simulate", *words)


def test_faulty_law_files_are_one_line(tmp_path: Path) -> None:
    file = tmp_path / "law.json"
    for text, says in (("{", "it is no JSON"), ("{}", "no law can be made")):
        file.write_text(text)
        with pytest.raises(DataFileError, match=says):
            printed("simulate", "ou", "--law", str(file), "--start", "1")
    with file.open("wb") as sparse:
        sparse.truncate(65_000_000)
    with pytest.raises(DataFileError, match="larger than 64 MB"):
        printed("simulate", "ou", "--law", str(file), "--start", "1")


def test_faulty_calibrations_are_one_line(prices: Path) -> None:
    words = ("--data", str(prices), "--columns", "energy_price=WEST")
    with pytest.raises(InvalidValue, match="--figure hash_price"):
        printed("calibrate", "ou", *words, "--figure", "hash_price")
    with pytest.raises(InvalidValue, match="is not above zero"):
        printed("calibrate", "gbm", *words)
    with pytest.raises(DataFileError, match=r"/no/law\.json: cannot be written"):
        printed("calibrate", "ou", *words, "--out", "/no/law.json")
    with pytest.raises(InvalidValue, match="at least 30"):
        printed("calibrate", "ou", *words, "--until", "2023-01-01T20:00:00")
