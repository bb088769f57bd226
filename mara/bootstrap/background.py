"""Worker processes stand behind ticks and pages, and end with the process that started them."""

from __future__ import annotations

import multiprocessing
import os
import threading
from typing import Final

__all__ = ["in_the_background"]

_NICER: Final = 10


def in_the_background() -> None:
    """Give way to whoever wants the processor, and exit when the parent is gone.

    A parent that is killed tells nobody; its workers would wait for work for ever.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    os.nice(_NICER)

    def watch() -> None:
        parent.join()
        os._exit(0)

    threading.Thread(target=watch, name="mara-parent", daemon=True).start()
