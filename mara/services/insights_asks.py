"""What each view asks a narrator: its facts, its tools, and what went before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mara.errors import MaraError
from mara.insights.facts import Fact, slug
from mara.insights.mentions import mentions
from mara.insights.narrator import Ask, View
from mara.insights.offline.views import LEAST_GAIN_USD
from mara.insights.sentiment.index import news_facts
from mara.services.insights_evaluation import evaluate_day, facts_of
from mara.services.insights_facts import sheet_of
from mara.services.insights_tools import chat_tools, proposal_facts, propose_tool

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    import numpy as np

    from mara.agents.snapshot import Snapshot
    from mara.insights.narrator import Turn
    from mara.ledger.ledger import Ledger
    from mara.services.console import Console
    from mara.services.insights_news import NewsDesk
    from mara.services.insights_proposals import Proposal, Proposals

__all__ = ["Asks"]

_TRIED: Final = 16
_MOST_QUESTION: Final = 1_000


class Asks:
    """Makes asks; each method reads the newest snapshot, and may take a second."""

    def __init__(
        self,
        console: Console,
        *,
        ledger: Ledger,
        news: NewsDesk,
        proposals: Proposals,
        rng: Callable[[], np.random.Generator],
    ) -> None:
        self._console = console
        self._ledger = ledger
        self._news = news
        self._proposals = proposals
        self._tools = chat_tools(console, rng)

    def plain(self, view: View) -> Ask:
        """Ask for a view that needs the snapshot only."""
        return Ask(view=view, sheet=sheet_of(self._console.snapshot()))

    def agents(self) -> Ask:
        """Ask for the agents' performance, with the day evaluated."""
        snapshot = self._console.snapshot()
        evaluation = facts_of(evaluate_day(snapshot, self._ledger), snapshot)
        return Ask(view=View.AGENTS, sheet=sheet_of(snapshot, *evaluation))

    def sentiment(self, now: datetime) -> Ask:
        """Ask for the sentiment, with headlines as outside text."""
        snapshot = self._console.snapshot()
        facts = news_facts(self._news.tagged(), now)
        return Ask(
            view=View.SENTIMENT, sheet=sheet_of(snapshot, *facts, outside=self._news.outside())
        )

    def recommendations(self, by: str, *, own: bool, keep: Callable[[Proposal], None]) -> Ask:
        """Ask for recommendations.

        With `own` we try the plain moves ourselves, and keep those that gain as proposals; else
        the narrator proposes by a tool.
        """
        sheet = sheet_of(self._console.snapshot())
        if own:
            return Ask(
                view=View.RECOMMENDATIONS, sheet=sheet.extended(self._tried(by, sheet.digest, keep))
            )
        tool = propose_tool(self._proposals, by=by, sheet=sheet, keep=keep)
        return Ask(view=View.RECOMMENDATIONS, sheet=sheet, tools=(tool,))

    def chat(self, question: str, earlier: tuple[Turn, ...]) -> Ask:
        """Ask a person's question; its figures are facts of theirs, which a text must cite."""
        snapshot = self._console.snapshot()
        asked = question[:_MOST_QUESTION]
        return Ask(
            view=View.CHAT,
            sheet=sheet_of(snapshot, *_asked_facts(asked, snapshot)),
            question=asked,
            earlier=earlier,
            tools=self._tools,
        )

    def _tried(self, by: str, digest: str, keep: Callable[[Proposal], None]) -> tuple[Fact, ...]:
        """Value the plain moves; best first."""
        found = []
        for move in self._proposals.moves()[:_TRIED]:
            try:
                why = "tried by the optimiser against the decision in force"
                found.append(self._proposals.propose(move, why=why, by=by, sheet=digest))
            except MaraError:
                continue
        found.sort(key=lambda proposal: -proposal.gain_usd)
        for proposal in found:
            if proposal.gain_usd >= LEAST_GAIN_USD:
                keep(proposal)
        return tuple(fact for proposal in found for fact in proposal_facts(proposal))


def _asked_facts(question: str, snapshot: Snapshot) -> tuple[Fact, ...]:
    """Write the figures of a question as facts of the person who asked."""
    made = {}
    for number, mention in enumerate(mentions(question), start=1):
        if mention.kind not in {"number", "word"} or mention.loose:
            continue
        unit = _unit_of(mention.text) if mention.unit else ""
        fact_id = f"asked.{slug(str(number))}"
        made[fact_id] = Fact(
            fact_id=fact_id,
            label="from the question",
            value=mention.raw,
            unit=unit,
            at=snapshot.clock,
            source="the person who asks",
            badge="ASSUMED",
        )
    return tuple(made.values())


def _unit_of(text: str) -> str:
    return text.lstrip("+-\u2212$ 0123456789.,").strip() or ("USD" if "$" in text else "")
