"""How much MARA may do by itself, and who may change that.

ACTIVE, REDUCING and HALTED in falling order of freedom. Anyone may take freedom away; a person's
halt, and one marked `sticky`, is lifted by a person alone; what the system took, the system may
give back when the cause is gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mara.domain import TradingState
from mara.domain.checks import aware, named
from mara.errors import RefusedError

__all__ = ["StateChange", "change_state"]

_FREEDOM = {TradingState.HALTED: 0, TradingState.REDUCING: 1, TradingState.ACTIVE: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class StateChange:
    """The trading state in force since `at`, by whom and why.

    `by_person` tells a person's word from the system's; `sticky` asks for a person to lift it.
    """

    state: TradingState
    at: datetime
    author: str
    reason: str
    by_person: bool
    sticky: bool = False

    def __post_init__(self) -> None:
        named("StateChange", "author", self.author)
        named("StateChange", "reason", self.reason)
        aware("StateChange", "at", self.at)


def change_state(current: StateChange, wanted: StateChange) -> StateChange:
    """Give the state in force after `wanted` was asked for while `current` holds.

    Asking for the state in force changes nothing, except that a person's word or a sticky one
    takes the place of a weaker one.

    Raises
    ------
    RefusedError
        The system asks for freedom that a person, or a sticky halt, has taken.
    """
    taken = current.state is not TradingState.ACTIVE
    held = taken and (current.by_person or current.sticky)
    if wanted.state is current.state:
        return wanted if _stronger(wanted, current) else current
    freer = _FREEDOM[wanted.state] > _FREEDOM[current.state]
    if freer and held and not wanted.by_person:
        raise RefusedError(
            f"trading state: {wanted.author} may not change {current.state} to {wanted.state}; "
            f"{current.author} set it ({current.reason}), so a person must lift it",
            rule="state_transition",
        )
    if held and not wanted.by_person:
        return _kept_hold(current, wanted)
    return wanted


def _stronger(wanted: StateChange, current: StateChange) -> bool:
    return (wanted.by_person, wanted.sticky) > (current.by_person, current.sticky)


def _kept_hold(current: StateChange, wanted: StateChange) -> StateChange:
    """Lower the state and keep that only a person may raise it again."""
    return StateChange(
        state=wanted.state,
        at=wanted.at,
        author=wanted.author,
        reason=f"{wanted.reason}; before, {current.author}: {current.reason}"[:200],
        by_person=wanted.by_person,
        sticky=True,
    )
