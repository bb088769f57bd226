"""The protocol of those who put facts into words, and what is said to and by them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, Protocol

from mara.insights.facts import FactSheet
from mara.insights.money import Usage
from mara.insights.tools import Tool, ToolCall

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = [
    "Ask",
    "EndReason",
    "Ended",
    "Event",
    "Narrator",
    "Notice",
    "TextDelta",
    "ToolCalled",
    "Turn",
    "View",
    "Withdrawn",
]


class View(StrEnum):
    """What a text is about; one box of the tab each."""

    MARKET = "market"
    AGENTS = "agents"
    COMMENTARY = "commentary"
    RECOMMENDATIONS = "recommendations"
    SENTIMENT = "sentiment"
    CHAT = "chat"


class EndReason(StrEnum):
    """Why a reply ended."""

    DONE = "done"
    STOPPED = "stopped"
    CUT = "cut"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One side of an earlier exchange, as text."""

    role: Literal["user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What a narrator is asked: a view, the facts, and for a chat the question and what went before.

    `tools` may be called meanwhile; none of them has an effect beyond simulation.
    """

    view: View
    sheet: FactSheet
    question: str = ""
    earlier: tuple[Turn, ...] = ()
    tools: tuple[Tool, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TextDelta:
    """A piece of text, not yet checked."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCalled:
    """A tool was called, and what came of it; its facts may be cited from now on."""

    call: ToolCall


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What the reader must know about this reply, in our own words."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """Nothing said so far in this reply stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The last event: why the reply ended, and what it took."""

    reason: EndReason
    model: str
    usage: Usage = field(default_factory=Usage)
    cost_usd: float = 0.0


Event = TextDelta | ToolCalled | Notice | Withdrawn | Ended


class Narrator(Protocol):
    """Puts facts into words: Claude, or the offline stand-in."""

    @property
    def name(self) -> str:
        """How the text is labelled: a model's name, or OFFLINE."""
        ...

    def narrate(self, ask: Ask, stopped: Callable[[], bool]) -> Iterator[Event]:
        """Answer `ask` piece by piece; the last event is `Ended`, whatever goes wrong.

        Ends soon after `stopped` gives True.
        """
        ...
