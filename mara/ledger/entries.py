"""The journal of entries: book, reverse, and read balances from it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, select

from mara.domain import Entry, Posting
from mara.errors import AlreadyDone, InvalidValue
from mara.ledger import schema
from mara.ledger.books import append, balances_of
from mara.ledger.money import from_cents
from mara.ledger.part import Part
from mara.ledger.values import BookedPosting

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date, datetime
    from decimal import Decimal
    from zoneinfo import ZoneInfo

    from sqlalchemy import ColumnElement, Connection, Row, Select

__all__ = ["Entries", "find", "opposite"]

_ENTRIES: Final = schema.entries
_POSTINGS: Final = schema.postings
_BALANCES: Final = schema.balances
_ORIGINALS: Final = schema.entries.alias("originals")
_JOIN: Final = (_POSTINGS.c.site_id == _ENTRIES.c.site_id) & (_POSTINGS.c.seq == _ENTRIES.c.seq)


def _lines(where: ColumnElement[bool]) -> Select[Any]:
    columns = (
        _ENTRIES.c.seq,
        _ENTRIES.c.entry_id,
        _ENTRIES.c.at,
        _ENTRIES.c.kind,
        _ENTRIES.c.memo,
        _ENTRIES.c.reverses,
        _POSTINGS.c.account,
        _POSTINGS.c.cents,
        _POSTINGS.c.currency,
    )
    joined = select(*columns).join(_POSTINGS, _JOIN).where(where)
    return joined.order_by(_ENTRIES.c.seq, _POSTINGS.c.line)


def find(connection: Connection, which: ColumnElement[bool], site_id: str) -> Entry | None:
    """Find the entry that `which` picks; None where none is booked."""
    rows = connection.execute(_lines((_ENTRIES.c.site_id == site_id) & which)).all()
    return next(_entries(rows, site_id), None)


class Entries(Part):
    """Book entries and read what they add up to."""

    def book(self, entry: Entry) -> bool:
        """Append `entry`; False where its id is booked, and then nothing changes."""
        with self._store.write() as connection:
            return append(connection, entry, self.site_id)

    def reverse(self, entry_id: str, *, reversal_id: str, at: datetime, memo: str) -> Entry:
        """Correct an entry by booking its opposite, and return that.

        Asking again under the same `reversal_id` changes nothing.

        Raises
        ------
        AlreadyDone
            The entry is reversed under another id.
        InvalidValue
            No such entry is booked.
        """
        with self._store.write() as connection:
            original = find(connection, _ENTRIES.c.entry_id == entry_id, self.site_id)
            if original is None:
                raise InvalidValue(f"Ledger.reverse: entry_id={entry_id!r} is not booked")
            earlier = find(connection, _ENTRIES.c.reverses == entry_id, self.site_id)
            if earlier is not None:
                return _same_reversal(earlier, reversal_id)
            reversal = opposite(original, reversal_id, at, memo)
            append(connection, reversal, self.site_id)
            return reversal

    def balances(self, until: datetime | None = None) -> Mapping[str, Decimal]:
        """Balance of each account: debits less credits of entries before `until`, or of all."""
        if until is None:
            query = (
                select(_BALANCES.c.account, _BALANCES.c.cents)
                .where(self._mine(_BALANCES))
                .order_by(_BALANCES.c.account)
            )
        else:
            query = (
                select(_POSTINGS.c.account, func.sum(_POSTINGS.c.cents).label("cents"))
                .join(_ENTRIES, _JOIN)
                .where(self._mine(_ENTRIES), _ENTRIES.c.at < until)
                .group_by(_POSTINGS.c.account)
                .order_by(_POSTINGS.c.account)
            )
        with self._store.read() as connection:
            return {row.account: from_cents(int(row.cents)) for row in connection.execute(query)}

    def trial_balance(self) -> Decimal:
        """Sum of all postings ever made; zero, or the books are wrong."""
        with self._store.read() as connection:
            return sum(balances_of(connection, self.site_id).values(), start=from_cents(0))

    def entries(self, limit: int = 100, after: int = 0) -> tuple[Entry, ...]:
        """Entries in the order they were booked, past the first `after` of them."""
        numbered = (_ENTRIES.c.seq > after) & (_ENTRIES.c.seq <= after + limit)
        with self._store.read() as connection:
            rows = connection.execute(_lines(self._mine(_ENTRIES) & numbered)).all()
        return tuple(_entries(rows, self.site_id))

    def entry(self, entry_id: str) -> Entry | None:
        """Find the entry of this id; None where it is not booked."""
        with self._store.read() as connection:
            return find(connection, _ENTRIES.c.entry_id == entry_id, self.site_id)

    def postings(self, limit: int = 100) -> tuple[BookedPosting, ...]:
        """Newest lines of the journal, newest entry first."""
        query = _lines(self._mine(_ENTRIES)).order_by(None)
        query = query.order_by(_ENTRIES.c.seq.desc(), _POSTINGS.c.line).limit(limit)
        with self._store.read() as connection:
            rows = connection.execute(query).all()
        return tuple(_booked(row) for row in rows)

    def postings_between(self, start: datetime, end: datetime) -> tuple[BookedPosting, ...]:
        """Lines of the entries dated in [`start`, `end`), in the order they were booked."""
        dated = (_ENTRIES.c.at >= start) & (_ENTRIES.c.at < end)
        with self._store.read() as connection:
            rows = connection.execute(_lines(self._mine(_ENTRIES) & dated)).all()
        return tuple(_booked(row) for row in rows)

    def booked_by_interval(
        self, account: str, start: datetime, end: datetime
    ) -> Mapping[datetime, Decimal]:
        """Sum of an account's postings, debits positive, by interval that begins in [`start`, `end`).

        A reversal belongs to the interval of the entry that it takes back, whenever it was made.
        """
        interval = func.coalesce(_ORIGINALS.c.at, _ENTRIES.c.at)
        taken_back = (_ORIGINALS.c.site_id == _ENTRIES.c.site_id) & (
            _ORIGINALS.c.entry_id == _ENTRIES.c.reverses
        )
        query = (
            select(interval.label("interval"), func.sum(_POSTINGS.c.cents).label("cents"))
            .join(_ENTRIES, _JOIN)
            .outerjoin(_ORIGINALS, taken_back)
            .where(self._mine(_ENTRIES), _POSTINGS.c.account == account)
            .where(interval >= start, interval < end)
            .group_by(interval)
            .order_by(interval)
        )
        with self._store.read() as connection:
            rows = connection.execute(query).all()
        return {row.interval: from_cents(int(row.cents)) for row in rows}

    def margin_by_day(
        self, zone: ZoneInfo, start: datetime, end: datetime
    ) -> Mapping[date, Decimal]:
        """Income less expenses of each calendar day of `zone`, for entries in [`start`, `end`).

        Law: margin = -(sum of postings on `income:*` and `expense:*`), credits being negative.
        """
        query = (
            select(_ENTRIES.c.at, _POSTINGS.c.cents)
            .join(_ENTRIES, _JOIN)
            .where(self._mine(_ENTRIES), _ENTRIES.c.at >= start, _ENTRIES.c.at < end)
            .where(_POSTINGS.c.account.like("income:%") | _POSTINGS.c.account.like("expense:%"))
        )
        days: defaultdict[date, int] = defaultdict(int)
        with self._store.read() as connection:
            for row in connection.execute(query):
                days[row.at.astimezone(zone).date()] -= row.cents
        return {day: from_cents(days[day]) for day in sorted(days)}


def _entries(rows: Iterable[Row[Any]], site_id: str) -> Iterator[Entry]:
    for _, group in groupby(rows, key=lambda row: row.seq):
        lines = list(group)
        first = lines[0]
        yield Entry(
            entry_id=first.entry_id,
            site_id=site_id,
            at=first.at,
            kind=first.kind,
            memo=first.memo,
            postings=tuple(_posting(line) for line in lines),
            reverses=first.reverses,
        )


def _posting(row: Row[Any]) -> Posting:
    return Posting(account=row.account, amount=from_cents(row.cents), currency=row.currency)


def _booked(row: Row[Any]) -> BookedPosting:
    return BookedPosting(
        seq=row.seq,
        entry_id=row.entry_id,
        at=row.at,
        kind=row.kind,
        memo=row.memo,
        account=row.account,
        amount=from_cents(row.cents),
        currency=row.currency,
    )


def opposite(entry: Entry, reversal_id: str, at: datetime, memo: str) -> Entry:
    """Make the entry that takes `entry` back."""
    return replace(
        entry,
        entry_id=reversal_id,
        at=at,
        kind="reversal",
        memo=memo,
        postings=tuple(replace(p, amount=-p.amount) for p in entry.postings),
        reverses=entry.entry_id,
    )


def _same_reversal(earlier: Entry, reversal_id: str) -> Entry:
    if earlier.entry_id != reversal_id:
        raise AlreadyDone(
            f"entry {earlier.reverses}: already reversed by {earlier.entry_id} at {earlier.at}"
        )
    return earlier
