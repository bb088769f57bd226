"""Cuts a stream of text into sentences as they become complete."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["SentenceCutter"]

_MOST_CHARS: Final = 1_500
_END: Final = re.compile(r"[.!?][\"')*_\]\u201d\u2019]*(?:\s?\[[^\[\]\n]*\])*\s+(?=\S)")
_ABBREVIATED: Final = re.compile(
    r"(?:\b(?:e\.g|i\.e|approx|vs|no|fig|st|dr|mr|mrs|cf|inc|ltd|u\.s|a\.m|p\.m)|^\s*\d{1,2}|\s[A-Z])\.$",
    re.IGNORECASE | re.MULTILINE,
)
_LOWER: Final = re.compile(r"[a-z,;)]")


class SentenceCutter:
    """Takes pieces of text as they come, and gives each sentence once it is whole.

    A sentence ends at a line break, or at ". ", "! ", "? " before a character that may begin
    another. A bracket that follows the stop belongs to the sentence before. What never ends is cut
    at `_MOST_CHARS`.
    """

    def __init__(self) -> None:
        self._text = ""

    def feed(self, piece: str) -> list[str]:
        """Take a piece; give the sentences that it completes, each with its trailing space."""
        self._text += piece
        done = []
        while (at := self._cut()) is not None:
            done.append(self._text[:at])
            self._text = self._text[at:]
        return done

    def rest(self) -> str:
        """Give what is left when nothing more comes."""
        text, self._text = self._text, ""
        return text

    def _cut(self) -> int | None:
        line = self._text.find("\n")
        reach = len(self._text) if line < 0 else line
        for match in _END.finditer(self._text, 0, min(reach + 2, len(self._text))):
            if match.start() >= reach:
                break
            if self._ends(match):
                return match.end()
        if line >= 0:
            return line + 1
        if len(self._text) > _MOST_CHARS:
            return self._text.rfind(" ", 0, _MOST_CHARS) + 1 or _MOST_CHARS
        return None

    def _ends(self, match: re.Match[str]) -> bool:
        before, after = self._text[: match.start() + 1], self._text[match.end()]
        if after == "[" or _LOWER.match(after):
            return False
        open_bracket = before.rfind("[") > before.rfind("]")
        return not open_bracket and _ABBREVIATED.search(before) is None
