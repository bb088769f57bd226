"""The table of all settings, as the README shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr

from mara.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

_OR: Final = " \\| "

__all__ = ["Setting", "settings_of", "settings_table"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One key of `mara.toml`, its name in the environment, what it takes and its default."""

    key: str
    takes: str
    default: str

    @property
    def variable(self) -> str:
        """Name in the environment."""
        return "MARA_" + self.key.upper().replace(".", "__")


def settings_of(model: type[BaseModel] = Settings, prefix: str = "") -> Iterator[Setting]:
    """List every key of a section and of those within it."""
    for name, field in model.model_fields.items():
        kind: Any = field.annotation
        key = f"{prefix}{name}"
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from settings_of(kind, f"{key}.")
        else:
            default = field.get_default(call_default_factory=True, validated_data={})
            yield Setting(key=key, takes=_words(kind), default=_shown(default))


_NAMES: Final = {
    str: "text",
    int: "whole number",
    float: "number",
    datetime: "time",
    Path: "path",
    SecretStr: "secret",
    dict: "table",
}


def _words(kind: Any) -> str:  # noqa: ANN401
    """Say what a type takes."""
    origin = get_origin(kind)
    if origin is Annotated:
        return _words(get_args(kind)[0])
    if origin is Literal:
        return _OR.join(map(str, get_args(kind)))
    if origin in {Union, UnionType}:
        return _OR.join(_words(part) for part in get_args(kind) if part is not type(None))
    return _NAMES[origin or kind]


def _shown(default: object) -> str:
    if default is None or default == {}:
        return ""
    return f"`{default}`"


def settings_table() -> str:
    """Write the table in Markdown."""
    rows = [f"| `{s.key}` | `{s.variable}` | {s.takes} | {s.default} |" for s in settings_of()]
    return "\n".join(
        ["| `mara.toml` | environment | takes | default |", "|---|---|---|---|", *rows]
    )
