"""Claude with a stand-in: where Claude gives no text, ours is shown, and says so."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mara.insights.narrator import Ended, EndReason, Narrator, TextDelta, Withdrawn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mara.insights.narrator import Ask, Event

__all__ = ["WithStandIn"]


class WithStandIn:
    """Narrates with `first`; where that says nothing that stands, with `second`."""

    def __init__(self, first: Narrator, second: Narrator) -> None:
        self._first = first
        self._second = second

    @property
    def name(self) -> str:
        """Name of the first."""
        return self._first.name

    def narrate(self, ask: Ask, stopped: Callable[[], bool]) -> Iterator[Event]:
        """Answer with the first; the last event tells whose text it is and what it took."""
        said = False
        for event in self._first.narrate(ask, stopped):
            if isinstance(event, Ended):
                if said or event.reason is EndReason.STOPPED:
                    yield event
                else:
                    yield from self._stand_in(ask, stopped, event)
                return
            said = (said or isinstance(event, TextDelta)) and not isinstance(event, Withdrawn)
            yield event

    def _stand_in(self, ask: Ask, stopped: Callable[[], bool], failed: Ended) -> Iterator[Event]:
        for event in self._second.narrate(ask, stopped):
            if isinstance(event, Ended):
                yield replace(
                    event, reason=failed.reason, usage=failed.usage, cost_usd=failed.cost_usd
                )
            else:
                yield event
