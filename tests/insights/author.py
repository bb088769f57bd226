"""A model of the tests: it reads the sheet of a request and writes a cited text of it."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.insights.server.script import Answer, Recorded, call, say, say_json

FACT = re.compile(r"^([a-z0-9_.]+): (-?[\d,.]+ ?[^|]*?) \| (\".*?\") \|", re.MULTILINE)
VIEW = re.compile(r"View: (\w+)")
WRONG = "It was 987.65 USD/MWh [price.energy.now] before."


def facts_of(request: Recorded) -> dict[str, str]:
    """Facts of the newest sheet, as they are written: figure with its unit by id."""
    for message in reversed(request.body["messages"]):
        if isinstance(message["content"], str) and "<facts>" in message["content"]:
            return {m[1]: m[2].strip() for m in FACT.finditer(message["content"])}
    return {}


def view_of(request: Recorded) -> str:
    texts = [m["content"] for m in request.body["messages"] if isinstance(m["content"], str)]
    return VIEW.findall(texts[-1])[-1]


def cited(facts: dict[str, str], *prefixes: str, most: int = 4) -> str:
    rows = [(i, f) for i, f in facts.items() if i.startswith(prefixes)][:most]
    return " ".join(f"Here stands **{figure}** [{fact_id}]." for fact_id, figure in rows)


TOPICS = {
    "market": ("price.", "forecast.energy", "strike."),
    "agents": ("eval.", "shadow.", "weight."),
    "commentary": ("plan.", "price.energy.now"),
    "sentiment": ("news.",),
    "recommendations": ("plan.", "proposal."),
    "chat": ("price.",),
}


def answer(request: Recorded) -> Answer:
    """Answer any request of the project as a careful model would, with one planted wrong figure."""
    if (request.body.get("output_config") or {}).get("format"):
        return say_json({"tags": tags_of(request)})
    view, facts = view_of(request), facts_of(request)
    results = _results(request)
    if view == "chat" and not results and _has(request, "forecast"):
        return call("forecast", before="Let me look at the forecast. ", what="price", horizon_h=6)
    if view == "recommendations" and not results and _has(request, "propose_action"):
        return call("propose_action", kind="battery", window_min=15, battery_mw=0.0, why="wait")
    facts = facts | results
    text = cited(facts, *TOPICS[view])
    if results:
        text = cited(results, "tool.", "proposal.") + " " + text
    return say(f"{text} {WRONG}", chunk_s=0.02)


def tags_of(request: Recorded) -> list[dict[str, Any]]:
    text = request.body["messages"][0]["content"]
    rows = re.findall(r"^(\d+): (\".*\")$", text, re.MULTILINE)
    return [
        {
            "number": int(number),
            "entity": "power",
            "direction": "adverse",
            "confidence": 0.8,
            "quote": json.loads(quoted)[:20],
        }
        for number, quoted in rows
    ]


def _has(request: Recorded, tool: str) -> bool:
    return any(t["name"] == tool for t in request.body.get("tools") or [])


def _results(request: Recorded) -> dict[str, str]:
    """Facts that tools gave, as figures with their unit."""
    found = {}
    for message in request.body["messages"]:
        if not isinstance(message["content"], list):
            continue
        for block in message["content"]:
            if block.get("type") == "tool_result" and block["content"].startswith("{"):
                facts = json.loads(block["content"])["facts"]
                found |= {f["id"]: f"{f['value']:,.4f} {f['unit']}".strip() for f in facts}
    return found
