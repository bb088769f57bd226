"""Derivations: the arithmetic that a text may do with facts, declared where the figure is cited.

==============================  ==========================================
`difference(a, b)`              a - b, in their unit
`sum(a, b, ...)`                a + b + ..., in their unit
`ratio(a, b)`                   a / b; "1.5 times", "150 %"
`percent_change(a, b)`          (a - b) / |b|, from b to a; "12 %"
==============================  ==========================================
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mara.insights.facts import Fact
from mara.insights.units import dimension_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from mara.insights.facts import FactSheet

__all__ = ["DERIVATIONS", "Cited", "cited", "of_fact", "split_entries"]

_CALL: Final = re.compile(r"(\w+)\s*\(([^()]*)\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """What an entry of a bracket stands for: a fact, or what was derived of several.

    `value` is in the base unit of `dimension`; `shown` in the unit of the fact, for figures that
    are written without one.
    """

    entry: str
    value: float
    shown: float
    dimension: str
    facts: tuple[Fact, ...]


def _difference(values: list[float]) -> float:
    return values[0] - values[1]


def _ratio(values: list[float]) -> float:
    return values[0] / values[1]


def _percent_change(values: list[float]) -> float:
    return (values[0] - values[1]) / abs(values[1])


DERIVATIONS: Final[dict[str, Callable[[list[float]], float]]] = {
    "difference": _difference,
    "sum": sum,
    "ratio": _ratio,
    "percent_change": _percent_change,
}
"""Derivations by name."""

_OF_TWO: Final = frozenset({"difference", "ratio", "percent_change"})
_SHARES: Final = frozenset({"ratio", "percent_change"})


def split_entries(bracket: str) -> tuple[str, ...]:
    """Split the content of a bracket at its outer commas.

    >>> split_entries("a.b, ratio(c, d)")
    ('a.b', 'ratio(c, d)')
    """
    parts = re.split(r",(?![^()]*\))", bracket)
    return tuple(part.strip() for part in parts if part.strip())


def cited(entry: str, sheet: FactSheet) -> Cited | None:
    """Work out an entry of a bracket; None where it names no fact, or cannot be derived."""
    call = _CALL.fullmatch(entry)
    if call is None:
        fact = sheet.find(entry)
        return None if fact is None else of_fact(fact)
    names = [name.strip() for name in call.group(2).split(",")]
    facts = [fact for name in names if (fact := sheet.find(name)) is not None]
    known = call.group(1) in DERIVATIONS and len(facts) == len(names)
    return _derived(entry, call.group(1), tuple(facts)) if known else None


def of_fact(fact: Fact) -> Cited:
    """Read a fact as what its id stands for."""
    unit = dimension_of(fact.unit)
    return Cited(
        entry=fact.fact_id,
        value=fact.value * unit.factor,
        shown=fact.value,
        dimension=unit.dimension,
        facts=(fact,),
    )


def _derived(entry: str, name: str, facts: tuple[Fact, ...]) -> Cited | None:
    units = [dimension_of(fact.unit) for fact in facts]
    if len({unit.dimension for unit in units}) != 1 or (name in _OF_TWO and len(facts) != 2):
        return None
    values = [fact.value * unit.factor for fact, unit in zip(facts, units, strict=True)]
    if name in _SHARES and values[1] == 0.0:
        return None
    value = float(DERIVATIONS[name](values))
    share = name in _SHARES
    return Cited(
        entry=entry,
        value=value,
        shown=value if share else value / units[0].factor,
        dimension="share" if share else units[0].dimension,
        facts=facts,
    )
