"""Where a thread can be stopped from outside without leaving a lock taken, and where drills do it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

__all__ = ["may_stop", "no_probe"]


def may_stop(frame: FrameType | None, *, but: str = "") -> bool:
    """Say whether a thread that is at work in `frame` may be sent an error there.

    Libraries take locks (imports, logging, the database), and an error that comes while one is
    being taken leaves it taken for ever. Code of this package, except the module `but`, holds
    locks by `with` alone and is at work between the calls of libraries.
    """
    name = "" if frame is None else str(frame.f_globals.get("__name__"))
    return name.startswith("mara.") and name != but


def no_probe(label: str) -> None:
    """Do nothing at the point called `label`; drills put a kill or a pause here."""
    del label
