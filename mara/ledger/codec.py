"""Frozen values of the domain to canonical JSON bytes and back.

Canonical: keys in alphabetical order, sets sorted, no spaces, shortest digits of a float. Equal
values give equal bytes in every process, so bytes can be compared and hashed.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError, SchemaSerializer, core_schema

from mara.errors import InvalidValue, LedgerCorrupt

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["decode", "encode"]

T = TypeVar("T")


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:  # noqa: ANN401
    return TypeAdapter(kind)


@cache
def _serializer(kind: Any) -> Callable[[object], bytes]:  # noqa: ANN401
    schema = _canonical(_adapter(kind).core_schema)
    return SchemaSerializer(schema, {"ser_json_inf_nan": "constants"}).to_json


def _canonical(schema: Any) -> Any:  # noqa: ANN401
    """Order the fields of every dataclass in a core schema by name, and sort its sets."""
    if isinstance(schema, list):
        return [_canonical(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    ordered = {key: _canonical(part) for key, part in schema.items()}
    if ordered.get("type") == "dataclass-args":
        ordered["fields"] = sorted(ordered["fields"], key=lambda field: str(field["name"]))
    if ordered.get("type") == "dataclass":
        ordered["fields"] = sorted(ordered["fields"])
    if ordered.get("type") == "frozenset":
        ordered["serialization"] = core_schema.plain_serializer_function_ser_schema(sorted)
    return ordered


def encode(value: object) -> bytes:
    """Write a frozen value of the domain as canonical bytes.

    Raises
    ------
    InvalidValue
        A field holds what its type does not allow.
    """
    try:
        return _serializer(cast("Any", type(value)))(value)
    except PydanticSerializationError as error:
        raise InvalidValue(f"encode: {type(value).__name__} cannot be written: {error}") from None


def decode(kind: type[T], body: bytes) -> T:
    """Read the value of type `kind` that `encode` wrote.

    Raises
    ------
    LedgerCorrupt
        The bytes are not such a value.
    """
    try:
        value: T = _adapter(cast("Any", kind)).validate_json(body)
    except ValidationError as error:
        problem = error.errors(include_input=False, include_url=False)[0]
        raise LedgerCorrupt(
            f"ledger: a stored {kind.__name__} cannot be read: {problem['loc']} {problem['msg']}; "
            "run `python -m mara doctor` and restore the last backup"
        ) from None
    return value
