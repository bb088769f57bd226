"""Which past the tab works on: the live market frozen, a file, or a sample."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import streamlit as st

from mara.bootstrap.samples import sample_history
from mara.domain import Origin
from mara.errors import MaraError
from mara.services.stochastic_sources import Kind, Source, known_figures
from mara.ui import badges
from mara.ui import format as fmt
from mara.ui.panels.stochastic_work import desk
from mara.ui.press import pressed

if TYPE_CHECKING:
    from mara.domain import History

__all__ = ["source_badge", "source_bar"]

_DIGEST: Final = "stochastic_digest"
_MOST_BYTES: Final = 64_000_000


def source_bar() -> Source | None:
    """Let the reader choose a past; None where there is none yet."""
    with st.container(border=True, gap="small"):
        kind, controls, words = st.columns([1.15, 1.2, 1.6], vertical_alignment="center")
        with kind:
            chosen = st.segmented_control(
                "Work on",
                list(Kind),
                default=Kind.LIVE,
                required=True,
                key="stochastic_kind",
                label_visibility="collapsed",
            )
        with controls:
            {Kind.LIVE: _live, Kind.FILE: _file, Kind.SAMPLE: _sample}[Kind(chosen)]()
        with words:
            found = _chosen(Kind(chosen))
            if found is None:
                st.caption("Nothing is chosen yet: read a file or make a sample first.")
                return None
            _described(found)
    return found


def source_badge(source: Source) -> badges.Badge:
    """Say where figures that rest on this past come from."""
    return badges.frozen_badge(source.origin, source.kind, source.label)


def _described(source: Source) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        badges.show(source_badge(source))
        st.caption(f"{fmt.plain(source.label)}: {source.rows:,} intervals", width="content")


def _chosen(kind: Kind) -> Source | None:
    digest = st.session_state.get(f"{_DIGEST}_{kind}")
    try:
        return None if digest is None else desk().source(digest)
    except MaraError:
        return None


def _keep(source: Source) -> None:
    st.session_state[f"{_DIGEST}_{source.kind}"] = source.digest


def _live() -> None:
    """Freeze the live history: at once on the first visit, and whenever the reader asks."""
    newest = pressed(
        st.button,
        "Take the newest history",
        key="stochastic_live",
        help="Results rest on the history as it was when it was taken, so they can be repeated.",
    )
    if newest or _chosen(Kind.LIVE) is None:
        try:
            _keep(desk().live())
        except MaraError as error:
            st.info(fmt.plain(str(error)))


def _sample() -> None:
    with st.popover("Make a sample", icon=":material/casino:", width="stretch"):
        st.caption("A stretch of the seeded market: no market stands behind it.")
        number = st.number_input("Seed", min_value=0, value=7, step=1, key="stochastic_sample_seed")
        length = st.number_input(
            "Days", min_value=10, max_value=365, value=180, step=10, key="stochastic_sample_days"
        )
        if pressed(st.button, "Make it", key="stochastic_sample", type="primary", width="stretch"):
            _try_sample(int(number), int(length))


def _try_sample(seed: int, days: int) -> None:
    try:
        with st.spinner("Simulating a market"):
            history = desk().made(sample_history, seed, days)
    except MaraError as error:
        st.error(fmt.plain(str(error)))
        return
    label = f"{days} days of the seeded market, seed {seed}"
    source = _source(Kind.SAMPLE, f"sample:{seed}:{days}", label, Origin.SIMULATED, history)
    _keep(desk().put(source, history))


def _file() -> None:
    with st.popover("Read a file", icon=":material/upload_file:", width="stretch"):
        file = st.file_uploader("Price file: CSV, .csv.gz or Parquet", key="stochastic_file")
        tz = st.text_input("Zone of naive times", placeholder="UTC", key="stochastic_file_tz")
        names = st.text_input(
            "Columns", placeholder="energy_price=HB_WEST", key="stochastic_file_columns"
        )
        read = pressed(st.button, "Read it", key="stochastic_read", type="primary", width="stretch")
        if read and file is not None:
            _try_file(file.getvalue(), file.name, tz.strip(), names.strip())


def _try_file(content: bytes, name: str, tz: str, columns: str) -> None:
    if len(content) > _MOST_BYTES:
        st.error(f"The file is above {_MOST_BYTES / 1e6:.0f} MB; cut it to the years that matter.")
        return
    try:
        with st.spinner("Reading the file"):
            file = desk().upload(content, name, tz, columns)
    except MaraError as error:
        st.error(fmt.plain(str(error)))
        return
    digest = hashlib.blake2b(content + f"{tz}|{columns}".encode(), digest_size=12).hexdigest()
    history = file.history()
    source = _source(Kind.FILE, f"file:{digest}", name, Origin.REPLAY, history)
    _keep(desk().put(source, history, file))


def _source(kind: Kind, digest: str, label: str, origin: Origin, history: History) -> Source:
    return Source(
        kind=kind,
        digest=digest,
        label=label,
        origin=origin,
        rows=len(history),
        figures=known_figures(history),
    )
