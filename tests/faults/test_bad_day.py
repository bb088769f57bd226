"""Bad days: the faults at random, composed from a seed; whatever comes, the invariants hold.

`python -m pytest "tests/faults/test_bad_day.py::test_bad_day[7]"` repeats the day of seed 7.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from mara.agents.circuit import Circuit
from mara.agents.commands import SetState
from mara.bootstrap.agents import AGENTS
from mara.domain import TradingState
from mara.errors import LedgerFull, OutcomeUnknown, TemporaryError, Unauthorized, VenueError
from mara.ledger.ledger import Ledger
from mara.models.strategies.hold import Hold
from mara.models.strategies.strike_rule import StrikeRule
from mara.settings import Settings
from tests.agents.rig import (
    SITE_ID,
    Crash,
    ScriptedStrategy,
    ScriptedVenue,
    World,
    at,
    check_whole,
    tick,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mara.models.strategies.base import DecisionContext

QUICK, SOAK = 25, 1_000
SHORT, WHOLE = 24, 288
RECOVERED = 4


class BadDay:
    """A world in which `intervals` of a day bring what the seed says."""

    def __init__(self, folder: Path, seed: int, intervals: int) -> None:
        self.rng = np.random.default_rng([seed, intervals])
        self.intervals = intervals
        self.venue = ScriptedVenue()
        self.broken: set[tuple[str, int]] = set()
        self.crashes: list[int] = []
        self.full = 0
        self.log: list[str] = []
        self.world = World(folder, settings=Settings(), venue=self.venue)
        self.world.circuits = {
            name: Circuit(limit=5, window_s=600.0, pause_s=0.0) for name in AGENTS
        }
        self.world.strategies = {
            "optimiser": lambda: self._fragile("optimiser", StrikeRule()),
            "hold": lambda: self._fragile("hold", Hold()),
        }
        for index in range(1, intervals - RECOVERED):
            if self.rng.random() < 0.35:
                self._befall(index)

    def _fragile(self, name: str, inner: object) -> ScriptedStrategy:
        def script(context: DecisionContext) -> None:
            if any(n == name and at(i) == context.tick.at for n, i in self.broken):
                raise RuntimeError("broken")

        made = ScriptedStrategy(inner, script)  # type: ignore[arg-type]
        return _named(made, name)

    def _befall(self, index: int) -> None:
        faults: tuple[Callable[[int], None], ...] = (
            self.down,
            self.missing,
            self.late,
            self.doubled,
            self.revised,
            self.spiked,
            self.negative,
            self.nothing_pays,
            self.lost_answer,
            self.refused,
            self.unknown,
            self.agent_fails,
            self.crashed,
            self.disk_full,
            self.key_refused,
        )
        chosen = faults[int(self.rng.integers(len(faults)))]
        self.log.append(f"{index}: {chosen.__name__}")
        chosen(index)

    def down(self, index: int) -> None:
        for i in range(index, index + int(self.rng.integers(1, 4))):
            self.world.feed.down[at(i)] = TemporaryError("connection refused")

    def missing(self, index: int) -> None:
        self.world.feed.missing.add(at(index))

    def late(self, index: int) -> None:
        self.world.feed.late[at(index)] = at(min(index + 2, self.intervals - 1))

    def doubled(self, index: int) -> None:
        self._extra(index, tick(at(index - 1)))

    def revised(self, index: int) -> None:
        price = round(float(self.rng.uniform(-50, 400)), 2)
        self._extra(index, tick(at(index - 1), energy_usd_per_mwh=price, revision=1))

    def _extra(self, index: int, one: object) -> None:
        self.world.feed.extra.setdefault(at(index), []).append(one)  # type: ignore[arg-type]

    def spiked(self, index: int) -> None:
        self._price(index, 5_000.0)

    def negative(self, index: int) -> None:
        self._price(index, -251.0)

    def _price(self, index: int, usd: float) -> None:
        self.world.feed.changes[at(index)] = {"energy_usd_per_mwh": usd}

    def nothing_pays(self, index: int) -> None:
        self.world.feed.changes[at(index)] = {"hash_usd_per_ph_day": 0.0, "token_usd_per_mtok": 0.0}

    def lost_answer(self, index: int) -> None:
        self.venue.script[index] = "lost answer"

    def refused(self, index: int) -> None:
        self.venue.script[index] = VenueError("over the limit")

    def unknown(self, index: int) -> None:
        self.venue.script[index] = OutcomeUnknown("cut")
        self.venue.blind += 1

    def agent_fails(self, index: int) -> None:
        self.broken.add((("optimiser", "hold")[int(self.rng.integers(2))], index))

    def crashed(self, index: int) -> None:
        self.crashes.append(index)

    def disk_full(self, index: int) -> None:
        def fill() -> None:
            self.full = int(self.rng.integers(1, 3))

        self.world.feed.hooks.setdefault(at(index), []).append(fill)

    def key_refused(self, index: int) -> None:
        self.world.feed.down[at(index)] = Unauthorized("key is refused")
        resume = SetState(
            command_id=f"resume-{index}", author="dana", state=TradingState.ACTIVE, reason="new key"
        )
        for i in (index, index + 1):
            self.world.ask(i, resume)

    def _at_commit(self, label: str) -> None:
        if self.full and label == "commit":
            self.full -= 1
            raise LedgerFull("ledger: the disk is full")

    def live(self) -> None:
        """Live the day, from crash to crash."""
        for index in (*sorted(set(self.crashes)), None):
            self.world.ledger = Ledger.open(
                self.world.url, site_id=SITE_ID, synchronous="OFF", probe=self._at_commit
            )
            if index is None:
                self.world.feed.end = at(self.intervals - 1)
                self.world.run(10_000)
            else:
                self._until(index)

    def _until(self, index: int) -> None:
        known = self.world.feed.down.get(at(index))
        self.world.feed.down[at(index)] = Crash()
        try:
            self.world.run(10_000)
        except Crash:
            self.world.close()
        self.world.feed.down.pop(at(index))
        if known is not None:
            self.world.feed.down[at(index)] = known


def _named(made: ScriptedStrategy, name: str) -> ScriptedStrategy:
    class Named(ScriptedStrategy):
        @property
        def name(self) -> str:
            return name

    return Named(made.inner, made.script)


def check(folder: Path, seed: int, intervals: int) -> None:
    day = BadDay(folder, seed, intervals)
    repeat = f'python -m pytest "tests/faults/test_bad_day.py" -k "[{seed}]" -m "slow or soak"'
    try:
        day.live()
        whole = check_whole(day.world)
        assert whole.settled == tuple(at(i) for i in range(intervals)), "an interval is not settled"
        control = day.world.controls[-1]
        last = day.world.snapshots[-1]
        with Ledger.open(day.world.url, site_id=SITE_ID) as ledger:
            booked = ledger.margin_by_day(day.world.site.zone, at(-1), at(intervals + 1))
        ours = control.standing.day
        dated = {str(date): float(usd) for date, usd in booked.items()}
        assert ours.margin_usd == pytest.approx(dated[ours.date], abs=0.01)
        assert last.trading_state is TradingState.ACTIVE, "it recovers without a human"
        assert not [a for a in last.alerts if not a.code.startswith("market:")]
    except BaseException as error:
        raise AssertionError(f"seed {seed}; repeat: {repeat}; faults: {day.log}") from error


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(QUICK))
def test_bad_day(tmp_path: Path, seed: int) -> None:
    check(tmp_path, seed, SHORT)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(SOAK))
def test_bad_day_whole(tmp_path: Path, seed: int) -> None:
    check(tmp_path, seed, WHOLE)
