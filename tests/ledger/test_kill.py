"""F22, F49: SIGKILL at every step of a trade; nothing acknowledged is lost, nothing booked twice.

Each case is one process that dies at a labelled point, or at a random moment, then one start-up.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
import pytest

from mara.errors import LedgerBusy
from mara.ledger import Ledger
from tests.ledger import drill
from tests.ledger.drill import INTERVALS, ORDERS, Job, lead, start_up, trade_path
from tests.ledger.worlds import SITE_ID, at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RECOVERY_S = 5.0
POINTS = ("intent", "send", "ack", "book", "settle")
EACH = {"intent": ORDERS, "send": ORDERS, "ack": ORDERS, "book": ORDERS, "settle": INTERVALS}
COMMITS = 3 * ORDERS + INTERVALS
QUICK, EVERYDAY, SOAK = 3, 17, 86


def _marks(seed: int, quick: int, everyday: int) -> tuple[pytest.MarkDecorator, ...]:
    if seed < quick:
        return ()
    return (pytest.mark.slow if seed < everyday else pytest.mark.soak,)


def kills() -> list[object]:
    """6 ways to die x 17 seeds in the everyday run, 6 x 3 of them quick, 6 x 69 more in the soak."""
    cases = [(point, seed) for seed in range(SOAK) for point in (*POINTS, "commit")]
    return [
        pytest.param(*case, marks=_marks(case[1], QUICK, EVERYDAY), id=f"{case[0]}-{case[1]}")
        for case in cases
    ]


class Ground:
    """The process that forks a child for each drill."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.ledger.drill"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, job: Job) -> int:
        """Run one drill to its end and return the wait status."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asdict(job)) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=60)
        self._process.stdout.close()


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    opened = Ground()
    yield opened
    opened.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """What a ledger says in the end."""

    balances: dict[str, Decimal]
    trades: tuple[str, ...]
    entries: tuple[str, ...]

    @classmethod
    def of(cls, ledger: Ledger) -> Books:
        return cls(
            balances=dict(ledger.balances()),
            trades=tuple(sorted(trade.trade_id for trade in ledger.trades())),
            entries=tuple(sorted(entry.entry_id for entry in ledger.entries())),
        )


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Books:
    """The books of a run that nobody killed."""
    url = f"sqlite:///{tmp_path_factory.mktemp('reference')}/mara.db"
    with Ledger.open(url, site_id=SITE_ID) as ledger:
        trade_path(ledger, lambda _: None, lambda _: None)
        books = Books.of(ledger)
    assert len(books.trades) == ORDERS
    assert len(books.entries) == INTERVALS + ORDERS
    return books


def acknowledged(job: Job) -> list[str]:
    if not os.path.exists(job.acks):  # noqa: PTH110
        return []
    with open(job.acks, encoding="utf-8") as file:  # noqa: PTH123
        return file.read().split()


def check_start_up(job: Job, undisturbed: Books) -> None:
    """Start again, check that nothing is lost or doubled, and finish the day's work."""
    begun = time.perf_counter()
    with Ledger.open(job.url, site_id=SITE_ID) as ledger:
        lead(ledger, 1)
        start_up(ledger)
        assert time.perf_counter() - begun < RECOVERY_S
        assert ledger.pending() == ()
        check_acknowledged(ledger, acknowledged(job))
        assert ledger.trial_balance() == 0
        trade_path(ledger, lambda _: None, lambda _: None)
        ledger.verify()
        assert Books.of(ledger) == undisturbed


def check_acknowledged(ledger: Ledger, acks: list[str]) -> None:
    booked = Counter(trade.order_id for trade in ledger.trades())
    settled = {
        f"settle:{int((s.at - at(0)).total_seconds() // 300)}"
        for s in ledger.settlements(at(0), at(99))
    }
    assert all(count == 1 for count in booked.values())
    assert booked.keys() == {intent.intent_id for intent, _ in ledger.orders()}
    for ack in acks:
        assert ack in settled or booked[ack] == 1, f"{ack} was acknowledged and is lost"


@pytest.mark.parametrize(("point", "seed"), kills())
def test_killed_at_a_labelled_point(
    ground: Ground, undisturbed: Books, tmp_path: Path, point: str, seed: int
) -> None:
    rng = np.random.default_rng([seed, len(point)])
    nth = int(rng.integers(1, EACH.get(point, COMMITS) + 1))
    url = f"sqlite:///{tmp_path}/mara.db"
    job = Job(drill="trade", url=url, acks=f"{tmp_path}/acks", label=point, nth=nth)
    assert os.WTERMSIG(ground.run(job)) == signal.SIGKILL
    check_start_up(job, undisturbed)


