"""What every registered forecaster owes: a new one is tested by being registered."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from mara.domain import Origin
from mara.errors import DataFileError, InvalidValue, MaraError
from mara.models.forecasting import FORECASTERS, LEVELS, Known, Past, forecaster, load, save
from tests.models.forecasting.contract_pasts import HOURS, fitted, market, past

if TYPE_CHECKING:
    from pathlib import Path

    from mara.models.forecasting import Fitted, Predicted

QUICK = (
    "persistence",
    "seasonal-naive",
    "seasonal-ar",
    "naive-week",
    "gaussian-process",
    "ornstein-uhlenbeck",
)
"""Fitted within a second; the others are left to `make test`."""
READS_EXOG = (
    "naive-week",
    "lear",
    "lear-framed",
    "gaussian-process",
    "network",
    "johnson-su",
    "prophet",
)

NAMES = [
    name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in FORECASTERS
]
pytestmark = [
    pytest.mark.parametrize("name", NAMES),
    pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning"),
    pytest.mark.filterwarnings("ignore::FutureWarning:prophet"),
]


def _known(rows: int = 48, since: int = HOURS) -> Known:
    return market().known_after(since, rows)


def _numbers(made: Predicted) -> np.ndarray[Any, Any]:
    return np.column_stack([made.mean, made.quantiles])


@pytest.mark.slow
def test_a_forecast_has_a_value_each_step_from_the_end_of_the_past(name: str) -> None:
    made = fitted(name).predict(37, _known())
    assert made.mean.shape == (37,)
    assert made.start_s == past().end_s
    assert made.epoch_s[-1] == past().end_s + 36 * 3_600
    told = made.forecast(Origin.SIMULATED)
    assert told.mean[5] == made.mean[5]
    assert told.starts[0].timestamp() == made.start_s


def test_quantiles_rise_with_their_level(name: str) -> None:
    made = fitted(name).predict(48, _known())
    assert made.levels == LEVELS
    assert (np.diff(made.quantiles, axis=1) >= 0.0).all()
    assert (np.ptp(made.quantiles, axis=1) > 0.0).all()


def test_no_forecast_lies_below_what_the_figure_can_be(name: str) -> None:
    signed = fitted(name).updated(past()).predict(48, _known())
    demand = replace(past(), target="demand_mtok_per_h")
    made = fitted(name).updated(demand).predict(48, _known())
    assert _numbers(signed).min() < 0.0
    assert np.array_equal(_numbers(made), np.maximum(_numbers(signed), 0.0))


def test_it_beats_a_forecast_of_the_long_run_mean_or_is_a_naive_one(name: str) -> None:
    made = fitted(name).predict(24, _known())
    came = market().values[HOURS : HOURS + 24]
    if name != "persistence":
        flat = np.abs(came - past().values.mean()).mean()
        assert np.abs(came - made.mean).mean() < flat


def test_what_comes_later_changes_nothing(name: str) -> None:
    spoiled = market()
    values = spoiled.values.copy()
    values[HOURS:] = 1e4
    exog = spoiled.exog.copy()
    exog[HOURS + 24 :] = 1e3
    spoiled = replace(spoiled, values=values, exog=exog)
    whole = fitted(name).predict(24, _known(24))
    cut = fitted(name).updated(spoiled.first(HOURS)).predict(24, spoiled.known_after(HOURS, 24))
    again = fitted(name).updated(past()).predict(24, _known(24))
    assert np.array_equal(_numbers(cut), _numbers(again))
    assert np.allclose(whole.mean, again.mean, rtol=1e-6, atol=1e-6)


def test_a_newer_past_moves_the_forecast_on(name: str) -> None:
    later = market().first(HOURS + 30)
    made = fitted(name).updated(later).predict(18, _known(18, HOURS + 30))
    assert made.start_s == later.end_s
    assert np.isfinite(made.mean).all()


def test_files_hold_all_of_it(name: str, tmp_path: Path) -> None:
    file = tmp_path / "model.npz"
    save(fitted(name), file)
    read = load(file)
    assert np.array_equal(
        _numbers(read.predict(24, _known())), _numbers(fitted(name).predict(24, _known()))
    )
    body = bytearray(file.read_bytes())
    body[len(body) // 2] ^= 0xFF
    file.write_bytes(bytes(body))
    with pytest.raises(DataFileError, match="fit it again"):
        load(file)


def test_equal_pasts_give_equal_models(name: str) -> None:
    if name.startswith("ensemble"):
        pytest.skip("its members are tried one by one")
    short = past().last(24 * 90)
    one, other = (forecaster(name).fit(short).predict(24, _known()) for _ in range(2))
    assert np.array_equal(_numbers(one), _numbers(other))


def test_a_gap_is_bridged(name: str) -> None:
    values = past().values.copy()
    values[HOURS - 130 : HOURS - 100] = np.nan
    values[HOURS - 2 :] = np.nan
    gapped = replace(past(), values=values)
    made = fitted(name).updated(gapped).predict(24, _known())
    assert np.isfinite(_numbers(made)).all()


@pytest.mark.parametrize("horizon", [0, -1, 10**6])
def test_an_impossible_horizon_is_named(name: str, horizon: int) -> None:
    with pytest.raises(InvalidValue, match=f"horizon={horizon}"):
        fitted(name).predict(horizon, _known())


def test_missing_exogenous_columns_are_named(name: str) -> None:
    if name not in READS_EXOG and not name.startswith("ensemble"):
        assert fitted(name).predict(3).mean.size == 3
        return
    without = Known(names=("exog_wind",), values=np.zeros((24, 1)))
    with pytest.raises(InvalidValue, match="exog_load"):
        fitted(name).predict(24, without)
    with pytest.raises(InvalidValue, match="exog_load"):
        fitted(name).predict(24)


@pytest.mark.parametrize("hours", [1, 20])
def test_too_short_or_empty_pasts_are_refused(name: str, hours: int) -> None:
    nothing = replace(past().first(hours), values=np.full(hours, np.nan))
    with pytest.raises(MaraError, match=r"forecast|too few|needed|no value"):
        forecaster(name).fit(nothing)


def test_a_constant_is_forecast_or_refused_by_name(name: str) -> None:
    flat = replace(past(), values=np.full(HOURS, 7.0))
    try:
        made = forecaster(name).fit(flat).predict(3, _known())
    except MaraError as error:
        assert "constant" in str(error) or "persistence" in str(error)  # noqa: PT017
    else:
        assert np.allclose(made.mean, 7.0)


def test_another_step_is_refused_where_the_law_depends_on_it(name: str) -> None:
    law: Fitted = fitted(name)
    quarter = Past(target="x", values=np.ones(9_600), start_s=past().start_s, step_s=900)
    with pytest.raises(InvalidValue):
        law.updated(quarter)
