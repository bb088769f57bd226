"""Rolling evaluation: who sees what, and when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from mara.errors import InvalidValue
from mara.models.forecasting.evaluation.profiles import by_hour, by_lead, calibration
from mara.models.forecasting.evaluation.rolling import evaluated, look_ahead, rolled
from mara.models.forecasting.evaluation.schedule import Schedule, day_end_s, last_days
from mara.models.forecasting.evaluation.scorecard import compared, scorecard
from mara.models.forecasting.evaluation.track import Track, common, joined
from mara.models.forecasting.past import LEVELS, Past
from mara.models.forecasting.registry import forecaster
from tests.models.forecasting.evaluation.support import HOUR_S, START_S, Echo, hourly

if TYPE_CHECKING:
    from mara.models.forecasting.evaluation.diebold_mariano import DieboldMariano


def test_the_newest_days_are_the_test() -> None:
    past = hourly(10)
    schedule = last_days(past, 3, horizon=24)
    assert schedule.issues_s == tuple(past.end_s - d * 86_400 for d in (3, 2, 1))


def test_days_begin_at_the_zones_midnight() -> None:
    past = hourly(90, zone="America/Chicago")
    schedule = last_days(past, 3, horizon=24, start=date(2026, 3, 7))
    assert np.diff(schedule.issues_s).tolist() == [86_400, 82_800]
    hours = [datetime.fromtimestamp(s, UTC).hour for s in schedule.issues_s]
    assert hours == [6, 6, 5]


def test_a_midnight_that_summer_time_skips_is_the_next_hour() -> None:
    """In Beirut 2021-03-28 began at 01:00."""
    before = int(datetime(2021, 3, 27, 12, tzinfo=ZoneInfo("Asia/Beirut")).timestamp())
    end = datetime.fromtimestamp(day_end_s(before, "Asia/Beirut"), UTC)
    assert end == datetime(2021, 3, 27, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("days", "start"), [(10, None), (3, date(2026, 1, 9)), (1, date(2025, 1, 1))]
)
def test_test_days_that_do_not_fit_are_named(days: int, start: date | None) -> None:
    with pytest.raises(InvalidValue, match="do not fit into the past"):
        last_days(hourly(10), days, horizon=24, start=start)


def test_schedules_rise() -> None:
    with pytest.raises(InvalidValue, match="rise strictly"):
        Schedule(issues_s=(2, 1), horizon=24)


def test_an_issue_off_the_grid_is_named() -> None:
    with pytest.raises(InvalidValue, match="choose another start"):
        evaluated(Echo(fits=[]), hourly(3), Schedule(issues_s=(START_S + 60,), horizon=2))


def test_fits_follow_their_schedule_and_updates_the_past() -> None:
    past, echo = hourly(10), Echo(fits=[])
    track = evaluated(echo, past, last_days(past, 5, horizon=24, refit_every=2))
    assert echo.fits == [5 * 24, 7 * 24, 9 * 24]
    issued = (track.issued_s - START_S) // HOUR_S
    np.testing.assert_array_equal(track.mean, past.values[issued - 1])
    np.testing.assert_array_equal(track.actual, past.values[(track.start_s - START_S) // HOUR_S])


def test_only_the_day_of_the_issue_is_known_ahead() -> None:
    past = hourly(10, exog=True)
    (piece,) = rolled(Echo(fits=[]), past, last_days(past, 1, horizon=48))
    assert len(piece) == 24  # the file ends there
    early = Schedule(issues_s=(START_S + 5 * 86_400,), horizon=48)
    track = evaluated(Echo(fits=[]), past, early)
    told = track.mean - past.values[5 * 24 - 1]
    np.testing.assert_allclose(told[:24], past.exog[5 * 24 : 6 * 24, 0])
    np.testing.assert_array_equal(told[24:], 0.0)


def test_who_stops_asking_cancels() -> None:
    past, echo = hourly(10), Echo(fits=[])
    pieces = rolled(echo, past, last_days(past, 5, horizon=24))
    next(pieces)
    pieces.close()
    assert echo.fits == [5 * 24]


def test_whoever_looks_ahead_is_caught() -> None:
    past = hourly(10, exog=True)
    schedule = last_days(past, 3, horizon=30)
    assert look_ahead(Echo(fits=[]), past, schedule) == 0.0
    assert look_ahead(Echo(fits=[], peeks=True), past, schedule) > 1_000.0


@pytest.mark.parametrize("name", ["persistence", "seasonal-naive", "seasonal-ar"])
def test_no_quick_forecaster_looks_ahead(name: str) -> None:
    past = hourly(12)
    assert look_ahead(forecaster(name), past, last_days(past, 2, horizon=24)) == 0.0


def test_a_short_past_tells_no_quantiles_and_is_scored_all_the_same() -> None:
    past = hourly(4)
    track = evaluated(forecaster("seasonal-naive"), past, last_days(past, 3, horizon=24))
    assert 0 < len(track.told()) < len(track)
    card = scorecard(track, track)
    assert (card.rows, card.issues, card.rmae, card.versus_naive) == (72, 3, 1.0, None)
    assert card.bands[0].nominal == 0.9


def _track(mean: np.ndarray, actual: np.ndarray, *, model: str = "made") -> Track:
    steps = np.arange(mean.size)
    return Track(
        model=model,
        levels=LEVELS,
        issued_s=START_S + steps // 24 * 86_400,
        start_s=START_S + HOUR_S * steps,
        actual=actual,
        mean=mean,
        quantiles=mean[:, None] + np.array([-2.0, -1.0, 0.0, 1.0, 2.0]),
    )


def test_scores_are_those_of_the_common_rows() -> None:
    rng = np.random.default_rng(7)
    actual = 10.0 + rng.normal(size=24 * 20)
    naive = _track(actual + 2.0 + rng.normal(0.0, 0.1, actual.size), actual, model="naive")
    ours = _track(actual + 0.9, actual).rows(np.arange(actual.size) % 24 != 5)
    card = scorecard(ours, naive)
    assert card.rows == 23 * 20
    assert (card.mae, card.rmse) == (pytest.approx(0.9), pytest.approx(0.9))
    assert card.rmae == pytest.approx(0.9 / card.naive_mae)
    assert card.accuracy is not None
    assert card.naive_accuracy is not None
    assert card.accuracy > card.naive_accuracy
    assert card.versus_naive is not None
    assert card.versus_naive.p_value < 1e-9
    assert [(b.nominal, b.covered, b.width) for b in card.bands] == [
        (0.9, 1.0, pytest.approx(4.0)),
        (0.5, 1.0, pytest.approx(2.0)),
    ]


def test_a_figure_that_is_always_zero_has_no_accuracy() -> None:
    zero = _track(np.ones(48), np.zeros(48))
    card = scorecard(zero, zero)
    assert (card.wape, card.accuracy, card.naive_accuracy) == (None, None, None)


def test_a_perfect_naive_relates_nothing() -> None:
    perfect = _track(np.ones(48), np.ones(48))
    assert scorecard(perfect, perfect).rmae is None


def test_values_that_never_came_are_left_out() -> None:
    actual = np.arange(48.0)
    actual[:24] = np.nan
    track = _track(np.zeros(48), actual)
    assert scorecard(track, track).rows == 24
    with pytest.raises(InvalidValue, match="no interval in common"):
        common(track.known(), track.rows(np.arange(5)))


def test_whole_issues_alone_are_compared() -> None:
    rng = np.random.default_rng(8)
    actual = rng.normal(size=24 * 10)
    ours, theirs = (_track(actual + rng.normal(0, s, actual.size), actual) for s in (0.5, 2.0))
    hole = np.arange(actual.size) != 30
    found = compared(ours.rows(hole), theirs)
    assert found is not None
    assert found.days == 9


def _issued_daily(errors: np.ndarray, model: str, *, horizon: int, days: int) -> Track:
    """Forecasts of `horizon` hours of a zero, issued each midnight, err as the hour does."""
    first, step = np.divmod(np.arange(days * horizon), horizon)
    made = errors[24 * first + step]
    issued_s = START_S + 86_400 * first
    return Track(
        model=model,
        levels=(),
        issued_s=issued_s,
        start_s=issued_s + HOUR_S * step,
        actual=np.zeros(made.size),
        mean=made,
        quantiles=np.empty((made.size, 0)),
    )


def _alike(rng: np.random.Generator, *, horizon: int, days: int = 60) -> DieboldMariano | None:
    """Compare two forecasts that are equally good, each with errors of its own days and hours."""
    hours = 24 * days + horizon
    errors = rng.normal(size=(2, hours)) + rng.normal(0, 0.8, (2, hours // 24)).repeat(24, axis=1)
    ours, theirs = (_issued_daily(e, "made", horizon=horizon, days=days) for e in errors)
    return compared(ours, theirs)


@pytest.mark.stat
@pytest.mark.parametrize(("horizon", "overlap"), [(24, 0), (48, 1), (168, 6)])
def test_equal_forecasts_differ_as_rarely_as_the_test_says(horizon: int, overlap: int) -> None:
    """Without regard to the overlap 13 % of equal forecasts of 48 h differ, and 27 % of 168 h."""
    rng = np.random.default_rng(11)
    found = [_alike(rng, horizon=horizon) for _ in range(300)]
    assert all(one is not None and one.overlap == overlap for one in found)
    assert np.mean([one is not None and one.p_value < 0.05 for one in found]) < 0.09


def test_too_few_issues_that_overlap_tell_nothing() -> None:
    rng = np.random.default_rng(12)
    assert _alike(rng, horizon=168, days=34) is None
    assert _alike(rng, horizon=168, days=35) is not None
    assert _alike(rng, horizon=24, days=3) is not None


def test_a_change_of_clocks_makes_no_overlap() -> None:
    past = hourly(7, zone="Europe/Berlin")
    spring = replace(past, start_s=1_774_396_800)  # 2026-03-25, four days before the change.
    track = evaluated(Echo(fits=[]), spring, last_days(spring, 6, horizon=24))
    rival = replace(track, mean=track.mean + np.random.default_rng(13).normal(size=len(track)))
    found = compared(track, rival)
    assert found is not None
    assert found.overlap == 0


def test_issues_of_every_hour_overlap_also_behind_rarer_ones() -> None:
    issued_h = np.concatenate([np.arange(0, 72, 6), 72 + np.arange(120)])
    issued_s = (START_S + HOUR_S * issued_h).repeat(24)
    errors = np.random.default_rng(14).normal(size=(2, issued_s.size))
    ours, theirs = (
        replace(
            _issued_daily(e, "made", horizon=24, days=issued_h.size),
            issued_s=issued_s,
            start_s=issued_s + HOUR_S * np.tile(np.arange(24), issued_h.size),
        )
        for e in errors
    )
    found = compared(ours, theirs)
    assert found is not None
    assert (found.overlap, found.days) == (23, 132)


def test_errors_are_told_by_hour_and_by_lead() -> None:
    actual = np.zeros(48)
    off = np.tile(np.arange(24.0), 2)
    track = _track(off, actual)
    lead = by_lead(track)
    assert [(s.hour, s.mae, s.bias, s.rows) for s in lead[:2]] == [
        (0, 0.0, 0.0, 2),
        (1, 1.0, -1.0, 2),
    ]
    local = by_hour(track, ZoneInfo("Asia/Kolkata"))
    assert len(local) == 24
    assert local[5].mae == 0.0  # midnight UTC is half past five there
    assert local[0].band is not None
    assert by_lead(track.within(6.0))[-1].hour == 5


def test_calibration_sets_what_was_said_beside_what_came() -> None:
    rng = np.random.default_rng(9)
    track = _track(np.zeros(24 * 100), rng.uniform(-2.0, 2.0, 24 * 100))
    found = calibration(track)
    assert [c.level for c in found] == list(LEVELS)
    np.testing.assert_allclose([c.observed for c in found], [0, 0.25, 0.5, 0.75, 1], atol=0.03)
    silent = Track(
        model="silent",
        levels=(),
        issued_s=track.issued_s,
        start_s=track.start_s,
        actual=track.actual,
        mean=track.mean,
        quantiles=np.empty((len(track), 0)),
    )
    assert calibration(silent) == ()
    card = scorecard(silent, track)
    assert (card.pinball, card.crps, card.bands) == (None, None, ())
    with pytest.raises(InvalidValue, match=r"level=0\.5 is none of"):
        silent.quantile(0.5)
    with pytest.raises(InvalidValue, match="all of the same levels"):
        joined([track, silent])


def test_records_refuse_what_cannot_be() -> None:
    whole = _track(np.zeros(24), np.zeros(24))
    with pytest.raises(InvalidValue, match="mean has shape"):
        Track(**_fields(whole) | {"mean": np.zeros(3)})
    with pytest.raises(InvalidValue, match="quantiles have shape"):
        Track(**_fields(whole) | {"quantiles": np.zeros((24, 2))})
    with pytest.raises(InvalidValue, match="begins before its forecast"):
        Track(**_fields(whole) | {"issued_s": whole.start_s + 1})


def _fields(track: Track) -> dict[str, object]:
    return {name: getattr(track, name) for name in Track.__dataclass_fields__}


def test_pasts_with_gaps_are_scored_where_values_came() -> None:
    past = hourly(10)
    values = past.values.copy()
    values[-20:-10] = np.nan
    holed = Past(target=past.target, values=values, start_s=past.start_s)
    track = evaluated(forecaster("seasonal-naive"), holed, last_days(holed, 2, horizon=24))
    assert len(track) == 48
    assert scorecard(track, track).rows == 38
