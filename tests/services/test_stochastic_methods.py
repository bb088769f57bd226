"""Three prices together, when to curtail, and the battery valued twice: work and refusals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mara.bootstrap.samples import sample_history
from mara.domain import FIGURES, Battery, History, Origin
from mara.domain.presets import battery_site, demo_site
from mara.errors import InvalidValue, SolverFailed
from mara.models.stochastic import PriceSeries
from mara.models.storage.least_squares import SimulatedValue
from mara.services.stochastic_battery import (
    BatteryAsk,
    BatteryReport,
    battery_report,
    levelled_unit,
)
from mara.services.stochastic_joint import (
    JOINT_FIGURES,
    JointAsk,
    JointReport,
    check_size,
    joint_report,
    joint_series,
)
from mara.services.stochastic_sources import Kind, Source, series_of
from mara.services.stochastic_switching import (
    newest_tick,
    start_cost_usd,
    switching_report,
)
from tests.ui import support

SAMPLE = sample_history(3, 30)
ZONE = "America/Chicago"
SOURCE = Source(
    kind=Kind.SAMPLE,
    digest="sample:3:30",
    label="a sample",
    origin=Origin.SIMULATED,
    rows=len(SAMPLE),
    figures=FIGURES,
)
ASK = JointAsk(
    digest="sample:3:30",
    minutes=60.0,
    energy_law="scored",
    other_law="gbm",
    paths=800,
    hours=12.0,
    seed=4,
)


def altered(figure: str, rows: slice, value: float) -> History:
    values = SAMPLE.values.copy()
    values[rows, FIGURES.index(figure)] = value
    return replace(SAMPLE, values=values)


def energy(minutes: float = 15.0) -> PriceSeries:
    return series_of(SAMPLE, "energy_usd_per_mwh", minutes=minutes, zone=ZONE)


def together(ask: JointAsk = ASK) -> JointReport:
    series = joint_series(SAMPLE, minutes=ask.minutes, zone=ZONE)
    return joint_report(ask, series, np.random.default_rng(ask.seed))


@pytest.mark.slow
def test_three_prices_are_drawn_together_and_again_from_their_seed() -> None:
    report, again = together(), together()
    assert [part.figure for part in report.parts] == list(JOINT_FIGURES)
    assert report.steps == 30 * 24 - 1
    for part, same in zip(report.parts, again.parts, strict=True):
        np.testing.assert_array_equal(part.paths.fan, same.paths.fan)
        assert part.paths.fan[:, 0] == pytest.approx(part.now, rel=1e-6)
        assert (np.diff(part.paths.fan, axis=0) >= 0.0).all()
        assert 0.0 <= part.ks_p <= 1.0
    other = together(replace(ASK, seed=5))
    assert not np.array_equal(other.parts[0].paths.fan, report.parts[0].paths.fan)


@pytest.mark.slow
@pytest.mark.parametrize("energy_law", ["scored", "ou"])
def test_the_correlation_put_in_is_found(energy_law: str) -> None:
    """Token prices that follow the shocks of energy show it; hash prices stay on their own."""
    rng = np.random.default_rng(6)
    shocks = rng.standard_normal((3, 1_500))
    shocks[2] = 0.8 * shocks[0] + 0.6 * shocks[2]
    base = np.zeros(1_500)
    for t in range(1, 1_500):
        base[t] = 0.8 * base[t - 1] + shocks[0, t]
    values = np.full((1_500, len(FIGURES)), np.nan)
    values[:, 0] = 30.0 + 5.0 * base
    values[:, 1] = 50.0 * np.exp(0.01 * np.cumsum(shocks[1]))
    values[:, 2] = 0.5 * np.exp(0.01 * np.cumsum(shocks[2]))
    past = History(minutes=60.0, epoch_s=3_600 * np.arange(1_500, dtype=np.int64), values=values)
    ask = replace(ASK, energy_law=energy_law, paths=50)
    series = joint_series(past, minutes=60.0, zone="UTC")
    report = joint_report(ask, series, np.random.default_rng(1))
    matrix = np.array(report.copula.correlation)
    np.testing.assert_allclose(matrix, matrix.T)
    assert report.interval(0, 2)[0] < 0.8 < report.interval(0, 2)[1]
    assert abs(matrix[0, 1]) < 0.1
    low, high = report.interval(0, 0)
    assert low == pytest.approx(1.0, abs=1e-6)
    assert high == pytest.approx(1.0, abs=1e-6)


def test_the_newest_stretch_that_knows_all_three_is_taken() -> None:
    series = joint_series(
        altered("hash_usd_per_ph_day", slice(0, 1_000), np.nan), minutes=5.0, zone=ZONE
    )
    assert {len(one) for one in series} == {len(SAMPLE) - 1_000}
    ended = joint_series(
        altered("token_usd_per_mtok", slice(-12, None), np.nan), minutes=5.0, zone=ZONE
    )
    assert {len(one) for one in ended} == {len(SAMPLE) - 12}
    assert len({one.begins for one in ended}) == 1


def test_what_the_joint_law_cannot_be_made_of_is_said() -> None:
    with pytest.raises(InvalidValue, match="this source has no hash price"):
        joint_series(altered("hash_usd_per_ph_day", slice(None), np.nan), minutes=60.0, zone=ZONE)
    half = len(SAMPLE) // 2
    apart = altered("hash_usd_per_ph_day", slice(None, half), np.nan).values.copy()
    apart[half:, FIGURES.index("token_usd_per_mtok")] = np.nan
    with pytest.raises(InvalidValue, match="never knows all three"):
        joint_series(replace(SAMPLE, values=apart), minutes=60.0, zone=ZONE)
    with pytest.raises(InvalidValue, match=r"hash price: .* a constant has no law"):
        joint_series(altered("hash_usd_per_ph_day", slice(None), 50.0), minutes=60.0, zone=ZONE)
    with pytest.raises(InvalidValue, match="at least 30"):
        joint_series(SAMPLE.last(100), minutes=60.0, zone=ZONE)
    with pytest.raises(InvalidValue, match="ask for fewer"):
        check_size(replace(ASK, paths=50_000, hours=48.0), energy(60.0))
    series = joint_series(SAMPLE, minutes=60.0, zone=ZONE)
    below = (series[0], series[0], series[2])
    with pytest.raises(InvalidValue, match="hash price: GeometricBrownian"):
        joint_report(ASK, below, np.random.default_rng(1))


def test_each_class_has_its_band_about_the_strike_price() -> None:
    site = demo_site()
    report = switching_report(site, newest_tick(site, SOURCE, SAMPLE), energy())
    assert report.minutes == 15.0
    assert report.steps_a_day == 96.0
    assert {c.name for c in report.classes} == {m.name for m in site.machines}
    assert any(c.band is not None and c.band.curtail_above is not None for c in report.classes)
    for found in report.classes:
        assert found.strike_usd_per_mwh is not None
        assert found.band is not None
        if found.band.curtail_above is not None and found.band.resume_below is not None:
            assert found.band.resume_below < found.strike_usd_per_mwh < found.band.curtail_above
        assert found.band.best.earned_usd >= found.band.strike.earned_usd - 1e-9


def free(site_machines: tuple[object, ...]) -> tuple[object, ...]:
    return tuple(
        replace(m, warm_up_min=0.0, switch_cost_usd=0.0)  # type: ignore[type-var]
        for m in site_machines
    )


def test_free_switches_follow_the_strike_price() -> None:
    site = demo_site()
    easy = replace(site, machines=free(site.machines))  # type: ignore[arg-type]
    report = switching_report(easy, newest_tick(easy, SOURCE, SAMPLE), energy())
    for found in report.classes:
        assert found.start_usd == 0.0
        assert found.band is not None
        if found.band.curtail_above is not None:
            assert found.band.curtail_above == pytest.approx(found.strike_usd_per_mwh, abs=1e-4)
            assert found.band.resume_below == pytest.approx(found.strike_usd_per_mwh, abs=1e-4)


def test_a_start_costs_its_fee_and_what_warming_up_does_not_earn() -> None:
    machine = replace(
        demo_site().machines[0], switch_cost_usd=0.5, warm_up_min=30.0, cooling_overhead=0.0
    )
    expected = 0.5 + 0.5 * 80.0 * machine.unit_mw
    assert start_cost_usd(machine, 80.0) == pytest.approx(expected)
    assert start_cost_usd(machine, -80.0) == 0.5


def test_what_has_no_price_or_no_machines_is_said() -> None:
    site = demo_site()
    unpriced = altered("hash_usd_per_ph_day", slice(-1, None), np.nan)
    report = switching_report(site, newest_tick(site, SOURCE, unpriced), energy())
    without = [c for c in report.classes if c.strike_usd_per_mwh is None]
    assert {c.band for c in without} == {None}
    assert {site.machine(c.name).hashrate_th_s is None for c in without} == {False}
    market = support.tick(hash_usd_per_ph_day=52.0)
    lent = newest_tick(site, SOURCE, unpriced, market)
    assert lent.hash_usd_per_ph_day == 52.0
    assert lent.assumed == {"hash_usd_per_ph_day"}
    assert lent.token_usd_per_mtok == newest_tick(site, SOURCE, SAMPLE).token_usd_per_mtok
    assert newest_tick(site, SOURCE, SAMPLE, market).assumed == frozenset()
    with pytest.raises(InvalidValue, match="without a price of energy"):
        newest_tick(site, SOURCE, altered("energy_usd_per_mwh", slice(-1, None), np.nan))
    bare = battery_site()
    with pytest.raises(InvalidValue, match="no machines"):
        switching_report(bare, newest_tick(bare, SOURCE, SAMPLE), energy())


BATTERY = BatteryAsk(digest="sample:3:30", hours=24.0, paths=4_000, seed=2)


@pytest.mark.slow
@pytest.mark.stat
def test_the_battery_is_worth_the_same_by_both_methods() -> None:
    rng = np.random.default_rng(BATTERY.seed)
    found = battery_report(demo_site(), energy(), BATTERY, rng)
    assert found.agree
    assert found.dynamic_usd > 0.0
    assert found.simulated.value - found.dynamic_usd < 2.0 * found.simulated.standard_error
    assert found.levels * found.level_mwh == pytest.approx(9.0)
    assert found.steps == 96
    longer = replace(BATTERY, hours=30.0, paths=500)
    later = battery_report(demo_site(), energy(), longer, np.random.default_rng(1))
    assert later.dynamic_usd >= found.dynamic_usd
    again = battery_report(demo_site(), energy(), longer, np.random.default_rng(1))
    assert again == later


def test_the_store_in_levels_is_never_quicker_than_the_battery() -> None:
    for battery in (demo_site().battery, battery_site().battery, Battery(energy_mwh=1, power_mw=9)):
        assert battery is not None
        unit = levelled_unit(battery, 0.25)
        assert unit.charge_mwh <= battery.power_mw * 0.25 * battery.charge_efficiency + 1e-12
        assert unit.discharge_mwh <= battery.power_mw * 0.25 / battery.discharge_efficiency
        assert unit.energy_mwh / unit.charge_mwh == pytest.approx(
            round(unit.energy_mwh / unit.charge_mwh)
        )


def test_batteries_that_are_not_there_or_take_long_are_refused() -> None:
    rng = np.random.default_rng(1)
    with pytest.raises(InvalidValue, match="no battery"):
        battery_report(support.site_without_battery(), energy(), BATTERY, rng)
    with pytest.raises(InvalidValue, match="fewer paths"):
        battery_report(demo_site(), energy(), replace(BATTERY, paths=10_000, hours=72.0), rng)
    swings = PriceSeries(values=np.tile([1.0, 9.0], 40), dt=1.0, begins=energy().begins)
    with pytest.raises(SolverFailed, match="no reversion"):
        battery_report(demo_site(), swings, BATTERY, rng)


def report_of(value: SimulatedValue, dynamic_usd: float) -> BatteryReport:
    return BatteryReport(
        dynamic_usd=dynamic_usd,
        simulated=value,
        price_usd_per_mwh=30.0,
        level_mwh=1.0,
        levels=4,
        steps=96,
        hours_a_step=0.25,
        paths=500,
        learnt_from=3_000,
    )


def test_values_agree_within_two_standard_errors() -> None:
    value = SimulatedValue(value=90.0, standard_error=4.0, in_sample=95.0)
    assert report_of(value, 97.0).agree
    assert report_of(value, 97.0).apart == pytest.approx(-1.75)
    assert not report_of(value, 99.0).agree
    sure = SimulatedValue(value=0.0, standard_error=0.0, in_sample=0.0)
    assert report_of(sure, 0.0).agree
