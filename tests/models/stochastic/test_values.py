"""Grids, series, streams of moments, documents: what they hold and what they refuse."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from scipy import stats
from scipy.special import logsumexp

from mara.errors import DataFileError, InvalidValue, SolverFailed
from mara.models.stochastic import Grid, Noise, Precision, PriceSeries
from mara.models.stochastic.blocks import tasks
from mara.models.stochastic.curvature import differences
from mara.models.stochastic.document import law_from, to_document
from mara.models.stochastic.estimation import Scale, Unknown, maximise
from mara.models.stochastic.fourier import density_of, log_density_at
from mara.models.stochastic.goodness import goodness_of_fit
from mara.models.stochastic.jumps import DoubleExponentialJumps, NormalJumps
from mara.models.stochastic.noise import bridged, fill_noise
from mara.models.stochastic.outliers import split_jumps
from mara.models.stochastic.streaming import stream_moments
from tests.models.stochastic.cases import BY_NAME, MARKOV
from tests.models.stochastic.seasonal_world import score_law, winter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mara.models.stochastic import Law

    Likelihood = Callable[[Sequence[float]], float]

OU = BY_NAME["ou"]


def grid(**other: object) -> Grid:
    return Grid(**({"n_paths": 3, "n_steps": 2, "dt": 1.0, "start": 1.0} | other))


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("n_paths", 0, "n_paths=0 must be a whole number"),
        ("n_paths", 2.5, "n_paths=2.5 must be a whole number"),
        ("n_steps", True, "n_steps=True must be a whole number"),
        ("n_steps", 10**8, "n_steps=100000000 must be"),
        ("n_paths", 10**12, "times n_steps=2 is above 1e"),
        ("dt", 0.0, "dt=0.0 must be above zero"),
        ("dt", float("nan"), "dt=nan must be a finite"),
        ("start", float("inf"), "start holds NaN or infinity"),
        ("start", np.ones(2), "one for each of 3 paths"),
        ("begins", datetime(2023, 1, 1), "begins.*has no time zone"),  # noqa: DTZ001
        ("begins", datetime(2023, 1, 1, tzinfo=timezone(timedelta(hours=1))), "is not in UTC"),
    ],
)
def test_impossible_grids_are_refused(field: str, value: object, says: str) -> None:
    with pytest.raises(InvalidValue, match=says):
        grid(**{field: value})


def test_an_absurd_answer_is_refused_with_the_way_out() -> None:
    with pytest.raises(InvalidValue, match=r"take 746 GiB.*ask for the moments"):
        OU.law.simulate(np.random.default_rng(1), grid(n_paths=10**8, n_steps=1_000))


SERIES = np.sin(np.arange(40.0))


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (SERIES[:29], r"shape \(29,\); give one row of at least 30"),
        (np.ones((5, 40)), "one row"),
        (np.where(np.arange(40) == 3, np.nan, SERIES), r"values\[3\] is NaN or infinite"),
        (np.full(40, 7.0), "all 40 values are 7; a constant"),
    ],
)
def test_impossible_series_are_refused(values: np.ndarray, says: str) -> None:
    with pytest.raises(InvalidValue, match=says):
        PriceSeries(values=values, dt=1.0)


@pytest.mark.parametrize(
    ("epochs", "says"),
    [
        (np.arange(39) * 900, "40 values and 39 times"),
        (np.delete(np.arange(41), 7) * 900, r"times 6 and 7 are 1800 s apart .* others are 900"),
        (np.zeros(40, dtype=int), "are 0 s apart"),
        (np.arange(1), "1 times"),
    ],
)
def test_uneven_times_are_refused(epochs: np.ndarray, says: str) -> None:
    with pytest.raises(InvalidValue, match=says):
        PriceSeries.at_times(SERIES, epochs)


def test_one_time_tells_no_step() -> None:
    with pytest.raises(InvalidValue, match="one value tells no step"):
        PriceSeries.at_times(np.ones(1), np.arange(1))


def test_times_give_step_and_start_in_hours() -> None:
    zone = ZoneInfo("America/Chicago")
    series = PriceSeries.at_times(SERIES, 1_672_552_800 + 900 * np.arange(40), zone=zone)
    assert (series.dt, series.begins, series.zone) == (0.25, winter(), zone)
    assert series.with_values(SERIES + 1.0).values[0] == 1.0
    with pytest.raises(InvalidValue, match="begins"):
        PriceSeries(values=SERIES, dt=1.0, begins=datetime(2023, 1, 1))  # noqa: DTZ001


def test_streamed_moments_are_those_of_the_stored_paths() -> None:
    law, asked = OU.law, OU.grid(5_000, 100)
    paths = law.simulate(np.random.default_rng(1), asked)
    found = stream_moments(law, np.random.default_rng(1), asked)
    np.testing.assert_allclose(found.mean, paths.mean(axis=0))
    np.testing.assert_allclose(found.variance, paths.var(axis=0, ddof=1), atol=1e-12)
    np.testing.assert_array_equal(found.lowest, paths.min(axis=0))
    np.testing.assert_array_equal(found.highest, paths.max(axis=0))
    assert found.standard_error is not None
    np.testing.assert_allclose(found.standard_error[-1], np.sqrt(found.variance[-1] / 5_000))
    with ThreadPoolExecutor(2) as threads:
        beside = stream_moments(law, np.random.default_rng(1), asked, executor=threads)
    np.testing.assert_array_equal(found.mean, beside.mean)


@pytest.mark.stat
@pytest.mark.parametrize("noise", [Noise.PLAIN, Noise.ANTITHETIC])
@pytest.mark.parametrize("name", ["ou", "gbm", "jumps_normal"])
def test_the_standard_error_is_the_spread_of_repeated_means(name: str, noise: Noise) -> None:
    """Also of an odd number of paths, in more than one block."""
    case = BY_NAME[name]
    asked = case.grid(201, 2_000 if name == "ou" else 20, noise=noise)
    runs = [stream_moments(case.law, np.random.default_rng(seed), asked) for seed in range(150)]
    spread = np.std([run.mean[-1] for run in runs])
    told = [run.standard_error for run in runs]
    assert np.mean([error[-1] for error in told if error is not None]) == pytest.approx(
        spread, rel=0.2
    )


def test_one_simulation_by_sobol_points_does_not_tell_its_error() -> None:
    for noise, n_paths in ((Noise.SOBOL, 64), (Noise.ANTITHETIC, 3), (Noise.PLAIN, 1)):
        asked = OU.grid(n_paths, 4, noise=noise)
        found = stream_moments(OU.law, np.random.default_rng(1), asked)
        assert found.standard_error is None


def test_a_lone_path_after_the_pairs_counts_once() -> None:
    """Antithetic normals of Ornstein-Uhlenbeck cancel: the error is the lone path's share."""
    rows = next(iter(tasks(OU.law, (1,), grid(n_paths=10**6, n_steps=20_000)))).last
    asked = OU.grid(rows + 1, 20_000, noise=Noise.ANTITHETIC)
    found = stream_moments(OU.law, np.random.default_rng(1), asked)
    assert found.standard_error is not None
    share = np.sqrt(found.variance[-1]) / (rows + 1)
    assert found.standard_error[-1] == pytest.approx(share, rel=1e-6)


