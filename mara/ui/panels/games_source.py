"""Where a game comes from: the site's own numbers, a published one, or the user's own."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from mara.domain import Origin
from mara.errors import MaraError
from mara.services.games import GameKind, Preset, as_nfg, kind_of, own_game, parsed
from mara.services.games_neighbours import MOST_NEIGHBOURS
from mara.services.games_site import Pose
from mara.ui import badges
from mara.ui import format as fmt
from mara.ui.panels.box import download, panel
from mara.ui.panels.games_editors import edited
from mara.ui.press import pressed

if TYPE_CHECKING:
    from mara.agents.snapshot import Snapshot
    from mara.services.console import Console

__all__ = ["Shelf", "game_panel"]

_OWN: Final = "Your own game"
_PUBLISHED: Final = badges.Badge(
    label=Origin.ASSUMED.value, color="orange", help="figures of a published example, or your own"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """The games of one sub-tab: those posed on the site, those published, and kinds accepted."""

    key: str
    poses: Mapping[str, Pose]
    presets: Mapping[str, Preset]
    kinds: tuple[GameKind, ...]
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Posed:
    document: str
    words: str
    source: str
    badges: tuple[badges.Badge, ...]


def game_panel(shelf: Shelf, console: Console) -> str | None:
    """Let the reader choose and edit a game; give its document, None where there is none yet."""
    about = "Edit any cell: the answer beside it is worked out anew."
    with panel("The game", about=about, height="content"):
        name = st.selectbox(
            "Game",
            [*shelf.poses, *shelf.presets, _OWN],
            key=f"games_{shelf.key}_choice",
            label_visibility="collapsed",
        )
        try:
            posed = _posed(shelf, str(name), console)
            if posed is None:
                return None
            return _stated(shelf, posed)
        except MaraError as error:
            st.error(fmt.plain(str(error)))
            return None


def _posed(shelf: Shelf, name: str, console: Console) -> _Posed | None:
    if name in shelf.presets:
        preset = shelf.presets[name]
        return _Posed(
            document=preset.document,
            words=preset.words,
            source=preset.source,
            badges=(_PUBLISHED,),
        )
    return _own(shelf) if name == _OWN else _of_site(shelf, name, console)


def _of_site(shelf: Shelf, name: str, console: Console) -> _Posed:
    pose = shelf.poses[name]
    count, again = st.columns([2, 1], vertical_alignment="bottom")
    neighbours = pose.least
    if pose.chosen:
        neighbours = count.slider(
            "Neighbours on the feeder",
            pose.least,
            MOST_NEIGHBOURS,
            2,
            key=f"games_{shelf.key}_neighbours_{pose.least}",
        )
    anew = pressed(
        again.button,
        "Take anew",
        key=f"games_{shelf.key}_again",
        width="stretch",
        help="Pose the game on the site's numbers of this moment; edits are given up.",
    )
    kept: dict[str, Any] = st.session_state.get(f"games_{shelf.key}_taken", {})
    if anew or (kept.get("name"), kept.get("neighbours")) != (name, neighbours):
        kept = _taken(shelf, name, int(neighbours), console.snapshot())
        st.session_state[f"games_{shelf.key}_taken"] = kept
    read = badges.Badge(label=kept["label"], color=kept["color"], help=kept["help"])
    assumed = badges.Badge(label=Origin.ASSUMED.value, color="orange", help=kept["source"])
    return _Posed(
        document=kept["document"],
        words=kept["words"],
        source=kept["source"],
        badges=(read, assumed),
    )


def _taken(shelf: Shelf, name: str, neighbours: int, snapshot: Snapshot) -> dict[str, Any]:
    """Pose the game on the numbers of now, as plain values that a session may keep."""
    preset = shelf.poses[name].make(snapshot, neighbours)
    badge = badges.data_badge(snapshot.market)
    taken = fmt.moment(snapshot.clock, snapshot.site.zone)
    return {
        "name": name,
        "neighbours": neighbours,
        "document": preset.document,
        "words": preset.words,
        "source": preset.source,
        "label": fmt.plain(f"{snapshot.market.feed.label} · taken {taken}"),
        "color": badge.color,
        "help": badge.help,
    }


def _own(shelf: Shelf) -> _Posed | None:
    given = st.file_uploader(
        "Upload a file (JSON or Gambit .nfg)",
        type=["json", "nfg", "txt"],
        key=f"games_{shelf.key}_file",
    )
    typed = st.text_area(
        "or paste it here",
        key=f"games_{shelf.key}_text",
        height=130,
        placeholder=shelf.example,
    )
    text = given.getvalue().decode("utf-8", errors="replace") if given is not None else typed
    if not str(text or "").strip():
        st.caption("Nothing is given yet; the grey text shows the form.")
        return None
    return _Posed(
        document=own_game(str(text), shelf.kinds),
        words="Your own game.",
        source="given by you",
        badges=(_PUBLISHED,),
    )


def _stated(shelf: Shelf, posed: _Posed) -> str:
    """Say the game in words, show its tables, and offer it as a file."""
    with st.container(horizontal=True, gap="small"):
        for badge in posed.badges:
            badges.show(badge)
    st.markdown(fmt.plain(posed.words))
    digest = hashlib.blake2b(posed.document.encode(), digest_size=6).hexdigest()
    document = edited(posed.document, f"games_{shelf.key}_{digest}")
    st.caption(fmt.plain(f"Source: {posed.source}."))
    _files(shelf, document)
    return document


def _files(shelf: Shelf, document: str) -> None:
    with st.container(horizontal=True, horizontal_alignment="right", gap="small"):
        download(
            "Game as JSON",
            document.encode(),
            file=f"game_{shelf.key}.json",
            mime="application/json",
            key=f"games_{shelf.key}_json",
        )
        if kind_of(document) is GameKind.FINITE and parsed(document):
            download(
                "as .nfg",
                partial(_nfg, document),
                file=f"game_{shelf.key}.nfg",
                mime="text/plain",
                key=f"games_{shelf.key}_nfg",
            )


def _nfg(document: str) -> bytes:
    return as_nfg(document).encode()
