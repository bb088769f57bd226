"""Files of fitted models: what is missing, foreign or corrupt ends in one sentence."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from mara.errors import DataFileError, InvalidValue
from mara.models.forecasting import forecaster, load, save
from mara.models.forecasting.daily import Daily
from mara.models.forecasting.frames import FRAMES, framed, referenced
from mara.models.forecasting.naive_week import NaiveWeek
from mara.models.forecasting.store import FORMAT
from tests.models.forecasting.contract_pasts import fitted, past
from tests.models.forecasting.test_days import some_days

if TYPE_CHECKING:
    from pathlib import Path


def _header(file: Path, tree: object, **other: object) -> None:
    header = {"format": FORMAT, "tree": tree} | other
    header.setdefault(
        "digest", hashlib.sha256(json.dumps(tree, sort_keys=True).encode()).hexdigest()
    )
    with file.open("wb") as out:
        np.savez(out, header=np.array(json.dumps(header)))


@pytest.mark.parametrize(
    ("tree", "other", "reason"),
    [
        ({"kind": "os:system", "fields": {}}, {}, "kind 'os:system' is unknown"),
        ({"kind": "days:Scaling", "fields": {"centre": 1.0, "scale": 2.0}}, {}, "holds no model"),
        ({"items": []}, {"format": 99}, "format 99"),
        ({"items": []}, {"digest": "0"}, "checksum"),
        ({"array": "a7"}, {}, "a7"),
    ],
)
def test_a_foreign_header_is_refused(
    tmp_path: Path, tree: object, other: dict[str, object], reason: str
) -> None:
    file = tmp_path / "model.npz"
    _header(file, tree, **other)
    with pytest.raises(DataFileError, match=reason):
        load(file)


def test_files_that_are_no_models_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "model.npz"
    with pytest.raises(DataFileError, match="fit it again"):
        load(file)
    file.write_text("not an archive")
    with pytest.raises(DataFileError, match="fit it again"):
        load(file)
    with file.open("wb") as out:
        np.savez(out, values=np.ones(3))
    with pytest.raises(DataFileError, match="no header"):
        load(file)
    with file.open("wb") as out:
        np.savez(out, header=np.array([{"a": 1}], dtype=object))
    with pytest.raises(DataFileError, match="fit it again"):
        load(file)
    os.truncate(file, (1 << 28) + 1)
    with pytest.raises(DataFileError, match="larger than any model"):
        load(file)


def test_what_is_no_model_is_not_saved(tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        save([1, 2], tmp_path / "model.npz")  # type: ignore[arg-type]


def test_an_unknown_name_is_named() -> None:
    with pytest.raises(InvalidValue, match="name='oracle' is unknown"):
        forecaster("oracle")


def test_models_tell_their_names() -> None:
    assert fitted("naive-week").model == "naive-week"
    assert fitted("persistence").model == "persistence"


def test_daily_models_refuse_few_days_and_other_columns() -> None:
    daily = Daily(name="naive-week", model=NaiveWeek())
    with pytest.raises(InvalidValue, match="too few"):
        daily.fit(past().first(24 * 40))
    with pytest.raises(InvalidValue, match="exog="):
        fitted("naive-week").updated(replace(past(), exog_names=("exog_load", "exog_sun")))
    flat = replace(past(), values=np.full(len(past()), 3.0))
    with pytest.raises(InvalidValue, match="constant"):
        daily.fit(flat)


def test_a_law_needs_a_value_at_the_end_of_its_past() -> None:
    nothing = replace(past(), values=np.full(len(past()), np.nan))
    with pytest.raises(InvalidValue, match="no value"):
        fitted("ornstein-uhlenbeck").updated(nothing)


def test_a_young_market_has_a_scale_of_the_days_there_are() -> None:
    days = some_days(40)
    seen = framed(days, FRAMES["week"], referenced(days))
    assert (seen.scale > 0.0).all()


def test_a_forecast_from_midnight_is_the_day_itself() -> None:
    midnight = past().first(len(past()) - 19)
    made = fitted("naive-week").updated(midnight).predict(24, midnight.known_after(0, 24))
    day = midnight.values[-24:]
    assert np.allclose(made.mean, day) or np.allclose(made.mean, midnight.values[-168:-144])
