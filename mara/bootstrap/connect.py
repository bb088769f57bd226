"""`mara.connect()`: the agents of the running system, or of a fresh one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from mara.bootstrap.platform import Platform, running, start_platform
from mara.errors import MaraError
from mara.services.agents import AgentSystem
from mara.settings import load_settings

if TYPE_CHECKING:
    from types import TracebackType

    from mara.settings import Settings

__all__ = ["Connection", "connect"]

_FIRST_TICK_S = 60.0


class Connection(AgentSystem):
    """The agents of a system; leaving its with block stops what `connect` started."""

    def __init__(self, platform: Platform, *, owned: bool) -> None:
        super().__init__(platform.console)
        self._platform = platform
        self._owned = owned

    def stop(self) -> None:
        """Stop the system, where `connect` started it."""
        if self._owned:
            self._platform.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def connect(settings: Settings | None = None) -> Connection:
    """Connect to the system that runs in this process, or start one and wait for its first tick.

    Raises
    ------
    MaraError
        No tick came within a minute; the text says why.
    """
    found = running()
    if found is not None:
        return Connection(found, owned=False)
    platform = start_platform(settings or load_settings())
    if platform.console.wait_for_tick(0, _FIRST_TICK_S) is None:
        failure = platform.runtime.failure
        platform.stop()
        raise MaraError(f"no tick within {_FIRST_TICK_S:g} s: {failure or 'the feed is silent'}")
    return Connection(platform, owned=True)
