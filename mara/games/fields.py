"""Reading a game from plain JSON values: each refusal names the owner, the field and what stood."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mara.errors import DataFileError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MOST", "Fields"]

MOST = 1e100
"""Largest figure of a game: sums and products of larger ones would leave the range of numbers."""

_SHOWN = 60


class Fields:
    """The fields of one JSON object, called `owner` in messages."""

    def __init__(self, owner: str, value: object) -> None:
        if not isinstance(value, dict):
            raise DataFileError(f"{owner}: {_shown(value)} stands where an object must")
        self.owner, self._value = owner, value

    def __contains__(self, key: str) -> bool:
        return key in self._value

    def only(self, *known: str) -> None:
        """Refuse fields that nothing reads: they are spelt wrong, more often than not."""
        strange = next((key for key in self._value if key not in known), None)
        if strange is not None:
            raise DataFileError(
                f"{self.owner}: field {strange!r} is unknown; fields are {', '.join(known)}"
            )

    def get(self, key: str) -> object:
        """Give a field that must be there."""
        if key not in self._value:
            raise DataFileError(f"{self.owner}: {key!r} is missing; give it")
        found: object = self._value[key]
        return found

    def number(self, key: str) -> float:
        """Give a number; whether it is possible is for the value that takes it."""
        found = self.get(key)
        if isinstance(found, bool) or not isinstance(found, int | float):
            raise DataFileError(f"{self.owner}: {key} is {_shown(found)}; give a number")
        if MOST < abs(found) < math.inf:
            raise DataFileError(
                f"{self.owner}: {key} is {_shown(found)}, beyond {MOST:g}; use a larger unit"
            )
        return float(found)

    def text(self, key: str) -> str:
        """Give a text."""
        found = self.get(key)
        if not isinstance(found, str):
            raise DataFileError(f"{self.owner}: {key} is {_shown(found)}; give a text")
        return found

    def array(self, key: str) -> list[object]:
        """Give a list."""
        found = self.get(key)
        if not isinstance(found, list):
            raise DataFileError(f"{self.owner}: {key} is {_shown(found)}; give a list")
        return found

    def names(self, key: str) -> tuple[str, ...]:
        """Give a list of texts."""
        found = self.array(key)
        wrong = next((one for one in found if not isinstance(one, str)), None)
        if wrong is not None:
            raise DataFileError(f"{self.owner}: {key} holds {_shown(wrong)}; give texts only")
        return tuple(str(one) for one in found)

    def inner(self, key: str) -> Fields:
        """Give a field that is an object itself."""
        return Fields(f"{self.owner}: {key}", self.get(key))

    def numbers(self) -> Iterator[tuple[str, float]]:
        """Give all fields, each a number."""
        for key in self._value:
            yield key, self.number(key)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
