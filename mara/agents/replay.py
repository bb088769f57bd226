"""Opens a stored tick and decides it again from what was stored."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import numpy as np

from mara.agents.kept_series import series_from, text_of
from mara.agents.manager import ALONE, ManagerState, SystemManager, decide_alone
from mara.agents.messages import MarketRead, Situation
from mara.agents.snapshot import FeedStatus
from mara.domain import (
    FIGURES,
    Decision,
    History,
    KnownSeries,
    Proposal,
    RecordedInput,
    Site,
    TickRecord,
)
from mara.errors import InvalidValue
from mara.ledger.codec import decode, encode
from mara.models.strategies.base import DecisionContext, Strategy
from mara.models.strategies.safe import SafeController

if TYPE_CHECKING:
    from collections.abc import Sequence


__all__ = ["Replayed", "Replayer", "recorded_inputs"]

_DAY_MIN: Final = 24 * 60
_SITE: Final = "site"
_MANAGER: Final = "manager"
_RUN: Final = "run"
_PAST: Final = "past"
_KNOWN: Final = "known"
_ENERGY: Final = "energy_usd_per_mwh"


def recorded_inputs(
    site: Site,
    manager: ManagerState,
    past: History,
    run: str,
    known: tuple[KnownSeries, ...] = (),
) -> tuple[RecordedInput, ...]:
    """Keep the inputs of a decision that stand in no other field of its record.

    Of the `past` the energy prices of the day before are kept: strategies look no further back. `run`
    names the run of the agents: it changes when they are started anew.
    """
    ahead = (RecordedInput(name=_KNOWN, value=text_of(known)),) if known else ()
    return (
        *ahead,
        RecordedInput(name=_PAST, value=_prices_of(past)),
        RecordedInput(name=_RUN, value=run),
        RecordedInput(name=_SITE, value=encode(site).decode()),
        RecordedInput(name=_MANAGER, value=encode(manager).decode()),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """A decision made again, and whether it is the stored one to the byte."""

    decision: Decision
    proposals: tuple[Proposal, ...]
    same: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayer:
    """Decides stored ticks again, from what was stored alone."""

    make_strategies: Callable[[], tuple[Strategy, ...]]
    safe: SafeController
    max_age_ticks: int

    def replay(self, record: TickRecord, earlier: Sequence[TickRecord] = ()) -> Replayed:
        """Propose and decide from the record's inputs.

        `earlier` are the records of the same hour before it: strategies that keep a solver's
        basis from tick to tick start at the full hour, so they go through those first.

        Raises
        ------
        InvalidValue
            The record lacks an input, so that it cannot be replayed.
        """
        strategies = self.make_strategies()
        for before in _same_run(earlier, record):
            _proposals(before, strategies)
        proposals = _proposals(record, strategies)
        decision = self._decided(record, proposals)
        same = encode(decision) == encode(record.decision) and proposals == record.proposals
        return Replayed(decision=decision, proposals=proposals, same=same)

    def _decided(self, record: TickRecord, proposals: tuple[Proposal, ...]) -> Decision:
        state = decode(ManagerState, _input(record, _MANAGER).encode())
        read = _reading(record, _site(record))
        if record.decision.resolved_by == ALONE:
            return decide_alone(read, state, self.safe)
        names = [weight.agent for weight in record.decision.weights]
        manager = SystemManager(
            strategies=names, state=state, safe=self.safe, max_age_ticks=self.max_age_ticks
        )
        return manager.decide(read, proposals)


def _same_run(earlier: Sequence[TickRecord], record: TickRecord) -> list[TickRecord]:
    """Keep the records of the same agents' run, oldest first."""
    run = _input(record, _RUN)
    return [r for r in earlier if r.tick_at < record.tick_at and _input(r, _RUN) == run]


def _proposals(record: TickRecord, strategies: tuple[Strategy, ...]) -> tuple[Proposal, ...]:
    if record.tick is None or not record.proposals:
        return ()
    context = DecisionContext(
        site=_site(record),
        state=record.state,
        tick=record.tick,
        history=_past(record, record.tick.minutes),
        forecasts=record.forecasts,
        known=_known(record),
    )
    answered = {p.agent for p in record.proposals}
    return tuple(s.propose(context) for s in strategies if s.name in answered)


def _site(record: TickRecord) -> Site:
    return decode(Site, _input(record, _SITE).encode())


def _prices_of(past: History) -> str:
    day = past.last(round(_DAY_MIN / past.minutes) + 1)
    prices = day.series(_ENERGY)
    known = np.isfinite(prices)
    return json.dumps([day.epoch_s[known].tolist(), prices[known].tolist()])


def _past(record: TickRecord, minutes: float) -> History:
    epoch_s, prices = json.loads(_input(record, _PAST))
    values = np.full((len(epoch_s), len(FIGURES)), np.nan)
    values[:, FIGURES.index(_ENERGY)] = prices
    return History(minutes=minutes, epoch_s=np.array(epoch_s, dtype=np.int64), values=values)


def _known(record: TickRecord) -> tuple[KnownSeries, ...]:
    if not any(found.name == _KNOWN for found in record.inputs):
        return ()
    return series_from(_input(record, _KNOWN))


def _input(record: TickRecord, name: str) -> str:
    for found in record.inputs:
        if found.name == name:
            return found.value
    raise InvalidValue(f"replay {record.tick_at}: the record lacks the input {name!r}")


def _reading(record: TickRecord, site: Site) -> MarketRead:
    tick = record.tick
    if tick is None:
        raise InvalidValue(f"replay {record.tick_at}: no tick was known")
    age = max(round((record.tick_at - tick.at) / timedelta(minutes=tick.minutes)), 0)
    status = FeedStatus(
        name=tick.source, origin=tick.origin, label=str(tick.origin), stale=age > 0, age_ticks=age
    )
    state = replace(record.state, at=record.tick_at)
    return MarketRead(
        tick=tick,
        history=History(minutes=tick.minutes),
        feed=status,
        situation=Situation(site=site, state=state),
    )
