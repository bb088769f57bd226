"""What every part of the ledger stands on."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, select

from mara.errors import InvalidValue

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Select, Table

    from mara.ledger.store import Store

__all__ = ["Part", "same_site"]


def same_site(owner: str, got: str, site_id: str) -> None:
    """Refuse a value of another site."""
    if got != site_id:
        raise InvalidValue(f"{owner}: site_id={got!r} is not this ledger's {site_id!r}")


@cache
def _newest(table: Table, column: str) -> Select[int | None]:
    return select(func.max(table.c[column])).where(table.c.site_id == bindparam("site"))


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
        newest = connection.execute(_newest(table, column), {"site": self.site_id}).scalar()
        return 1 if newest is None else newest + 1
