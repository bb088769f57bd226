"""Strategies of stored energy: what they see, what they propose, and what they say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from mara.agents.kept_series import series_from, text_of
from mara.domain import Exogenous, History, KnownSeries, Origin, Tick
from mara.domain.presets import battery_site
from mara.errors import InvalidValue
from mara.feeds.pricetable import PriceTable
from mara.models.settlement import initial_state
from mara.models.storage.deviation import LawShape, Observed, calibrate
from mara.models.storage.known_days import day_curves, level_days, observed
from mara.models.storage.reference import drawn_through
from mara.models.strategies.base import DecisionContext
from mara.models.strategies.mpc import StorageMpc
from mara.models.strategies.sdp import PriceOnlySdp, StorageSdp
from mara.models.strategies.stored_energy import DAY_AHEAD

START = datetime(2023, 5, 1, 5, tzinfo=UTC)
DAYS = 20


def _table() -> PriceTable:
    rng = np.random.default_rng(3)
    steps = DAYS * 96
    epoch_s = int(START.timestamp()) + 900 * np.arange(steps)
    hourly = 30.0 + 20.0 * np.sin(np.arange(DAYS * 24) * 2 * np.pi / 24 - 2.0)
    curve = np.repeat(hourly + rng.normal(0.0, 2.0, hourly.size), 4)
    noise = np.zeros(steps)
    for t in range(1, steps):
        noise[t] = 0.8 * noise[t - 1] + rng.normal(0.0, 0.25)
    price = curve * (1.0 + noise) + 300.0 * (rng.random(steps) < 0.01)
    return PriceTable(
        name="made",
        tz="America/Chicago",
        minutes=15.0,
        epoch_s=epoch_s.astype(np.int64),
        figures={"energy_usd_per_mwh": price},
        exogenous={DAY_AHEAD: curve},
        gaps_s=np.empty(0, dtype=np.int64),
    )


TABLE = _table()
SITE = battery_site()
SERIES = KnownSeries(
    name=DAY_AHEAD, tz=TABLE.tz, epoch_s=TABLE.epoch_s, values=TABLE.exogenous[DAY_AHEAD]
)
PRICES = TABLE.figures["energy_usd_per_mwh"]
CURVES = day_curves(SERIES, 15.0)
LAW = calibrate(observed(CURVES, TABLE.epoch_s, PRICES))


def _context(row: int, price: float | None = None) -> DecisionContext:
    ticks = list(TABLE.ticks(range(row + 1), site_id=SITE.site_id))
    tick = ticks[-1] if price is None else replace(ticks[-1], energy_usd_per_mwh=price)
    return DecisionContext(
        site=SITE,
        state=initial_state(SITE, tick.at),
        tick=tick,
        history=History.of([*ticks[:-1], tick], minutes=15.0),
        known=TABLE.known_at(tick.at),
    )


NOON = 15 * 96 + 48


def test_whole_days_are_known_and_no_later_one() -> None:
    at = START + timedelta(days=9, hours=7)
    (series,) = TABLE.known_at(at)
    assert series.epoch_s[-1] == int((START + timedelta(days=10)).timestamp()) - 900
    assert series.epoch_s.size == 8 * 96
    last = START + timedelta(days=10) - timedelta(minutes=15)
    assert TABLE.known_at(last)[0].epoch_s[-1] == int(last.timestamp())


def test_a_stored_series_is_read_back_to_the_bit() -> None:
    (series,) = TABLE.known_at(START + timedelta(days=9))
    (again,) = series_from(text_of((series,)))
    assert again.values.tobytes() == series.values.tobytes()
    assert again.epoch_s.tolist() == series.epoch_s.tolist()
    assert (again.name, again.tz) == (series.name, series.tz)


def test_the_curve_keeps_the_mean_of_each_hour() -> None:
    hourly = np.array([10.0, 40.0, 25.0, -5.0])
    curve = drawn_through(hourly, 8.0, 4)
    assert curve.reshape(4, 4).mean(axis=1) == pytest.approx(hourly)
    assert np.abs(np.diff(curve)).max() < 30.0
    assert drawn_through(hourly, 8.0, 1) == pytest.approx(hourly)


@pytest.mark.parametrize("strategy", [StorageSdp(LAW), StorageMpc()])
def test_it_buys_low_sells_high_and_says_why(strategy: StorageSdp | StorageMpc) -> None:
    low, high = (strategy.propose(_context(NOON, price)) for price in (-20.0, 2_000.0))
    assert low.plan.setpoint.charge_mw > 0.4
    assert high.plan.setpoint.discharge_mw > 0.4
    assert "a further MWh stored is worth" in high.reason
    assert strategy.propose(_context(NOON)) == strategy.propose(_context(NOON))


def test_the_future_changes_nothing() -> None:
    """A context of a file that is cut after the day at hand gives the same proposal."""
    context = _context(NOON)
    keep = TABLE.epoch_s < int((START + timedelta(days=16)).timestamp())
    cut = replace(
        TABLE,
        epoch_s=TABLE.epoch_s[keep],
        figures={"energy_usd_per_mwh": PRICES[keep]},
        exogenous={DAY_AHEAD: TABLE.exogenous[DAY_AHEAD][keep]},
    )
    same = replace(context, known=cut.known_at(context.tick.at))
    assert StorageSdp(LAW).propose(same) == StorageSdp(LAW).propose(context)


def test_the_worth_falls_with_charge_and_rises_with_the_price() -> None:
    worth = StorageSdp(LAW).worth(_context(NOON))
    assert worth is not None
    assert worth.usd_per_mwh.shape == (worth.price_usd_per_mwh.size, worth.stored_mwh.size)
    assert np.diff(worth.usd_per_mwh, axis=1).max() <= 1e-9
    assert worth.usd_per_mwh[-1].mean() > worth.usd_per_mwh[0].mean()


@pytest.mark.parametrize("make", [lambda: StorageSdp(LAW), StorageMpc])
def test_without_a_curve_or_a_battery_it_rests(make: type) -> None:
    context = _context(NOON)
    for poor in (
        replace(context, known=()),
        replace(context, known=TABLE.known_at(START)),
        replace(context, site=replace(SITE, battery=None)),
    ):
        proposal = make().propose(poor)
        assert proposal.plan.setpoint.charge_mw == proposal.plan.setpoint.discharge_mw == 0.0
        assert "rests" in proposal.reason
    assert StorageSdp(LAW).worth(replace(context, known=())) is None


def test_what_is_prepared_changes_no_proposal() -> None:
    context = _context(NOON)
    prepared, plain = StorageSdp(LAW), StorageSdp(LAW)
    prepared.prepare(context)
    prepared.prepare(replace(context, known=()))
    assert prepared.propose(context) == plain.propose(context)


def test_a_day_with_a_gap_is_not_whole() -> None:
    holed = np.delete(np.arange(3 * 96), 100)
    series = KnownSeries(
        name="x", tz=TABLE.tz, epoch_s=TABLE.epoch_s[holed], values=SERIES.values[holed]
    )
    assert [day.day.day for day in day_curves(series, 15.0)] == [1, 3]


def test_a_battery_of_unknown_charge_is_refused() -> None:
    context = _context(NOON)
    unknown = replace(context, state=replace(context.state, soc_mwh=None))
    with pytest.raises(InvalidValue, match="soc_mwh"):
        StorageSdp(LAW).propose(unknown)


def test_price_alone_knows_no_curve() -> None:
    law = calibrate(observed(level_days(CURVES), TABLE.epoch_s, PRICES))
    strategy, context = PriceOnlySdp(law), _context(NOON)
    dearer = replace(SERIES, values=SERIES.values + 100.0)
    other = replace(context, known=(dearer,))
    assert strategy.propose(context).plan == strategy.propose(other).plan
    assert strategy.propose(_context(NOON, -50.0)).plan.setpoint.charge_mw > 0.0
    assert "rests" in strategy.propose(replace(context, known=())).reason


def test_the_law_is_a_probability_and_keeps_its_word() -> None:
    assert LAW.transitions.sum(axis=2) == pytest.approx(1.0)
    assert LAW.transitions.min() >= 0.0
    weights = LAW.weights(0.1, 0.05)
    assert weights.sum() == pytest.approx(1.0)
    states = np.repeat(LAW.deviations, LAW.memories.size)
    assert weights @ states == pytest.approx(0.1)
    assert LAW.memory(np.array([0.5])) == pytest.approx(np.arcsinh(0.5))
    one = calibrate(observed(CURVES, TABLE.epoch_s, PRICES), LawShape(memories=1))
    assert one.transitions.sum(axis=2) == pytest.approx(1.0)


def test_impossible_laws_are_refused() -> None:
    with pytest.raises(InvalidValue, match="too few"):
        calibrate(Observed(price=np.ones(9), curve=np.ones(9), hour=np.zeros(9, dtype=np.int64)))
    many = np.ones(400)
    with pytest.raises(InvalidValue, match="hardly deviates"):
        calibrate(Observed(price=many, curve=many, hour=np.zeros(400, dtype=np.int64)))
    with pytest.raises(InvalidValue, match="one length"):
        Observed(price=np.ones(2), curve=np.ones(3), hour=np.zeros(2, dtype=np.int64))
    with pytest.raises(InvalidValue, match="finite"):
        Observed(price=np.array([np.nan]), curve=np.ones(1), hour=np.zeros(1, dtype=np.int64))
    with pytest.raises(InvalidValue, match="bins"):
        LawShape(bins=4)
    with pytest.raises(InvalidValue, match="memories"):
        LawShape(memories=0)
    with pytest.raises(InvalidValue, match="no calendar day"):
        observed((), TABLE.epoch_s, PRICES)


def test_impossible_series_are_refused() -> None:
    at = np.array([0, 900], dtype=np.int64)
    with pytest.raises(InvalidValue, match="rising strictly"):
        KnownSeries(name="x", tz="UTC", epoch_s=at[::-1], values=np.ones(2))
    with pytest.raises(InvalidValue, match="finite"):
        KnownSeries(name="x", tz="UTC", epoch_s=at, values=np.array([1.0, np.nan]))


def test_ticks_carry_their_own_further_figures() -> None:
    tick = next(TABLE.ticks(range(1), site_id="x"))
    assert tick == Tick(
        site_id="x",
        at=START,
        minutes=15.0,
        energy_usd_per_mwh=float(PRICES[0]),
        exogenous=(Exogenous(name=DAY_AHEAD, value=float(SERIES.values[0])),),
        origin=Origin.REPLAY,
        source="made",
    )
