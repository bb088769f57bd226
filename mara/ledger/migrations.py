"""Bring a database to today's schema: forward only, in one atomic block, after a backup.

A fresh database gets today's tables at once; an older one gets the steps it lacks, in order.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, create_engine, insert, inspect, select, update

from mara.errors import LedgerCorrupt, LedgerError, LedgerFull
from mara.ledger import schema
from mara.ledger.faults import translated
from mara.ledger.store import file_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import URL

    from mara.ledger.store import Store

__all__ = ["STEPS", "Step", "backup_file", "create_if_missing", "migrate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """How the schema `to` is made of the one before it."""

    to: int
    apply: Callable[[Connection], None]


STEPS: Final[tuple[Step, ...]] = ()
"""Steps from schema 1 upwards; a released step is never changed."""


def create_if_missing(url: URL) -> None:
    """Make the file of a new SQLite ledger whole, or not at all.

    The tables are written beside it and linked into place, so a file that exists and holds no
    tables was damaged, and is never filled again in silence.

    Raises
    ------
    LedgerCorrupt
        Only the write-ahead log of a ledger is there.
    LedgerFull
        The folder cannot be written.
    """
    file = file_of(url)
    if file is None or file.exists():
        return
    if (tail := Path(f"{file}-wal")).exists():
        raise LedgerCorrupt(
            f"ledger {file}: the file is gone but {tail.name} is there; restore the newest backup, "
            "or move that file away to begin anew"
        )
    try:
        _make(file)
    except OSError as error:
        raise LedgerFull(
            f"ledger {file}: it cannot be made there ({error}); give a local folder that MARA may "
            "write to in MARA_LEDGER__URL"
        ) from error


def _make(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with (
        translated(str(file)),
        TemporaryDirectory(dir=file.parent, prefix=".ledger-") as folder,
        suppress(FileExistsError),  # Another process made it in the meantime, as good as ours.
    ):
        draft = Path(folder) / "draft.db"
        _write_draft(draft)
        os.link(draft, file)


def _write_draft(draft: Path) -> None:
    engine = create_engine(f"sqlite:///{draft}")
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")
    with engine.begin() as connection:
        _create(connection)
    engine.dispose()


def _create(connection: Connection) -> None:
    schema.METADATA.create_all(connection)
    row = {"version": schema.SCHEMA_VERSION}
    connection.execute(insert(schema.schema_version), row)


def migrate(store: Store, steps: Sequence[Step] = STEPS) -> None:
    """Apply the steps that the database lacks.

    Raises
    ------
    LedgerError
        The database was written by a newer MARA.
    LedgerCorrupt
        It holds no ledger.
    """
    found = _found(store)
    newest = max([schema.SCHEMA_VERSION, *(step.to for step in steps)])
    if found > newest:
        raise LedgerError(
            f"ledger {store.where}: its schema {found} is newer than {newest}, the newest this "
            "MARA knows; install the newer MARA, or restore the backup made before the upgrade"
        )
    if found < newest:
        _upgrade(store, found, steps)


def _found(store: Store) -> int:
    with store.read() as connection:
        names = set(inspect(connection).get_table_names())
        if schema.schema_version.name in names:
            return _version(connection)
    if names or file_of(store.url) is not None:
        raise LedgerCorrupt(
            f"ledger {store.where}: it exists but holds no ledger; restore the newest backup, or "
            "give another file in MARA_LEDGER__URL"
        )
    with store.unfenced() as connection:  # pragma: no cover  (needs a database server)
        _create(connection)
    return schema.SCHEMA_VERSION  # pragma: no cover


def _version(connection: Connection) -> int:
    return int(connection.execute(select(schema.schema_version.c.version)).scalar_one())


def _upgrade(store: Store, found: int, steps: Sequence[Step]) -> None:
    if (file := file_of(store.url)) is not None:  # pragma: no branch  (a server backs itself up)
        backup_file(file, Path(f"{file}.schema-{found}.backup"))
    with store.unfenced() as connection:
        for step in steps:
            if step.to > _version(connection):
                step.apply(connection)
                connection.execute(update(schema.schema_version).values(version=step.to))


def backup_file(file: Path, target: Path) -> Path:
    """Copy an SQLite ledger while it is in use to `target`, whole or not at all.

    Raises
    ------
    LedgerFull
        There is no space for the copy.
    """
    draft = Path(f"{target}.new")
    with (
        translated(str(target)),
        closing(sqlite3.connect(file)) as source,
        closing(sqlite3.connect(draft)) as copy,
    ):
        source.backup(copy)
    draft.replace(target)
    return target
