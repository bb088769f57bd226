"""A law as a plain document, for JSON, and back.

A value becomes ``{"type": its name, field: value, ...}``; only the types of this package that laws
are made of are read.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from mara.errors import DataFileError, InvalidValue
from mara.models.stochastic.base import Law
from mara.models.stochastic.latent_score import LatentScore
from mara.models.stochastic.quantile_map import QuantileMap
from mara.models.stochastic.registry import LAWS
from mara.models.stochastic.seasonal import Season, SeasonalLaw, SeasonalLevel

__all__ = ["law_from", "to_document"]

_KINDS: Final[tuple[type, ...]] = (
    *LAWS.values(),
    SeasonalLaw,
    SeasonalLevel,
    Season,
    LatentScore,
    QuantileMap,
)
_TYPES: Final = {kind.__name__: kind for kind in _KINDS}


def to_document(value: object) -> Any:  # noqa: ANN401 - JSON
    """Make plain JSON values of a law or a part of one."""
    if is_dataclass(value) and not isinstance(value, type):
        own = {field.name: to_document(getattr(value, field.name)) for field in fields(value)}
        return {"type": type(value).__name__, **own}
    if isinstance(value, ZoneInfo):
        return {"zone": value.key}
    if isinstance(value, tuple):
        return [to_document(one) for one in value]
    return value


def law_from(document: object, *, owner: str) -> Law:
    """Make the law that a document describes; `owner` is who it came from, for messages.

    Raises
    ------
    DataFileError
        It is not the document of a law, or its parameters are impossible.
    """
    try:
        found = _made(document)
    except (InvalidValue, TypeError, ValueError, KeyError) as error:
        raise DataFileError(f"{owner}: no law can be made of it: {error}") from None
    if not isinstance(found, Law):
        raise DataFileError(f"{owner}: it describes no law; write one with calibrate --out FILE")
    return found


def _made(document: object) -> object:
    if isinstance(document, list):
        return tuple(_made(one) for one in document)
    if not isinstance(document, dict):
        return document
    if set(document) == {"zone"}:
        return ZoneInfo(str(document["zone"]))
    kind = _TYPES.get(str(document.get("type")))
    if kind is None:
        raise InvalidValue(f"type {document.get('type')!r} is unknown")
    return kind(**{name: _made(value) for name, value in document.items() if name != "type"})
