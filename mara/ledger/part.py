"""What every part of the ledger stands on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from mara.errors import InvalidValue

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Table

    from mara.ledger.store import Store

__all__ = ["Part", "same_site"]


def same_site(owner: str, got: str, site_id: str) -> None:
    """Refuse a value of another site."""
    if got != site_id:
        raise InvalidValue(f"{owner}: site_id={got!r} is not this ledger's {site_id!r}")


class Part:
    """A group of the ledger's methods; all share one store and see one site's rows."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def site_id(self) -> str:
        """The site whose books these are."""
        return self._store.site_id

    def _mine(self, table: Table) -> ColumnElement[bool]:
        return table.c.site_id == self._store.site_id

    def _next(self, connection: Connection, table: Table, column: str = "number") -> int:
        newest = select(func.max(table.c[column])).where(self._mine(table))
        return (connection.execute(newest).scalar() or 0) + 1
