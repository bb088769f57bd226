"""What the ledger answers besides the values of the domain."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

__all__ = ["BookedPosting", "QuarantinedRecord", "Recorded"]


class Recorded(StrEnum):
    """What a tick was to the ledger."""

    NEW = "NEW"
    DUPLICATE = "DUPLICATE"
    REVISION = "REVISION"


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedPosting:
    """A line of the journal: debit positive, credit negative; `seq` is its entry's number."""

    seq: int
    entry_id: str
    at: datetime
    kind: str
    memo: str
    account: str
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantinedRecord:
    """A record that was refused, when and why."""

    at: datetime
    record: str
    reason: str
