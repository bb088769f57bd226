"""From checked sentences to HTML: no raw HTML, no images, no links but those to facts."""

from __future__ import annotations

import re
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import nh3
from markdown_it import MarkdownIt

from mara.insights.scripts import cleaned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mara.insights.checking import CheckedSentence, Piece
    from mara.insights.facts import Fact

__all__ = ["anchor", "facts_html", "figure_text", "hover", "to_html"]

_TAGS: Final = {
    "p", "ul", "ol", "li", "strong", "em", "code", "pre", "blockquote", "br", "hr",
    "h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
_SLOT: Final = re.compile("\ue000(\\d+)\ue001")
_NO_LINKS: Final = ["link", "image", "autolink", "reference", "html_inline", "html_block", "entity"]


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table").disable(_NO_LINKS)


def to_html(sentences: Sequence[CheckedSentence], zone: str) -> str:
    """Render sentences as one text; figures link to their facts, untraced ones are marked.

    Markdown is rendered without raw HTML, images and links; what comes out is cleaned once more.
    """
    pieces = [piece for sentence in sentences for piece in sentence.pieces]
    figures = [piece for piece in pieces if piece.kind != "text"]
    slots = iter(range(len(figures)))
    text = "".join(p.text if p.kind == "text" else f"\ue000{next(slots)}\ue001" for p in pieces)
    safe = nh3.clean(_markdown().render(text), tags=_TAGS, attributes={}, link_rel=None)
    where = ZoneInfo(zone)
    return _SLOT.sub(lambda match: _figure(figures[int(match[1])], where), safe)


def _figure(piece: Piece, zone: ZoneInfo) -> str:
    shown = escape(piece.text)
    if piece.kind == "untraced":
        note = escape(f"Not traced: {piece.note}")
        return f'<mark class="mara-untraced" title="{note}">{shown}<sup>not traced</sup></mark>'
    if not piece.facts:
        return f'<span class="mara-time">{shown}</span>'
    title = escape(_title(piece, zone))
    return f'<a class="mara-fact" href="#{anchor(piece.facts[0])}" title="{title}">{shown}</a>'


def _title(piece: Piece, zone: ZoneInfo) -> str:
    told = "\n".join(hover(fact, zone) for fact in piece.facts)
    return f"{piece.entry}\n{told}" if "(" in piece.entry else told


def anchor(fact: Fact) -> str:
    """Name the place of a fact in the page."""
    return f"mara-fact-{fact.fact_id.replace('.', '-')}"


def hover(fact: Fact, zone: ZoneInfo) -> str:
    """Say what stands behind a figure: value, time, source, badge."""
    at = f"{fact.at.astimezone(zone):%a %d %b %H:%M %Z}"
    until = f" to {fact.until.astimezone(zone):%H:%M}" if fact.until else ""
    label, source = cleaned(fact.label), cleaned(fact.source)
    return f"{label}: {figure_text(fact)} · {at}{until} · {source} · {fact.badge}"


def figure_text(fact: Fact) -> str:
    """Write a fact's value with its unit, as exactly as a reader needs."""
    size = abs(fact.value)
    digits = 0 if float(fact.value).is_integer() else 2 if size >= 1 else 4
    return f"{fact.value:,.{digits}f} {fact.unit}".rstrip()


def facts_html(facts: Sequence[Fact], zone: str) -> str:
    """List facts as a table, each with the place that figures link to."""
    where = ZoneInfo(zone)
    head = "".join(f"<th>{name}</th>" for name in ("Fact", "Value", "Time", "Source", "Badge"))
    rows = "".join(_row(fact, where) for fact in facts)
    return f'<table class="mara-facts"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'


def _row(fact: Fact, zone: ZoneInfo) -> str:
    cells = (
        cleaned(fact.label),
        figure_text(fact),
        f"{fact.at.astimezone(zone):%a %d %b %H:%M}",
        cleaned(fact.source),
        fact.badge,
    )
    tds = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
    return f'<tr id="{anchor(fact)}" title="{escape(fact.fact_id)}">{tds}</tr>'
