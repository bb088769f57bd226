"""Replies of the MARA event API, checked key by key.

A price record must hold exactly its four keys: a feed that changed is not guessed at. Replies about
the site must hold what we use and may hold more, because reading back must go on working.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

from pydantic import SecretStr

from mara.domain.event_quotes import EVENT_MINUTES
from mara.errors import InvalidValue, RejectedRecord
from mara.feeds.base import Quarantined
from mara.feeds.mara_api.strict_json import (
    field_int,
    field_number,
    field_object,
    field_text,
    parse_json,
)
from mara.feeds.mara_api.values import (
    COUNT_KEYS,
    Allocation,
    Inventory,
    MachineStatus,
    MachineType,
    Quote,
    SiteAccount,
)

__all__ = [
    "PriceList",
    "excerpt",
    "parse_account",
    "parse_inventory",
    "parse_prices",
    "parse_status",
]

_QUOTE_KEYS: Final = frozenset({"energy_price", "hash_price", "timestamp", "token_price"})
_STAMP: Final = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?", re.ASCII
)
_STEP: Final = timedelta(minutes=EVENT_MINUTES)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EXCERPT_BYTES: Final = 1024
_MAX_QUARANTINED: Final = 100
_REMEMBERED: Final = 10_000
_SECRET: Final = re.compile(
    r"(?i)(api[-_]?key|authorization|token|password|secret)([\"']?\s*[:=]\s*[\"']?)([\w.~+/-]{8,}=*)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceList:
    """Quotes in order of time, one a moment, and the records that were refused."""

    quotes: tuple[Quote, ...]
    quarantined: tuple[Quarantined, ...]


def excerpt(body: bytes | str, secret: SecretStr | None = None) -> str:
    """Give the first 1 KB of a reply, with keys blotted out."""
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
    if secret is not None:
        text = text.replace(secret.get_secret_value(), "***")
    return _SECRET.sub(r"\1\2***", text)[:_EXCERPT_BYTES]


def parse_prices(body: bytes, *, secret: SecretStr | None = None) -> PriceList:
    """Read the list of prices in any order; naive times are in UTC.

    Equal records count once. Records that give one moment different prices are refused, all of
    them: nothing in one reply says which is newer.

    Raises
    ------
    RejectedRecord
        The reply as a whole is no list of records.
    """
    rows = parse_json(body)
    if not isinstance(rows, list):
        raise RejectedRecord(f"reply is {type(rows).__name__}, not a list of prices")
    found: dict[datetime, set[Quote]] = defaultdict(set)
    refused: list[Quarantined] = []
    for row in rows:
        try:
            quote = _quote(row)
            found[quote.at].add(quote)
        except (RejectedRecord, InvalidValue) as error:
            refused.append(_refused(row, str(error), secret))
    refused += [_refused(str(at), _DOUBLED, secret) for at, q in found.items() if len(q) > 1]
    return PriceList(
        quotes=tuple(next(iter(found[at])) for at in sorted(found) if len(found[at]) == 1),
        quarantined=tuple(sorted(refused, key=lambda r: (r.record, r.reason))[:_MAX_QUARANTINED]),
    )


_DOUBLED: Final = "records of one reply give this time different prices"


def _refused(row: object, reason: str, secret: SecretStr | None) -> Quarantined:
    try:
        text = json.dumps(row, sort_keys=True)
    except RecursionError:
        text = "(nested too deeply to show)"
    return Quarantined(record=excerpt(text, secret), reason=reason)


def _quote(row: object) -> Quote:
    if not isinstance(row, dict):
        raise RejectedRecord(f"record is {type(row).__name__}, not an object")
    if extra := sorted(set(row) - _QUOTE_KEYS):
        raise RejectedRecord(f"key {extra[0][:40]!r} is unknown")
    return _quote_of(
        field_text(row, "timestamp"),
        field_number(row, "energy_price"),
        field_number(row, "hash_price"),
        field_number(row, "token_price"),
    )


@lru_cache(maxsize=_REMEMBERED)
def _quote_of(stamp: str, energy_price: float, hash_price: float, token_price: float) -> Quote:
    """Check one record; each reply repeats those of the last one, so they are remembered."""
    return Quote(
        at=_stamp(stamp),
        energy_price=energy_price,
        hash_price=hash_price,
        token_price=token_price,
    )


def _stamp(text: str) -> datetime:
    if not _STAMP.fullmatch(text):
        raise RejectedRecord("timestamp is not a time of ISO 8601")
    try:
        stamp = datetime.fromisoformat(text)
        at = stamp.replace(tzinfo=UTC) if stamp.tzinfo is None else stamp.astimezone(UTC)
    except (ValueError, OverflowError):
        raise RejectedRecord("timestamp is no date of the calendar") from None
    if (at - _EPOCH) % _STEP:
        raise RejectedRecord(f"timestamp lies off the grid of {EVENT_MINUTES:g} minutes")
    return at


def _object(body: bytes) -> dict[str, object]:
    record = parse_json(body)
    if not isinstance(record, dict):
        raise RejectedRecord(f"reply is {type(record).__name__}, not an object")
    return record


def _valued(reason: InvalidValue) -> RejectedRecord:
    return RejectedRecord(f"reply holds an impossible value: {reason}")


def parse_account(body: bytes) -> SiteAccount:
    """Read a site's name, power limit and, where it was just made, key."""
    record = _object(body)
    try:
        return SiteAccount(
            name=field_text(record, "name"),
            power_w=field_number(record, "power"),
            api_key=SecretStr(field_text(record, "api_key")) if "api_key" in record else None,
        )
    except InvalidValue as error:
        raise _valued(error) from None


def parse_status(body: bytes) -> MachineStatus:
    """Read the allocation in force and its totals."""
    record = _object(body)
    try:
        return MachineStatus(
            allocation=Allocation(**{key: field_int(record, key) for key in COUNT_KEYS}),
            total_power_used_w=field_number(record, "total_power_used"),
            total_power_cost=field_number(record, "total_power_cost"),
            total_revenue=field_number(record, "total_revenue"),
        )
    except InvalidValue as error:
        raise _valued(error) from None


def parse_inventory(body: bytes) -> Inventory:
    """Read the machine types on offer."""
    record = _object(body)
    inference, miners = field_object(record, "inference"), field_object(record, "miners")
    try:
        return Inventory(
            machines=(
                _machine(miners, "air", "air_miners", "hashrate"),
                _machine(inference, "asic", "asic_compute", "tokens"),
                _machine(inference, "gpu", "gpu_compute", "tokens"),
                _machine(miners, "hydro", "hydro_miners", "hashrate"),
                _machine(miners, "immersion", "immersion_miners", "hashrate"),
            )
        )
    except InvalidValue as error:
        raise _valued(error) from None


def _machine(group: dict[str, object], key: str, name: str, output: str) -> MachineType:
    record = field_object(group, key)
    return MachineType(
        name=name, power_w=field_number(record, "power"), output=field_number(record, output)
    )
