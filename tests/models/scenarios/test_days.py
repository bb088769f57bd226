"""The past in days, and joint scenarios: shapes, means and refusals."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from mara.domain import FIGURES, History
from mara.errors import InvalidValue, SolverFailed
from mara.models.scenarios.days import DaySheet, day_sheet
from mara.models.scenarios.joint import JointScenarios
from mara.models.scenarios.simulated import calibrate_day, simulate_day
from mara.models.stochastic import LAWS, SIGNED_LAWS, Grid, OrnsteinUhlenbeck, ScoreReversion
from tests.models.risk.days import MINUTES, wave
from tests.models.stochastic.cases import BY_NAME
from tests.models.stochastic.seasonal_world import score_law

BEGIN = datetime(2026, 3, 1, 6, tzinfo=UTC)


def history(days: float, minutes: float = 5.0) -> History:
    count = round(days * 1_440 / minutes)
    values = np.full((count, len(FIGURES)), np.nan)
    values[:, 0] = np.arange(count)
    values[:, 1] = 50.0
    epoch = int(BEGIN.timestamp()) + np.arange(count) * round(minutes * 60)
    return History(minutes=minutes, epoch_s=epoch.astype(np.int64), values=values)


def test_days_end_where_the_history_ends() -> None:
    past = history(3.5)
    sheet = day_sheet(past, minutes=15.0)
    assert len(sheet) == 3
    assert sheet.next_day() == BEGIN + timedelta(days=3.5)
    np.testing.assert_allclose(sheet.energy_usd_per_mwh[-1, -1], np.arange(len(past))[-3:].mean())
    assert sheet.token_usd_per_mtok is None
    assert sheet.hash_usd_per_ph_day is not None
    assert sheet.hash_usd_per_ph_day.shape == (3, 96)


def test_days_may_begin_at_an_hour() -> None:
    sheet = day_sheet(history(3.5), minutes=60.0, begin_hour_utc=12)
    assert {b.hour for b in sheet.begins} == {12}
    assert sheet.intervals == 24


def test_a_day_with_a_gap_is_left_out() -> None:
    past = history(4.0)
    keep = np.ones(len(past), dtype=bool)
    keep[300] = False
    holed = History(minutes=5.0, epoch_s=past.epoch_s[keep], values=past.values[keep])
    sheet = day_sheet(holed, minutes=15.0)
    assert [b.day for b in sheet.begins] == [1, 3, 4]


def test_averages_keep_the_mean() -> None:
    sheet = wave(4)
    day = sheet.day(2)
    assert day.averaged(60.0).energy_usd_per_mwh.mean() == pytest.approx(
        day.energy_usd_per_mwh.mean()
    )
    one = JointScenarios.equally_likely(
        minutes=15.0, energy_usd_per_mwh=np.ones((2, 8)), hash_usd_per_ph_day=np.ones((2, 1))
    )
    assert one.averaged(60.0).hash_usd_per_ph_day is one.hash_usd_per_ph_day


def test_refusals_say_the_way_out() -> None:
    with pytest.raises(InvalidValue, match="use 15 or 60"):
        day_sheet(history(2.0), minutes=7.0)
    with pytest.raises(InvalidValue, match="use 15 or 60"):
        day_sheet(history(2.0, minutes=60.0), minutes=15.0)
    with pytest.raises(InvalidValue, match="no whole day"):
        day_sheet(history(0.5), minutes=15.0)
    with pytest.raises(InvalidValue, match="no whole day"):
        day_sheet(History(minutes=5.0), minutes=15.0)
    with pytest.raises(InvalidValue, match="give a longer past"):
        wave(5).expected(5)
    with pytest.raises(InvalidValue, match="whole ones"):
        wave(5).day(0).averaged(50.0)


def scenarios(**changes: object) -> JointScenarios:
    values: dict[str, object] = {
        "minutes": 15.0,
        "energy_usd_per_mwh": np.zeros((2, 4)),
        "probabilities": np.array([0.5, 0.5]),
    }
    return JointScenarios(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"minutes": 0.0}, "above zero"),
        ({"energy_usd_per_mwh": np.zeros(4)}, "one row a scenario"),
        ({"energy_usd_per_mwh": np.array([[1.0], [np.nan]])}, "not finite in scenario 1"),
        ({"hash_usd_per_ph_day": np.zeros((2, 3))}, "has shape"),
        ({"probabilities": np.array([1.0])}, "must be 2 figures"),
        ({"probabilities": np.array([-0.5, 1.5])}, "zero or above"),
        ({"probabilities": np.array([0.5, 0.6])}, "not to 1"),
    ],
)
def test_impossible_scenarios_are_refused(changes: dict[str, object], said: str) -> None:
    with pytest.raises(InvalidValue, match=said):
        scenarios(**changes)


def test_scenarios_need_energy() -> None:
    with pytest.raises(InvalidValue, match="give one scenario"):
        JointScenarios.equally_likely(minutes=15.0)


def test_features_weigh_every_figure_alike() -> None:
    rng = np.random.default_rng(0)
    made = JointScenarios.equally_likely(
        minutes=15.0,
        energy_usd_per_mwh=100.0 * rng.standard_normal((50, 4)),
        hash_usd_per_ph_day=rng.standard_normal((50, 1)),
        token_usd_per_mtok=np.full((50, 1), 0.7),
    )
    features = made.features()
    assert (features[:, :4] ** 2).sum() == pytest.approx(50.0)
    assert (features[:, 4] ** 2).sum() == pytest.approx(50.0)
    assert not features[:, 5].any()


@pytest.mark.slow
def test_simulated_days_are_repeatable_and_centred() -> None:
    sheet = wave(30)
    law = calibrate_day(sheet, 30, OrnsteinUhlenbeck)
    one, two = (simulate_day(law, np.random.default_rng(3), 2_000) for _ in range(2))
    np.testing.assert_array_equal(one.energy_usd_per_mwh, two.energy_usd_per_mwh)
    centre = law.expected.energy_usd_per_mwh[0]
    mean = one.energy_usd_per_mwh.mean(axis=0)
    away = law.energy.law.mean
    assert np.abs(mean[-20:] - centre[-20:] - away).max() < 8.0
    assert one.hash_usd_per_ph_day is not None
    assert one.hash_usd_per_ph_day.shape == (2_000, 1)
    drift = np.log(one.hash_usd_per_ph_day[:, 0] / sheet.hash_usd_per_ph_day[-1, -1]).std()
    assert drift == pytest.approx(law.companions[0].daily_sd, rel=0.1)
    assert one.minutes == MINUTES


@pytest.mark.slow
def test_the_companion_follows_the_energy_as_in_the_past() -> None:
    sheet = wave(60)
    days = sheet.energy_usd_per_mwh.mean(axis=1)
    steps = 0.002 * (days - days.mean())
    follows = np.repeat(50.0 * np.exp(np.cumsum(steps))[:, None], 96, axis=1)
    tied = type(sheet)(
        minutes=sheet.minutes,
        begins=sheet.begins,
        energy_usd_per_mwh=sheet.energy_usd_per_mwh,
        hash_usd_per_ph_day=follows,
    )
    law = calibrate_day(tied, 60, OrnsteinUhlenbeck)
    assert law.companions[0].rank_correlation > 0.7
    made = simulate_day(law, np.random.default_rng(0), 1_000)
    assert made.hash_usd_per_ph_day is not None
    drawn = np.corrcoef(
        made.energy_usd_per_mwh.mean(axis=1), np.log(made.hash_usd_per_ph_day[:, 0])
    )[0, 1]
    assert drawn > 0.6
    assert made.token_usd_per_mtok is None


def test_the_law_moves_to_another_day() -> None:
    sheet = wave(30)
    law = calibrate_day(sheet, 20, OrnsteinUhlenbeck)
    later = law.at(sheet, 25)
    assert later.energy == law.energy
    assert (law.begins, later.begins) == (sheet.begins[20], sheet.begins[25])
    assert law.at(sheet, 30).begins == sheet.next_day()
    assert later.companions[0].now == sheet.hash_usd_per_ph_day[24, -1]
    np.testing.assert_array_equal(
        later.expected.energy_usd_per_mwh, sheet.expected(25).energy_usd_per_mwh
    )


def departing(name: str, days: int) -> DaySheet:
    """Days of hours whose prices follow law `name`."""
    grid = Grid(n_paths=1, n_steps=24 * days - 1, dt=1.0, start=BY_NAME[name].start)
    path = BY_NAME[name].law.simulate(np.random.default_rng(4), grid)[0]
    begins = tuple(BEGIN + timedelta(days=d) for d in range(days))
    return DaySheet(minutes=60.0, begins=begins, energy_usd_per_mwh=path.reshape(days, 24))


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in SIGNED_LAWS if name != "score_ou"])
def test_every_law_of_signed_prices_draws_a_day(name: str) -> None:
    """Of days that it made itself, in hours."""
    sheet = departing(name, 37)
    law = calibrate_day(sheet, 37, LAWS[name], zone=ZoneInfo("America/Chicago"))
    made = simulate_day(law, np.random.default_rng(0), 300)
    away = made.energy_usd_per_mwh.mean() - law.expected.energy_usd_per_mwh.mean()
    assert abs(away) < 15.0


@pytest.mark.slow
def test_a_law_with_seasons_knows_the_clock_of_the_day() -> None:
    law = calibrate_day(wave(12), 12, OrnsteinUhlenbeck)
    made = simulate_day(
        replace(law, energy=replace(law.energy, law=score_law())), np.random.default_rng(0), 50
    )
    assert np.ptp(made.energy_usd_per_mwh, axis=0).min() > 0.0
    with pytest.raises(SolverFailed, match="give a longer series"):
        calibrate_day(wave(30), 30, ScoreReversion)


@pytest.mark.parametrize("name", [name for name in LAWS if name not in SIGNED_LAWS])
def test_laws_of_positive_prices_cannot_be_of_departures(name: str) -> None:
    with pytest.raises(InvalidValue, match=f"{name} is of positive .* use one of ou, jumps_normal"):
        calibrate_day(wave(12), 12, LAWS[name])


@pytest.mark.slow
def test_too_little_past_for_a_law() -> None:
    with pytest.raises(InvalidValue, match="at least two more"):
        calibrate_day(wave(9), 8, OrnsteinUhlenbeck)
    law = calibrate_day(wave(12), 12, OrnsteinUhlenbeck)
    assert law.companions[0].rank_correlation == 0.0
    with pytest.raises(InvalidValue, match="must be 2 to"):
        simulate_day(law, np.random.default_rng(0), 1)