def test_blocks_hold_pairs_together() -> None:
    cut = list(tasks(OU.law, (1,), grid(n_paths=10_001, n_steps=500)))
    assert [task.first for task in cut[1:]] == [task.last for task in cut[:-1]]
    assert (cut[0].first, cut[-1].last) == (0, 10_001)
    assert all((task.last - task.first) % 2 == 0 for task in cut[:-1])


def test_antithetic_pairs_mirror() -> None:
    paths = OU.law.simulate(
        np.random.default_rng(1), grid(n_paths=4, n_steps=3, start=50.0, noise=Noise.ANTITHETIC)
    )
    np.testing.assert_allclose(paths[:2] + paths[2:], 100.0)


@pytest.mark.parametrize("n_steps", [1, 2, 7, 16])
def test_the_bridge_is_orthogonal(n_steps: int) -> None:
    """So standard normals stay standard normals; the first column alone decides the end."""
    matrix = bridged(np.eye(n_steps))
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(n_steps), atol=1e-12)
    np.testing.assert_allclose(matrix.sum(axis=1)[1:], 0.0, atol=1e-12)


def test_blocks_continue_the_sobol_sequence() -> None:
    quasi = grid(n_paths=16, n_steps=3, noise=Noise.SOBOL)
    whole, parts = np.empty((16, 4)), np.empty((16, 4))
    fill_noise(whole, np.random.default_rng(1), quasi, root=(7,), first=0)
    for first, last in ((0, 6), (6, 16)):
        fill_noise(parts[first:last], np.random.default_rng(1), quasi, root=(7,), first=first)
    np.testing.assert_array_equal(parts[:, 1:], whole[:, 1:])


