"""Each command: what it prints, and that an error is one line and exit code 1."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from mara.cli.app import main
from mara.exchange.economics import COUNT_KEYS, EventQuote, economics
from mara.ledger.ledger import Ledger
from mara.units import money

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mara.domain import Receipt

    Call = Callable[..., "Said"]

ROOT = Path(__file__).resolve().parents[2]
LEDGER = ("--ledger", "sqlite:///kept.db")
FILE = ("--headless", "--data", "p.csv")
PRICES = "timestamp,energy_price\n" + "\n".join(
    f"2026-06-0{d}T{h:02}:{m:02}:00Z,{20 + h + m / 60}"
    for d in (1, 2)
    for h in range(24)
    for m in (0, 30)
)


@dataclass(frozen=True, slots=True)
class Said:
    code: int
    out: str
    err: str


@pytest.fixture
def mara(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Call:
    """Call the command line in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MARA_LOG_LEVEL", "ERROR")

    def call(*arguments: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["mara", *arguments])
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfd.readouterr()
        code = ended.value.code
        return Said(code if isinstance(code, int) else 0, out, err)

    return call


@pytest.mark.parametrize(
    "command", ["dashboard", "agents", "exchange", "doctor", "export", "bench"]
)
def test_help(mara: Call, command: str) -> None:
    said = mara(command, "--help")
    assert said.code == 0
    assert "Usage" in said.out
    assert "--help" in said.out


