"""The agents and their strategies, each restored from what an earlier one remembered."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from mara.agents.auction import vcg_allocation
from mara.agents.data import DataAgent
from mara.agents.forecasting import ForecastingAgent
from mara.agents.manager import ManagerState, SystemManager
from mara.agents.memory import Memory
from mara.agents.replay import Replayer
from mara.agents.strategy import StrategyAgent
from mara.bootstrap.storage import STORAGE, storage_maker
from mara.domain import Mode, TradingState
from mara.models.learning.adahedge import AdaHedge
from mara.models.strategies.game import BestResponse
from mara.models.strategies.hold import Hold
from mara.models.strategies.optimiser import OptimiserStrategy
from mara.models.strategies.safe import SafeController
from mara.models.strategies.strike_rule import StrikeRule
from mara.settings import Settings
from mara.trading.states import StateChange

if TYPE_CHECKING:
    from collections.abc import Callable

    from mara.agents.base import Agent
    from mara.agents.pipeline import Makers
    from mara.agents.shadow import ShadowLedger
    from mara.models.strategies.base import Strategy

__all__ = ["AGENTS", "Crew", "makers_of", "replayer_of"]

_STRATEGIES: Final[dict[str, Callable[[], Strategy]]] = {
    "optimiser": OptimiserStrategy,
    "strike-rule": StrikeRule,
    "hold": Hold,
    "best-response": BestResponse,
}


def _two_stage() -> Strategy:
    """Draw the normals of the scenarios: always the same, so that a replay plans the same."""
    from mara.models.strategies.stochastic import (  # noqa: PLC0415 - for those who chose it
        HOURS,
        TwoStageStrategy,
    )

    return TwoStageStrategy(np.random.default_rng(_SEED).standard_normal((_PATHS, HOURS)))


_SEED: Final = 2023
_PATHS: Final = 60
_ON_REQUEST: Final[dict[str, Callable[[], Strategy]]] = {"two-stage": _two_stage}
"""Strategies too slow to run unasked: the setting `agents.also` names them."""

AGENTS: Final = ("data", "forecasting", *_STRATEGIES, *STORAGE, *_ON_REQUEST, "manager")
"""Names of all agents, in the order in which a tick passes them."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Crew:
    """What the agents of one engine are made of.

    `wait` says that fits are awaited (a clock that runs through a file), `at` the market time
    of the start.
    """

    settings: Settings
    memory: Memory | None
    mode: Mode
    safe: SafeController
    executor: Executor
    wait: bool
    at: datetime


def replayer_of(settings: Settings) -> Replayer:
    """Make what decides stored ticks again."""
    return Replayer(
        make_strategies=lambda: tuple(_maker(name, settings)() for name in _chosen(settings)),
        safe=SafeController(levels=settings.safe),
        max_age_ticks=settings.feed.max_age_ticks,
    )


def makers_of(crew: Crew) -> Makers:
    """Make the functions that build the agents.

    An agent that is built anew takes over the state of the one before, else of the memory.
    """
    names = _chosen(crew.settings)
    strategies = {name: partial(_strategy, name, crew.settings, crew.memory) for name in names}
    return {
        "data": lambda _: DataAgent(),
        "forecasting": lambda before: ForecastingAgent(
            executor=crew.executor, wait=crew.wait, before=before
        ),
        **strategies,
        "manager": partial(_manager, crew, names),
    }


def _manager(crew: Crew, names: tuple[str, ...], before: Agent | None) -> Agent:
    state = before.state if isinstance(before, SystemManager) else _manager_state(crew, names)
    return SystemManager(
        strategies=names,
        state=state,
        safe=crew.safe,
        max_age_ticks=crew.settings.feed.max_age_ticks,
    )


def _chosen(settings: Settings) -> tuple[str, ...]:
    only = settings.agents.strategy
    named = tuple(_STRATEGIES) if only == "all" else (only,)
    also = settings.agents.also
    return (*named, also) if also in _ON_REQUEST and also not in named else named


def _maker(name: str, settings: Settings) -> Callable[[], Strategy]:
    """Make a strategy as the settings want it; the strike rule, the baseline, never changes."""
    if name == "best-response" and settings.agents.allocation == "vcg":
        return partial(BestResponse, allocator=vcg_allocation)
    if name in STORAGE:
        return storage_maker(name, settings)
    return (_STRATEGIES | _ON_REQUEST)[name]


def _strategy(name: str, settings: Settings, memory: Memory | None, before: Agent | None) -> Agent:
    make = _maker(name, settings)
    known = before.shadow if isinstance(before, StrategyAgent) else _shadow(memory, name)
    return StrategyAgent(make(), make(), shadow=known)


def _shadow(memory: Memory | None, name: str) -> ShadowLedger | None:
    if memory is None:
        return None
    return next((s.shadow for s in memory.shadows if s.name == name), None)


def _manager_state(crew: Crew, names: tuple[str, ...]) -> ManagerState:
    """Take over what was remembered; trust is learnt anew where the strategies are others."""
    memory = crew.memory
    if memory is not None:
        same = len(memory.manager.hedge.totals) == len(names)
        hedge = memory.manager.hedge if same else AdaHedge.of(len(names))
        return replace(memory.manager, hedge=hedge)
    started = StateChange(
        state=TradingState.ACTIVE,
        at=crew.at,
        author="start-up",
        reason="nothing holds trading back",
        by_person=False,
    )
    return ManagerState(mode=crew.mode, hedge=AdaHedge.of(len(names)), trading=started)