def test_the_transform_inverts_the_normal_law() -> None:
    density = density_of(lambda u: np.exp(-0.5 * u**2) + 0j, finest=1.0, reach=6.0)
    x = np.linspace(-5.0, 5.0, 101)
    np.testing.assert_allclose(density.log_at(x), -0.5 * x**2 - np.log(2 * np.pi) / 2, atol=1e-6)
    np.testing.assert_allclose(density.scores(x), x, atol=0.01)


def test_the_transform_keeps_its_digits_where_the_density_is_small() -> None:
    """One part in 10^10 of the peak is known to six digits, for a law much wider than its core."""

    def mixed(u: np.ndarray) -> np.ndarray:
        return 0.9 * np.exp(-0.5 * u**2) + 0.1 * np.exp(-0.5 * (30.0 * u) ** 2) + 0j

    x = np.linspace(180.0, 190.0, 41)
    known = np.log(0.1 * stats.norm.pdf(x, scale=30.0))
    found = density_of(mixed, finest=1.0, reach=600.0).log_at(x)
    np.testing.assert_allclose(found, known, atol=1e-6)


FAR = np.array([-300.0, -100.0, -40.0, -3.0, 0.0, 20.0, 80.0, 300.0])


def test_the_density_of_a_spike_is_known_thirty_deviations_out() -> None:
    """Against the Poisson mixture of normals, summed."""
    sizes, rate = NormalJumps(mean=2.0, deviation=10.0), 0.2
    count = np.arange(80.0)
    each = stats.norm.logpdf(FAR[:, None], 2.0 * count, np.sqrt(1.0 + 100.0 * count))
    known = logsumexp(each + stats.poisson.logpmf(count, rate), axis=1)
    found = log_density_at(
        lambda u: np.exp(rate * (sizes.characteristic(u) - 1.0) - 0.5 * u**2),
        FAR,
        finest=1.0,
        reach=340.0,
        steepest=sizes.steepest,
    )
    np.testing.assert_allclose(found, known, atol=1e-6)


def test_the_density_of_one_exponential_jump_is_known_in_both_tails() -> None:
    """Against the normal and two exponentials, convolved by hand: the share of jumps is 1/2."""
    sizes = DoubleExponentialJumps(share_up=0.25, up=8.0, down=6.0)
    tails = [
        share / mean * stats.norm.cdf(sign * FAR - 1.0 / mean) * _decay(sign * FAR, mean)
        for share, mean, sign in ((0.25, 8.0, 1.0), (0.75, 6.0, -1.0))
    ]
    known = np.log(0.5 * stats.norm.pdf(FAR) + 0.5 * sum(tails))
    found = log_density_at(
        lambda u: (0.5 + 0.5 * sizes.characteristic(u)) * np.exp(-0.5 * u**2),
        FAR,
        finest=1.0,
        reach=340.0,
        steepest=sizes.steepest,
    )
    np.testing.assert_allclose(found, known, atol=1e-5)