@pytest.mark.parametrize(
    "seed", [pytest.param(seed, marks=_marks(seed, 2, 8)) for seed in range(100)]
)
def test_killed_at_a_random_moment(
    ground: Ground, undisturbed: Books, tmp_path: Path, seed: int
) -> None:
    delay = float(np.random.default_rng(seed).uniform(0.0, 0.25))
    url = f"sqlite:///{tmp_path}/mara.db"
    job = Job(drill="trade", url=url, acks=f"{tmp_path}/acks", after_s=delay)
    assert ground.run(job) in {0, signal.SIGKILL}
    check_start_up(job, undisturbed)


def test_the_drill_can_fail(undisturbed: Books, tmp_path: Path) -> None:
    """An acknowledgement without a booking is noticed."""
    job = Job(drill="trade", url=f"sqlite:///{tmp_path}/mara.db", acks=f"{tmp_path}/acks")
    (tmp_path / "acks").write_text("order-0\n", encoding="utf-8")
    with pytest.raises(AssertionError, match="order-0 was acknowledged and is lost"):
        check_start_up(job, undisturbed)


@pytest.mark.slow
@pytest.mark.parametrize("limit", [70_000, 120_000, 200_000, 400_000])
def test_full_disk_stops_writing_and_loses_nothing(
    ground: Ground, tmp_path: Path, limit: int
) -> None:
    """F21: acknowledged entries survive, the file stays sound, writing resumes with the space."""
    url = f"sqlite:///{tmp_path}/mara.db"
    job = Job(drill="full_disk", url=url, acks=f"{tmp_path}/acks", nth=limit)
    assert ground.run(job) == 0, (tmp_path / "acks.error").read_text(encoding="utf-8")
    assert (tmp_path / "acks.refused").read_text(encoding="utf-8") == "3"
    with Ledger.open(url, site_id=SITE_ID) as ledger:
        assert [e.entry_id for e in ledger.entries(limit=1000)] == acknowledged(job)
        assert len(acknowledged(job)) == 397
        assert ledger.trial_balance() == 0


def test_a_paused_leader_cannot_write(tmp_path: Path) -> None:
    """F33: SIGSTOP, another takes over, SIGCONT: the first is fenced out."""
    url, acks = f"sqlite:///{tmp_path}/mara.db", tmp_path / "acks"
    Ledger.open(url, site_id=SITE_ID).close()
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.ledger.drill"],
        stdin=subprocess.PIPE,
        text=True,
        stdout=subprocess.PIPE,
    )
    job = Job(drill="paused", url=url, acks=str(acks))
    assert child.stdin is not None
    child.stdin.write(json.dumps(asdict(job)) + "\n")
    child.stdin.flush()
    wait_for(acks)
    leader = int(next(iter(children_of(child.pid))))
    with Ledger.open(url, site_id=SITE_ID, busy_timeout_s=0.2) as ledger:
        take_over_from_paused(ledger, leader)
        ledger.save_note("beat", b"second")
        os.kill(leader, signal.SIGCONT)
        child.communicate(timeout=90)
        assert ledger.note("beat") == b"second"
    assert "FencedOut" in (tmp_path / "acks.error").read_text(encoding="utf-8")


def take_over_from_paused(ledger: Ledger, leader: int) -> None:
    """Stop the leader between two writes; one stopped within a write still holds the lock."""
    for _ in range(20):
        os.kill(leader, signal.SIGSTOP)
        try:
            assert lead(ledger, 1) == 2
        except LedgerBusy:
            os.kill(leader, signal.SIGCONT)
            time.sleep(0.03)
        else:
            return
    pytest.fail("the leader was never stopped between two writes")


def wait_for(path: Path) -> None:
    until = time.monotonic() + 20
    while not (path.exists() and path.stat().st_size > 20):
        assert time.monotonic() < until, f"{path} was never written"
        time.sleep(0.02)


def children_of(pid: int) -> list[str]:
    with open(f"/proc/{pid}/task/{pid}/children", encoding="utf-8") as file:  # noqa: PTH123
        return file.read().split()


def test_labels_are_those_the_code_passes(tmp_path: Path) -> None:
    """Every kill above happens: each label is passed as often as the drill counts on."""
    passed: Counter[str] = Counter()
    with Ledger.open(
        f"sqlite:///{tmp_path}/mara.db", site_id=SITE_ID, probe=lambda label: passed.update([label])
    ) as ledger:
        trade_path(ledger, lambda _: None, lambda label: passed.update([label]))
    assert passed == EACH | {"commit": COMMITS}
    assert drill.ORDERS == ORDERS
