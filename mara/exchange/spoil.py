"""Spoiling requests and replies: each function is one fault."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from mara.exchange.economics import COUNT_KEYS
from mara.exchange.faults import FaultKind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    import numpy as np

    _Spoiler = Callable[[bytes, np.random.Generator], bytes]

__all__ = ["spoiled_reply", "spoiled_request"]

_HTML: Final = (
    b"<!doctype html><html><head><title>502</title></head><body>Bad gateway</body></html>"
)
_BAD_VALUES: Final[tuple[object, ...]] = (
    float("nan"),
    float("inf"),
    None,
    "3.2",
    True,
    1e308,
    [],
    {},
)


def spoiled_request(body: bytes, kinds: Collection[FaultKind], rng: np.random.Generator) -> bytes:
    """Forget or halve one count of an allocation, as a server would that ignores or clamps it."""
    if not {FaultKind.DROP_KEY, FaultKind.CLAMP} & set(kinds):
        return body
    counts: dict[str, Any] = json.loads(body)
    there = [key for key in COUNT_KEYS if counts.get(key)]
    if there:
        key = str(rng.choice(there))
        counts[key] = 0 if FaultKind.DROP_KEY in kinds else counts[key] // 2
    return json.dumps(counts).encode()


def spoiled_reply(body: bytes, kinds: Collection[FaultKind], rng: np.random.Generator) -> bytes:
    """Spoil a reply by each of the kinds drawn."""
    for kind, spoil in _SPOILERS.items():
        if kind in kinds:
            body = spoil(body, rng)
    return body


def _garbage(body: bytes, rng: np.random.Generator) -> bytes:
    return rng.bytes(max(len(body) // 2, 16))


def _html(body: bytes, rng: np.random.Generator) -> bytes:  # noqa: ARG001
    return _HTML


def _empty(body: bytes, rng: np.random.Generator) -> bytes:  # noqa: ARG001
    return b""


def _partial(body: bytes, rng: np.random.Generator) -> bytes:
    return body[: int(rng.integers(0, max(len(body), 1)))]


def _records(change: Callable[[list[Any], np.random.Generator], list[Any]]) -> _Spoiler:
    """Make a spoiler of lists; replies that are none stay as they are."""

    def spoil(body: bytes, rng: np.random.Generator) -> bytes:
        rows = json.loads(body)
        return json.dumps(change(rows, rng)).encode() if isinstance(rows, list) and rows else body

    return spoil


def _bad_record(rows: list[Any], rng: np.random.Generator) -> list[Any]:
    row = rows[0]
    key = str(rng.choice(sorted(row)))
    choice = int(rng.integers(0, len(_BAD_VALUES) + 2))
    if choice < len(_BAD_VALUES):
        row[key] = _BAD_VALUES[choice]
    elif choice == len(_BAD_VALUES):
        del row[key]
    else:
        row["surprise"] = 1
    return rows


def _double(rows: list[Any], rng: np.random.Generator) -> list[Any]:  # noqa: ARG001
    return [rows[0], *rows]


def _shuffle(rows: list[Any], rng: np.random.Generator) -> list[Any]:
    return [rows[i] for i in rng.permutation(len(rows))]


_SPOILERS: Final[dict[FaultKind, _Spoiler]] = {
    FaultKind.BAD_RECORD: _records(_bad_record),
    FaultKind.DOUBLE: _records(_double),
    FaultKind.SHUFFLE: _records(_shuffle),
    FaultKind.GARBAGE: _garbage,
    FaultKind.HTML: _html,
    FaultKind.EMPTY: _empty,
    FaultKind.PARTIAL: _partial,
}
