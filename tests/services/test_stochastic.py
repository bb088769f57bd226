"""The desk behind the stochastic tab: sources, work by name, answers, refusals."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from mara.bootstrap.agents import replayer_of
from mara.bootstrap.chance import generator
from mara.bootstrap.ledgers import open_ledger
from mara.bootstrap.samples import sample_history
from mara.domain import Origin
from mara.errors import DataFileError, InvalidValue, RefusedError, SolverFailed
from mara.models.risk.stress import NAMED
from mara.models.stochastic import Noise
from mara.services.console import Console
from mara.services.stochastic import (
    BatteryAsk,
    CalibrationAsk,
    JointAsk,
    RiskAsk,
    SimulationAsk,
    StochasticDesk,
    StressAsk,
    SwitchingAsk,
    WorthAsk,
)
from mara.services.stochastic_scenarios import FORWARD, K_MEANS, ScenarioAsk
from mara.services.stochastic_sources import (
    Kind,
    Source,
    SourceStore,
    known_figures,
    live_source,
    read_upload,
    series_of,
)
from mara.services.stochastic_storage import worth_map
from mara.services.stochastic_work import stored_worth
from mara.settings import load_settings
from tests.ui import support

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mara.domain import History

SAMPLE = sample_history(3, 40)


class Still:
    """A runtime that stands still at a snapshot."""

    snapshot = support.snapshot()


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    folder = tmp_path_factory.mktemp("stochastic")
    settings = load_settings(ledger={"url": f"sqlite:///{folder}/mara.db"})
    ledger = open_ledger(settings, support.snapshot().site)
    with ThreadPoolExecutor(max_workers=1) as executor:
        yield Console(
            Still(),  # type: ignore[arg-type]
            ledger=ledger,
            replayer=lambda: replayer_of(settings),
            executor=executor,
        )
    ledger.close()


@pytest.fixture(scope="module")
def desk(console: Console) -> StochasticDesk:
    return StochasticDesk(console, generator=generator)


def source_of(history: History, digest: str) -> Source:
    return Source(
        kind=Kind.SAMPLE,
        digest=digest,
        label="a sample",
        origin=Origin.SIMULATED,
        rows=len(history),
        figures=known_figures(history),
    )


@pytest.fixture(scope="module")
def digest(desk: StochasticDesk) -> str:
    return desk.put(source_of(SAMPLE, "sample:3:40"), SAMPLE).digest


def finished(desk: StochasticDesk, ask: object) -> Any:  # noqa: ANN401
    ends = time.monotonic() + 60.0
    while time.monotonic() < ends:
        seen = desk.look(ask)
        if seen is not None and seen.ended:
            if seen.error is not None:
                raise seen.error
            return seen.answer
        time.sleep(0.02)
    raise TimeoutError(ask)


def calibration(digest: str, **changes: object) -> CalibrationAsk:
    whole = CalibrationAsk(
        digest=digest,
        figure="energy_usd_per_mwh",
        minutes=60.0,
        law="ou",
        seasonal=True,
        seed=1,
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


@pytest.mark.slow
def test_calibrate_then_simulate(desk: StochasticDesk, digest: str) -> None:
    ask = calibration(digest)
    desk.calibrate(ask)
    found = finished(desk, ask)
    assert [e.name for e in found.calibration.estimates] == ["mean", "rate", "volatility"]
    assert found.goodness.n == len(desk.series(ask)) - 1
    assert found.seen.shape == found.drawn.shape
    simulation = SimulationAsk(
        calibration=ask, paths=60, hours=12.0, noise=Noise.ANTITHETIC, seed=5
    )
    desk.simulate(simulation)
    paths = finished(desk, simulation)
    assert paths.n_paths == 60
    assert paths.hours[-1] == 12.0
    assert paths.mean is not None
    assert (np.diff(paths.fan, axis=0) >= 0.0).all()


@pytest.mark.slow
def test_the_same_seed_gives_the_same_paths(console: Console, digest: str) -> None:
    fans = []
    for _ in range(2):
        fresh = StochasticDesk(console, generator=generator)
        fresh.put(source_of(SAMPLE, digest), SAMPLE)
        ask = calibration(digest, seasonal=False)
        fresh.calibrate(ask)
        finished(fresh, ask)
        simulation = SimulationAsk(calibration=ask, paths=40, hours=6.0, noise=Noise.PLAIN, seed=9)
        fresh.simulate(simulation)
        fans.append(finished(fresh, simulation).fan)
    np.testing.assert_array_equal(*fans)


def test_simulations_that_cannot_be_are_refused(desk: StochasticDesk, digest: str) -> None:
    ask = calibration(digest, seed=77)
    plain = SimulationAsk(calibration=ask, paths=10, hours=1.0, noise=Noise.PLAIN, seed=1)
    with pytest.raises(InvalidValue, match="calibrate a law first"):
        desk.simulate(plain)
    desk.calibrate(ask)
    finished(desk, ask)
    with pytest.raises(InvalidValue, match="must be 2 to"):
        desk.simulate(replace(plain, paths=1))
    with pytest.raises(InvalidValue, match="mara simulate"):
        desk.simulate(replace(plain, paths=50_000, hours=8_760.0))


def test_a_calibration_that_fails_says_so(desk: StochasticDesk, digest: str) -> None:
    ask = calibration(digest, law="gbm", seasonal=False)
    desk.calibrate(ask)
    with pytest.raises((InvalidValue, SolverFailed)):
        finished(desk, ask)


@pytest.mark.slow
def test_risk_of_tomorrow(desk: StochasticDesk, digest: str) -> None:
    ask = RiskAsk(digest=digest, law="ou", scenarios=300, level=0.95, seed=4)
    desk.risk(ask)
    report = finished(desk, ask)
    assert report.days == 33
    assert report.scenarios == 300
    assert len(report.figures) == 12
    assert all(f.cvar_usd >= f.var_usd - 1e-6 for f in report.figures)
    total = next(
        f for f in report.figures if f.level == 0.95 and f.n == 300 and "Monte" in f.method
    )
    assert sum(c.cvar_usd for c in report.contributions) == pytest.approx(total.cvar_usd)
    assert report.tests == ()


@pytest.mark.slow
def test_a_long_past_is_backtested(desk: StochasticDesk) -> None:
    long = sample_history(3, 70)
    found = desk.put(source_of(long, "sample:3:70"), long)
    ask = RiskAsk(digest=found.digest, law="ou", scenarios=100, level=0.9, seed=4)
    desk.risk(ask)
    report = finished(desk, ask)
    assert {t.level for t in report.tests} == {0.9, 0.95, 0.99}
    assert len(report.tests) == 9


@pytest.mark.slow
def test_stresses_and_scenarios(desk: StochasticDesk, digest: str) -> None:
    stress = StressAsk(digest=digest, stresses=NAMED[:2])
    desk.stress(stress)
    assert [r.stress.name for r in finished(desk, stress)] == [s.name for s in NAMED[:2]]
    for method in (FORWARD, K_MEANS):
        ask = ScenarioAsk(
            digest=digest, law="ou", scenarios=40, keep=3, method=method, level=0.9, seed=2
        )
        desk.scenarios(ask)
        report = finished(desk, ask)
        assert report.draw.few.count == 3
        assert report.draw.method == method
        tails = [p.tail_usd for p in report.frontier]
        assert (np.diff(tails) >= -1e-6).all()


@pytest.mark.slow
def test_worth_of_stored_energy(desk: StochasticDesk, digest: str) -> None:
    ask = WorthAsk(digest=digest, level=0.9, weight=0.5)
    desk.worth(ask)
    by_price, by_stages = finished(desk, ask)
    assert (np.diff(by_stages.usd_per_mwh) <= 1e-6).all()
    assert (np.diff(by_price.usd_per_mwh, axis=1) <= 1e-9).all()
    assert by_price.usd_per_mwh[-2, 0] > by_price.usd_per_mwh[3, 0]
    assert by_price.learnt_from == 33 * 96
    with pytest.raises(InvalidValue, match="too few"):
        worth_map(support.snapshot().site, desk.sheet(digest).rows(0, 7))
    with pytest.raises(InvalidValue, match="no battery"):
        worth_map(support.site_without_battery(), desk.sheet(digest))
    bare = support.site_without_battery()
    with pytest.raises(InvalidValue, match="no battery"):
        stored_worth(bare, desk.sheet(digest), None)  # type: ignore[arg-type]


@pytest.mark.slow
def test_three_prices_together_curtailing_and_the_battery_by_the_desk(
    desk: StochasticDesk, digest: str
) -> None:
    joint = JointAsk(
        digest=digest,
        minutes=60.0,
        energy_law="ou",
        other_law="gbm",
        paths=50,
        hours=6.0,
        seed=3,
    )
    desk.joint(joint)
    assert finished(desk, joint).steps == 40 * 24 - 1
    switching = SwitchingAsk(digest=digest, minutes=60.0)
    desk.switching(switching)
    assert len(finished(desk, switching).classes) == len(support.snapshot().site.machines)
    battery = BatteryAsk(digest=digest, hours=6.0, paths=300, seed=3)
    desk.battery(battery)
    assert finished(desk, battery).steps == 24


def test_work_can_be_cancelled(desk: StochasticDesk, digest: str) -> None:
    ask = StressAsk(digest=digest, stresses=NAMED)
    desk.stress(ask)
    desk.cancel(ask)
    seen = desk.look(ask)
    assert seen is not None
    assert seen.ended
    assert desk.look("never asked") is None


def test_the_live_history_is_frozen(desk: StochasticDesk) -> None:
    source = desk.live()
    assert source.kind is Kind.LIVE
    assert source.figures[:2] == ("energy_usd_per_mwh", "hash_usd_per_ph_day")
    assert desk.source(source.digest) == source
    assert len(desk.history(source.digest)) == source.rows
    with pytest.raises(InvalidValue, match="wait for a tick"):
        live_source(support.first_snapshot())


def test_files_are_read_and_refused(desk: StochasticDesk, tmp_path: Path) -> None:
    lines = ["timestamp,HB"]
    lines += [f"2026-01-{1 + h // 24:02d}T{h % 24:02d}:00:00Z,{20 + h % 7}" for h in range(96)]
    content = "\n".join(lines).encode()
    history = desk.upload(content, "a.csv", "", "energy_price=HB")
    assert len(history) == 96
    assert history.minutes == 60.0
    with pytest.raises(DataFileError):
        read_upload(b"nothing", "b.csv", "", "")
    assert len(desk.made(sample_history, 1, 10)) == 2_880


def test_a_series_is_the_newest_stretch_without_gaps() -> None:
    holed = SAMPLE.values.copy()
    holed[1_000, 0] = np.nan
    past = replace(SAMPLE, values=holed)
    series = series_of(past, "energy_usd_per_mwh", minutes=15.0, zone="America/Chicago")
    assert len(series) == (len(past) - 1_001) // 3
    assert series.dt == 0.25
    whole = series_of(SAMPLE, "hash_usd_per_ph_day", minutes=0.0, zone="UTC")
    assert len(whole) == len(SAMPLE)
    missing = past.epoch_s.copy()
    missing[5_000:] += 300
    jumped = replace(SAMPLE, epoch_s=missing)
    assert (
        len(series_of(jumped, "energy_usd_per_mwh", minutes=5.0, zone="UTC")) == len(past) - 5_000
    )
    with pytest.raises(InvalidValue, match="whole steps"):
        series_of(SAMPLE, "energy_usd_per_mwh", minutes=7.0, zone="UTC")
    ended = holed.copy()
    ended[-1, 0] = np.nan
    with pytest.raises(InvalidValue, match="ends without"):
        series_of(replace(SAMPLE, values=ended), "energy_usd_per_mwh", minutes=15.0, zone="UTC")


def test_the_store_is_bounded() -> None:
    store = SourceStore()
    for k in range(13):
        store.put(source_of(SAMPLE, f"s{k}"), SAMPLE)
    assert store.find("s12")[1] is SAMPLE
    with pytest.raises(InvalidValue, match="choose the source again"):
        store.find("s0")


def test_samples_are_repeatable() -> None:
    np.testing.assert_array_equal(sample_history(3, 10).values, SAMPLE.values[:2_880])
    assert not np.array_equal(sample_history(4, 10).values, SAMPLE.values[:2_880])


def test_a_console_without_workers_says_so(console: Console) -> None:
    bare = Console(
        Still(),  # type: ignore[arg-type]
        ledger=console._ledger,
        replayer=console._replayer,
    )
    with pytest.raises(RefusedError, match="no workers"):
        assert bare.executor
