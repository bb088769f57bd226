"""Our own overhead per reply, how soon a checked sentence is shown, and how well headlines are read.

Run as ``python -m bench.insights`` from the repository's root; nothing leaves the machine.
"""

from __future__ import annotations

import asyncio
import csv
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from mara.insights.checking import Checker
from mara.insights.claude.prompt import RULES, first_messages, system_blocks
from mara.insights.facts import Fact, FactSheet
from mara.insights.guard import Guard
from mara.insights.narrator import Ask, Ended, EndReason, TextDelta, View
from mara.insights.render import facts_html, to_html
from mara.insights.reply import ReplyWriter
from mara.insights.sentences import SentenceCutter
from mara.insights.sentiment.lexicon import read_headline
from mara.services.insights_jobs import Job
from mara.ui.insight_stream import events

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mara.insights.narrator import Event

__all__ = ["Line", "held_out_scores", "macro_f1", "main", "overhead_ms", "shown_after_ms"]

ROOT: Final = Path(__file__).resolve().parents[1]
HEADLINES: Final = ROOT / "tests" / "insights" / "data" / "headlines.csv"
FIGURES: Final = 300
REPLIES: Final = 200
TOKENS_PER_S: Final = 60.0
AT: Final = datetime(2026, 6, 2, 21, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row of the table: what was measured, the figure, and the bound it is held to."""

    what: str
    figure: str
    bound: str


def sheet_of(count: int = FIGURES) -> FactSheet:
    """Make a sheet of prices, powers and amounts."""
    units = ("USD/MWh", "MW", "USD", "MWh", "%")
    facts = tuple(
        Fact(
            fact_id=f"group{i % 12}.figure_{i}",
            label=f"figure {i}",
            value=17.31 + 3.07 * i,
            unit=units[i % len(units)],
            at=AT,
            source="bench",
            badge="SIMULATED",
        )
        for i in range(count)
    )
    return FactSheet(site_id="bench", made_at=AT, zone="America/Chicago", facts=facts)


def text_of(sheet: FactSheet, start: int, sentences: int = 12) -> str:
    """Write a reply of cited sentences, every fourth with a figure that is wrong."""
    parts = []
    for k in range(sentences):
        fact = sheet.facts[(start * 7 + k * 11) % len(sheet.facts)]
        shift = 5.0 if k % 4 == 3 else 0.0
        parts.append(
            f"The {fact.label.split()[0]} number stands at **{fact.value + shift:,.2f} {fact.unit}** "
            f"[{fact.fact_id}] at the moment."
        )
    return " ".join(parts)


def overhead_ms() -> np.ndarray:
    """Time facts, prompt, check and rendering of whole replies, in ms each."""
    times = []
    for number in range(REPLIES + 10):
        begun = time.perf_counter()
        sheet = sheet_of()
        ask = Ask(view=View.MARKET, sheet=sheet)
        first_messages(ask)
        system_blocks()
        cutter, checker = SentenceCutter(), Checker(sheet)
        text = text_of(sheet, number)
        sentences = [s for i in range(0, len(text), 16) for s in cutter.feed(text[i : i + 16])]
        checked = [checker.check(sentence) for sentence in (*sentences, cutter.rest())]
        to_html(checked, sheet.zone)
        cited = [fact for one in checked for piece in one.figures for fact in piece.facts]
        facts_html(cited, sheet.zone)
        times.append((time.perf_counter() - begun) * 1e3)
    return np.array(times[10:])


class _Paced:
    """A narrator that writes tokens at the pace of a real one, and notes when each was written."""

    name = "bench"

    def __init__(self, text: str) -> None:
        self._tokens = [text[i : i + 4] for i in range(0, len(text), 4)]
        self.written: list[float] = []

    def narrate(self, ask: Ask, stopped: Callable[[], bool]) -> Iterator[Event]:
        """Write the text, one token of four characters each 1/60 s."""
        del ask, stopped
        wait = threading.Event()
        for token in self._tokens:
            wait.wait(1.0 / TOKENS_PER_S)
            self.written.append(time.perf_counter())
            yield TextDelta(text=token)
        yield Ended(reason=EndReason.DONE, model=self.name)


def shown_after_ms(sentences: int = 24) -> np.ndarray:
    """Time from the token that ends a sentence to the event that shows it, in ms each."""
    sheet = sheet_of()
    parts = [f"It is {f.value:,.2f} {f.unit} [{f.fact_id}] now." for f in sheet.facts[:sentences]]
    ends = np.cumsum([len(part) + 1 for part in parts]) - 2
    narrator = _Paced(" ".join(parts))
    job = Job("bench", "bench", ReplyWriter("bench", sheet, Guard(RULES)))
    ask = Ask(view=View.MARKET, sheet=sheet)
    shown: list[float] = []

    async def follow() -> None:
        async for _ in events(job):
            fresh = len(job.so_far.sentences) - len(shown)
            shown.extend([time.perf_counter()] * fresh)

    thread = threading.Thread(target=job.run, args=(lambda: (narrator, ask),))
    thread.start()
    asyncio.run(follow())
    thread.join()
    written = [narrator.written[end // 4] for end in ends.tolist()]
    after: np.ndarray = (np.array(shown) - np.array(written)) * 1e3
    return after


def macro_f1(truth: list[str], said: list[str]) -> float:
    """Mean over classes of 2 TP / (2 TP + FP + FN); a class never said and never true is left out."""
    scores = []
    for name in sorted(set(truth)):
        hits = sum(t == s == name for t, s in zip(truth, said, strict=True))
        wrong = sum((t == name) != (s == name) for t, s in zip(truth, said, strict=True))
        scores.append(2.0 * hits / (2.0 * hits + wrong))
    return sum(scores) / len(scores)


def held_out_scores(split: str = "held_out") -> tuple[float, float, int]:
    """Score the lexicon and the majority baseline on the headlines of a split."""
    with HEADLINES.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == split]
    truth = [row["direction"] for row in rows]
    said = [str(read_headline(row["headline"]).direction) for row in rows]
    majority = max(sorted(set(truth)), key=truth.count)
    return macro_f1(truth, said), macro_f1(truth, [majority] * len(truth)), len(rows)


def lines() -> Iterator[Line]:
    """Measure everything."""
    times = overhead_ms()
    yield Line(
        what=f"facts, prompt, check and render of a reply, sheet of {FIGURES} figures, p99",
        figure=f"{np.percentile(times, 99):.1f} ms (median {np.median(times):.1f} ms)",
        bound="30 ms",
    )
    after = shown_after_ms()
    yield Line(
        what=f"last token of a sentence to the event that shows it, {len(after)} sentences, p99",
        figure=f"{np.percentile(after, 99):.0f} ms (median {np.median(after):.0f} ms)",
        bound="150 ms",
    )
    score, baseline, count = held_out_scores()
    yield Line(
        what=f"headlines read offline, macro-F1 on {count} held out (majority {baseline:.3f})",
        figure=f"{score:.3f}",
        bound="0.65",
    )


def main() -> None:
    """Measure everything and print the table as it goes."""
    print("| measured | figure | bound |")
    print("|---|---:|---:|")
    for line in lines():
        print(f"| {line.what} | {line.figure} | {line.bound} |", flush=True)


if __name__ == "__main__":
    main()
