"""What must never leave in a reply: our instructions, and keys."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["Guard"]

_WORDS: Final = re.compile(r"[a-z]+")
_KEY: Final = re.compile(r"\bsk-[A-Za-z0-9_-]{12,}")
_BRACKET: Final = re.compile(r"\[[^\[\]]*\]")
_RUN: Final = 8
_MASK: Final = "[key removed]"


class Guard:
    """Finds sentences that repeat eight words of `secret_text` in a row, and masks keys.

    Figures and citations do not count as words.
    """

    def __init__(self, secret_text: str) -> None:
        self._runs = frozenset(_runs(secret_text))
        self._words = f" {' '.join(_words(secret_text))} "

    def leaks(self, sentence: str, *, going_on: bool = False) -> bool:
        """Tell whether a sentence repeats a run of the secret text.

        `going_on` says that the sentence before did: then a shorter piece of it is one too.
        """
        if any(run in self._runs for run in _runs(sentence)):
            return True
        words = " ".join(_words(sentence))
        return going_on and bool(words) and f" {words} " in self._words

    def tail(self, sentence: str) -> str:
        """Give the last words of a sentence, for a run that goes on in the next."""
        return " ".join(_words(sentence)[1 - _RUN :])

    def masked(self, sentence: str) -> str:
        """Take out whatever looks like a key."""
        return _KEY.sub(_MASK, sentence)


def _words(text: str) -> list[str]:
    return _WORDS.findall(_BRACKET.sub(" ", text.lower()))


def _runs(text: str) -> list[str]:
    words = _words(text)
    return [" ".join(words[i : i + _RUN]) for i in range(len(words) - _RUN + 1)]
