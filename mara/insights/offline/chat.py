"""The stand-in's side of a chat: it finds the facts asked for, and runs the tool that fits."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from mara.insights.mentions import mentions

if TYPE_CHECKING:
    from mara.insights.facts import Fact
    from mara.insights.narrator import Ask

__all__ = ["facts_for", "tool_for"]

_WORD: Final = re.compile(r"[a-z]{3,}")
_COMMON: Final = frozenset(
    [
        "the",
        "and",
        "for",
        "what",
        "how",
        "why",
        "when",
        "who",
        "which",
        "are",
        "was",
        "were",
        "will",
        "would",
        "should",
        "could",
        "can",
        "does",
        "did",
        "has",
        "have",
        "with",
        "from",
        "that",
        "this",
        "there",
        "their",
        "now",
        "today",
        "much",
        "many",
        "about",
        "tell",
        "show",
        "give",
        "site",
        "mara",
        "me",
        "please",
        "into",
        "out",
        "not",
        "any",
        "all",
        "its",
        "our",
        "you",
        "your",
    ]
)
_ALIASES: Final = {
    "cost": "price",
    "costs": "price",
    "power": "energy",
    "electricity": "energy",
    "earn": "margin",
    "earned": "margin",
    "money": "margin",
    "profit": "margin",
    "store": "battery",
    "charge": "battery",
    "tomorrow": "forecast",
    "expect": "forecast",
    "expected": "forecast",
    "predict": "forecast",
    "risk": "exposure",
    "grid": "import",
}
_MOST: Final = 6


def facts_for(ask: Ask) -> tuple[Fact, ...]:
    """Find the facts whose ids and labels share most words with the question."""
    asked = _terms(ask.question)
    scored = [(len(asked & _terms(f"{f.fact_id} {f.label}")), f) for f in ask.sheet.facts]
    best = max((score for score, _ in scored), default=0)
    if best == 0:
        return ()
    found = [f for score, f in scored if score >= max(best - 1, 1)]
    return tuple(sorted(found, key=lambda f: (-len(asked & _terms(f.fact_id)), f.fact_id))[:_MOST])


def _terms(text: str) -> set[str]:
    words = {w for w in _WORD.findall(text.lower().replace("_", " ")) if w not in _COMMON}
    return words | {_ALIASES[w] for w in words if w in _ALIASES}


def tool_for(ask: Ask) -> tuple[str, dict[str, Any]] | None:
    """Choose the tool that a question asks for by its words, with arguments read from its figures."""
    text = ask.question.lower()
    known = {tool.name for tool in ask.tools}
    prices = [m.value for m in mentions(ask.question) if m.unit and m.unit.dimension == "price"]
    powers = [m.value for m in mentions(ask.question) if m.unit and m.unit.dimension == "power"]
    if "what if" in text and "what_if" in known and (prices or powers):
        return "what_if", {
            **({"energy_usd_per_mwh": prices[0]} if prices else {}),
            **({"import_limit_mw": powers[0]} if powers else {}),
        }
    if "simulat" in text and "simulate_prices" in known:
        return "simulate_prices", {"hours": 24}
    if re.search(r"forecast|predict|tomorrow|expect", text) and "forecast" in known:
        target = "demand" if "demand" in text else "price"
        return "forecast", {"what": target, "horizon_h": 24}
    return None
