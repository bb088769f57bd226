"""Replies with planted numbers: what the checker shows of each number."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from mara.insights.checking import Checker
from mara.insights.facts import Fact, FactSheet
from mara.insights.scripts import cleaned
from mara.insights.sentences import SentenceCutter

DATA = Path(__file__).resolve().parent / "data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A number of a reply, and whether the checker marked all, some or none of its digits."""

    reply: str
    text: str
    kind: str
    traceable: bool
    marked: bool
    shown: bool
    context: str


def records(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


def sheets(name: str) -> dict[str, FactSheet]:
    return {record["id"]: _sheet(record) for record in records(name)}


def _sheet(record: dict[str, Any]) -> FactSheet:
    facts = tuple(
        Fact(
            fact_id=fact["id"],
            label=fact["name"],
            value=fact["value"],
            unit=fact["unit"],
            at=datetime.fromisoformat(fact["at"]),
            source="invented",
            badge="ASSUMED",
        )
        for fact in record["facts"]
    )
    return FactSheet(site_id="invented", made_at=facts[0].at, zone="UTC", facts=facts)


def judge(reply: dict[str, Any], sheet: FactSheet) -> list[Judged]:
    """Stream a reply through cutter and checker, and find each of its numbers again."""
    cutter, checker = SentenceCutter(), Checker(sheet)
    text = reply["text"]
    sentences = [s for i in range(0, len(text), 12) for s in cutter.feed(text[i : i + 12])]
    pieces = [p for s in (*sentences, cutter.rest()) if s for p in checker.check(s).pieces]
    shown = "".join(p.text for p in pieces)
    marks = "".join(("x" if p.kind == "untraced" else ".") * len(p.text) for p in pieces)
    found, at = [], 0
    for number in reply["numbers"]:
        wanted = cleaned(number["text"])
        place = shown.find(wanted, at)
        assert place >= 0, (reply["id"], wanted, shown)
        at = place + len(wanted)
        digits = [i for i in range(place, at) if shown[i].isalnum()]
        found.append(
            Judged(
                reply=reply["id"],
                text=number["text"],
                kind=number["kind"],
                traceable=number["traceable"],
                marked=any(marks[i] == "x" for i in digits),
                shown=any(marks[i] != "x" for i in digits if shown[i].isdigit()),
                context=re.sub(
                    r"\s+", " ", text[max(number["start"] - 70, 0) : number["end"] + 70]
                ),
            )
        )
    return found


def judged(suffix: str) -> list[Judged]:
    """Judge all replies of the first set (suffix "") or of the second ("_2")."""
    known = sheets(f"sheets{suffix}.jsonl")
    return [
        one
        for reply in records(f"replies{suffix}.jsonl")
        for one in judge(reply, known[reply["sheet"]])
    ]
