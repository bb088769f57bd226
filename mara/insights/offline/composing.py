"""Sentences from templates: each figure with its citation, or no sentence at all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from mara.insights.derivations import Cited, cited
from mara.insights.render import figure_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mara.insights.facts import Fact, FactSheet

__all__ = ["Composer"]

_SLOT: Final = re.compile(r"\{([^{}]+)\}")


class Composer:
    """Fills templates with the figures of a sheet.

    `{price.now}` becomes "41.24 USD/MWh [price.now]"; `{percent_change(a, b)}` a percentage
    without its sign. A template that needs what the sheet lacks gives an empty text.
    """

    def __init__(self, sheet: FactSheet) -> None:
        self.sheet = sheet

    def say(self, template: str) -> str:
        """Fill one template."""
        entries = {name: cited(name, self.sheet) for name in _SLOT.findall(template)}
        if any(entry is None for entry in entries.values()):
            return ""
        return _SLOT.sub(lambda m: _written(entries[m[1]]), template)

    def all(self, *templates: str) -> str:
        """Fill several templates, and leave out those that cannot be."""
        return " ".join(text for template in templates if (text := self.say(template)))

    def bullets(self, templates: Iterable[str]) -> str:
        """Fill several templates as a list."""
        return "".join(f"\n- {text}" for template in templates if (text := self.say(template)))

    def moved(self, now: str, then: str, rest: str) -> str:
        """Say how far `now` lies above or below `then`, with `rest` after it."""
        change = cited(f"percent_change({now}, {then})", self.sheet)
        if change is None:
            return ""
        word = "above" if change.value >= 0 else "below"
        return self.say(f"{{percent_change({now}, {then})}} {word} {rest}")

    def time(self, fact_id: str) -> str:
        """Write the time of a fact as the site's clock shows it."""
        fact = self.sheet.find(fact_id)
        return "" if fact is None else f"{fact.at.astimezone(ZoneInfo(self.sheet.zone)):%H:%M}"

    def value(self, fact_id: str) -> float | None:
        """Read a figure; None where the sheet lacks it."""
        fact = self.sheet.find(fact_id)
        return None if fact is None else fact.value

    def under(self, prefix: str) -> tuple[Fact, ...]:
        """Find the facts whose id begins with `prefix`, in the order of the sheet."""
        return tuple(fact for fact in self.sheet.facts if fact.fact_id.startswith(prefix))


def _written(entry: Cited | None) -> str:
    assert entry is not None  # noqa: S101 - say() has looked
    if entry.dimension == "share":
        return f"{abs(entry.value) * 100:,.1f} % [{entry.entry}]"
    if "(" not in entry.entry:
        return f"{figure_text(entry.facts[0])} [{entry.entry}]"
    return f"{entry.shown:,.2f} {entry.facts[0].unit} [{entry.entry}]"