def _decay(x: np.ndarray, mean: float) -> np.ndarray:
    return np.exp(0.5 / mean**2 - x / mean)


def test_too_narrow_a_law_is_refused() -> None:
    with pytest.raises(SolverFailed, match="too small for reach"):
        density_of(lambda u: np.exp(-0.5 * u**2) + 0j, finest=1e-6, reach=100.0)


def test_scales_go_there_and_back() -> None:
    for scale, value in ((Scale.REAL, -3.0), (Scale.POSITIVE, 0.2), (Scale.SHARE, 0.7)):
        inner = scale.inward(value)
        assert scale.outward(inner) == pytest.approx(value)
        rise = (scale.outward(inner + 1e-6) - scale.outward(inner - 1e-6)) / 2e-6
        assert scale.slope(value) == pytest.approx(rise)


def test_errors_are_those_of_the_normal_law() -> None:
    """Mean and deviation of a normal sample: errors s / sqrt(n) and s / sqrt(2 n)."""
    sample = np.random.default_rng(1).normal(3.0, 2.0, 4_000)

    def likelihood(values: Sequence[float]) -> float:
        mean, deviation = values
        gap = (sample - mean) / deviation
        return -float(0.5 * gap @ gap + sample.size * np.log(deviation))

    found = maximise(
        "Normal",
        likelihood,
        [Unknown(name="m", start=0.0), Unknown(name="s", start=1.0, scale=Scale.POSITIVE)],
    )
    assert found.values == pytest.approx((sample.mean(), sample.std()), rel=1e-3)
    errors = [e.standard_error for e in found.estimates]
    expected = [sample.std() / np.sqrt(4_000), sample.std() / np.sqrt(8_000)]
    assert errors == pytest.approx(expected, rel=1e-3)


def test_a_search_steps_back_from_where_no_law_is() -> None:
    def bounded(values: Sequence[float]) -> float:
        if values[0] > 1.0:
            raise InvalidValue("no law beyond 1")
        return -50.0 * (values[0] - 0.8) ** 2

    (found,) = maximise("Bounded", bounded, [Unknown(name="m", start=0.95)]).estimates
    assert found.value == pytest.approx(0.8, abs=1e-3)
    assert found.standard_error == pytest.approx(0.1, rel=1e-3)


def test_errors_are_not_those_of_the_rounding() -> None:
    """A likelihood that is rough by 1e-3, ten times what a sum of 10^4 logarithms ever is."""

    def rough(values: Sequence[float]) -> float:
        return -0.5 * (values[0] - 3.0) ** 2 + 1e-3 * float(np.cos(1e4 * values[0]))

    (found,) = maximise("Rough", rough, [Unknown(name="m", start=0.5)]).estimates
    assert found.value == pytest.approx(3.0, abs=0.05)
    assert found.standard_error == pytest.approx(1.0, rel=0.1)


def test_a_gain_too_slight_to_matter_stops_no_search() -> None:
    """In stairs of 0.02 no step is better than the next, and Newton's still promises 0.002."""

    def stairs(values: Sequence[float]) -> float:
        return 0.02 * float(np.floor(-25.0 * (values[0] - 0.05) ** 2))

    (found,) = maximise("Stairs", stairs, [Unknown(name="m", start=0.3)]).estimates
    assert found.covers(0.05)


@pytest.mark.parametrize("name", ["jumps_normal", "jumps_exponential"])
def test_the_curvature_of_a_likelihood_by_transform_does_not_depend_on_the_step(name: str) -> None:
    case = BY_NAME[name]
    values = case.series(seed=4).values.copy()
    values[[300, 900]] += 900.0  # Spikes far out, where the density is 1e-12 of its peak.
    at = np.array(list(case.parameters.values()))

    def cost(theta: np.ndarray) -> float:
        law = type(case.law)(**dict(zip(case.parameters, at * np.exp(theta), strict=True)))
        return -float(law.log_density(law.innovations(values, case.dt), case.dt).sum())

    short, long = (differences(cost, np.zeros(at.size), np.full(at.size, h)) for h in (1e-3, 1e-2))
    np.testing.assert_allclose(np.diag(short[1]), np.diag(long[1]), rtol=0.05)


