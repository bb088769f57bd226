"""Workers that died come back."""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing import get_context

import pytest

from mara.bootstrap.workers import LastingPool, workers
from mara.settings import load_settings


def test_a_pool_whose_worker_was_killed_is_replaced() -> None:
    make = partial(ProcessPoolExecutor, 1, mp_context=get_context("spawn"))
    pool = LastingPool(make, give_up=lambda: None)
    try:
        first = pool.submit(os.getpid).result(180)
        with pytest.raises(BrokenProcessPool):
            pool.submit(os.kill, first, signal.SIGKILL).result(180)
        assert pool.submit(os.getpid).result(180) != first
    finally:
        pool.shutdown()


def test_work_at_hand_is_dropped_with_the_waiting_work() -> None:
    pool = workers(load_settings())
    long, waiting = pool.submit(time.sleep, 600), pool.submit(time.sleep, 600)
    assert not long.done()
    while not long.running():
        time.sleep(0.01)
    pool.shutdown(cancel_futures=True)
    assert long.done()
    assert waiting.done()


def test_work_is_done_before_a_pool_ends_that_drops_nothing() -> None:
    pool = workers(load_settings())
    work = pool.submit(os.getpid)
    pool.shutdown()
    assert work.result(0) != os.getpid()
