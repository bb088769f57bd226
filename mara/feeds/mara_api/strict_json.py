"""JSON as the standard means it: no NaN, no infinities, no doubled keys, bounded depth."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Final

from mara.errors import RejectedRecord

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["field_int", "field_number", "field_object", "field_text", "parse_json"]

_LARGEST_COUNT: Final = 10**9


def parse_json(body: bytes) -> object:
    """Parse a whole reply.

    Raises
    ------
    RejectedRecord
        It is no JSON of the standard.
    """
    try:
        return json.loads(
            body.decode("utf-8"),
            parse_constant=_no_constant,
            parse_float=_finite_float,
            object_pairs_hook=_no_doubles,
        )
    except (ValueError, RecursionError) as error:
        raise RejectedRecord(f"reply is not JSON: {_words(error)}") from None


def _words(error: Exception) -> str:
    """Say what the parser says, without the text that it was given."""
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8"
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error)[:120]


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _finite_float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("a number overflows")
    return value


def _no_doubles(pairs: list[tuple[str, object]]) -> dict[str, object]:
    held = dict(pairs)
    if len(held) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return held


def _field(record: Mapping[str, object], key: str) -> object:
    if key not in record:
        raise RejectedRecord(f"key {key!r} is missing")
    return record[key]


def field_number(record: Mapping[str, object], key: str) -> float:
    """Give the number under `key`; a boolean or text is none."""
    value = _field(record, key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RejectedRecord(f"{key} is {type(value).__name__}, not a number")
    try:
        return float(value)
    except OverflowError:
        raise RejectedRecord(f"{key} overflows") from None


def field_int(record: Mapping[str, object], key: str) -> int:
    """Give the whole number under `key`."""
    value = _field(record, key)
    if isinstance(value, bool) or not isinstance(value, int):
        raise RejectedRecord(f"{key} is {type(value).__name__}, not a whole number")
    if abs(value) > _LARGEST_COUNT:
        raise RejectedRecord(f"{key} is beyond {_LARGEST_COUNT}, not a count")
    return value


def field_text(record: Mapping[str, object], key: str) -> str:
    """Give the text under `key`."""
    value = _field(record, key)
    if not isinstance(value, str):
        raise RejectedRecord(f"{key} is {type(value).__name__}, not text")
    return value


def field_object(record: Mapping[str, object], key: str) -> dict[str, object]:
    """Give the object under `key`."""
    value = _field(record, key)
    if not isinstance(value, dict):
        raise RejectedRecord(f"{key} is {type(value).__name__}, not an object")
    return value
