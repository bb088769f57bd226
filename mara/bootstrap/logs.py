"""Structured logs, one line of JSON an event, without secrets."""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from io import TextIOBase
from typing import TYPE_CHECKING, cast

import structlog

if TYPE_CHECKING:
    from typing import TextIO

__all__ = ["configure_logging"]

_GONE = (OSError, ValueError, AttributeError)
"""What writing to a standard error that is broken, closed or none at all raises."""


class _StandardError(TextIOBase):
    """Standard error as it is at each line; one that is closed loses the line, and no tick."""

    def write(self, text: str) -> int:
        """Write `text` where that can be."""
        with suppress(*_GONE):
            sys.stderr.write(text)
        return len(text)

    def flush(self) -> None:
        """Push out what was written."""
        with suppress(*_GONE):
            sys.stderr.flush()


def configure_logging(level: str) -> None:
    """Write log lines of at least `level` to stderr."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(sort_keys=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(file=cast("TextIO", _StandardError())),
        cache_logger_on_first_use=False,
    )
