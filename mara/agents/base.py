"""What every agent is: a name, and an answer to a message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mara.agents.messages import Message

__all__ = ["Agent", "Prompt"]


class Prompt:
    """An agent that awaits nothing before it answers."""

    async def prepare(self, message: Message) -> None:
        """Await nothing."""


class Agent(Protocol):
    """Answers messages; keeps its own state and touches nobody else's.

    `handle` runs in the agents' loop and returns within milliseconds: what takes longer goes to
    an executor.
    """

    @property
    def name(self) -> str:
        """How the agent is called everywhere."""
        ...

    async def prepare(self, message: Message) -> None:
        """Await what the answer to a message needs and others are at work on."""
        ...

    def handle(self, message: Message) -> Sequence[Message]:
        """Take in one message and return what to say to others."""
        ...

    def score(self) -> tuple[float, str] | None:
        """How well the agent has done, and in what unit; None where nothing is scored."""
        ...
