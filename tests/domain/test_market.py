"""Ticks, histories and forecasts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mara.domain import FIGURES, Exogenous, Forecast, History, Origin, Quantile, Tick
from mara.errors import InvalidValue

AT = datetime(2026, 6, 1, tzinfo=UTC)
STEP = timedelta(minutes=5)
TICK = Tick(
    site_id="s",
    at=AT,
    minutes=5.0,
    energy_usd_per_mwh=-251.0,
    hash_usd_per_ph_day=50.0,
    temperature_c=-10.0,
    exogenous=(Exogenous(name="exog_load", value=1.0),),
    origin=Origin.REPLAY,
    source="file",
    assumed=frozenset({"hash_usd_per_ph_day"}),
)
FORECAST = Forecast(
    target="energy_usd_per_mwh",
    issued_at=AT,
    starts=(AT + STEP, AT + 2 * STEP),
    mean=(1.0, 2.0),
    quantiles=(Quantile(level=0.05, values=(0.0, 0.0)), Quantile(level=0.95, values=(3.0, 4.0))),
    model="naive",
    origin=Origin.REPLAY,
)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"site_id": ""}, "site_id"),
        ({"at": AT.replace(tzinfo=None)}, "time zone"),
        ({"minutes": 0.0}, "minutes"),
        ({"energy_usd_per_mwh": float("nan")}, "energy_usd_per_mwh"),
        ({"energy_usd_per_mwh": "30"}, "energy_usd_per_mwh"),
        ({"energy_usd_per_mwh": True}, "energy_usd_per_mwh"),
        ({"hash_usd_per_ph_day": -1.0}, "hash_usd_per_ph_day"),
        ({"token_usd_per_mtok": float("inf")}, "token_usd_per_mtok"),
        ({"demand_mtok_per_h": -1.0}, "demand_mtok_per_h"),
        ({"grid_load_mw": float("nan")}, "grid_load_mw"),
        ({"temperature_c": float("nan")}, "temperature_c"),
        ({"assumed": frozenset({"weather"})}, "names no figure"),
    ],
)
def test_impossible_ticks_are_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidValue, match=says):
        replace(TICK, **changes)


@pytest.mark.parametrize("changes", [{"name": ""}, {"value": float("nan")}])
def test_impossible_series_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue, match="Exogenous"):
        replace(TICK.exogenous[0], **changes)


def test_figures_are_read_by_name() -> None:
    assert [TICK.figure(name) for name in FIGURES] == [-251.0, 50.0, None, None, None, -10.0]
    with pytest.raises(InvalidValue, match="name='weather' is unknown"):
        TICK.figure("weather")


def test_an_interval_has_an_end_and_real_hours() -> None:
    assert TICK.end == AT + STEP
    assert TICK.hours == pytest.approx(1 / 12)


def test_each_figure_has_its_origin() -> None:
    assert TICK.origin_of("hash_usd_per_ph_day") is Origin.ASSUMED
    assert TICK.origin_of("energy_usd_per_mwh") is Origin.REPLAY


def _ticks(count: int) -> list[Tick]:
    return [replace(TICK, at=AT + i * STEP, energy_usd_per_mwh=float(i)) for i in range(count)]


def _history(count: int, *, max_rows: int = 100) -> History:
    return History.of(_ticks(count), minutes=5.0, max_rows=max_rows)


@given(st.permutations(list(range(8))), st.integers(1, 12))
def test_order_of_arrival_does_not_matter(order: list[int], max_rows: int) -> None:
    ticks = _ticks(8)
    grown = History(minutes=5.0, max_rows=max_rows)
    for i in order:
        grown = grown.extended(ticks[i])
    assert len(grown) == min(8, max_rows)
    if max_rows >= 8:
        np.testing.assert_array_equal(grown.values, _history(8).values)
    assert (np.diff(grown.epoch_s) > 0).all()


def test_a_history_is_bounded_and_drops_the_oldest() -> None:
    full = _history(10, max_rows=4)
    assert full.series("energy_usd_per_mwh").tolist() == [6.0, 7.0, 8.0, 9.0]
    newer = full.extended(replace(TICK, at=AT + 20 * STEP, energy_usd_per_mwh=20.0))
    assert newer.series("energy_usd_per_mwh").tolist() == [7.0, 8.0, 9.0, 20.0]
    assert full.extended(replace(TICK, at=AT - STEP)) is full


def test_a_revision_replaces_its_row() -> None:
    revised = _history(3).extended(replace(TICK, at=AT + STEP, energy_usd_per_mwh=99.0))
    assert revised.series("energy_usd_per_mwh").tolist() == [0.0, 99.0, 2.0]


def test_what_a_source_lacks_is_missing() -> None:
    assert np.isnan(_history(2).series("token_usd_per_mtok")).all()
    with pytest.raises(InvalidValue, match="figure='weather' is unknown"):
        _history(2).series("weather")


def test_the_newest_rows() -> None:
    history = _history(5)
    assert history.last(2).epoch_s.tolist() == history.epoch_s[-2:].tolist()
    assert len(history.last(0)) == 0
    assert len(history.last(99)) == 5
    assert history.end == AT + 4 * STEP
    assert History(minutes=5.0).end is None
    with pytest.raises(InvalidValue, match="rows"):
        history.last(-1)


def test_a_history_cannot_be_written_to() -> None:
    history = _history(3)
    with pytest.raises(ValueError, match="read-only"):
        history.values[0, 0] = 1.0


def test_impossible_histories_are_refused() -> None:
    with pytest.raises(InvalidValue, match="minutes"):
        History(minutes=0.0)
    with pytest.raises(InvalidValue, match="max_rows"):
        History(minutes=5.0, max_rows=0)
    with pytest.raises(InvalidValue, match="shape"):
        History(minutes=5.0, epoch_s=np.arange(3), values=np.zeros((2, len(FIGURES))))
    with pytest.raises(InvalidValue, match="rise strictly"):
        History.of(_ticks(3)[::-1], minutes=5.0)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"target": "weather"}, "target='weather'"),
        ({"model": ""}, "model"),
        ({"issued_at": AT.replace(tzinfo=None)}, "time zone"),
        ({"issued_at": AT + STEP}, "must come after"),
        ({"mean": (1.0,)}, "needs 2 values"),
        ({"mean": (1.0, float("nan"))}, r"mean\[1\]"),
        ({"quantiles": (Quantile(level=0.5, values=(1.0,)),)}, "needs 2 values"),
        ({"quantiles": FORECAST.quantiles[::-1]}, "must rise"),
        ({"quantiles": (Quantile(level=1.0, values=(1.0, 1.0)),)}, "within"),
    ],
)
def test_impossible_forecasts_are_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidValue, match=says):
        replace(FORECAST, **changes)


@pytest.mark.parametrize("changes", [{"level": 1.5}, {"values": (float("inf"),)}])
def test_impossible_quantiles_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue, match="Quantile"):
        replace(FORECAST.quantiles[0], **changes)


def test_quantiles_are_read_by_level() -> None:
    assert FORECAST.quantile(0.95) == (3.0, 4.0)
    with pytest.raises(InvalidValue, match=r"level=0.5 is not there"):
        FORECAST.quantile(0.5)


def test_a_forecast_can_be_cut() -> None:
    short = FORECAST.first(1)
    assert (short.mean, short.quantile(0.05), len(short.starts)) == ((1.0,), (0.0,), 1)


def test_a_forecast_may_be_of_no_step() -> None:
    assert replace(FORECAST, starts=(), mean=(), quantiles=()).mean == ()


def test_a_forecast_is_cut_from_both_ends_and_refuses_unequal_steps() -> None:
    starts = tuple(AT + timedelta(minutes=5 * k) for k in range(1, 5))
    whole = Forecast(
        target="energy_usd_per_mwh",
        issued_at=AT,
        starts=starts,
        mean=(1.0, 2.0, 3.0, 4.0),
        quantiles=(Quantile(level=0.5, values=(1.0, 2.0, 3.0, 4.0)),),
        model="test",
        origin=Origin.SIMULATED,
    )
    cut = whole.after(starts[0]).first(2)
    assert (cut.starts, cut.mean, cut.quantile(0.5)) == (starts[1:3], (2.0, 3.0), (2.0, 3.0))
    with pytest.raises(InvalidValue, match="equal steps"):
        replace(whole, starts=(*starts[:3], starts[3] + timedelta(minutes=1)))
