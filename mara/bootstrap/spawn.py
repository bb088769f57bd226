"""Starts the agents' process, also before anything that takes long to import.

A process of two cores starts both halves of MARA at once: the agents import their solvers while
this process imports what serves pages.
"""

from __future__ import annotations

import atexit
import multiprocessing
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Final

from mara.settings import Settings

__all__ = ["Spawned", "spawn_agents", "spawn_early", "take_early"]

_SPAWN: Final = multiprocessing.get_context("spawn")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spawned:
    """A process in which agents start, and our end of the connection to it."""

    settings: Settings
    process: SpawnProcess
    connection: Connection


_EARLY: Final[list[Spawned]] = []


def spawn_agents(settings: Settings, first_version: int = 0) -> Spawned:
    """Start a process for the agents; they end when our end of the connection is closed."""
    ours, theirs = _SPAWN.Pipe()
    process = _SPAWN.Process(target=_serve, args=(settings, theirs, first_version))
    process.start()
    theirs.close()
    return Spawned(settings=settings, process=process, connection=ours)


def spawn_early(settings: Settings) -> None:
    """Start the process now, for whoever asks for agents with these settings later."""
    spawned = spawn_agents(settings)
    _EARLY.append(spawned)
    atexit.register(spawned.connection.close)


def take_early(settings: Settings) -> Spawned | None:
    """Give what was started early; None where nothing was, or with other settings."""
    if not _EARLY:
        return None
    found = _EARLY.pop()
    atexit.unregister(found.connection.close)
    if found.settings == settings:
        return found
    found.connection.close()
    return None


def _serve(settings: Settings, connection: Connection, first_version: int) -> None:
    from mara.bootstrap.apart import serve_agents  # noqa: PLC0415 - in the new process only

    serve_agents(settings, connection, first_version)
