"""Tables of the ledger as they are today; every row belongs to a site.

Times are whole microseconds since 1970 UTC, money is whole cents, and values of the domain are
canonical JSON (`mara.ledger.codec`) behind a CRC-32.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from zlib import crc32

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)
from sqlalchemy.types import TypeDecorator

from mara.errors import LedgerCorrupt

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect

__all__ = [
    "METADATA",
    "SCHEMA_VERSION",
    "Sealed",
    "UtcTime",
    "alerts",
    "balances",
    "decisions",
    "entries",
    "intents",
    "leases",
    "microseconds",
    "notes",
    "outcomes",
    "postings",
    "quarantine",
    "schema_version",
    "settlements",
    "ticks",
    "trades",
]

SCHEMA_VERSION: Final = 1
METADATA: Final = MetaData()

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_CRC_BYTES: Final = 4


def microseconds(at: datetime) -> int:
    """Whole microseconds from 1970 UTC to `at`."""
    return (at - _EPOCH) // _MICROSECOND


class UtcTime(TypeDecorator[datetime]):
    """A UTC time as whole microseconds since 1970, exact and in order."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Write a time."""
        del dialect
        return None if value is None else microseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Read a time."""
        del dialect
        return None if value is None else _EPOCH + timedelta(microseconds=value)


class Sealed(TypeDecorator[bytes]):
    """Bytes behind their CRC-32, so that damage the database cannot see is noticed on reading.

    For columns that are never null: a missing value is damage too.
    """

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        """Put the checksum in front."""
        del dialect
        return None if value is None else crc32(value).to_bytes(_CRC_BYTES) + value

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> bytes:
        """Compare the checksum and take it off."""
        del dialect
        stored = value or b""
        seal, body = stored[:_CRC_BYTES], stored[_CRC_BYTES:]
        if crc32(body).to_bytes(_CRC_BYTES) != seal:
            raise LedgerCorrupt(
                f"ledger: a stored value of {len(body)} bytes does not match its checksum; stop "
                "MARA and restore the newest backup (docs/ledger.md, Restore)"
            )
        return body


def _site() -> Column[str]:
    return Column("site_id", String(200), primary_key=True)


schema_version = Table("schema_version", METADATA, Column("version", Integer, primary_key=True))

leases = Table(
    "leases",
    METADATA,
    _site(),
    Column("token", BigInteger, nullable=False),
    Column("owner", String(200), nullable=False),
    Column("expires_at", UtcTime, nullable=False),
)

ticks = Table(
    "ticks",
    METADATA,
    _site(),
    Column("at", UtcTime, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("effective", Boolean, nullable=False),
    Column("body", Sealed, nullable=False),
)

quarantine = Table(
    "quarantine",
    METADATA,
    _site(),
    Column("number", BigInteger, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("record", String, nullable=False),
    Column("reason", String, nullable=False),
)

intents = Table(
    "intents",
    METADATA,
    _site(),
    Column("intent_id", String(200), primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("open", Boolean, nullable=False),
    Column("body", Sealed, nullable=False),
    Index("intents_open", "site_id", "open"),
    UniqueConstraint("site_id", "number"),
)

outcomes = Table(
    "outcomes",
    METADATA,
    _site(),
    Column("intent_id", String(200), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("body", Sealed, nullable=False),
)

decisions = Table(
    "decisions",
    METADATA,
    _site(),
    Column("tick_at", UtcTime, primary_key=True),
    Column("decision", Sealed, nullable=False),
    Column("record", Sealed, nullable=False),
)

entries = Table(
    "entries",
    METADATA,
    _site(),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("entry_id", String(400), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("memo", String, nullable=False),
    Column("reverses", String(400)),
    Column("checksum", String(64), nullable=False),
    UniqueConstraint("site_id", "entry_id"),
    UniqueConstraint("site_id", "reverses"),
    Index("entries_at", "site_id", "at"),
)

postings = Table(
    "postings",
    METADATA,
    _site(),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("line", Integer, primary_key=True),
    Column("account", String(200), nullable=False),
    Column("cents", BigInteger, nullable=False),
    Column("currency", String(20), nullable=False),
)

balances = Table(
    "balances",
    METADATA,
    _site(),
    Column("account", String(200), primary_key=True),
    Column("cents", BigInteger, nullable=False),
    Column("currency", String(20), nullable=False),
)

trades = Table(
    "trades",
    METADATA,
    _site(),
    Column("order_id", String(200), primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("trade_id", String(400), nullable=False),
    Column("delivery", UtcTime, nullable=False),
    Column("body", Sealed, nullable=False),
    UniqueConstraint("site_id", "trade_id"),
    UniqueConstraint("site_id", "number"),
    Index("trades_delivery", "site_id", "delivery"),
)

settlements = Table(
    "settlements",
    METADATA,
    _site(),
    Column("at", UtcTime, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("effective", Boolean, nullable=False),
    Column("settlement", Sealed, nullable=False),
    Column("next_state", Sealed, nullable=False),
)

notes = Table(
    "notes",
    METADATA,
    _site(),
    Column("key", String(200), primary_key=True),
    Column("value", Sealed, nullable=False),
)

alerts = Table(
    "alerts",
    METADATA,
    _site(),
    Column("code", String(200), primary_key=True),
    Column("since", UtcTime, primary_key=True),
    Column("body", Sealed, nullable=False),
)
