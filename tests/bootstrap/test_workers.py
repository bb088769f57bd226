"""Workers that died come back."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing import get_context

import pytest

from mara.bootstrap.workers import LastingPool


def test_a_pool_whose_worker_was_killed_is_replaced() -> None:
    pool = LastingPool(partial(ProcessPoolExecutor, 1, mp_context=get_context("spawn")))
    try:
        first = pool.submit(os.getpid).result(60)
        with pytest.raises(BrokenProcessPool):
            pool.submit(os.kill, first, signal.SIGKILL).result(60)
        assert pool.submit(os.getpid).result(60) != first
    finally:
        pool.shutdown()