@pytest.mark.parametrize(
    ("likelihood", "says"),
    [
        (lambda _: float("nan"), "no likelihood at the start"),
        (lambda values: values[0], "did not converge"),
        (lambda _: 0.0, "no peak"),
        (lambda values: 1e-4 * values[0], "would still gain 0.005"),
    ],
)
def test_what_has_no_maximum_gives_no_parameters(likelihood: Likelihood, says: str) -> None:
    with pytest.raises(SolverFailed, match=says):
        maximise("Law", likelihood, [Unknown(name="a", start=0.5)])


def test_a_size_that_the_series_leaves_open_is_refused_unless_it_may_stay_so() -> None:
    """Curvature 1e-4 in the logarithm: a standard error of 100."""

    def likelihood(values: Sequence[float]) -> float:
        return -0.5e-4 * float(np.log(values[0])) ** 2

    size = Unknown(name="size", start=1.0, scale=Scale.POSITIVE)
    with pytest.raises(SolverFailed, match=r"Law: .*says nothing of size; give a longer"):
        maximise("Law", likelihood, [size])
    (open_,) = maximise("Law", likelihood, [replace(size, may_stay_open=True)]).estimates
    assert open_.standard_error == pytest.approx(100.0, rel=1e-3)


def test_jumps_are_told_from_small_changes() -> None:
    changes = np.sin(np.arange(1_000.0))
    changes[[10, 20, 30]] = [40.0, 60.0, -50.0]
    found = split_jumps(changes)
    assert found.count == 3
    assert found.deviation == pytest.approx(np.sqrt(0.5), abs=0.1)
    assert (found.up, found.down) == pytest.approx((50.0, 50.0), rel=0.02)
    calm = split_jumps(np.sin(np.arange(50.0)))
    assert calm.count == 1
    assert calm.up == calm.down == calm.jump_deviation


def test_goodness_sees_a_wrong_law() -> None:
    series = BY_NAME["jumps_normal"].series(seed=2)
    wrong = OU.law.__class__(mean=30.0, rate=0.3, volatility=5.0)  # type: ignore[call-arg]
    fit = goodness_of_fit(wrong, series, lags=5)
    assert fit.ks_p_value < 1e-6
    assert fit.autocorrelation.size == fit.autocorrelation_of_squares.size == 5
    assert fit.theoretical.size == fit.observed.size == 400
    assert fit.band == pytest.approx(1.96 / np.sqrt(2_000), rel=1e-3)


@pytest.mark.parametrize("law", [*(c.law for c in MARKOV), score_law()], ids=lambda law: law.name)
def test_documents_go_there_and_back(law: Law) -> None:
    assert law_from(to_document(law), owner="x") == law


@pytest.mark.parametrize(
    "document",
    [
        3,
        {},
        {"type": "Path"},
        {"type": "Season", "annual": 0, "daily": 1},
        {"type": "OrnsteinUhlenbeck", "mean": 1.0},
        {"type": "OrnsteinUhlenbeck", "mean": "x", "rate": 1.0, "volatility": 1.0},
        {"zone": "Nowhere/Land"},
    ],
)
def test_faulty_documents_are_refused(document: object) -> None:
    with pytest.raises(DataFileError, match=r"law\.json"):
        law_from(document, owner="law.json")


@pytest.mark.slow
def test_numba_is_not_loaded_with_the_package() -> None:
    code = "import sys, mara.models.stochastic; print('numba' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_single_precision_halves_the_answer() -> None:
    paths = OU.law.simulate(np.random.default_rng(1), grid(precision=Precision.SINGLE))
    assert paths.nbytes == 4 * 3 * 3


def test_begins_is_in_utc() -> None:
    assert grid(begins=winter()).begins == datetime(2023, 1, 1, 6, tzinfo=UTC)
