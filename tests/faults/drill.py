"""A drill ground: one process that forks a whole platform for each drill, which dies where told.

Run as `python -m tests.faults.drill`; jobs come in as lines of JSON, wait statuses go out. Forking
a process that has everything imported costs milliseconds where starting Python costs seconds.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mara.bootstrap.platform import start_platform
from mara.errors import MaraError
from mara.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from mara.services.console import Console

LEASE_S = 1.0


def _killer(label: str, nth: int) -> Callable[[str], None]:
    passed = 0

    def probe(where: str) -> None:
        nonlocal passed
        passed += where == label
        if where == label and passed == nth:
            os.kill(os.getpid(), signal.SIGKILL)

    return probe


def live(folder: str, label: str, nth: int) -> None:
    """Run a platform that trades with every tick, and write down what was acknowledged."""
    settings = load_settings(
        ledger={"url": f"sqlite:///{folder}/mara.db", "lease_s": LEASE_S},
        agents={"strategy": "strike-rule", "heartbeat_s": 5.0},
        feed={"speed": 3_000.0, "simulated": {"history_days": 1, "start": "2026-06-02T06:00:00Z"}},
        log_level="ERROR",
    )
    acks = os.open(f"{folder}/acks", os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    platform = start_platform(settings, max_ticks=40, probe=_killer(label, nth))
    number = 0
    while not platform.runtime.wait_finished(0.02):
        number += 1
        _trade(platform.console, f"order-{number}", acks)
        for one in platform.console.decisions(3):
            os.write(acks, f"decided:{one.tick_at.isoformat()}\n".encode())


def _trade(console: Console, name: str, acks: int) -> None:
    try:
        made = console.execute_trade(
            amount_kwh=10, cents_per_kwh=20, command_id=name, author="drill"
        )
    except MaraError:
        return
    os.write(acks, f"{made.command_id}\n".encode())


def _child(job: dict[str, str]) -> None:
    with Path(os.devnull).open("w", encoding="utf-8") as quiet:
        os.dup2(quiet.fileno(), 1)
        os.dup2(quiet.fileno(), 2)
    try:
        live(job["folder"], job["label"], int(job["nth"]))
    except BaseException as error:  # noqa: BLE001
        Path(job["folder"], "error").write_text(repr(error), encoding="utf-8")
        os._exit(3)
    os._exit(0)


def main() -> None:
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            _child(json.loads(line))
        _, status = os.waitpid(pid, 0)
        sys.stdout.write(f"{status}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
