"""One writer and many readers on the ledger's database."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from sqlalchemy import bindparam, create_engine, event, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from mara.errors import FencedOut, InvalidValue, LedgerError
from mara.ledger import schema
from mara.ledger.faults import translated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection, Engine

__all__ = ["Store", "Synchronous", "engine_for", "file_of", "parsed"]

Synchronous = Literal["FULL", "NORMAL", "OFF"]

_LEADER: Final = (
    select(schema.leases.c.token, schema.leases.c.owner)
    .where(schema.leases.c.site_id == bindparam("site"))
    .with_for_update()
)


def parsed(url: str) -> URL:
    """Read a database URL.

    Raises
    ------
    InvalidValue
        It is no URL, or names a database in memory, which no second connection would see.
    """
    try:
        target = make_url(url)
    except ArgumentError:
        raise InvalidValue(
            f"Ledger.open: url={url!r} is no database URL; use one such as sqlite:///var/mara.db"
        ) from None
    if target.get_backend_name() == "sqlite" and target.database in {None, "", ":memory:"}:
        raise InvalidValue(f"Ledger.open: url={url!r} names no file; use sqlite:///var/mara.db")
    return target


def file_of(url: URL) -> Path | None:
    """Find the file of an SQLite database; None for a server's."""
    if url.get_backend_name() != "sqlite":
        return None
    return Path(str(url.database).removeprefix("file:"))


def engine_for(url: URL, begin: str, pragmas: tuple[str, ...], timeout_s: float) -> Engine:
    """Make an engine whose SQLite transactions open with `begin` and connections with `pragmas`."""
    if file_of(url) is None:
        return _server_engine(url)
    engine = create_engine(url, connect_args={"timeout": timeout_s, "isolation_level": None})

    def on_connect(connection: Any, record: object) -> None:  # noqa: ANN401
        del record
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}").close()

    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", on_begin)
    return engine


def _server_engine(url: URL) -> Engine:
    try:
        return create_engine(url)
    except ModuleNotFoundError as error:
        raise LedgerError(
            f"ledger {url.render_as_string(hide_password=True)}: its driver {error.name} is not "
            "installed; install it, or use an SQLite file"
        ) from None


class Store:
    """Transactions of one site: a fenced writer, and readers on their own snapshots.

    Writing is serialised by a lock within the process and by `BEGIN IMMEDIATE` between processes.
    `token` is the fencing token this writer holds, 0 before a lease is acquired: who never acquired
    one can write only while nobody ever did.
    """

    def __init__(
        self,
        url: URL,
        *,
        site_id: str,
        busy_timeout_s: float,
        synchronous: Synchronous,
        probe: Callable[[str], None],
    ) -> None:
        self.url = url
        self.site_id = site_id
        self.token = 0
        self.where = url.render_as_string(hide_password=True)
        self._probe = probe
        self._lock = threading.RLock()
        self._batch: Connection | None = None
        self._spoiled: BaseException | None = None
        keep = ("journal_mode=WAL", f"synchronous={synchronous}", "wal_autocheckpoint=1000")
        self._writer = engine_for(url, "BEGIN IMMEDIATE", keep, busy_timeout_s)
        self._reader = engine_for(url, "BEGIN", ("query_only=ON",), busy_timeout_s)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open one atomic block, or a part of the batch that is open.

        A part that fails spoils its batch, which then keeps nothing.

        Raises
        ------
        FencedOut
            A newer leader holds the site's lease.
        LedgerBusy, LedgerFull, LedgerCorrupt
            The database refuses; nothing of the block is kept.
        """
        with self._lock:
            if self._batch is None:
                with self._transaction() as connection:
                    yield connection
                return
            try:
                with translated(self.where):
                    yield self._batch
            except BaseException as error:
                self._spoiled = error
                raise

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Make all writes within one atomic block: all of them become durable, or none.

        Raises
        ------
        LedgerError
            A write of the batch failed, and its error was caught within the batch.
        """
        with self.write() as connection:
            outer, self._batch = self._batch, connection
            try:
                yield
                self._refuse_if_spoiled()
            finally:
                self._batch = outer
                if outer is None:
                    self._spoiled = None

    def _refuse_if_spoiled(self) -> None:
        if self._spoiled is not None:
            raise LedgerError(
                f"ledger of {self.site_id}: a write of the batch failed ({self._spoiled}), so nothing "
                "of it is kept; let the error end the batch"
            ) from self._spoiled

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Read one snapshot; never waits for the writer."""
        with translated(self.where), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def unfenced(self) -> Iterator[Connection]:
        """Open an atomic block without asking who leads: for the lease itself and migrations."""
        with self._lock, translated(self.where), self._writer.begin() as connection:
            yield connection

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with self.unfenced() as connection:
            self._refuse_if_fenced(connection)
            yield connection
            self._probe("commit")

    def _refuse_if_fenced(self, connection: Connection) -> None:
        found = connection.execute(_LEADER, {"site": self.site_id}).one_or_none()
        if found is not None and found.token > self.token:
            raise FencedOut(
                f"ledger of {self.site_id}: {found.owner} leads with token {found.token}, ours is "
                f"{self.token}; stop this engine or acquire the lease"
            )

    def close(self) -> None:
        """Close all connections; the last one folds the write-ahead log into the file."""
        self._reader.dispose()
        self._writer.dispose()
