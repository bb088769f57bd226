"""Checksums that chain the entries of a site, so that a missing or altered one is noticed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

__all__ = ["GENESIS", "Line", "Link", "checksum"]

GENESIS: Final = "0" * 64

Line = tuple[str, int, str]
"""Account, cents and currency of a posting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What of an entry is protected; `at_us` is microseconds since 1970 UTC."""

    seq: int
    entry_id: str
    at_us: int
    kind: str
    memo: str
    reverses: str | None
    lines: Sequence[Line]


def checksum(previous: str, link: Link) -> str:
    """Chain an entry to the one before it.

    Law: h(n) = SHA-256(h(n-1) || canonical JSON of entry n), with h(0) = 64 zeros.
    """
    fields = [link.seq, link.entry_id, link.at_us, link.kind, link.memo, link.reverses]
    text = json.dumps([*fields, [list(line) for line in link.lines]], separators=(",", ":"))
    return sha256(f"{previous}{text}".encode()).hexdigest()
