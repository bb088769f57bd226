"""Answers of games: at once where that is quick, else by the workers, with progress and cancel."""

from __future__ import annotations

from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from mara.bootstrap.chance import generator
from mara.services.games import GameKind, kind_of, parsed
from mara.services.games_cooperative import Sharing, coalitional_game, sharing_of
from mara.services.games_energy import game_of_worths, pieces_of, worths_of
from mara.services.games_finite import game_from
from mara.services.games_markets import market_answer
from mara.services.games_nash import WAYS, equilibria_of, learnt, learnt_by, recommended
from mara.services.games_stackelberg import leader_answer, tariff_market
from mara.services.games_vcg import auction_answer, lies_of
from mara.services.jobs import Work
from mara.ui import format as fmt
from mara.ui import platform
from mara.ui.once import once_for_all
from mara.ui.progress import watch

if TYPE_CHECKING:
    from collections.abc import Callable

    from mara.errors import MaraError
    from mara.services.games_markets import MarketAnswer
    from mara.services.games_nash import Learning, Recommended, Solved
    from mara.services.games_stackelberg import LeaderAnswer
    from mara.services.games_vcg import AuctionAnswer, Lie

__all__ = [
    "auctioned",
    "led",
    "lied",
    "market_solved",
    "recommendation",
    "shared",
    "solved",
    "taught",
]

_KEPT: Final = 32
_SEED: Final = 7
_QUICK_CELLS: Final = 200
_QUICK_ADVICE: Final = 5_000
_QUICK_PLAYERS: Final = 8
_QUICK_TARIFF: Final = 12
_QUICK_BIDS: Final = 60


def shared(document: str) -> Sharing | None:
    """Share a coalitional or an energy game; None while that is worked on."""
    if kind_of(document) is GameKind.ENERGY:
        pieces = pieces_of(document)
        if len(pieces) == 1:
            return _energy_now(document)
        work = Work(
            pieces=tuple((worths_of, (document, piece)) for piece in pieces),
            combine=partial(_energy_sharing, document),
        )
        found: Sharing | None = _worked(f"shared {document}", work)
        return found
    if len(parsed(document).get("players", [])) > _QUICK_PLAYERS:
        slow: Sharing | None = _one_piece("shared", _coalitions, document)
        return slow
    return _coalitions_now(document)


def _coalitions(document: str) -> Sharing:
    game, notices = coalitional_game(document)
    return sharing_of(game, notices=notices)


_coalitions_now = once_for_all(_KEPT)(_coalitions)


@once_for_all(_KEPT)
def _energy_now(document: str) -> Sharing:
    return _energy_sharing(document, [worths_of(document, p) for p in pieces_of(document)])


def _energy_sharing(document: str, worths: list[tuple[float, ...]]) -> Sharing:
    game = game_of_worths(document, tuple(chain.from_iterable(worths)))
    return sharing_of(game, unit="USD")


_equilibria_now = once_for_all(_KEPT)(equilibria_of)
_recommended_now = once_for_all(_KEPT)(recommended)
_market_now = once_for_all(_KEPT)(market_answer)
_leader_now = once_for_all(_KEPT)(leader_answer)
_auction_now = once_for_all(_KEPT)(auction_answer)
_lies_now = once_for_all(_KEPT)(lies_of)


def solved(document: str, method: str) -> Solved | None:
    """Find equilibria; None while that is worked on."""
    if game_from(parsed(document)).payoffs[0].size > _QUICK_CELLS:
        found: Solved | None = _one_piece("solved", equilibria_of, document, method)
        return found
    return _equilibria_now(document, method)


def recommendation(document: str) -> Recommended | None:
    """Find what a mediator could recommend; None while that is worked on."""
    shape = game_from(parsed(document)).shape
    cells = 1
    for count in shape:
        cells *= count
    if cells * sum(count * count for count in shape) > _QUICK_ADVICE:
        found: Recommended | None = _one_piece("advice", recommended, document)
        return found
    return _recommended_now(document)


def taught(document: str) -> Learning | None:
    """Let players learn; None while that is worked on."""
    rngs = [generator(_SEED + k) for k in range(len(WAYS))]
    work = Work(
        pieces=tuple(
            (learnt_by, (document, way, rng)) for way, rng in zip(WAYS, rngs, strict=True)
        ),
        combine=partial(learnt, document),
    )
    found: Learning | None = _worked(f"learnt {document}", work)
    return found


def market_solved(document: str) -> MarketAnswer:
    """Solve a game with quantities."""
    return _market_now(document)


def led(document: str) -> LeaderAnswer | None:
    """Solve a game of leaders; None while that is worked on."""
    if kind_of(document) is GameKind.TARIFF:
        market = tariff_market(document)
        if len(market.sites) * len(market.wholesale_usd_per_mwh) > _QUICK_TARIFF:
            found: LeaderAnswer | None = _one_piece("led", leader_answer, document)
            return found
    return _leader_now(document)


def auctioned(document: str) -> AuctionAnswer | None:
    """Solve an auction; None while that is worked on."""
    if len(parsed(document).get("bids", [])) > _QUICK_BIDS:
        found: AuctionAnswer | None = _one_piece("auction", auction_answer, document)
        return found
    return _auction_now(document)


def lied(document: str, bidder: str) -> Lie | None:
    """Try one bidder's lies; None while that is worked on."""
    if len(parsed(document).get("bids", [])) > _QUICK_BIDS:
        found: Lie | None = _one_piece("lies", lies_of, document, bidder)
        return found
    return _lies_now(document, bidder)


def _one_piece(what: str, call: Callable[..., Any], *args: Any) -> Any:  # noqa: ANN401
    work = Work(pieces=((call, args),), combine=lambda found: found[0])
    return _worked(" ".join([what, *map(str, args)]), work)


def _worked(name: str, work: Work) -> Any:  # noqa: ANN401
    """Give the answer of a job; while it is at work, show how far it is and give None.

    Raises
    ------
    MaraError
        The job failed.
    """
    jobs = platform.jobs()
    seen = jobs.look(name)
    if seen is None:
        jobs.start(name, work)
        seen = jobs.look(name)
    if seen is None or not seen.ended:
        watch(
            partial(jobs.look, name),
            partial(jobs.cancel, name),
            doing="Solved by the workers",
            key="games",
        )
        return None
    if seen.cancelled:
        st.info("Cancelled: nothing is worked out.", icon=":material/cancel:")
        st.button("Solve it again", key="games_again", on_click=jobs.start, args=(name, work))
        return None
    if seen.error is not None:
        jobs.forget(name)
        raise seen.error
    return seen.answer


def tell(error: MaraError) -> None:
    """Show what is wrong in one sentence."""
    st.error(fmt.plain(str(error)))
