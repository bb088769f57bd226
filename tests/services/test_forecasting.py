"""Figures of files for the forecasting sub-tab and the command: both see the same past."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from mara.domain import FIGURES, Origin
from mara.feeds.pricefile import read_price_file
from mara.models.forecasting.evaluation.rolling import evaluated
from mara.models.forecasting.evaluation.schedule import last_days
from mara.models.forecasting.registry import forecaster
from mara.services.forecasting import hourly_past_of, past_of
from mara.services.forecasting_league import CompareAsk, compare_work
from mara.services.stochastic_sources import Kind, Source, SourceStore, read_upload

if TYPE_CHECKING:
    from pathlib import Path

ENERGY = FIGURES[0]
DAYS = 90


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Ninety days of hourly prices that follow a load known a day ahead."""
    rng = np.random.default_rng(1)
    load = 100.0 + 20.0 * rng.normal(size=24 * DAYS)
    frame = pd.DataFrame(
        {
            "timestamp": pd.date_range("2026-01-01", periods=load.size, freq="h", tz="UTC"),
            "energy_price": 0.5 * load + rng.normal(size=load.size),
            "exog_load": load,
        }
    )
    path = tmp_path / "prices.csv"
    frame.to_csv(path, index=False)
    return path


def test_an_uploaded_file_is_compared_as_the_command_evaluates_it(file: Path) -> None:
    table = read_upload(file.read_bytes(), file.name, "Europe/Oslo", "")
    past = hourly_past_of(table.history(), ENERGY, table, zone="America/Chicago")
    whole = past_of(read_price_file(file, tz="Europe/Oslo"), "energy_price")
    assert past.exog_names == whole.exog_names == ("exog_load",)
    assert past.zone == whole.zone == "Europe/Oslo"
    np.testing.assert_array_equal(past.exog, whole.exog)
    ask = CompareAsk(
        digest="d", figure=ENERGY, models=("lear",), days=2, horizon=24, refit_every=2, seed=1
    )
    work = compare_work(past, ask, np.random.default_rng(1))
    league = work.combine([call(*args) for call, args in work.pieces])
    lear = next(s for s in league.standings if s.model == "lear")
    told = evaluated(forecaster("lear"), whole, last_days(whole, 2, horizon=24, refit_every=2))
    np.testing.assert_array_equal(lear.track.mean, told.mean)
    assert lear.importance[0].group == "exog_load"
    assert lear.card.mae < 3.0  # the noise beside the load: without it the error is about 8


def test_a_past_of_no_file_has_the_sites_days(file: Path) -> None:
    history = read_upload(file.read_bytes(), file.name, "", "").history()
    past = hourly_past_of(history, ENERGY, None, zone="America/Chicago")
    assert (past.zone, past.exog_names) == ("America/Chicago", ())


def test_a_file_is_kept_with_its_past_and_dropped_with_it(file: Path) -> None:
    table = read_upload(file.read_bytes(), file.name, "", "")
    store = SourceStore()

    def put(digest: str) -> None:
        source = Source(
            kind=Kind.FILE,
            digest=digest,
            label="prices.csv",
            origin=Origin.REPLAY,
            rows=len(table),
            figures=(ENERGY,),
        )
        store.put(source, table.history(), table)

    put("0")
    assert store.file("0") is table
    assert store.file("live") is None
    for number in range(1, 13):
        put(str(number))
    assert store.file("0") is None
    assert store.file("12") is table
