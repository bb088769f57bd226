"""Who may give or take freedom to trade."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mara.domain import TradingState
from mara.errors import InvalidValue, RefusedError
from mara.trading.states import StateChange, change_state
from tests.ledger.worlds import at

ACTIVE, REDUCING, HALTED = TradingState.ACTIVE, TradingState.REDUCING, TradingState.HALTED
ORDER = [HALTED, REDUCING, ACTIVE]


def word(
    state: TradingState, *, person: bool = False, sticky: bool = False, reason: str = "why"
) -> StateChange:
    author = "operator" if person else "system"
    return StateChange(
        state=state, at=at(0), author=author, reason=reason, by_person=person, sticky=sticky
    )


@pytest.mark.parametrize(("before", "after"), [*itertools.permutations(ORDER, 2)])
def test_a_person_may_change_everything(before: TradingState, after: TradingState) -> None:
    wanted = word(after, person=True)
    assert change_state(word(before, person=True, sticky=True), wanted) == wanted


@pytest.mark.parametrize(("before", "after"), [*itertools.permutations(ORDER, 2)])
def test_the_system_may_lift_what_it_set(before: TradingState, after: TradingState) -> None:
    assert change_state(word(before), word(after)) == word(after)


@pytest.mark.parametrize("current", [word(HALTED, person=True), word(HALTED, sticky=True)])
@pytest.mark.parametrize("after", [REDUCING, ACTIVE])
def test_a_held_halt_is_lifted_by_a_person_alone(current: StateChange, after: TradingState) -> None:
    with pytest.raises(RefusedError, match=r"a person must lift it") as refusal:
        change_state(current, word(after))
    assert refusal.value.rule == "state_transition"


def test_the_system_lowers_a_persons_state_and_keeps_the_hold() -> None:
    now = change_state(word(REDUCING, person=True, reason="maintenance"), word(HALTED))
    assert (now.state, now.sticky) == (HALTED, True)
    assert now.reason == "why; before, operator: maintenance"
    with pytest.raises(RefusedError):
        change_state(now, word(REDUCING))


def test_a_persons_active_is_no_hold_on_lowering() -> None:
    now = change_state(word(ACTIVE, person=True), word(HALTED))
    assert now.state is HALTED


def test_asking_for_the_state_in_force_keeps_the_stronger_word() -> None:
    person, system = word(HALTED, person=True), word(HALTED)
    assert change_state(system, person) == person
    assert change_state(person, system) == person
    assert change_state(system, word(HALTED, sticky=True)).sticky


words = st.builds(
    StateChange,
    state=st.sampled_from(ORDER),
    at=st.just(at(0)),
    author=st.just("who"),
    reason=st.just("why"),
    by_person=st.booleans(),
    sticky=st.booleans(),
)


@given(current=words, asked=st.lists(words, max_size=8))
def test_no_sequence_of_system_words_frees_what_a_person_stopped(
    current: StateChange, asked: list[StateChange]
) -> None:
    start = word(HALTED, person=True)
    for wanted in (current, *asked):
        if wanted.by_person:
            continue
        try:
            start = change_state(start, wanted)
        except RefusedError:
            continue
    assert start.state is HALTED


def test_a_change_has_an_author_and_a_reason() -> None:
    with pytest.raises(InvalidValue, match="reason"):
        word(HALTED, reason="")
