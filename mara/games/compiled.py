"""When kernels are compiled: where numba is in the process already.

Importing numba and compiling takes a second or two, which one game on the command line or in the
dashboard never earns back. A process that solves many calls `load` first; one that has imported
numba for its own sake has paid. Both roads compute the same.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["compiled", "load", "loaded"]

F = TypeVar("F", bound="Callable[..., object]")


def load() -> None:
    """Import numba, so that kernels are compiled from now on."""
    importlib.import_module("numba")


def loaded() -> bool:
    """Tell whether numba is in this process."""
    return "numba" in sys.modules


def compiled(function: F) -> F:
    """Compile `function` at its first call and keep the code on disk.

    Modules that use this as a decorator are imported only where `loaded`.
    """
    return cast("F", importlib.import_module("numba").njit(cache=True)(function))
