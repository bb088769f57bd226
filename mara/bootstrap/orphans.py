"""Worker processes end with the process that started them, however that ends."""

from __future__ import annotations

import multiprocessing
import os
import threading

__all__ = ["end_with_parent"]


def end_with_parent() -> None:
    """Watch the parent from a thread of this worker, and exit when it is gone.

    A parent that is killed tells nobody; its workers would wait for work for ever.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os._exit(0)

    threading.Thread(target=watch, name="mara-parent", daemon=True).start()
