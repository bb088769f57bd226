"""What the faces need of the agents, whether they run in this process or in one of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from mara.agents.commands import Command, Outcome
    from mara.agents.snapshot import Snapshot

__all__ = ["Running"]


class Running(Protocol):
    """Agents at work; safe from any thread."""

    @property
    def failure(self) -> BaseException | None:
        """What ended the agents, where they failed."""
        ...

    @property
    def snapshot(self) -> Snapshot:
        """State at the end of the last tick."""
        ...

    def wait_for(self, seen: Callable[[Snapshot], bool], timeout_s: float) -> Snapshot | None:
        """Wait until a snapshot satisfies `seen`; None on time-out."""
        ...

    def wait_finished(self, timeout_s: float | None = None) -> bool:
        """Wait until no agent works any more; False on time-out."""
        ...

    def submit(self, command: Command) -> Future[Outcome]:
        """Ask for a command to be carried out.

        Raises
        ------
        RefusedError
            The queue is full, or the system has stopped.
        """
        ...

    def stop(self, timeout_s: float = 10.0) -> None:
        """End the agents after their tick."""
        ...