def test_without_a_command_all_are_listed(mara: Call) -> None:
    said = mara()
    assert said.code == 0
    assert all(name in said.out for name in ("dashboard", "agents", "exchange", "doctor"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("agents", "--headless", "--speed", "fast"), "--speed 'fast'"),
        (("agents", "--headless", "--speed", "-1"), "'feed.speed':"),
        (("agents", "--headless", "--speed", "0"), "'feed.speed': Input should be greater than 0"),
        (("agents", *FILE, "--train", "100"), "fewer days with --train"),
        (("agents", *FILE, "--hash", "5", "--feed", "simulated"), "--data, --hash: only a repl"),
        (("agents", "--headless", "--demand", "5"), "--demand: only a replayed file"),
        (("agents", "--headless", "--feed", "rumour"), "feed.kind"),
        (("agents", "--headless", "--feed", "replay"), "--data FILE"),
        (("agents", "--headless", "--data", "none.csv"), "none.csv"),
        (("agents", "--headless", "--data", "p.csv", "--columns", "energy_price=NO"), "NO"),
        (("agents", "--headless", "--data", "p.csv", "--columns", "nonsense"), "--columns"),
        (("agents", "--headless", "--site", "moon"), "site"),
        (("agents", "--headless", "--ticks", "0"), "--ticks"),
        (("agents", "--nonsense"), "No such option"),
        (("export", "--out", "books", "--ledger", "sqlite:///none.db"), "run the agents first"),
        (("export", "--out", "p.csv", *LEDGER), "folder p.csv cannot be made (File exists)"),
        (("export", "--out", "p.csv/books", *LEDGER), "--out"),
        (("dashboard", "--port", "99999"), "--port"),
        (("agents", "--port", "0"), "--port"),
        (("bench", "everything"), "area 'everything' is unknown"),
        (("nonsense",), "No such command"),
    ],
)
def test_an_error_is_one_line(
    mara: Call, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    (tmp_path / "p.csv").write_text(PRICES, encoding="utf-8")
    Ledger.open(LEDGER[1], site_id="demo").close()
    said = mara(*arguments)
    assert said.code == 1
    assert words in said.err
    assert len(said.err.strip().splitlines()) == 1
    assert said.err.startswith("mara: ")


def test_an_unknown_key_of_the_file_is_named(mara: Call, tmp_path: Path) -> None:
    (tmp_path / "mara.toml").write_text("[trading]\nmax_odrer_mwh = 5\n", encoding="utf-8")
    said = mara("doctor")
    assert said.code == 1
    assert "trading.max_odrer_mwh" in said.err


def test_live_mode_is_no_setting(mara: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARA_TRADING__MODE", "live")
    said = mara("agents", "--headless", "--ticks", "1")
    assert said.code == 1
    assert "typed confirmation" in said.err


def test_a_headless_run_and_its_export(mara: Call, tmp_path: Path) -> None:
    said = mara("agents", "--headless", "--ticks", "14", "--json", "--strategy", "strike-rule")
    assert said.code == 0, said.err
    summary = json.loads(said.out)
    assert summary["decisions"] == 14
    assert summary["trial_balance"] == "0.00"
    assert summary["margin_booked"] == summary["balances"]["assets:cash"]
    assert f"{summary['margin_last_day']:.2f}" == summary["margin_booked"]
    assert summary["origin"] == "SIMULATED"
    assert (tmp_path / "var" / "mara.db").exists()
    check_export(mara, tmp_path)
    checks = {row["check"]: row for row in json.loads(mara("doctor", "--json").out)}
    assert checks["ledger"]["ok"]
    assert "sum to 0.00" in checks["ledger"]["text"]


def check_export(mara: Call, folder: Path) -> None:
    assert mara("export", "--out", "books").code == 0
    names = {path.stem for path in (folder / "books").iterdir()}
    assert names == {"postings", "ticks", "decisions", "flows"}
    head = (folder / "books" / "flows.csv").read_text(encoding="utf-8").splitlines()[0]
    assert "mwh" in head.lower()
    again = ("export", "--out", "books", "--kind", "ticks")
    assert mara(*again).code == 1, "nothing is overwritten unasked"
    assert mara(*again, "--overwrite", "--format", "parquet").code == 0


def test_a_replay_badges_what_was_assumed(mara: Call, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(PRICES.replace("energy_price", "HB_WEST"), encoding="utf-8")
    run = ("agents", "--headless", "--data", "p.csv", "--columns", "energy_price=HB_WEST")
    said = mara(*run, "--hash", "55", "--token", "0.5", "--train", "1.5", "--strategy", "hold")
    assert said.code == 0, said.err
    lines = {line[:28].strip(): line[29:].strip() for line in said.out.splitlines() if line}
    assert lines["origin"] == "REPLAY"
    assert lines["assumed"] == "['hash_usd_per_ph_day', 'token_usd_per_mtok']"
    assert lines["decisions"] == "24"
    assert lines["trial balance"] == "0.00"
    assert "var/replay-" in lines["ledger"]


def test_the_doctor_says_what_is_wrong(mara: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARA_FEED__MARA_API__BASE_URL", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("MARA_FEED__MARA_API__ATTEMPTS", "1")
    monkeypatch.setenv("MARA_TRADING__OPERATOR_PASSWORD", "canary-secret")
    said = mara("doctor", "--feed", "mara_api")
    assert said.code == 1
    assert "FAIL  feed" in said.out
    assert "live mode asks for it" in said.out
    assert "canary-secret" not in said.out + said.err


def test_a_faster_exchange_must_be_there_first(mara: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARA_FEED__MARA_API__BASE_URL", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("MARA_FEED__MARA_API__ATTEMPTS", "1")
    said = mara("agents", "--headless", "--feed", "mara_api", "--speed", "60", "--ticks", "1")
    assert said.code == 1
    assert "start it first" in said.err


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answering(url: str, process: subprocess.Popen[bytes]) -> str:
    """Wait until a server of ours answers; gives its first answer."""
    for _ in range(600):
        try:
            return httpx.get(url).text
        except httpx.HTTPError:
            assert process.poll() is None, "the server ended"
            time.sleep(0.1)
    raise AssertionError(f"{url} never answered")


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[str]:
    """An exchange of its own process, a tick every five seconds."""
    port = free_port()
    command = [sys.executable, "-m", "mara", "exchange", "--port", str(port), "--speed", "60"]
    command += ["--db", f"sqlite:///{tmp_path}/exchange.db"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=ROOT, **quiet) as process:  # type: ignore[call-overload]
        answering(f"http://127.0.0.1:{port}/prices", process)
        yield f"http://127.0.0.1:{port}"
        process.terminate()


@pytest.mark.slow
def test_machines_are_allocated_over_http_and_booked_to_the_cent(
    exchange: str, tmp_path: Path
) -> None:
    """Each tick's booked machine margin is the exchange's own revenue less power cost."""
    command = [sys.executable, "-m", "mara", "agents", "--headless", "--json", "--feed"]
    command += ["mara_api", "--site", "mara-2025", "--ticks", "6", "--speed", "60"]
    environment = os.environ | {
        "MARA_LEDGER__URL": f"sqlite:///{tmp_path}/mara.db",
        "MARA_FEED__MARA_API__BASE_URL": exchange,
        "MARA_TRADING__MODE": "paper",
        "MARA_LOG_LEVEL": "ERROR",
    }
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=150
    )
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["origin"] == "SIMULATED via exchange"
    assert summary["trial_balance"] == "0.00"
    check_margins(f"sqlite:///{tmp_path}/mara.db", exchange)


def check_margins(url: str, exchange: str) -> None:
    """Compare each settled tick with the exchange's own figures.

    The first is left out: it was under way already. The exchange states money at its newest price,
    on a slow machine that of a later interval by the time it is read back: its law is then taken
    at the price of the interval itself.
    """
    stated = httpx.get(f"{exchange}/prices").json()
    quotes = [quote_of(row) for row in stated]
    with Ledger.open(url, site_id="mara-2025-api") as ledger:
        decisions = ledger.decisions(10)[:-1]
        assert len(decisions) >= 2
        for decision in decisions:
            outcome = ledger.outcome(decision.decision_id)
            assert outcome is not None
            theirs = outcome.receipt
            assert theirs is not None, outcome.detail
            assert sum(u.units for u in theirs.setpoint.units) > 0
            start = decision.tick_at
            by_time = {q.at: money_at(q, theirs) for q in quotes if q.at >= start}
            assert (theirs.revenue_usd, theirs.power_cost_usd) in by_time.values()
            revenue, cost = by_time[start]
            for ours in ledger.settlements(start, start.replace(second=1)):
                assert money(ours.margin_usd) == money(revenue - cost), start


def quote_of(row: dict[str, str]) -> EventQuote:
    at = datetime.fromisoformat(row["timestamp"]).replace(tzinfo=UTC)
    prices = {name: float(row[name]) for name in ("energy_price", "hash_price", "token_price")}
    return EventQuote(at=at, **prices)


def money_at(quote: EventQuote, receipt: Receipt) -> tuple[float, float]:
    """Revenue and cost of power that the exchange's law gives for an allocation at a price."""
    counts = dict.fromkeys(COUNT_KEYS, 0) | {u.name: u.units for u in receipt.setpoint.units}
    stated = economics(counts, quote)
    return float(stated["total_revenue"]), float(stated["total_power_cost"])


@pytest.mark.slow
def test_the_dashboard_serves(tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "mara", "dashboard", "--port", str(port)]
    environment = os.environ | {"MARA_LEDGER__URL": f"sqlite:///{tmp_path}/mara.db"}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=ROOT, env=environment, **quiet) as process:  # type: ignore[call-overload]
        assert answering(f"http://127.0.0.1:{port}/_stcore/health", process) == "ok"
        process.terminate()
