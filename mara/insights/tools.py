"""Tools that a narrator may call: typed arguments in, facts out, no effect beyond simulation."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, ValidationError

from mara.errors import MaraError
from mara.insights.facts import Fact, FactSheet

__all__ = ["Arguments", "Series", "Tool", "ToolCall", "ToolResult", "called", "with_own_ids"]

MOST_RESULT_CHARS: Final = 6_000
"""A longer result is cut before it reaches the narrator."""

_MOST_ARGUMENT_CHARS: Final = 4_000


class Arguments(BaseModel):
    """Arguments of a tool: nothing beyond what is declared, and no silent conversion."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A line that a chart may show: values in `unit` at times; `low` and `high` are its band."""

    name: str
    unit: str
    at: tuple[datetime, ...]
    values: tuple[float, ...]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResult:
    """What a tool found: one sentence, the figures as facts, and series to draw."""

    text: str
    facts: tuple[Fact, ...] = ()
    series: tuple[Series, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A function that reads or simulates, with what to say about it to the narrator."""

    name: str
    about: str
    arguments: type[Arguments]
    run: Callable[[Any], ToolResult]

    def schema(self) -> dict[str, Any]:
        """Describe the arguments as JSON schema."""
        made = self.arguments.model_json_schema()
        made.pop("title", None)
        return made | {"additionalProperties": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """One call: `error` says why there is no result."""

    name: str
    arguments: str
    result: ToolResult | None = None
    error: str | None = None
    valid: bool = True

    def for_narrator(self) -> str:
        """Write the result as the narrator reads it: the sentence, then the facts with their ids."""
        if self.result is None:
            return f"error: {self.error}"
        facts = [
            {"id": f.fact_id, "is": f.label, "value": f.value, "unit": f.unit}
            for f in self.result.facts
        ]
        text = json.dumps({"says": self.result.text, "facts": facts}, ensure_ascii=False)
        if len(text) <= MOST_RESULT_CHARS:
            return text
        return text[:MOST_RESULT_CHARS] + f" … cut, {len(text):,} characters in all"


def called(tools: tuple[Tool, ...], name: str, raw: object) -> ToolCall:
    """Call the tool `name` with arguments as they came; what is wrong becomes `error`.

    A call of an unknown tool, or with arguments that its schema refuses, has `valid=False`: it
    runs nothing.
    """
    written = json.dumps(raw, ensure_ascii=False, default=str)[:_MOST_ARGUMENT_CHARS]
    tool = next((tool for tool in tools if tool.name == name), None)
    if tool is None:
        known = ", ".join(tool.name for tool in tools) or "none"
        return ToolCall(
            name=name[:80],
            arguments=written,
            error=f"there is no tool of that name; there are: {known}",
            valid=False,
        )
    try:
        arguments = tool.arguments.model_validate_json(json.dumps(raw))
    except (ValidationError, ValueError, TypeError) as error:
        return ToolCall(name=name, arguments=written, error=_problem(error), valid=False)
    try:
        return ToolCall(name=name, arguments=written, result=tool.run(arguments))
    except MaraError as error:
        return ToolCall(name=name, arguments=written, error=str(error))
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        why = f"the tool failed here ({type(error).__name__}); go on without it"
        return ToolCall(name=name, arguments=written, error=why)


def with_own_ids(call: ToolCall, sheet: FactSheet) -> ToolCall:
    """Give the facts of a call ids of their own where `sheet` has theirs for other facts.

    All ids of the call change alike, by the number of the call after the tool's name, so that
    figures of two calls are not taken for each other: tool.what_if.gain, tool.what_if_2.gain. What
    the sheet says already keeps its id.
    """
    result = call.result
    known = {} if result is None else {f.fact_id: sheet.find(f.fact_id) for f in result.facts}
    if result is None or not any(known.values()):
        return call
    if all(_same(known[fact.fact_id], fact) for fact in result.facts):
        return call
    number = next(
        n
        for n in itertools.count(2)
        if not any(sheet.find(_numbered(fact_id, n)) for fact_id in known)
    )
    facts = tuple(replace(f, fact_id=_numbered(f.fact_id, number)) for f in result.facts)
    text = f"{result.text} (read again: ids of their own, with _{number})"
    return replace(call, result=replace(result, text=text, facts=facts))


def _same(known: Fact | None, fact: Fact) -> bool:
    return known is not None and (known.value, known.unit, known.label) == (
        fact.value,
        fact.unit,
        fact.label,
    )


def _numbered(fact_id: str, number: int) -> str:
    """Put the number after the tool of an id, or its first word: tool.power_2, price_2.now."""
    words = fact_id.split(".")
    place = 1 if words[0] == "tool" else 0
    words[place] = f"{words[place]}_{number}"
    return ".".join(words)


def _problem(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return "the arguments are not a JSON object"
    first = error.errors(include_input=False, include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "arguments"
    return f"{where}: {first['msg']}"
