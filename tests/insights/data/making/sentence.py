"""A sentence made of text and of numbers that know whether they can be traced."""

from __future__ import annotations

from dataclasses import dataclass, replace

__all__ = ["Number", "Piece", "Sentence", "right", "wrong"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number as written, unit included. `about` is the fact or derivation that it claims."""

    text: str
    traceable: bool
    kind: str
    about: str | None = None


Piece = str | Number
Sentence = tuple[Piece, ...]


def right(text: str, kind: str, about: str | None = None) -> Number:
    """Make a number that follows from the facts."""
    return Number(text=text, traceable=True, kind=kind, about=about)


def wrong(text: str, kind: str, about: str | None = None) -> Number:
    """Make a number that does not."""
    return Number(text=text, traceable=False, kind=kind, about=about)


def capital(sentence: Sentence) -> Sentence:
    """Begin a sentence with a capital letter."""
    head, *rest = (piece for piece in sentence if piece != "")
    if isinstance(head, str):
        return (head[:1].upper() + head[1:], *rest)
    return (replace(head, text=head.text[:1].upper() + head.text[1:]), *rest)
