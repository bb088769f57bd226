"""Append-only double entry, intents and decisions, on SQLAlchemy Core."""

from mara.ledger.booking import CASH, TRADING, entries_of, entry_of_trade, trade_entry_id
from mara.ledger.codec import decode, encode
from mara.ledger.ledger import Ledger
from mara.ledger.values import BookedPosting, QuarantinedRecord, Recorded

__all__ = [
    "CASH",
    "TRADING",
    "BookedPosting",
    "Ledger",
    "QuarantinedRecord",
    "Recorded",
    "decode",
    "encode",
    "entries_of",
    "entry_of_trade",
    "trade_entry_id",
]
