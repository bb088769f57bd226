"""Checks that the books are whole: pages, checksums, balances."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import BigInteger, select, type_coerce

from mara.errors import LedgerCorrupt
from mara.ledger import schema
from mara.ledger.books import balances_of
from mara.ledger.chain import GENESIS, Link, checksum
from mara.ledger.money import from_cents
from mara.ledger.store import file_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from decimal import Decimal

    from sqlalchemy import Connection, Row

    from mara.ledger.store import Store

__all__ = ["verify"]

_ENTRIES: Final = schema.entries
_POSTINGS: Final = schema.postings


def verify(store: Store) -> None:
    """Check the database's pages, then the site's chain of entries, then its balances.

    Raises
    ------
    LedgerCorrupt
        Something does not hold; the text says what, and the way out.
    """
    with store.read() as connection:
        if file_of(store.url) is not None:  # pragma: no branch  (a server checks its own pages)
            _check_pages(connection, store)
        _check_chain(connection, store)
        _check_balances(connection, store)


def corrupt(store: Store, what: str) -> LedgerCorrupt:
    """Say what is wrong with the ledger, and the way out."""
    return LedgerCorrupt(
        f"ledger {store.where}: {what}; stop MARA, keep this file, and restore the newest backup "
        "beside it (docs/ledger.md, Restore)"
    )


def _check_pages(connection: Connection, store: Store) -> None:
    found = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar()
    if found != "ok":
        raise corrupt(store, f"damaged pages: {found}")


def _check_chain(connection: Connection, store: Store) -> None:
    previous, expected = GENESIS, 1
    for link, written in _links(_rows(connection, store.site_id)):
        if link.seq != expected:
            raise corrupt(store, f"entry {expected} is missing from the journal")
        previous = checksum(previous, link)
        if previous != written:
            raise corrupt(store, f"entry {link.seq} ({link.entry_id}) was altered")
        expected += 1


def _rows(connection: Connection, site_id: str) -> Iterable[Row[Any]]:
    same = (_POSTINGS.c.site_id == _ENTRIES.c.site_id) & (_POSTINGS.c.seq == _ENTRIES.c.seq)
    query = (
        select(
            _ENTRIES.c.seq,
            _ENTRIES.c.entry_id,
            type_coerce(_ENTRIES.c.at, BigInteger),
            _ENTRIES.c.kind,
            _ENTRIES.c.memo,
            _ENTRIES.c.reverses,
            _ENTRIES.c.checksum,
            _POSTINGS.c.account,
            _POSTINGS.c.cents,
            _POSTINGS.c.currency,
        )
        .outerjoin(_POSTINGS, same)
        .where(_ENTRIES.c.site_id == site_id)
        .order_by(_ENTRIES.c.seq, _POSTINGS.c.line)
        .execution_options(yield_per=5000)
    )
    return connection.execute(query)


def _links(rows: Iterable[Row[Any]]) -> Iterator[tuple[Link, str]]:
    for _, group in groupby(rows, key=itemgetter(0)):
        lines = [tuple(row) for row in group]
        seq, entry_id, at_us, kind, memo, reverses, written, *_ = lines[0]
        link = Link(
            seq=seq,
            entry_id=entry_id,
            at_us=at_us,
            kind=kind,
            memo=memo,
            reverses=reverses,
            lines=[line[7:] for line in lines],
        )
        yield link, written


def _check_balances(connection: Connection, store: Store) -> None:
    summed = balances_of(connection, store.site_id)
    if sum(summed.values()):
        raise corrupt(store, f"postings sum to {sum(summed.values())}, not to zero")
    if (kept := _kept(connection, store.site_id)) != summed:
        wrong = sorted(set(kept.items()) ^ set(summed.items()))
        raise corrupt(store, f"balances differ from the journal: {wrong[:4]}")


def _kept(connection: Connection, site_id: str) -> dict[str, Decimal]:
    table = schema.balances
    query = select(table.c.account, table.c.cents).where(table.c.site_id == site_id)
    return {row.account: from_cents(row.cents) for row in connection.execute(query)}
