"""The decision card: why, in numbers; and what would be decided if things were otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from mara.domain import Outage
from mara.errors import MaraError
from mara.models.dispatch.whatif import Change
from mara.ui import badges
from mara.ui import format as fmt
from mara.ui.figures.ladder import ladder_figure
from mara.ui.live_chart import chart
from mara.ui.panels.box import panel, prepared
from mara.ui.panels.market import TOP_PX
from mara.ui.press import pressed
from mara.ui.tables.decisions import binding_frame, what_if_frame

if TYPE_CHECKING:
    from mara.agents.snapshot import Snapshot
    from mara.domain import Decision, Site
    from mara.models.dispatch.explain import DecisionCard
    from mara.services.console import Console

__all__ = ["decision_panel", "what_if_panel"]

_SHOWN: Final = 160


def decision_panel(snapshot: Snapshot) -> None:
    """Say what was decided and why: what binds, what it is worth, the ladder, the runner-up."""
    about = (
        "What binds this interval, what one more MW is worth by planning anew, and the next best "
        "choice. A shadow price is that of one more MW through the interval, the machines as they are."
    )
    with panel("Decision", badges.data_badge(snapshot.market), about=about, height=TOP_PX):
        if snapshot.verdict is None:
            st.info("Nothing is decided yet: the first decision comes with the first tick.")
            return
        _headline(snapshot.verdict.decision, snapshot)
        if (card := snapshot.verdict.card) is not None:
            _reasons(card, snapshot.site)
        elif snapshot.verdict.decision.plan is None:
            st.caption("Decided by its rule alone: there is no plan to explain.")
        else:
            st.caption("The reasons are being worked out; they follow the decision by a moment.")


def _headline(decision: Decision, snapshot: Snapshot) -> None:
    mark = ":orange-badge[safe controller] " if decision.safe else ""
    st.markdown(
        f"{mark}**{fmt.plain(fmt.words(decision.chosen))}** "
        f":gray[for {fmt.clock(decision.tick_at, snapshot.site.zone)} by "
        f"{fmt.plain(decision.resolved_by)}]  \n{fmt.plain(fmt.prose(decision.reason, most=_SHOWN))}"
    )


def _reasons(card: DecisionCard, site: Site) -> None:
    labels = site.labels
    st.caption(f"In numbers, for {fmt.clock(card.plan.issued_at, site.zone)}")
    with st.container(horizontal=True, gap="medium"):
        st.metric(
            "Expected margin ahead",
            fmt.money(card.plan.expected_margin_usd, labels.currency),
            width="content",
        )
        st.metric(
            "One more MW now is worth",
            fmt.money(card.connection_usd_per_mw, labels.currency, 2),
            width="content",
        )
    if card.strikes:
        chart(
            ladder_figure,
            card,
            labels,
            key="real_time_ladder",
            alt="Break-even price of power by class, against the interval's price",
        )
    if card.binding:
        binding = prepared(binding_frame, card.binding, labels.currency)
        st.table(binding.arrow, border="horizontal", hide_index=True, alt="Limits that bind now")
    else:
        st.caption("No limit binds: prices alone decide.")
    _runner_up(card, labels.currency)


def _runner_up(card: DecisionCard, currency: str) -> None:
    if card.runner_up is None:
        st.caption("Nothing else is possible in this interval.")
        return
    loses = card.runner_up.loses_usd
    verb = "would lose" if loses >= 0 else "would gain"
    st.markdown(
        f":gray[Next best:] {fmt.plain(fmt.prose(card.runner_up.change))} "
        f":gray[{verb}] **{fmt.money(abs(loses), currency, 2)}**"
    )


@st.fragment
def what_if_panel(console: Console) -> None:
    """Ask what would be planned at another price, connection or with units out of service."""
    site = console.snapshot().site
    with st.expander("What if…", icon=":material/help_center:", key="real_time_what_if_open"):
        with st.form("real_time_what_if", border=False):
            asked = _fields(site)
        if asked:
            _answer(console, site)
        else:
            st.caption("Nothing is moved. Empty fields stay as they are.")


def _fields(site: Site) -> bool:
    energy, limit, machine, units, go = st.columns(5, vertical_alignment="bottom")
    energy.number_input(
        f"Energy now ({site.labels.energy_unit})",
        value=None,
        placeholder="as it is",
        key="real_time_what_if_energy",
    )
    limit.number_input(
        "Connection (MW)",
        value=None,
        min_value=0.0,
        placeholder=f"{site.import_limit_mw:g}",
        key="real_time_what_if_limit",
    )
    machine.selectbox(
        "Out of service",
        [m.name for m in site.machines],
        format_func=fmt.words,
        key="real_time_what_if_class",
    )
    units.number_input(
        "Units of it",
        value=None,
        min_value=0,
        step=1,
        placeholder="as it is",
        key="real_time_what_if_units",
    )
    key = "real_time_what_if_go"
    return pressed(go.form_submit_button, "Plan it again", key=key, width="stretch")


def _answer(console: Console, site: Site) -> None:
    try:
        what = console.what_if(_supposed(site))
    except MaraError as error:
        st.error(fmt.plain(str(error)))
        return
    gain = fmt.signed_money(what.gain_usd, site.labels.currency)
    st.markdown(f"Expected margin would change by **{gain}**.")
    frame = what_if_frame(what, site)
    st.table(frame, border="horizontal", hide_index=True, alt="Plan as it is and as it would be")


def _supposed(site: Site) -> Change:
    asked = st.session_state
    energy, units = asked["real_time_what_if_energy"], asked["real_time_what_if_units"]
    return Change(
        energy_usd_per_mwh=None if energy is None else energy / site.labels.energy_factor,
        import_limit_mw=asked["real_time_what_if_limit"],
        outages=None if units is None else _outages(site, int(units)),
    )


def _outages(site: Site, units: int) -> tuple[Outage, ...]:
    name = st.session_state["real_time_what_if_class"]
    others = tuple(o for o in site.outages if o.machine_class != name)
    return (*others, Outage(machine_class=name, units=units, note="what if")) if units else others
