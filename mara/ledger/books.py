"""Double entry: entries are appended, never changed; balances are a projection of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, func, insert, select, update

from mara.errors import InvalidValue
from mara.ledger import schema
from mara.ledger.chain import GENESIS, Link, checksum
from mara.ledger.money import from_cents, to_cents
from mara.ledger.part import same_site

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from sqlalchemy import Connection

    from mara.domain import Entry

__all__ = ["append", "balances_of", "is_booked"]

_ENTRIES: Final = schema.entries
_POSTINGS: Final = schema.postings
_BALANCES: Final = schema.balances
_BOOKED: Final = select(_ENTRIES.c.seq).where(
    _ENTRIES.c.site_id == bindparam("site"), _ENTRIES.c.entry_id == bindparam("entry")
)
_NEWEST: Final = (
    select(_ENTRIES.c.seq, _ENTRIES.c.checksum)
    .where(_ENTRIES.c.site_id == bindparam("site"))
    .order_by(_ENTRIES.c.seq.desc())
    .limit(1)
)
_KEPT: Final = select(_BALANCES.c.account, _BALANCES.c.currency).where(
    _BALANCES.c.site_id == bindparam("site")
)
_ADD: Final = (
    update(_BALANCES)
    .where(_BALANCES.c.site_id == bindparam("site"), _BALANCES.c.account == bindparam("name"))
    .values(cents=_BALANCES.c.cents + bindparam("change"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    seq: int
    checksum: str


def is_booked(connection: Connection, entry_id: str, site_id: str) -> bool:
    """Whether an entry of this id is in the books."""
    key = {"site": site_id, "entry": entry_id}
    return connection.execute(_BOOKED, key).one_or_none() is not None


def append(connection: Connection, entry: Entry, site_id: str) -> bool:
    """Book `entry` within an atomic block; False where its id is booked.

    Raises
    ------
    InvalidValue
        Another site's entry, no postings, a fraction of a cent, or a second currency.
    """
    same_site("Ledger.book", entry.site_id, site_id)
    if is_booked(connection, entry.entry_id, site_id):
        return False
    lines = [(p.account, to_cents(p.amount), p.currency) for p in entry.postings]
    _project(connection, entry, _sums(entry, lines))
    head = _head(connection, site_id)
    link = Link(
        seq=head.seq + 1,
        entry_id=entry.entry_id,
        at_us=schema.microseconds(entry.at),
        kind=entry.kind,
        memo=entry.memo,
        reverses=entry.reverses,
        lines=lines,
    )
    _insert(connection, entry, link, checksum(head.checksum, link))
    return True


def _sums(entry: Entry, lines: list[tuple[str, int, str]]) -> dict[str, int]:
    currencies = {currency for _, _, currency in lines}
    if len(currencies) != 1:
        raise InvalidValue(
            f"Entry {entry.entry_id}: postings are in {sorted(currencies) or 'no currency'}; an "
            "entry has postings of one currency"
        )
    sums: dict[str, int] = {}
    for account, cents, _ in lines:
        sums[account] = sums.get(account, 0) + cents
    return sums


def _head(connection: Connection, site_id: str) -> _Head:
    row = connection.execute(_NEWEST, {"site": site_id}).one_or_none()
    if row is None:
        return _Head(seq=0, checksum=GENESIS)
    return _Head(seq=row.seq, checksum=row.checksum)


def _insert(connection: Connection, entry: Entry, link: Link, digest: str) -> None:
    row = {
        "site_id": entry.site_id,
        "seq": link.seq,
        "entry_id": entry.entry_id,
        "at": entry.at,
        "kind": entry.kind,
        "memo": entry.memo,
        "reverses": entry.reverses,
        "checksum": digest,
    }
    connection.execute(insert(_ENTRIES), row)
    lines: list[dict[str, Any]] = [
        {
            "site_id": entry.site_id,
            "seq": link.seq,
            "line": number,
            "account": account,
            "cents": cents,
            "currency": currency,
        }
        for number, (account, cents, currency) in enumerate(link.lines)
    ]
    connection.execute(insert(_POSTINGS), lines)


def _project(connection: Connection, entry: Entry, sums: Mapping[str, int]) -> None:
    """Add an entry to the balances; the accounts it opens begin at zero."""
    site_id, currency = entry.site_id, entry.postings[0].currency
    known = connection.execute(_KEPT, {"site": site_id}).all()
    if known and known[0].currency != currency:
        raise InvalidValue(
            f"Entry {entry.entry_id}: currency={currency!r} is not the {known[0].currency!r} of "
            f"the books of {site_id}; a site has one currency"
        )
    opened = sums.keys() - {row.account for row in known}
    if opened:
        zero = {"site_id": site_id, "cents": 0, "currency": currency}
        rows = [zero | {"account": account} for account in sorted(opened)]
        connection.execute(insert(_BALANCES), rows)
    changes = [{"site": site_id, "name": a, "change": cents} for a, cents in sums.items()]
    connection.execute(_ADD, changes)


def balances_of(connection: Connection, site_id: str) -> dict[str, Decimal]:
    """Sum the postings of every account anew, without the projection."""
    query = (
        select(_POSTINGS.c.account, func.sum(_POSTINGS.c.cents).label("cents"))
        .where(_POSTINGS.c.site_id == site_id)
        .group_by(_POSTINGS.c.account)
        .order_by(_POSTINGS.c.account)
    )
    return {row.account: from_cents(int(row.cents)) for row in connection.execute(query)}
