"""Experts that notice breaks, their mixture, their bands: invariants and known laws."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mara.domain import FIGURES, Forecast, History, Origin, Quantile
from mara.errors import InvalidValue
from mara.models.forecasting.evaluation.rolling import rolled
from mara.models.forecasting.evaluation.schedule import last_days
from mara.models.forecasting.evaluation.track import joined
from mara.models.forecasting.live.adaptive import Adaptive
from mara.models.forecasting.live.bands import BUCKETS_H, Bands
from mara.models.forecasting.live.book import ENSEMBLE, Book, Said
from mara.models.forecasting.live.breaks import daily_design, find_break
from mara.models.forecasting.live.composed import Correction, composed, correction_of
from mara.models.forecasting.live.hourly import hourly_past
from mara.models.forecasting.live.mixture import Mixture
from mara.models.forecasting.live.records import ensemble_of, record_of
from mara.models.forecasting.live.rounds import Learnt, Task, run_round
from mara.models.forecasting.past import LEVELS, Past, Predicted
from mara.models.forecasting.registry import FORECASTERS, forecaster
from tests.models.forecasting.evaluation.support import Echo, hourly
from tests.models.forecasting.live.worlds import NOON, broken_at_noon, past_until

EXPERTS = ("persistence", "seasonal-naive", "seasonal-ar", "adaptive")
FAST = ("persistence", "seasonal-naive")
HOURS = np.arange(72.0) % 24


def noise(seed: int, phi: float = 0.6) -> np.ndarray:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=72)
    for i in range(1, 72):
        values[i] += phi * values[i - 1]
    return values


def test_a_planted_change_is_found_where_it_is() -> None:
    found = 0
    for seed in range(20):
        residual = noise(seed)
        change = daily_design(HOURS, 3) @ np.array([3.0, 4.0, 0.0, 0.0, 0.0, 0.0, 0.0])
        residual[-20:] += change[-20:]
        seen = find_break(residual, HOURS, per_hour=1, phi=0.6, variance=1.0)
        assert seen is not None
        found += 16 <= seen.rows_ago <= 24
    assert found >= 17


def test_noise_alone_hardly_ever_breaks() -> None:
    seen = [find_break(noise(s), HOURS, per_hour=1, phi=0.6, variance=1.0) for s in range(200)]
    assert sum(s is not None for s in seen) <= 40
    assert sum(s is not None and s.gain > 15.0 for s in seen) <= 8
    assert find_break(noise(1)[:5], HOURS[:5], per_hour=1, phi=0.6, variance=1.0) is None


def test_a_past_set_to_its_new_law_has_no_break_left() -> None:
    past = hourly(30)
    values = past.values.copy()
    values[-20:] += 3.0
    law = Adaptive().fit(replace(past, values=values))
    change = law.change()
    assert change is not None
    again = Adaptive().fit(law.rebased(change))
    left = again.change()
    assert left is None or left.gain < 0.3 * change.gain
    lifted = law.rebased(change).values[:-20] - past.values[:-20]
    assert np.median(lifted) > 1.0


def test_the_adaptive_profile_finds_the_shape() -> None:
    past = hourly(30)
    made = Adaptive().fit(past).predict(48)
    shape = 50.0 + 20.0 * np.sin(2.0 * np.pi * np.arange(48) / 24)
    assert np.abs(made.mean - shape).mean() < 2.0
    assert (np.diff(made.quantiles, axis=1) >= 0.0).all()


def test_the_adaptive_profile_works_on_finer_steps() -> None:
    past = hourly(30)
    finer = Past(
        target=past.target,
        values=np.repeat(past.values, 2),
        start_s=past.start_s,
        step_s=1_800,
    )
    made = Adaptive().fit(finer).predict(48).mean.reshape(-1, 2).mean(axis=1)
    assert np.abs(made - Adaptive().fit(past).predict(24).mean).max() < 2.0


def test_the_adaptive_profile_says_what_it_lacks() -> None:
    with pytest.raises(InvalidValue, match="8 days"):
        Adaptive().fit(hourly(7))
    daily = Past(target="x", values=np.arange(300.0), start_s=0, step_s=86_400)
    with pytest.raises(InvalidValue, match="must divide an hour"):
        Adaptive().fit(daily)
    fitted = Adaptive().fit(hourly(30))
    with pytest.raises(InvalidValue, match="is not the 3600 of the fit"):
        fitted.updated(Past(target="x", values=np.ones(2_000), start_s=0, step_s=1_800))


def test_a_constant_figure_stays() -> None:
    made = Adaptive().fit(replace(hourly(30), values=np.full(720, 7.0))).predict(24)
    np.testing.assert_allclose(made.mean, 7.0)


@given(st.lists(st.floats(0.0, 1e6), min_size=3, max_size=3))
def test_weights_are_shares_that_follow_the_errors(errors: list[float]) -> None:
    names = ("a", "b", "c")
    mixture = Mixture.of(names)
    for _ in range(10):
        mixture = mixture.learnt(dict(zip(names, errors, strict=True)))
    weights = mixture.weights(set(names))
    assert sum(weights.values()) == pytest.approx(1.0)
    best = min(weights, key=lambda n: errors[names.index(n)])
    assert weights[best] == max(weights.values())


def test_trust_turns_within_a_day() -> None:
    mixture = Mixture.of(("before", "after"))
    for _ in range(200):
        mixture = mixture.learnt({"before": 1.0, "after": 3.0})
    assert mixture.drifted() == ("after",)
    assert mixture.weights({"before", "after"}) == {"before": 1.0}
    hours = 0
    while mixture.weights({"before", "after"}).get("after", 0.0) < 0.8:
        mixture = mixture.learnt({"before": 3.0, "after": 1.0})
        hours += 1
    assert hours < 24


def test_who_is_silent_has_no_weight_and_keeps_its_loss() -> None:
    mixture = Mixture.of(("a", "b")).learnt({"a": 1.0, "b": 1.0})
    assert mixture.learnt({"a": 2.0}).mean_losses[1] == pytest.approx(1.0)
    assert mixture.learnt({}) is mixture
    assert mixture.weights({"a"}) == {"a": 1.0}
    assert mixture.weights(set()) == {}
    drifted = mixture
    for _ in range(20):
        drifted = drifted.learnt({"a": 1.0, "b": 9.0})
    assert drifted.weights({"b"}) == {"b": 1.0}
    with pytest.raises(InvalidValue, match="a loss for each"):
        Mixture(experts=("a",), losses=())


@pytest.mark.stat
@pytest.mark.parametrize("wrong", [0.4, 2.5])
def test_bands_come_true_whatever_was_said_first(wrong: float) -> None:
    rng = np.random.default_rng(1)
    bands, held = Bands(), []
    offsets = wrong * np.array([-1.645, -0.674, 0.0, 0.674, 1.645])
    lead_h = np.array([0.5, 3.0, 8.0, 20.0, 30.0])
    for step in range(1_500):
        told = bands.widened(np.tile(offsets, (5, 1)), lead_h)
        came = rng.normal(size=5) * (3.0 if step > 700 else 1.0)
        bands = bands.learnt(came, told, lead_h)
        if 300 < step <= 700 or step > 1_000:
            held.append((told[:, 0] <= came) & (came <= told[:, -1]))
    assert np.mean(held) == pytest.approx(0.9, abs=0.015)
    assert np.mean(held, axis=0).min() > 0.86


def test_bands_learn_each_lead_alone_and_ignore_gaps() -> None:
    start = Bands()
    told = np.tile([-1.0, -0.5, 0.0, 0.5, 1.0], (2, 1))
    learnt = start.learnt(np.array([5.0, np.nan]), told, np.array([0.5, 20.0]))
    assert (learnt.log_theta[0] != start.log_theta[0]).sum() == 4
    np.testing.assert_array_equal(learnt.log_theta[1:], start.log_theta[1:])
    assert learnt.log_theta.shape == (len(BUCKETS_H) + 1, len(LEVELS))


def history(values: np.ndarray, minutes: float) -> History:
    table = np.full((values.size, len(FIGURES)), np.nan)
    table[:, 0] = values
    epoch_s = 1_767_225_600 + round(60 * minutes) * np.arange(values.size)
    return History(minutes=minutes, epoch_s=epoch_s, values=table)


def test_hours_are_means_of_what_is_known_and_over() -> None:
    values = np.arange(12.0 * 5 + 7)
    values[12:19] = np.nan  # less than half of the second hour is known
    values[24] = np.nan
    past = hourly_past(history(values, 5.0), FIGURES[0], zone="UTC", days=30)
    np.testing.assert_allclose(past.values, [5.5, np.nan, 30.0, 41.5, 53.5])
    assert past.step_s == 3_600


def test_exogenous_series_are_laid_on_the_same_hours() -> None:
    values, load = np.arange(24.0), np.arange(24.0) + 100.0
    values[:12] = np.nan
    load[18:] = np.nan
    past = hourly_past(
        history(values, 10.0), FIGURES[0], zone="UTC", days=30, exog={"exog_load": load}
    )
    np.testing.assert_allclose(past.values, [14.5, 20.5])
    np.testing.assert_allclose(past.exog, [[114.5], [np.nan]])
    assert past.exog_names == ("exog_load",)


def test_longer_intervals_stand_for_themselves() -> None:
    past = hourly_past(history(np.arange(4.0), 240.0), FIGURES[0], zone="UTC", days=30)
    assert (past.step_s, past.values.tolist()) == (14_400, [0.0, 1.0, 2.0, 3.0])


def test_a_figure_without_an_hour_is_named() -> None:
    with pytest.raises(InvalidValue, match="no whole hour"):
        hourly_past(history(np.arange(5.0), 5.0), FIGURES[0], zone="UTC", days=30)
    with pytest.raises(InvalidValue, match="no whole hour"):
        hourly_past(History(minutes=5.0), FIGURES[0], zone="UTC", days=30)


def task(past: Past, experts: tuple[str, ...] = FAST, **changes: object) -> Task:
    return Task(past=past, book=Book.of(experts), horizon=26, **changes)


def test_a_round_is_rehearsed_judged_and_said() -> None:
    made = run_round(task(hourly(30), EXPERTS, rehearse=True))
    assert not made.failures
    assert {n.expert for n in made.learnt} == set(EXPERTS)
    assert len(made.issues) == 13  # three days every six hours, and now
    assert made.book.mixtures[0].rounds > 10.0
    near, _, far = made.book.weights
    assert sum(near.values()) == pytest.approx(1.0)
    assert max(far, key=far.__getitem__) != "persistence"
    together = made.book.newest
    assert together is not None
    assert together.model == ENSEMBLE
    assert (np.diff(together.quantiles, axis=1) >= 0.0).all()
    track = record_of(ENSEMBLE, made.issues, made.past)
    assert track is not None
    assert len(track) == 13 * 26
    assert record_of("nobody", made.issues, made.past) is None


def test_an_expert_that_fails_stops_nobody() -> None:
    made = run_round(task(hourly(30), ("oracle", "seasonal-naive")))
    assert [(f.expert, "unknown" in f.reason) for f in made.failures] == [("oracle", True)]
    assert made.book.weights[0] == {"seasonal-naive": 1.0}
    nobody = run_round(task(hourly(30), ("oracle",)))
    assert nobody.book.newest is None


def test_what_was_learnt_moves_on_without_a_fit() -> None:
    echo = Echo(fits=[])
    past = hourly(30)
    learnt = (Learnt(expert="persistence", fitted=echo.fit(past.first(600))),)
    made = run_round(task(past, ("persistence",), learnt=learnt))
    assert made.issues[-1].of("persistence").mean[0] == past.values[-1]
    assert echo.fits == [600]


def test_short_pasts_are_not_rehearsed() -> None:
    made = run_round(task(hourly(5), FAST, rehearse=True))
    assert len(made.issues) == 1


def test_an_expert_that_wants_a_longer_past_waits_and_has_not_failed() -> None:
    young = run_round(task(hourly(7), ("adaptive", "persistence")))
    assert young.failures == ()
    assert [n.expert for n in young.learnt] == ["persistence"]
    old = run_round(task(hourly(10), ("adaptive", "persistence")))
    assert [n.expert for n in old.learnt] == ["adaptive", "persistence"]


def test_a_past_that_broke_has_its_experts_fitted_anew() -> None:
    past = hourly(30)
    values = past.values.copy()
    values[-20:] += 3.0
    broken = replace(past, values=values)
    echo = Echo(fits=[])
    learnt = (Learnt(expert="seasonal-naive", fitted=echo.fit(past)),)
    made = run_round(task(broken, ("seasonal-naive",), learnt=learnt))
    assert made.broken_h == pytest.approx(20.0, abs=4.0)
    said = made.issues[-1].of("seasonal-naive")
    assert said.mean[:4].mean() > past.values[-24:-20].mean() + 1.0


def test_the_ensemble_of_records_is_judged_as_they_are() -> None:
    past = hourly(30)
    schedule = last_days(past, 10, horizon=24, refit_every=10)
    pieces = {name: list(rolled(forecaster(name), past, schedule)) for name in EXPERTS}
    together = ensemble_of(pieces, past)
    mae = {name: np.abs(joined(p).mean - joined(p).actual).mean() for name, p in pieces.items()}
    ours = np.abs(together.mean - together.actual).mean()
    assert ours < min(mae["persistence"] / 5, 1.5 * mae["seasonal-naive"])
    assert len(together) == 240
    with pytest.raises(InvalidValue):
        ensemble_of({}, past)


def base(mean: np.ndarray, spread: float = 1.0) -> Forecast:
    past = history(np.zeros(2), 5.0)
    issued = past.end
    assert issued is not None
    step = (issued - History.last(past, 2).end).__class__(minutes=5)
    return Forecast(
        target=FIGURES[0],
        issued_at=issued,
        starts=tuple(issued + step * (i + 1) for i in range(mean.size)),
        mean=tuple(mean.tolist()),
        quantiles=tuple(
            Quantile(level=level, values=tuple((mean + spread * k).tolist()))
            for level, k in zip(LEVELS, (-2, -1, 0, 1, 2), strict=True)
        ),
        model="quick",
        origin=Origin.SIMULATED,
    )


def test_far_ahead_hours_are_those_of_the_ensemble() -> None:
    quick = base(np.sin(np.arange(288.0)))
    first_s = int(quick.starts[0].timestamp())
    start_s = first_s // 3_600 * 3_600
    together = Predicted(
        target=FIGURES[0],
        model=ENSEMBLE,
        start_s=start_s,
        step_s=3_600,
        mean=100.0 + np.arange(26.0),
        quantiles=np.empty((26, 0)),
        levels=(),
    )
    correction = correction_of(together, quick)
    made = composed(quick, correction, Bands(), -np.inf)
    hour = (np.array([s.timestamp() for s in quick.starts]) - start_s) // 3_600
    for h in range(14, 20):
        assert np.mean(np.array(made.forecast.mean)[hour == h]) == pytest.approx(100.0 + h, abs=0.2)
    assert abs(made.forecast.mean[0] - quick.mean[0]) < 10.0
    assert made.forecast.model == ENSEMBLE
    levels = np.array([q.values for q in made.forecast.quantiles])
    assert (np.diff(levels, axis=0) >= 0.0).all()


def test_without_an_ensemble_the_quick_law_speaks() -> None:
    quick = base(np.linspace(-5.0, 5.0, 24))
    made = composed(quick, Correction(), Bands(log_theta=np.zeros((5, 5))), -np.inf)
    assert made.forecast == quick
    assert min(composed(quick, Correction(), Bands(), 0.0).forecast.mean) == 0.0
    silent = composed(replace(quick, quantiles=()), Correction(), Bands(), -np.inf)
    assert silent.quantiles.size == 0


def test_adaptive_is_registered() -> None:
    assert "adaptive" in FORECASTERS


@pytest.mark.slow
@pytest.mark.stat
def test_the_ensemble_is_back_within_a_day_of_a_change() -> None:
    """Level and shape of the market change at noon.

    Before a day is over the ensemble's error over the next 24 hours is within 20 % of that of
    the seasonal autoregression fitted to thirty days of the new law with the same weather.
    """
    checked = (0, 23)
    ours: dict[int, list[float]] = {k: [] for k in checked}
    theirs: dict[int, list[float]] = {k: [] for k in checked}
    for seed in range(8):
        values, new = broken_at_noon(seed)
        book, learnt = Book.of(EXPERTS), ()
        for hour in range(NOON, NOON + 24):
            made = run_round(
                Task(
                    past=past_until(values, hour),
                    book=book,
                    learnt=learnt,
                    horizon=26,
                    rehearse=not book.issues,
                )
            )
            book, learnt = made.book, made.learnt
            if (k := hour - NOON) in checked:
                came = values[hour : hour + 24]
                knowing = forecaster("seasonal-ar").fit(past_until(new, hour)).predict(24)
                assert book.newest is not None
                ours[k].append(float(np.abs(book.newest.mean[:24] - came).mean()))
                theirs[k].append(float(np.abs(knowing.mean - came).mean()))
    ratio = {k: np.mean(ours[k]) / np.mean(theirs[k]) for k in checked}
    assert ratio[0] > 1.3
    assert ratio[23] < 1.2


class Silent:
    """Tells no quantiles, and reaches `reach` hours only."""

    def __init__(self, past: Past, value: float, reach: int = 3) -> None:
        self.said = Predicted(
            target=past.target,
            model="silent",
            start_s=past.end_s,
            step_s=past.step_s,
            mean=np.full(reach, value),
            quantiles=np.empty((reach, 0)),
            levels=(),
        )


def test_hour_by_hour_the_book_learns_who_to_trust() -> None:
    past = hourly(12)
    values = past.values.copy()
    values[-3] = np.nan
    past = replace(past, values=values)
    book = Book.of(("near", "far"))
    for rows in range(len(past) - 20, len(past)):
        seen = past.first(rows)
        said = tuple(
            Said(expert=name, predicted=Silent(seen, past.values[rows] + off, 26).said)
            for name, off in (("near", 0.1), ("far", 30.0))
            if np.isfinite(past.values[rows])
        )
        book, added = book.extended(said, seen)
        assert len(added) == 1
    assert book.weights[0]["near"] > 0.9
    assert book.drifted in {(), ("far",)}
    newest = book.newest
    assert newest is not None
    assert newest.levels == ()
    assert book.issues[-1].of("near").mean[0] == pytest.approx(past.values[-1] + 0.1)


def test_together_they_say_nothing_that_the_figure_cannot_be() -> None:
    demand = replace(hourly(12), target="demand_mtok_per_h")
    told = replace(
        Silent(demand, 1.0).said,
        quantiles=np.tile([0.0, 0.5, 1.0, 2.0, 3.0], (3, 1)),
        levels=LEVELS,
    )
    book, _ = Book.of(("low",)).extended((Said(expert="low", predicted=told),), demand)
    assert book.newest is not None
    assert (book.newest.quantile(0.05) == 0.0).all()
    assert (book.newest.quantile(0.25) > 0.0).all()


def test_what_was_not_said_of_an_hour_is_not_judged() -> None:
    past = hourly(12)
    seen = past.first(len(past) - 6)
    brief = Said(expert="brief", predicted=Silent(seen, 50.0).said)
    book, _ = Book.of(("brief",)).extended((brief,), seen)
    learnt = book.learnt(past)
    assert learnt.mixtures[0].rounds == pytest.approx(sum(2 ** (-k / 12) for k in range(3)))
    assert learnt.learnt(past).mixtures == learnt.mixtures
