"""Lines of the log, and a standard error that is gone."""

from __future__ import annotations

import io
import json
import os
import sys
from typing import TYPE_CHECKING

import pytest
import structlog

from mara.bootstrap.logs import configure_logging

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = structlog.get_config()
    yield
    structlog.configure(**before)


def test_a_line_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("INFO")
    structlog.get_logger("mara.test").warning("it rains", drops=3)
    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["drops"], line["level"]) == ("it rains", 3, "warning")


@pytest.mark.parametrize("gone", ["closed", "broken", "none"])
def test_a_standard_error_that_is_gone_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, gone: str
) -> None:
    configure_logging("INFO")
    log = structlog.get_logger("mara.test")
    monkeypatch.setattr(sys, "stderr", None if gone == "none" else _gone(gone))
    log.error("nobody hears", why=gone)
    again = io.StringIO()
    monkeypatch.setattr(sys, "stderr", again)
    log.error("somebody hears")
    assert "somebody hears" in again.getvalue()


def _gone(how: str) -> io.TextIOBase:
    if how == "closed":
        stream = io.StringIO()
        stream.close()
        return stream
    readable, writable = os.pipe()
    os.close(readable)
    return io.TextIOWrapper(_Broken(writable), write_through=True)


class _Broken(io.RawIOBase):
    """The writing end of a pipe that nobody reads."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        return os.write(self._fd, bytes(data))  # type: ignore[call-overload]
