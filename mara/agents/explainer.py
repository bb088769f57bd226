"""Computes decision cards and what-ifs beside the loop: neither delays a tick."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import structlog

from mara.agents.strategy import context_of
from mara.errors import MaraError
from mara.models.dispatch import (
    DecisionCard,
    DispatchProblem,
    FastDispatch,
    WhatIf,
    explain,
    problem_from,
    what_if,
)

if TYPE_CHECKING:
    from mara.agents.control import Made
    from mara.domain import Setpoint
    from mara.models.dispatch.whatif import Change
    from mara.models.strategies.base import DecisionContext

__all__ = ["Explainer"]

_log = structlog.get_logger("mara.agents.explainer")


class Explainer:
    """Keeps the card of the decision explained last; safe from any thread.

    A card comes a moment after its decision: its plan's `issued_at` tells whose it is.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._dispatch: FastDispatch | None = None
        self._card: DecisionCard | None = None

    async def explain(self, made: Made) -> None:
        """Compute the card of a decision in a thread; one without a plan has none."""
        if made.made is None or made.decision.plan is None:
            self._card = None
            return
        try:
            point = made.decision.setpoint
            self._card = await asyncio.to_thread(self.card, context_of(made.made), point)
        except MaraError as error:
            self._card = None
            _log.warning("no card", decision=made.decision.decision_id, error=str(error))

    @property
    def newest(self) -> DecisionCard | None:
        """Card of the decision explained last; None where it has none."""
        return self._card

    def card(self, context: DecisionContext, point: Setpoint) -> DecisionCard:
        """Explain a set point in its context."""
        problem = problem_from(context)
        with self._lock:
            return explain(problem, point, context.tick, self._model_for(problem))

    def what_if(self, context: DecisionContext, change: Change) -> WhatIf:
        """Plan a context as it is and as `change` supposes."""
        problem = problem_from(context)
        with self._lock:
            return what_if(problem, change, self._model_for(problem))

    def _model_for(self, problem: DispatchProblem) -> FastDispatch:
        if self._dispatch is None or not self._dispatch.fits(problem):
            self._dispatch = FastDispatch(problem.site, problem.grid)
        return self._dispatch
