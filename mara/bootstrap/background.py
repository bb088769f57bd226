"""Worker processes stand behind ticks and pages, and end with the process that started them."""

from __future__ import annotations

import multiprocessing
import os
import threading
from multiprocessing.connection import Connection, wait
from typing import Final

__all__ = ["in_the_background"]

_NICER: Final = 10


def in_the_background(ended: Connection) -> None:
    """Give way to whoever wants the processor, and exit when `ended` is closed or the parent gone.

    A parent that is killed tells nobody, and one that ends does not wait for work that takes long.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    os.nice(_NICER)

    def watch() -> None:
        wait([parent.sentinel, ended])
        os._exit(0)

    threading.Thread(target=watch, name="mara-parent", daemon=True).start()
