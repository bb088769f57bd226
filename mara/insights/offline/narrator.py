"""The offline narrator: the same protocol as Claude, without a network."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from mara.insights.narrator import Ended, EndReason, TextDelta, ToolCalled, View
from mara.insights.offline.chat import facts_for, tool_for
from mara.insights.offline.composing import Composer
from mara.insights.offline.views import VIEWS
from mara.insights.tools import ToolCall, called

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mara.insights.narrator import Ask, Event

__all__ = ["OFFLINE", "OfflineNarrator"]

OFFLINE: Final = "OFFLINE"
"""How the stand-in's texts are labelled."""

_CHUNKS: Final = re.compile(r"\S+\s*|\s+")


class OfflineNarrator:
    """Composes plain text from the facts; costs nothing, and cannot fail for want of a key."""

    @property
    def name(self) -> str:
        """The label OFFLINE."""
        return OFFLINE

    def narrate(self, ask: Ask, stopped: Callable[[], bool]) -> Iterator[Event]:
        """Give the text of the view word by word."""
        if ask.view is View.CHAT:
            call = _tool(ask)
            if call is not None:
                yield ToolCalled(call=call)
            text = _answer(ask, call)
        else:
            text = VIEWS[ask.view](Composer(ask.sheet))
        for chunk in _CHUNKS.findall(text):
            if stopped():
                yield Ended(reason=EndReason.STOPPED, model=OFFLINE)
                return
            yield TextDelta(text=chunk)
        yield Ended(reason=EndReason.DONE, model=OFFLINE)


def _tool(ask: Ask) -> ToolCall | None:
    chosen = tool_for(ask)
    return None if chosen is None else called(ask.tools, *chosen)


def _answer(ask: Ask, call: ToolCall | None) -> str:
    if call is not None and call.result is not None:
        say = Composer(ask.sheet.extended(call.result.facts))
        lines = [f"{fact.label}: {{{fact.fact_id}}}." for fact in call.result.facts[:8]]
        return f"{call.name} gives:\n{say.bullets(lines)}"
    found = facts_for(ask)
    if not found:
        return (
            "Without Claude only questions about the running system are answered: ask for prices, "
            "forecasts, the plan, the battery, machines, agents, margin or risk, or ask what if the "
            "price of power were another."
        )
    say = Composer(ask.sheet)
    lines = [f"{fact.label}: {{{fact.fact_id}}}." for fact in found]
    return f"The facts nearest to the question:\n{say.bullets(lines)}"
