"""Ports and processes for benchmarks."""

from __future__ import annotations

import os
import socket
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["free_port", "of_its_own", "stopped"]


def of_its_own(folder: str) -> dict[str, str]:
    """Environment of a program as installed, its ledger in `folder`: modules are compiled once."""
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"MARA_LEDGER__URL": f"sqlite:///{folder}/mara.db"}


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def stopped(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """End a process with the block, by force where it does not end by itself."""
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
