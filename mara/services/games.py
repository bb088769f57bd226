"""Games as JSON text: the form in which tabs hold, edit, import and export them.

A document is the text of one JSON object; which game it poses is told by its fields. Text is
small, hashable and safe to keep in a session; what is computed of it is remembered by it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from mara.errors import DataFileError
from mara.games.normal_form.nfg_reader import read_nfg
from mara.games.normal_form.nfg_writer import write_nfg
from mara.services.games_finite import game_from, record_of

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["GameKind", "Preset", "as_nfg", "as_text", "kind_of", "own_game", "parsed", "tiny"]

_MOST_CHARACTERS: Final = 2_000_000
_MOST_TEXT: Final = 300
_TAG: Final = re.compile(r"</?[A-Za-z]")


class GameKind(StrEnum):
    """What a document poses."""

    COALITION = "coalition"
    ENERGY = "energy"
    LEADERSHIP = "leadership"
    TARIFF = "tariff"
    COMMITMENT = "commitment"
    FINITE = "finite"
    COURNOT = "cournot"
    SUPPLY = "supply"
    POOL = "pool"
    FEEDER = "feeder"
    AUCTION = "auction"
    EXCHANGE = "exchange"


_FIELDS: Final = {
    "values": GameKind.COALITION,
    "sites": GameKind.ENERGY,
    "followers": GameKind.LEADERSHIP,
    "tariff_sites": GameKind.TARIFF,
    "leader": GameKind.COMMITMENT,
    "payoffs": GameKind.FINITE,
    "sellers": GameKind.COURNOT,
    "supply_sellers": GameKind.SUPPLY,
    "curtailers": GameKind.POOL,
    "draws": GameKind.FEEDER,
    "bids": GameKind.AUCTION,
    "offers": GameKind.EXCHANGE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A game to begin with: its document, the story in words, and where it is published."""

    document: str
    words: str
    source: str


def as_text(record: object) -> str:
    """Write a document."""
    return json.dumps(record)


def parsed(document: str, *, owner: str = "your game") -> dict[str, Any]:
    """Read a document.

    Raises
    ------
    DataFileError
        It is no JSON object, or too large (line and column are named), or a name in it is a page
        long or holds a tag, which charts would draw.
    """
    if len(document) > _MOST_CHARACTERS:
        raise DataFileError(f"{owner}: more than {_MOST_CHARACTERS:,} characters; shorten it")
    try:
        found = json.loads(document, object_pairs_hook=partial(_distinct, owner))
    except json.JSONDecodeError as error:
        raise DataFileError(
            f"{owner}: line {error.lineno}, column {error.colno}: {error.msg}; correct the JSON"
        ) from None
    except (RecursionError, ValueError):
        raise DataFileError(f"{owner}: numbers or nesting are too long; shorten them") from None
    if not isinstance(found, dict):
        raise DataFileError(f"{owner}: a JSON object must stand here, such as {{'players': ...}}")
    for text in _texts(found):
        _check_text(owner, text)
    return found


def _texts(value: object) -> Iterator[str]:
    """Give all texts of a JSON value, names of fields included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield str(name)
            yield from _texts(inner)
    elif isinstance(value, list) and value and not isinstance(value[0], int | float):
        for inner in value:
            yield from _texts(inner)


def _check_text(owner: str, text: str) -> None:
    if len(text) > _MOST_TEXT:
        raise DataFileError(
            f"{owner}: {text[:40]!r}... has {len(text)} characters; {_MOST_TEXT} are the most"
        )
    if (tag := _TAG.search(text)) is not None:
        raise DataFileError(
            f"{owner}: {text[:40]!r} holds {tag.group()!r}, the begin of a tag; leave out the '<'"
        )


def _distinct(owner: str, pairs: list[tuple[str, object]]) -> dict[str, object]:
    names = [name for name, _ in pairs]
    twice = next((name for i, name in enumerate(names) if name in names[:i]), None)
    if twice is not None:
        raise DataFileError(f"{owner}: field {twice!r} stands twice in one object; keep one")
    return dict(pairs)


def kind_of(document: str) -> GameKind:
    """Tell what a document poses.

    Raises
    ------
    DataFileError
        None of the fields that tell is there.
    """
    record = parsed(document)
    found = next((kind for field, kind in _FIELDS.items() if field in record), None)
    if found is None:
        raise DataFileError(
            f"your game: no field says what game it is; give one of {', '.join(_FIELDS)}"
        )
    return found


def own_game(text: str, wanted: tuple[GameKind, ...]) -> str:
    """Make a document of a user's text: a Gambit `.nfg` game, or JSON of a kind that is `wanted`.

    Raises
    ------
    DataFileError
        It is neither, or another kind.
    """
    if text.lstrip().startswith("NFG"):
        document = as_text(record_of(read_nfg(text, name="your game")))
    else:
        document = text
    kind = kind_of(document)
    if kind not in wanted:
        raise DataFileError(
            f"your game: it poses a game of kind {kind}, here stand {', '.join(wanted)}; open "
            "it in the other sub-tab"
        )
    return document


def as_nfg(document: str) -> str:
    """Write a finite game as Gambit's `.nfg`."""
    return write_nfg(game_from(parsed(document)))


def tiny(value: float) -> str:
    """Write a figure that should be zero, with its order of size where it is not.

    >>> tiny(0.0), tiny(2.3e-13)
    ('0', '2.3e-13')
    """
    return f"{value:.1e}" if value > 0.0 else "0"
