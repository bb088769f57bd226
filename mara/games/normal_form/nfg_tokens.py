"""Tokens of a Gambit `.nfg` file, each with the line that it stands on."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NoReturn

from mara.errors import DataFileError

__all__ = ["Token", "Tokens"]

_PATTERN = re.compile(
    r'\s+|(?P<text>"(?:[^"\\]|\\.)*")|(?P<sign>[{},])|(?P<word>[^\s{},"]+)', re.DOTALL
)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_RATIO = re.compile(r"[+-]?\d+/\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A string (`kind` text, without its quotes), a bracket or comma (sign), or a word."""

    kind: str
    value: str
    line: int


@dataclass(slots=True)
class Tokens:
    """What is left of a file, read one token at a time; errors name file, line and token."""

    name: str
    content: str
    line: int = 1
    _next: Token | None = field(default=None, init=False)
    _source: Iterator[Token] = field(init=False)

    def __post_init__(self) -> None:
        self._source = self._scan()
        self._next = next(self._source, None)

    def peek(self) -> str:
        """Text of the next token with its kind's mark; empty at the end of the file."""
        if self._next is None:
            return ""
        return f'"{self._next.value}' if self._next.kind == "text" else self._next.value

    def take(self, wanted: str) -> Token:
        """Read the next token; `wanted` says in words what should stand here."""
        token = self._next
        if token is None:
            raise DataFileError(
                f"{self.name}, line {self.line}: the file ends; {wanted} is missing"
            )
        self.line = token.line
        self._next = next(self._source, None)
        return token

    def expect(self, sign: str) -> None:
        """Read a bracket, comma or word that must stand here."""
        token = self.take(repr(sign))
        if token.kind == "text" or token.value != sign:
            self.refuse(token, repr(sign))

    def text(self, wanted: str) -> str:
        """Read a quoted string."""
        token = self.take(wanted)
        if token.kind != "text":
            self.refuse(token, f'{wanted} in "quotes"')
        return token.value

    def whole(self, wanted: str) -> int:
        """Read a whole number, zero or above."""
        token = self.take(wanted)
        if token.kind != "word" or not re.fullmatch(r"\d{1,9}", token.value):
            self.refuse(token, f"{wanted}, a whole number")
        return int(token.value)

    def number(self, wanted: str) -> float:
        """Read a decimal or a ratio of whole numbers."""
        token = self.take(wanted)
        value = _value(token.value) if token.kind == "word" else None
        if value is None or not math.isfinite(value):
            self.refuse(token, f"{wanted}, a finite number")
        return value

    def refuse(self, token: Token, wanted: str) -> NoReturn:
        """Say that `token` is not what was wanted."""
        shown = token.value if len(token.value) <= 40 else f"{token.value[:40]}..."
        raise DataFileError(f"{self.name}, line {token.line}: {shown!r} is not {wanted}")

    def _scan(self) -> Iterator[Token]:
        at, line = 0, 1
        while at < len(self.content):
            found = _PATTERN.match(self.content, at)
            if found is None:
                raise DataFileError(f'{self.name}, line {line}: a string opened by " never ends')
            kind = found.lastgroup
            if kind is not None:
                yield Token(kind=kind, value=_plain(kind, found[0]), line=line)
            line += found[0].count("\n")
            at = found.end()


def _plain(kind: str, raw: str) -> str:
    return re.sub(r"\\(.)", r"\1", raw[1:-1], flags=re.DOTALL) if kind == "text" else raw


def _value(word: str) -> float | None:
    if _NUMBER.fullmatch(word):
        return float(word)
    if _RATIO.fullmatch(word) and int(word.partition("/")[2]):
        return float(Fraction(word))
    return None
