"""The ledger of a site: journal of intents, double-entry books, records of every tick.

One thread writes; others read through their own connections, each on a snapshot of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mara.domain.checks import named, positive
from mara.errors import LedgerError
from mara.ledger.entries import Entries
from mara.ledger.integrity import verify
from mara.ledger.intents import Intents
from mara.ledger.lease import Leases
from mara.ledger.migrations import backup_file, create_if_missing, migrate
from mara.ledger.records import Records
from mara.ledger.settlements import Settlements
from mara.ledger.store import Store, Synchronous, file_of, parsed
from mara.ledger.ticks import Ticks
from mara.ledger.trades import Trades
from mara.safepoint import no_probe

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path
    from typing import Self

__all__ = ["Ledger"]


class Ledger(Leases, Ticks, Intents, Records, Entries, Trades, Settlements):
    """Everything a site must not forget; made by `Ledger.open`."""

    @classmethod
    def open(
        cls,
        url: str,
        *,
        site_id: str,
        busy_timeout_s: float = 5.0,
        synchronous: Synchronous = "FULL",
        probe: Callable[[str], None] = no_probe,
    ) -> Ledger:
        """Open the ledger of `site_id` at an SQLAlchemy URL, making it where there is none.

        Older schemas are upgraded after a backup; pages, checksums and balances are verified.
        `synchronous` below FULL gives up the last moments at a power cut and suits backtests.
        `probe("commit")` is called before each commit.

        Raises
        ------
        LedgerCorrupt
            Something does not hold; the text says what, and the way out.
        LedgerBusy, LedgerFull
            The database is locked, or cannot be written.
        LedgerError
            It was written by a newer MARA.
        """
        named("Ledger.open", "site_id", site_id)
        positive("Ledger.open", "busy_timeout_s", busy_timeout_s)
        target = parsed(url)
        create_if_missing(target)
        store = Store(
            target,
            site_id=site_id,
            busy_timeout_s=busy_timeout_s,
            synchronous=synchronous,
            probe=probe,
        )
        try:
            migrate(store)
            verify(store)
        except LedgerError:
            store.close()
            raise
        return cls(store)

    def batch(self) -> AbstractContextManager[None]:
        """Make all writes within one atomic block: all of them become durable, or none."""
        return self._store.batch()

    def verify(self) -> None:
        """Check pages, checksums and balances now.

        Raises
        ------
        LedgerCorrupt
            Something does not hold; the text says what, and the way out.
        """
        verify(self._store)

    def backup(self, target: Path) -> Path:
        """Copy the ledger to `target` while it is in use, in place of what was there.

        Raises
        ------
        LedgerError
            The database is a server's; use its own tools.
        """
        file = file_of(self._store.url)
        if file is None:  # pragma: no cover  (needs a database server)
            raise LedgerError(f"ledger {self._store.where}: use the server's own backup")
        return backup_file(file, target)

    def close(self) -> None:
        """Close all connections."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
