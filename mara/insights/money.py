"""What replies cost: tokens, prices, budgets by day and session, and the meter that holds them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from mara.domain.checks import non_negative, whole
from mara.errors import RefusedError
from mara.units import TOKENS_PER_MTOK

if TYPE_CHECKING:
    from collections.abc import Callable

    from mara.clock import Clock

__all__ = ["Budget", "Meter", "Reservation", "Spent", "TokenPrices", "Usage", "most_usage"]

_SESSIONS_KEPT: Final = 512
_ADDED_TOKENS: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens of a reply: read afresh, written to the cache, read from it, and written out."""

    input_tokens: int = 0
    cache_write_tokens: int = 0
    cache_read_tokens: int = 0
    output_tokens: int = 0

    def __post_init__(self) -> None:
        for name in ("input_tokens", "cache_write_tokens", "cache_read_tokens", "output_tokens"):
            whole("Usage", name, getattr(self, name))

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            input_tokens=self.input_tokens + other.input_tokens,
            cache_write_tokens=self.cache_write_tokens + other.cache_write_tokens,
            cache_read_tokens=self.cache_read_tokens + other.cache_read_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
        )

    @property
    def total(self) -> int:
        """All tokens, in and out."""
        return (
            self.input_tokens
            + self.cache_write_tokens
            + self.cache_read_tokens
            + self.output_tokens
        )


def most_usage(*, request_bytes: int, max_tokens: int) -> Usage:
    """Bound what a request can be billed: input <= its bytes + 1,000, output <= `max_tokens`.

    A token is at least one byte; 1,000 tokens stand for what the service adds by itself, such as
    its rules for tools and schemas. All input may be written to the cache, which costs most.
    """
    return Usage(cache_write_tokens=request_bytes + _ADDED_TOKENS, output_tokens=max_tokens)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPrices:
    """Prices of a model, USD per million tokens."""

    input_usd: float
    output_usd: float
    cache_write_usd: float
    cache_read_usd: float

    def __post_init__(self) -> None:
        for name in ("input_usd", "output_usd", "cache_write_usd", "cache_read_usd"):
            non_negative("TokenPrices", name, getattr(self, name))

    def cost_usd(self, usage: Usage) -> float:
        """Price a usage: sum of tokens x price / 10^6, in USD."""
        total = (
            usage.input_tokens * self.input_usd
            + usage.output_tokens * self.output_usd
            + usage.cache_write_tokens * self.cache_write_usd
            + usage.cache_read_tokens * self.cache_read_usd
        )
        return total / TOKENS_PER_MTOK


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Most that may be spent in a day (UTC) and in a session, in USD; zero spends nothing."""

    day_usd: float
    session_usd: float

    def __post_init__(self) -> None:
        non_negative("Budget", "day_usd", self.day_usd)
        non_negative("Budget", "session_usd", self.session_usd)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What was spent; `reserved_usd` is held for replies that run."""

    usd: float = 0.0
    reserved_usd: float = 0.0
    replies: int = 0
    usage: Usage = Usage()

    @property
    def bound_usd(self) -> float:
        """Most that this comes to when all that runs takes what is held for it."""
        return self.usd + self.reserved_usd


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """Money held for a reply: settle it once, with what the reply took."""

    session: str
    day: str
    usd: float


def _nothing_spent(day: str) -> float:
    del day
    return 0.0


def _forgotten(day: str, usd: float) -> None:
    del day, usd


class Meter:
    """Counts tokens and money, and refuses what the budget does not cover; safe from any thread.

    A reply is allowed only if the most it can cost still fits, so that spending never exceeds the
    budget. `day` of an earlier process goes on from what `restored` says was spent on it.
    """

    def __init__(
        self,
        budget: Budget,
        clock: Clock,
        *,
        restored: Callable[[str], float] = _nothing_spent,
        kept: Callable[[str, float], None] = _forgotten,
    ) -> None:
        self.budget = budget
        self._clock = clock
        self._restored = restored
        self._kept = kept
        self._lock = threading.Lock()
        self._day = ""
        self._of_day = Spent()
        self._sessions: OrderedDict[str, Spent] = OrderedDict()

    def of_day(self) -> Spent:
        """Read what was spent today, by all sessions together."""
        with self._lock:
            self._turn()
            return self._of_day

    def of_session(self, session: str) -> Spent:
        """Read what a session has spent."""
        with self._lock:
            return self._sessions.get(session, Spent())

    def reserve(self, session: str, most_usd: float) -> Reservation:
        """Hold `most_usd` for a reply.

        Raises
        ------
        RefusedError
            It does not fit into the budget of the day (rule "day budget") or of the session
            (rule "session budget").
        """
        non_negative("Meter.reserve", "most_usd", most_usd)
        with self._lock:
            self._turn()
            of_session = self._sessions.get(session, Spent())
            _fits("day", self._of_day, self.budget.day_usd, most_usd)
            _fits("session", of_session, self.budget.session_usd, most_usd)
            self._of_day = _held(self._of_day, most_usd)
            self._put(session, _held(of_session, most_usd))
            return Reservation(session=session, day=self._day, usd=most_usd)

    def settle(self, held: Reservation, usage: Usage, cost_usd: float) -> None:
        """Book what the reply took in place of what was held for it."""
        with self._lock:
            self._turn()
            if held.day == self._day:
                self._of_day = _booked(self._of_day, held.usd, usage, cost_usd)
            else:
                self._of_day = _booked(self._of_day, 0.0, usage, cost_usd)
            of_session = self._sessions.get(held.session, Spent())
            self._put(held.session, _booked(of_session, held.usd, usage, cost_usd))
            day, usd = self._day, self._of_day.usd
        if cost_usd:
            self._kept(day, usd)

    def _put(self, session: str, spent: Spent) -> None:
        self._sessions[session] = spent
        self._sessions.move_to_end(session)
        if len(self._sessions) > _SESSIONS_KEPT:
            self._sessions.popitem(last=False)

    def _turn(self) -> None:
        """Begin a new day at midnight UTC."""
        today = self._clock.now().date().isoformat()
        if today != self._day:
            self._day = today
            self._of_day = Spent(usd=self._restored(today))


def _fits(what: str, spent: Spent, budget_usd: float, most_usd: float) -> None:
    left = budget_usd - spent.bound_usd
    if most_usd > left + 1e-12:
        raise RefusedError(
            f"the budget of this {what} is {budget_usd:,.2f} USD and {max(left, 0.0):,.4f} USD of "
            f"it is left; this reply may take up to {most_usd:,.4f} USD",
            rule=f"{what} budget",
        )


def _held(spent: Spent, usd: float) -> Spent:
    return replace(spent, reserved_usd=spent.reserved_usd + usd)


def _booked(spent: Spent, held_usd: float, usage: Usage, cost_usd: float) -> Spent:
    return Spent(
        usd=spent.usd + cost_usd,
        reserved_usd=max(spent.reserved_usd - held_usd, 0.0),
        replies=spent.replies + 1,
        usage=spent.usage + usage,
    )
