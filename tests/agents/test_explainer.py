"""Decision cards are computed beside the loop, and a missing one stops nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mara.agents.control import Made
from mara.agents.explainer import Explainer
from mara.agents.strategy import context_of
from mara.models.dispatch.whatif import Change
from mara.models.strategies.optimiser import OptimiserStrategy
from tests.agents.readings import NAMES, decide, made, manager, proposal, reading, state

if TYPE_CHECKING:
    from mara.domain import Decision


@pytest.fixture(scope="module")
def decision() -> Decision:
    plan = OptimiserStrategy().propose(context_of(made(reading()))).plan
    basis = decide(manager(), reading(), *(proposal(n) for n in NAMES)).decision
    return replace(basis, plan=plan)


async def test_the_card_of_a_decision(decision: Decision) -> None:
    explainer, read = Explainer(), reading()
    assert explainer.newest is None
    await explainer.explain(Made(decision=decision, read=read, made=made(read), proposals=()))
    assert explainer.newest is not None


@pytest.mark.parametrize("missing", ["forecasts", "plan"])
async def test_a_decision_without_a_plan_has_no_card(decision: Decision, missing: str) -> None:
    """The card of the decision before does not stand beside one that it does not explain."""
    explainer, read = Explainer(), reading()
    await explainer.explain(Made(decision=decision, read=read, made=made(read), proposals=()))
    bare = replace(decision, plan=None) if missing == "plan" else decision
    forecasts = None if missing == "forecasts" else made(read)
    await explainer.explain(Made(decision=bare, read=read, made=forecasts, proposals=()))
    assert explainer.newest is None


def test_a_what_if_of_the_site_as_it_is_changes_nothing() -> None:
    context = context_of(made(reading(here=state(hydro_miners=900))))
    assert Explainer().what_if(context, Change()) is not None
