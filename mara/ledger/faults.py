"""What the database complains about, in MARA's own errors."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from sqlalchemy.exc import SQLAlchemyError

from mara.errors import LedgerBusy, LedgerCorrupt, LedgerError, LedgerFull

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["as_ledger_error", "translated"]

_PRIMARY: Final = 0xFF

_BY_CODE: Final[dict[int, tuple[type[LedgerError], str]]] = {
    sqlite3.SQLITE_BUSY: (LedgerBusy, "another process holds it; wait, or stop that process"),
    sqlite3.SQLITE_LOCKED: (LedgerBusy, "another connection holds it; try again"),
    sqlite3.SQLITE_FULL: (LedgerFull, "the disk is full; free some space, nothing is lost"),
    sqlite3.SQLITE_IOERR: (LedgerFull, "the disk refuses to write; check space, quota and health"),
    sqlite3.SQLITE_READONLY: (LedgerFull, "it is read-only; allow writing to file and folder"),
    sqlite3.SQLITE_CANTOPEN: (LedgerFull, "it cannot be opened; check the folder's permissions"),
    sqlite3.SQLITE_CORRUPT: (LedgerCorrupt, "it is damaged; stop MARA and restore a backup"),
    sqlite3.SQLITE_NOTADB: (LedgerCorrupt, "it is no database; stop MARA and restore a backup"),
}


def as_ledger_error(where: str, error: BaseException) -> LedgerError:
    """Name the cause of a database error and the way out of it."""
    cause = getattr(error, "orig", None) or error
    code = getattr(cause, "sqlite_errorcode", 0) & _PRIMARY
    if "Could not decode" in str(cause) or isinstance(cause, UnicodeDecodeError):
        code = sqlite3.SQLITE_CORRUPT
    kind, remedy = _BY_CODE.get(code, (LedgerError, "see the log for its cause"))
    return kind(f"ledger {where}: {remedy} ({cause})")


@contextmanager
def translated(where: str) -> Iterator[None]:
    """Raise database errors as `LedgerError`s that name the ledger `where` they arose."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, UnicodeDecodeError) as error:
        raise as_ledger_error(where, error) from error
