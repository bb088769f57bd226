"""Insights: what the tab asks for. Nothing here is waited for by a tick, and nothing here acts."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from mara.clock import Clock
from mara.errors import MaraError, NarratorError, RefusedError
from mara.feeds.news import NewsReader
from mara.insights.claude.narrator import ClaudeNarrator, Model, Surroundings
from mara.insights.claude.prompt import RULES
from mara.insights.claude.request import Purse
from mara.insights.claude.tagging import tagged
from mara.insights.guard import Guard
from mara.insights.money import Budget, Meter, Spent, TokenPrices
from mara.insights.narrator import Ask, EndReason, Narrator, Turn, View
from mara.insights.offline.narrator import OFFLINE, OfflineNarrator
from mara.insights.reply import ReplyWriter
from mara.insights.sentiment.index import index_series
from mara.insights.standin import WithStandIn
from mara.services.insights_asks import Asks
from mara.services.insights_commentary import SHARED, Commentary, payer_of
from mara.services.insights_facts import sheet_of
from mara.services.insights_jobs import Job, Jobs
from mara.services.insights_keys import Keys
from mara.services.insights_news import NewsDesk, read_feeds
from mara.services.insights_proposals import Proposal, Proposals

if TYPE_CHECKING:
    from datetime import datetime

    from pydantic import SecretStr

    from mara.agents.commands import Outcome
    from mara.insights.sentiment.tags import TaggedHeadline
    from mara.ledger.ledger import Ledger
    from mara.services.console import Console
    from mara.services.insights_keys import Access
    from mara.settings import InsightSettings

__all__ = ["Insights", "Parts", "Standing"]

_CACHE_WRITE: Final = 1.25
_CACHE_READ: Final = 0.1
_TURNS: Final = 12
_SESSIONS: Final = 256
_NOTE: Final = "insights.spent."


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What insights are made of: real time for money and deadlines, chance, ids, and feeds."""

    clock: Clock
    rng: Callable[[], np.random.Generator]
    new_id: Callable[[], str]
    reader: NewsReader | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a session stands: who writes, what was spent of what, and what holds Claude back."""

    narrator: str
    own_key: bool
    session: Spent
    day: Spent
    budget: Budget
    held_back: str = ""


class Insights:
    """Texts, chat, commentary, sentiment and proposals; safe from any thread.

    Replies run in threads of their own and are read by `job`. Decisions never read anything here.
    """

    def __init__(
        self, console: Console, *, ledger: Ledger, settings: InsightSettings, parts: Parts
    ) -> None:
        self._console = console
        self._settings = settings
        self._parts = parts
        self._ledger = ledger
        self._guard = Guard(RULES)
        self._offline = OfflineNarrator()
        self._jobs = Jobs()
        self._lock = threading.Lock()
        self._chats: OrderedDict[str, deque[Turn]] = OrderedDict()
        self._proposed: dict[str, list[Proposal]] = {}
        self.keys = Keys(settings, parts.clock)
        self.news = NewsDesk()
        self.news_problems: tuple[str, ...] = ()
        self._reading = threading.Lock()
        self.proposals = Proposals(console, keep=self._keep_note, new_id=parts.new_id)
        self._asks = Asks(
            console, ledger=ledger, news=self.news, proposals=self.proposals, rng=parts.rng
        )
        budget = Budget(day_usd=settings.day_usd, session_usd=settings.session_usd)
        self.meter = Meter(budget, parts.clock, restored=self._spent_on, kept=self._keep_spent)
        self.commentary = Commentary(
            console.snapshot, start=self._comment, every_ticks=settings.commentary_ticks
        )

    def give_key(self, session: str, key: SecretStr) -> None:
        """Take a key for this session only; it stays in memory."""
        self.keys.give(session, key)

    def forget_key(self, session: str) -> None:
        """Drop the session's key."""
        self.keys.forget(session)

    def standing(self, session: str) -> Standing:
        """Say how a session stands."""
        access = self.keys.of(session)
        return Standing(
            narrator=OFFLINE if access is None else self._settings.model,
            own_key=access is not None and access.own,
            session=self.meter.of_session(self._payer(session)),
            day=self.meter.of_day(),
            budget=self.meter.budget,
            held_back=_held_back(access),
        )

    def ask(self, view: View, session: str, question: str = "") -> Job:
        """Start a reply; read it from the job that is returned at once."""
        job = self._job(session)
        told = partial(self._remember, question) if view is View.CHAT else None
        self._jobs.start(job, lambda: self._prepared(view, job, question), told)
        return job

    def job(self, job_id: str) -> Job | None:
        """Find a reply; None where it was dropped."""
        return self._jobs.find(job_id)

    def stop(self, job_id: str) -> None:
        """Stop a reply; what was said stays."""
        job = self._jobs.find(job_id)
        if job is not None:
            job.stop()

    def chat(self, session: str) -> tuple[Turn, ...]:
        """Read what Claude is told of the session's conversation."""
        with self._lock:
            return tuple(self._chats.get(session, ()))

    def restart_chat(self, session: str) -> None:
        """Forget the session's conversation."""
        with self._lock:
            self._chats.pop(session, None)

    def _remember(self, question: str, job: Job) -> None:
        """Put a finished exchange into the conversation; a refusal resets it instead."""
        so_far, session = job.so_far, job.session
        if so_far.ended is None:
            return
        if so_far.ended.reason is EndReason.REFUSED:
            self.restart_chat(session)
            return
        with self._lock:
            turns = self._chats.setdefault(session, deque(maxlen=_TURNS))
            turns.append(Turn(role="user", text=question))
            turns.append(Turn(role="assistant", text=so_far.text or "(no text)"))
            self._chats.move_to_end(session)
            while len(self._chats) > _SESSIONS:
                self._chats.popitem(last=False)

    def proposed(self, job_id: str) -> tuple[Proposal, ...]:
        """Read the proposals of a reply, best first."""
        with self._lock:
            found = tuple(self._proposed.get(job_id, ()))
        return tuple(sorted(found, key=lambda p: -p.gain_usd))

    def send_proposal(
        self, proposal_id: str, *, author: str, command_id: str, version: int | None = None
    ) -> Outcome:
        """Check a proposal again and hand it to the gate as the author's override."""
        return self.proposals.send(
            proposal_id, author=author, command_id=command_id, version=version
        )

    def paste(self, text: str) -> int:
        """Take pasted headlines; return how many are new."""
        return self.news.paste(text, self._parts.clock.now())

    def read_feeds(self) -> int:
        """Read the feeds that are due; return how many headlines are new."""
        if self._parts.reader is None:
            return 0
        with self._reading:
            headlines, self.news_problems = read_feeds(self._parts.reader, self._parts.clock.now())
        return self.news.take(headlines)

    def sentiment_index(self) -> tuple[tuple[datetime, ...], tuple[float, ...]]:
        """Compute the news index over the last days."""
        return index_series(self.news.tagged(), self._parts.clock.now())

    def headlines(self) -> tuple[TaggedHeadline, ...]:
        """Read the headlines with their tags, newest first."""
        return self.news.tagged()

    def close(self) -> None:
        """Stop all replies and close all connections."""
        self._jobs.close()
        self.keys.close()

    def _job(self, session: str) -> Job:
        writer = ReplyWriter(OFFLINE, sheet_of(self._console.snapshot()), self._guard)
        return Job(self._parts.new_id(), session, writer)

    def _comment(self) -> Job:
        """Start the commentary that all sessions share; it is paid from the settings' key."""
        job = self._job(SHARED)
        self._jobs.start(job, lambda: self._prepared(View.COMMENTARY, job, ""))
        return job

    def _prepared(self, view: View, job: Job, question: str) -> tuple[Narrator, Ask]:
        access = self.keys.shared if job.session == SHARED else self.keys.of(job.session)
        narrator = self._narrator(access, job.session)
        return narrator, self._ask_of(view, job, question, access)

    def _ask_of(self, view: View, job: Job, question: str, access: Access | None) -> Ask:
        if view is View.AGENTS:
            return self._asks.agents()
        if view is View.SENTIMENT:
            self.read_feeds()
            self._tag(access, job.session)
            return self._asks.sentiment(self._parts.clock.now())
        if view is View.RECOMMENDATIONS:
            by = OFFLINE if access is None else self._settings.model
            return self._asks.recommendations(
                by, own=access is None, keep=lambda p: self._keep_proposal(job.job_id, p)
            )
        if view is View.CHAT:
            return self._asks.chat(question, self.chat(job.session))
        return self._asks.plain(view)

    def _payer(self, session: str) -> str:
        return payer_of(session, self._parts.clock.now())

    def _narrator(self, access: Access | None, session: str) -> Narrator:
        if access is None:
            return self._offline
        settings = self._settings
        claude = ClaudeNarrator(
            access.connection,
            _model(settings.model, settings.input_usd, settings.output_usd, settings.max_tokens),
            purse=Purse(meter=self.meter, session=self._payer(session)),
            breaker=access.breaker,
            around=Surroundings(
                clock=self._parts.clock, rng=self._parts.rng(), deadline_s=settings.deadline_s
            ),
        )
        return WithStandIn(claude, self._offline)

    def _tag(self, access: Access | None, session: str) -> None:
        """Let the small model read what only the word list has read; without it, that stands."""
        if access is None:
            return
        settings = self._settings
        model = _model(
            settings.small_model,
            settings.small_input_usd,
            settings.small_output_usd,
            settings.max_tokens * 2,
        )
        purse = Purse(meter=self.meter, session=session)
        try:
            access.breaker.check()
            self.news.retag(lambda texts: tagged(texts, access.connection, model, purse))
        except NarratorError as error:
            if error.cause != "breaker":
                access.breaker.failed(error)
        except MaraError:
            return

    def _keep_proposal(self, job_id: str, proposal: Proposal) -> None:
        with self._lock:
            self._proposed.setdefault(job_id, []).append(proposal)
            while len(self._proposed) > _SESSIONS:
                self._proposed.pop(next(iter(self._proposed)))

    def _keep_note(self, key: str, value: bytes) -> None:
        try:
            self._ledger.save_remark(key, value)
        except MaraError as error:
            raise RefusedError(
                f"the proposal's provenance cannot be kept, so it is not sent: {error}",
                rule="provenance",
            ) from None

    def _spent_on(self, day: str) -> float:
        try:
            kept = self._ledger.note(_NOTE + day[:7])
        except MaraError:
            return 0.0
        found = re.fullmatch(rf"{day} (\d+\.\d+)", (kept or b"").decode(errors="replace"))
        return 0.0 if found is None else float(found[1])

    def _keep_spent(self, day: str, usd: float) -> None:
        """Keep what was spent today; where the ledger cannot, the meter of this process goes on."""
        try:
            self._ledger.save_remark(_NOTE + day[:7], f"{day} {usd:.6f}".encode())
        except MaraError:
            return


def _held_back(access: Access | None) -> str:
    if access is None:
        return ""
    try:
        access.breaker.check()
    except MaraError as error:
        return str(error)
    return ""


def _model(name: str, input_usd: float, output_usd: float, max_tokens: int) -> Model:
    prices = TokenPrices(
        input_usd=input_usd,
        output_usd=output_usd,
        cache_write_usd=input_usd * _CACHE_WRITE,
        cache_read_usd=input_usd * _CACHE_READ,
    )
    return Model(name=name, prices=prices, max_tokens=max_tokens)
