"""Rolling days: causal, and the tests of every method."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from mara.domain.presets import demo_site
from mara.errors import InvalidValue
from mara.models.risk.answers import Answer
from mara.models.risk.day_ahead import (
    DayPlanner,
    DayRecord,
    day_records,
    deviations_of,
    tomorrow,
)
from mara.models.risk.methods import Method
from mara.models.risk.rolling import backtest, chosen, rolling_quantiles
from tests.models.risk.days import BEGIN, drawn, wave


def records(days: int, seed: int = 1) -> tuple[DayRecord, ...]:
    away = 1_000.0 * np.random.default_rng(seed).standard_normal(days)
    return tuple(
        DayRecord(begins=BEGIN + timedelta(days=d), expected_usd=5_000.0, earned_usd=5_000.0 + x)
        for d, x in enumerate(away.tolist())
    )


def test_a_day_knows_nothing_of_itself() -> None:
    sheet = wave(12)
    energy = sheet.energy_usd_per_mwh.copy()
    energy[-1] += 300.0
    other = replace(sheet, energy_usd_per_mwh=energy)
    one = tuple(day_records(demo_site(), sheet, Answer.ADAPTED))
    two = tuple(day_records(demo_site(), other, Answer.ADAPTED))
    assert one[:-1] == two[:-1]
    assert one[-1].expected_usd == two[-1].expected_usd
    assert one[-1].earned_usd != two[-1].earned_usd
    assert len(one) == 5


def test_tomorrow_follows_the_last_day() -> None:
    sheet = wave(9)
    position, expected = tomorrow(demo_site(), sheet)
    assert position.at == sheet.begins[-1] + timedelta(days=1) == sheet.next_day()
    np.testing.assert_allclose(
        expected.energy_usd_per_mwh[0], sheet.energy_usd_per_mwh[-7:].mean(axis=0)
    )


def test_a_quantile_rests_on_the_past_alone() -> None:
    past = records(80)
    changed = (*past[:-1], replace(past[-1], earned_usd=-1e6))
    for method in (Method.HISTORICAL, Method.PARAMETRIC, Method.FILTERED):
        np.testing.assert_array_equal(
            rolling_quantiles(past, method, 0.95), rolling_quantiles(changed, method, 0.95)
        )


def test_an_independent_past_passes() -> None:
    past = records(900)
    quantiles = {
        m: rolling_quantiles(past, m, 0.95) for m in (Method.HISTORICAL, Method.PARAMETRIC)
    }
    tests = backtest(past, quantiles, 0.95)
    assert all(t.first.passes and t.second.passes for t in tests)
    blind = backtest(past, {"blind": np.full(847, 5_000.0)}, 0.95)
    assert not blind[0].first.passes
    assert blind[0].loss_first > 2.0 * tests[0].loss_first
    assert chosen((*tests, *blind)).method != "blind"


def test_the_choice_sees_the_first_half_only() -> None:
    past = records(200)
    good = rolling_quantiles(past, Method.PARAMETRIC, 0.95)
    spoilt = good.copy()
    spoilt[len(good) // 2 :] += 1e5
    (test,) = backtest(past, {"x": good}, 0.95)
    (other,) = backtest(past, {"x": spoilt}, 0.95)
    assert test.first == other.first
    assert not other.second.passes


def test_too_few_days_are_refused() -> None:
    with pytest.raises(InvalidValue, match="two tested days"):
        rolling_quantiles(records(54), Method.HISTORICAL, 0.95)
    with pytest.raises(InvalidValue, match="two tested days"):
        rolling_quantiles(records(90), Method.HISTORICAL, 0.95, first=3)
    assert deviations_of(records(3)).shape == (3,)


def test_a_plan_is_made_on_one_scenario() -> None:
    sheet = wave(9)
    with pytest.raises(InvalidValue, match="made on one"):
        DayPlanner(demo_site()).plan(BEGIN, drawn(sheet, 3))
