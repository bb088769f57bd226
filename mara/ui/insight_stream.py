"""Replies on the page: streamed to the browser sentence by sentence, without running the script.

A reply's thread changes one value; a route of the app sends it as server-sent events whenever it
has changed, and a component shows it. The script runs again only when the reply has ended.
"""

from __future__ import annotations

import asyncio
import json
from functools import cache
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import streamlit as st
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from mara.errors import MaraError
from mara.insights.render import facts_html, to_html
from mara.ui import platform

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from starlette.requests import Request

    from mara.insights.facts import Fact
    from mara.insights.reply import ReplySoFar
    from mara.services.insights_jobs import Job

__all__ = ["INSIGHT_ROUTES", "events", "reply_html", "show_reply"]

_STREAM: Final = "assets/insights"
_LOOK_S: Final = 0.03
_BEAT_S: Final = 10.0
_LONGEST_S: Final = 600.0
_HTML: Final = '<div class="mara-reply" aria-live="polite"></div>'
_CSS: Final = """
.mara-reply { font-family: var(--st-font); color: var(--st-text-color); line-height: 1.55; }
.mara-reply p, .mara-reply ul, .mara-reply ol { margin: 0 0 0.6rem 0; }
.mara-reply ul, .mara-reply ol { padding-left: 1.3rem; }
.mara-reply a.mara-fact { color: inherit; text-decoration: underline dotted var(--st-primary-color);
  text-underline-offset: 3px; cursor: help; }
.mara-reply mark.mara-untraced { background: transparent; color: var(--st-red-color);
  text-decoration: line-through; }
.mara-reply mark.mara-untraced sup { text-decoration: none; display: inline-block;
  margin-left: 2px; font-size: 0.7em; }
.mara-reply details { margin-top: 0.4rem; font-size: 0.85rem; color: var(--st-gray-color); }
.mara-reply details > div { max-height: 260px; overflow: auto; }
.mara-reply summary { cursor: pointer; }
.mara-reply table.mara-facts { border-collapse: collapse; width: 100%; }
.mara-reply table.mara-facts th, .mara-reply table.mara-facts td { text-align: left;
  padding: 2px 8px 2px 0; border-bottom: 1px solid var(--st-border-color); vertical-align: top; }
.mara-reply tr.mara-chosen { background: var(--st-secondary-background-color);
  color: var(--st-text-color); }
.mara-reply .mara-wait { color: var(--st-gray-color); }
"""


@cache
def _component() -> Callable[..., Any]:
    script = (files("mara.ui") / "assets" / "insight_stream.js").read_text(encoding="utf-8")
    return st.components.v2.component(
        "mara_insight_stream", html=_HTML, css=_CSS, js=script, isolate_styles=False
    )


def show_reply(job: Job, *, key: str) -> None:
    """Show a reply under a stable `key`; the page runs again when it has ended."""
    data = {
        "stream": f"{_STREAM}/{job.job_id}",
        "html": reply_html(job.so_far),
        "running": job.running,
    }
    _component()(key=key, data=data, on_ended_change=_ended)


def _ended() -> None:
    """Let the fragment run again: the reply has ended."""


def reply_html(so_far: ReplySoFar) -> str:
    """Write a reply as HTML: its checked text, then the facts behind it."""
    text = to_html(so_far.sentences, so_far.sheet.zone)
    if so_far.ended is None and not so_far.sentences:
        return '<p class="mara-wait">Reading the facts…</p>'
    if so_far.ended is None:
        return text
    facts = _cited(so_far)
    if not facts:
        return text
    table = facts_html(facts, so_far.sheet.zone)
    title = escape(f"{len(facts)} facts behind this text, of {len(so_far.sheet.facts)} given")
    return f"{text}<details><summary>{title}</summary><div>{table}</div></details>"


def _cited(so_far: ReplySoFar) -> tuple[Fact, ...]:
    found = {
        fact.fact_id: fact
        for sentence in so_far.sentences
        for piece in sentence.figures
        for fact in piece.facts
    }
    return tuple(found.values())


async def _stream(request: Request) -> Response:
    try:
        job = platform.insights().job(request.path_params["job"])
    except MaraError:
        job = None
    if job is None:
        return Response(status_code=404)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(events(job), media_type="text/event-stream", headers=headers)


async def events(job: Job) -> AsyncIterator[str]:
    """Send what is to be shown whenever it has changed, until the reply has ended."""
    seen, begun, beat = -1, asyncio.get_running_loop().time(), 0.0
    while (now := asyncio.get_running_loop().time()) < begun + _LONGEST_S:
        version, so_far = job.version, job.so_far
        if version != seen or so_far.ended is not None:
            seen, beat = version, now
            said = {"html": reply_html(so_far), "ended": so_far.ended is not None}
            yield f"data: {json.dumps(said)}\n\n"
            if so_far.ended is not None:
                return
        elif now > beat + _BEAT_S:
            beat = now
            yield ": still writing\n\n"
        await asyncio.sleep(_LOOK_S)


INSIGHT_ROUTES: Final = (Route(f"/{_STREAM}/{{job}}", _stream),)
"""What the page fetches: replies as they are written."""
