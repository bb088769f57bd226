"""`exchange` on the command line, in a process of its own."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import httpx
import pytest
import typer
from typer.testing import CliRunner

from mara.cli.exchange import register

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Start = Callable[..., str]

START_UP = "import typer; from mara.cli.exchange import exchange; typer.run(exchange)"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Start]:
    """Start the command with the options given; gives its address."""
    processes = []

    def start(*options: str) -> str:
        port = free_port()
        command = [sys.executable, "-c", START_UP, "--port", str(port), *options]
        command += ["--db", f"sqlite:///{tmp_path}/e.db"]
        processes.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        for _ in range(300):
            try:
                return str(httpx.get(f"http://127.0.0.1:{port}/").url).rstrip("/")
            except httpx.ConnectError:
                assert processes[-1].poll() is None
                time.sleep(0.1)
        raise AssertionError("the exchange did not start")

    yield start
    for process in processes:
        process.terminate()
        process.communicate(timeout=90)


def test_the_command_serves_a_simulated_market(served: Start) -> None:
    url = served("--faults", "")
    reply = httpx.get(f"{url}/prices")
    assert reply.headers["X-Mara-Origin"] == "SIMULATED"
    assert len(reply.headers.get_list("date")) == 1
    assert len(reply.json()) == 2016
    assert httpx.put(f"{url}/_faults", json=[]).status_code == 200


def test_a_port_that_is_taken_is_told_before_anything_is_announced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    app = typer.Typer()
    register(app)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        result = CliRunner().invoke(app, ["--port", str(port)])
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert f"127.0.0.1:{port}: the port is taken" in result.stderr
    result = CliRunner().invoke(app, ["--host", "256.0.0.1"])
    assert (result.exit_code, result.stdout) == (1, "")
    assert "--host" in result.stderr


@pytest.mark.slow
def test_the_command_replays_a_capture(served: Start, tmp_path: Path) -> None:
    data = tmp_path / "event.csv"
    rows = [f"2025-06-21T{h:02}:{m:02}:00,1,2,3" for h in (12, 13, 14) for m in range(0, 60, 5)]
    data.write_text("\n".join(["timestamp,HB_WEST,hash_price,token_price", *rows]))
    mapped = ("--columns", "energy_price=HB_WEST")
    reply = httpx.get(f"{served('--data', str(data), '--speed', '60', *mapped)}/prices")
    assert reply.headers["X-Mara-Origin"] == "REPLAY"
    assert reply.json()[-1]["timestamp"] == "2025-06-21T12:00:00"
    assert len(reply.json()) >= 13


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--faults", "fire=1"], "kind is unknown"),
        (["--data", "none.csv"], "there is no such file"),
        (["--data", "p.csv"], "map it with --columns energy_price=NAME"),
        (["--data", "p.csv", "--columns", "energy_price=NO"], "no column 'NO'"),
        (["--data", "p.csv", "--columns", "WEST"], "write it as energy_price=COLUMN"),
        (["--columns", "energy_price=WEST"], "--columns: give its file with --data"),
        (["--db", "nonsense"], "cannot be used"),
        (["--speed", "0.5"], "--speed 0.5: must be 1 or more"),
    ],
)
def test_wrong_options_are_one_line_and_an_exit_code(
    options: list[str], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.csv").write_text("timestamp,WEST\n2025-06-21T12:00:00,1\n")
    app = typer.Typer()
    register(app)
    result = CliRunner().invoke(app, options)
    assert result.exit_code == 1
    assert words in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
