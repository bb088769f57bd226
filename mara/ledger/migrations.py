"""Bring a database to today's schema: forward only, in one atomic block, after a backup.

A fresh database gets today's tables at once; an older one gets the steps it lacks, in order.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, create_engine, insert, inspect, select, update

from mara.errors import LedgerCorrupt, LedgerError
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
    """
    file = file_of(url)
    if file is None or file.exists():
        return
    if (tail := Path(f"{file}-wal")).exists():
        raise LedgerCorrupt(
            f"ledger {file}: the file is gone but {tail.name} is there; restore the newest backup, "
            "or move that file away to begin anew"
        )
    draft = Path(f"{file}.{os.getpid()}.new")
    with translated(str(file)):
        _write_draft(file, draft)


def _write_draft(file: Path, draft: Path) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        draft.unlink(missing_ok=True)
        engine = create_engine(f"sqlite:///{draft}")
        with engine.begin() as connection:
            _create(connection)
        engine.dispose()
        _link(draft, file)
    finally:
        draft.unlink(missing_ok=True)


def _link(draft: Path, file: Path) -> None:
    try:
        os.link(draft, file)
    except FileExistsError:
        return  # Another process made the ledger in the meantime; its is as good.


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
    with store.unfenced() as connection:
        found = _version(connection, store)
    newest = max([schema.SCHEMA_VERSION, *(step.to for step in steps)])
    if found > newest:
        raise LedgerError(
            f"ledger {store.where}: its schema {found} is newer than {newest}, the newest this "
            "MARA knows; install the newer MARA, or restore the backup made before the upgrade"
        )
    if found < newest:
        _upgrade(store, found, steps)


def _version(connection: Connection, store: Store) -> int:
    names = set(inspect(connection).get_table_names())
    if not names and file_of(store.url) is None:
        _create(connection)
    elif schema.schema_version.name not in names:
        raise LedgerCorrupt(
            f"ledger {store.where}: it exists but holds no ledger; restore the newest backup, or "
            "give another file in MARA_LEDGER__URL"
        )
    return int(connection.execute(select(schema.schema_version.c.version)).scalar_one())


def _upgrade(store: Store, found: int, steps: Sequence[Step]) -> None:
    if (file := file_of(store.url)) is not None:
        backup_file(file, Path(f"{file}.schema-{found}.backup"))
    with store.unfenced() as connection:
        for step in steps:
            if step.to > _version(connection, store):
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
