"""Work that many sessions ask for at the same moment, and that is done once."""

from __future__ import annotations

import threading
from functools import lru_cache, wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["once_for_all"]

P = ParamSpec("P")
T = TypeVar("T")


def once_for_all(most: int) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Remember the newest `most` answers; who asks while one is worked out waits for it.

    All sessions look at a new tick within the same second: without waiting, each would draw the
    same figures for itself. Arguments are hashable; an error is not remembered.
    """

    def decorate(work: Callable[P, T]) -> Callable[P, T]:
        remembered = lru_cache(maxsize=most)(work)
        lock = threading.Lock()

        @wraps(work)
        def answered(*args: P.args, **kwargs: P.kwargs) -> T:
            with lock:
                return remembered(*args, **kwargs)  # type: ignore[arg-type]

        return answered

    return decorate
