"""The tools of the chat: they read the system's state, or simulate beside it; none acts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field

from mara.domain import Outage
from mara.errors import InvalidValue
from mara.games.normal_form.game import NormalFormGame
from mara.games.normal_form.methods import Method, solve
from mara.games.normal_form.solution import Solution
from mara.insights.checking import without_untraced
from mara.insights.facts import slug
from mara.insights.tools import Arguments, Series, Tool, ToolResult
from mara.models.dispatch import Change
from mara.services.console import Console
from mara.services.insights_facts import FactWriter, sheet_of
from mara.services.insights_proposals import Move, MoveKind

if TYPE_CHECKING:
    from mara.agents.snapshot import Snapshot
    from mara.insights.facts import Fact, FactSheet
    from mara.services.insights_proposals import Proposal, Proposals

__all__ = ["ReadState", "chat_tools", "propose_tool"]

_Price = Annotated[float, Field(ge=-500.0, le=10_000.0)]
_Amount = Annotated[float, Field(ge=0.0, le=1e6)]


class ReadState(Arguments):
    """Which part of the state to read."""

    part: Literal["prices", "forecast", "plan", "machines", "agents", "books", "risk"]


class _Forecast(Arguments):
    what: Literal["price", "demand"]
    horizon_h: Annotated[int, Field(ge=1, le=24)]


class _WhatIf(Arguments):
    energy_usd_per_mwh: _Price | None = None
    hash_usd_per_ph_day: _Amount | None = None
    token_usd_per_mtok: _Amount | None = None
    demand_mtok_per_h: _Amount | None = None
    import_limit_mw: _Amount | None = None
    machine_class: Annotated[str, Field(max_length=80)] | None = None
    units_out: Annotated[int, Field(ge=0, le=1_000_000)] | None = None


class _Simulate(Arguments):
    hours: Annotated[int, Field(ge=1, le=24)]
    paths: Annotated[int, Field(ge=10, le=2_000)] = 500


_Row = Annotated[list[Annotated[float, Field(ge=-1e9, le=1e9)]], Field(min_length=1, max_length=6)]
_Matrix = Annotated[list[_Row], Field(min_length=1, max_length=6)]


class _Game(Arguments):
    row_payoffs: _Matrix
    column_payoffs: _Matrix


class _Propose(Arguments):
    kind: Literal["units", "battery"]
    window_min: Annotated[int, Field(ge=5, le=60)]
    why: Annotated[str, Field(min_length=3, max_length=400)]
    machine_class: Annotated[str, Field(max_length=80)] | None = None
    units: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    battery_mw: Annotated[float, Field(ge=-1e4, le=1e4)] | None = None


_PARTS = {
    "prices": ("price.", "demand.", "market.", "grid.", "weather."),
    "forecast": ("forecast.",),
    "plan": ("plan.", "strike.", "battery."),
    "machines": ("state.", "site."),
    "agents": ("agent.", "weight.", "shadow."),
    "books": ("books.",),
    "risk": ("risk.", "alerts."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bench:
    """What the tools work with."""

    console: Console
    rng: Callable[[], np.random.Generator]

    def writer(self, source: str) -> tuple[FactWriter, Snapshot]:
        """Begin facts of the newest tick; what a tool supposes or simulates is no market's."""
        snapshot = self.console.snapshot()
        tick = snapshot.market.tick
        at = tick.at if tick else snapshot.clock
        return FactWriter(at=at, source=source, badge="SIMULATED"), snapshot


def chat_tools(console: Console, rng: Callable[[], np.random.Generator]) -> tuple[Tool, ...]:
    """Make the tools of the chat; `rng` gives a fresh generator for each simulation."""
    bench = _Bench(console=console, rng=rng)
    return (
        Tool(
            name="read_state",
            about="Read the newest figures of one part of the system.",
            arguments=ReadState,
            run=lambda a: _read_state(bench, a),
        ),
        Tool(
            name="forecast",
            about="Read the forecast of the energy price or the inference demand, with its "
            "interval, up to 24 h ahead.",
            arguments=_Forecast,
            run=lambda a: _forecast(bench, a),
        ),
        Tool(
            name="what_if",
            about="Plan the current interval again as if prices, demand, the import limit or "
            "machines in service were others, and compare with the plan as it is. USD, MW, Mtok/h.",
            arguments=_WhatIf,
            run=lambda a: _what_if(bench, a),
        ),
        Tool(
            name="simulate_prices",
            about="Draw paths of the energy price from the changes seen at the same site in the "
            "last eight days (bootstrap of days), and give the spread of their mean and maximum.",
            arguments=_Simulate,
            run=lambda a: _simulate(bench, a),
        ),
        Tool(
            name="solve_game",
            about="Find the Nash equilibria of a game of two with up to six strategies each: "
            "payoffs of the row and of the column player as matrices of the same shape.",
            arguments=_Game,
            run=lambda a: _game(bench, a),
        ),
    )


def _read_state(bench: _Bench, asked: ReadState) -> ToolResult:
    sheet = sheet_of(bench.console.snapshot())
    facts = tuple(f for f in sheet.facts if f.fact_id.startswith(_PARTS[asked.part]))
    return ToolResult(text=f"{len(facts)} facts of {asked.part}", facts=facts)


def _forecast(bench: _Bench, asked: _Forecast) -> ToolResult:
    found = bench.console.predict(asked.what, float(asked.horizon_h))
    to, snapshot = bench.writer(f"forecast by {found.model}")
    labels = snapshot.site.labels
    energy = asked.what == "price"
    unit = labels.energy_unit if energy else "Mtok/h"
    factor = labels.energy_factor if energy else 1.0
    mean = np.asarray(found.mean) * factor
    bands = [np.asarray(q.values) * factor for q in (*found.quantiles[:1], *found.quantiles[-1:])]
    prefix = f"tool.forecast.{asked.what}"
    to.badge = snapshot.market.feed.label
    to.add(f"{prefix}.hours", "horizon of the forecast", asked.horizon_h, "h")
    to.add(f"{prefix}.mean", f"mean {asked.what} forecast of the horizon", float(mean.mean()), unit)
    for word, i in (("highest", int(mean.argmax())), ("lowest", int(mean.argmin()))):
        to.add(
            f"{prefix}.{word}",
            f"{word} {asked.what} forecast",
            float(mean[i]),
            unit,
            at=found.starts[i],
        )
    to.add(
        f"{prefix}.last", f"last {asked.what} forecast", float(mean[-1]), unit, at=found.starts[-1]
    )
    series = Series(
        name=f"{asked.what} forecast",
        unit=unit,
        at=found.starts,
        values=tuple(mean.tolist()),
        low=tuple(bands[0].tolist()) if len(bands) == 2 else (),
        high=tuple(bands[1].tolist()) if len(bands) == 2 else (),
    )
    text = f"{found.model} over {asked.horizon_h} h"
    return ToolResult(text=text, facts=tuple(to.facts.values()), series=(series,))


def _what_if(bench: _Bench, asked: _WhatIf) -> ToolResult:
    to, snapshot = bench.writer("what-if by the optimiser")
    outages = _outages(snapshot, asked)
    found = bench.console.what_if(
        Change(
            energy_usd_per_mwh=asked.energy_usd_per_mwh,
            hash_usd_per_ph_day=asked.hash_usd_per_ph_day,
            token_usd_per_mtok=asked.token_usd_per_mtok,
            demand_mtok_per_h=asked.demand_mtok_per_h,
            import_limit_mw=asked.import_limit_mw,
            outages=outages,
        )
    )
    currency = snapshot.site.labels.currency
    for name, value, unit in (
        ("energy", asked.energy_usd_per_mwh, "USD/MWh"),
        ("hash", asked.hash_usd_per_ph_day, "USD/PH/day"),
        ("token", asked.token_usd_per_mtok, "USD/Mtok"),
        ("demand", asked.demand_mtok_per_h, "Mtok/h"),
        ("limit", asked.import_limit_mw, "MW"),
        ("out", asked.units_out, "units"),
    ):
        to.add(f"tool.what_if.supposed.{name}", f"{name} as supposed", value, unit, badge="ASSUMED")
    to.add("tool.what_if.gain", "change of expected margin", found.gain_usd, currency)
    for word, plan in (("as_is", found.plan), ("changed", found.changed_plan)):
        label = "as it is" if word == "as_is" else "as supposed"
        to.add(
            f"tool.what_if.{word}.margin",
            f"expected margin {label}",
            plan.expected_margin_usd,
            currency,
        )
        to.add(f"tool.what_if.{word}.import", f"import {label}", plan.import_mw[0], "MW")
        for unit_on in plan.setpoint.units:
            fact_id = f"tool.what_if.{word}.units.{slug(unit_on.name)}"
            to.add(fact_id, f"{unit_on.name} on {label}", unit_on.units, "units")
    series = tuple(
        Series(name=f"import {label}", unit="MW", at=plan.starts, values=plan.import_mw)
        for label, plan in (("as it is", found.plan), ("as supposed", found.changed_plan))
    )
    return ToolResult(text="planned again", facts=tuple(to.facts.values()), series=series)


def _outages(snapshot: Snapshot, asked: _WhatIf) -> tuple[Outage, ...] | None:
    if asked.machine_class is None or asked.units_out is None:
        return None
    name = snapshot.site.machine(asked.machine_class).name
    others = tuple(o for o in snapshot.site.outages if o.machine_class != name)
    out = Outage(machine_class=name, units=asked.units_out, note="what if")
    return (*others, out) if asked.units_out else others


def _simulate(bench: _Bench, asked: _Simulate) -> ToolResult:
    """Draw paths: the price now plus the changes of days drawn from the past.

    Law: p_k(t) = p(now) + d_k(t) - d_k(0), with d_k a stretch of the last eight days that begins at
    the same time of day, drawn with replacement.
    """
    to, snapshot = bench.writer("bootstrap of the last eight days")
    history, labels = snapshot.market.history, snapshot.site.labels
    values = history.series("energy_usd_per_mwh") * labels.energy_factor
    per_day, steps = round(1_440 / history.minutes), round(asked.hours * 60 / history.minutes)
    starts = [len(values) - 1 - day * per_day for day in range(1, 9)]
    rows = [values[s : s + steps + 1] for s in starts if s >= 0]
    whole = np.array([r for r in rows if len(r) == steps + 1 and np.isfinite(r).all()])
    if not len(whole):
        raise InvalidValue(
            "simulate_prices: less than a day of prices is known yet; try again later"
        )
    drawn = whole[bench.rng().integers(len(whole), size=asked.paths)]
    paths = values[-1] + drawn - drawn[:, :1]
    tick = timedelta(minutes=history.minutes)
    at = tuple(to.at + tick * i for i in range(steps + 1))
    bands = np.quantile(paths, (0.05, 0.5, 0.95), axis=0)
    to.add("tool.simulate.paths", "paths drawn", asked.paths, "paths")
    to.add("tool.simulate.days", "days drawn from", len(whole), "days")
    to.add("tool.simulate.hours", "horizon simulated", asked.hours, "h")
    for name, sample in (("mean", paths.mean(axis=1)), ("highest", paths.max(axis=1))):
        for word, level in (("low", 0.05), ("median", 0.5), ("high", 0.95)):
            label = f"{name} price of a path, {level:.0%} quantile".replace("%", " %")
            value = float(np.quantile(sample, level))
            to.add(f"tool.simulate.{name}.{word}", label, value, labels.energy_unit, own_label=True)
    low, middle, high = (tuple(band.tolist()) for band in bands)
    series = Series(
        name="simulated price, median",
        unit=labels.energy_unit,
        at=at,
        values=middle,
        low=low,
        high=high,
    )
    return ToolResult(
        text=f"{asked.paths} paths over {asked.hours} h from {len(whole)} days",
        facts=tuple(to.facts.values()),
        series=(series,),
    )


def _game(bench: _Bench, asked: _Game) -> ToolResult:
    shapes = {len(row) for row in (*asked.row_payoffs, *asked.column_payoffs)}
    if len(shapes) != 1 or len(asked.row_payoffs) != len(asked.column_payoffs):
        raise InvalidValue("solve_game: row_payoffs and column_payoffs must have the same shape")
    game = NormalFormGame(payoffs=np.array([asked.row_payoffs, asked.column_payoffs]))
    found = solve(game, Method.AUTO)
    if not isinstance(found, Solution):
        raise InvalidValue("solve_game: no equilibrium in mixed strategies was found")
    to, _ = bench.writer(f"game solved by {found.method}")
    for number, equilibrium in enumerate(found.equilibria[:6], start=1):
        for player, strategy in enumerate(equilibrium.strategies):
            who = ("row", "column")[player]
            to.add(
                f"tool.game.e{number}.{who}.payoff",
                f"payoff of the {who} player in equilibrium {number}",
                equilibrium.payoffs[player],
                "",
            )
            for i, share in enumerate(strategy, start=1):
                label = f"weight of strategy {i} of the {who} player in equilibrium {number}"
                to.add(f"tool.game.e{number}.{who}.s{i}", label, 100.0 * float(share), "%")
    count = len(found.equilibria)
    to.add("tool.game.count", "equilibria found", count, "")
    return ToolResult(text=f"{count} equilibria by {found.method}", facts=tuple(to.facts.values()))


def propose_tool(
    proposals: Proposals, *, by: str, sheet: FactSheet, keep: Callable[[Proposal], None]
) -> Tool:
    """Make the tool that values a proposal and lists it; only a person can send it to the gate.

    Its reason is the narrator's text: figures in it that `sheet` does not hold are taken out.
    """

    def run(asked: _Propose) -> ToolResult:
        why = without_untraced(asked.why, sheet)
        proposal = proposals.propose(_move(asked), why=why, by=by, sheet=sheet.digest)
        keep(proposal)
        return ToolResult(
            text=f"valued and listed for a person to send: {proposal.move.text()}",
            facts=proposal_facts(proposal),
        )

    return Tool(
        name="propose_action",
        about="Propose that a person runs a number of units of a machine class, or the battery at a "
        "power in MW (charging positive), for a window. The optimiser answers what it gains against "
        "the decision in force. Nothing is done by this call.",
        arguments=_Propose,
        run=run,
    )


def _move(asked: _Propose) -> Move:
    if asked.kind == "battery":
        if asked.battery_mw is None:
            raise InvalidValue("propose_action: battery_mw is missing for kind battery")
        return Move(
            kind=MoveKind.BATTERY, window_min=float(asked.window_min), battery_mw=asked.battery_mw
        )
    if asked.machine_class is None or asked.units is None:
        raise InvalidValue("propose_action: machine_class and units are needed for kind units")
    return Move(
        kind=MoveKind.UNITS,
        window_min=float(asked.window_min),
        machine_class=asked.machine_class,
        units=asked.units,
    )


def proposal_facts(proposal: Proposal) -> tuple[Fact, ...]:
    """Write what a proposal is worth as facts."""
    to = FactWriter(at=proposal.made_at, source="re-computed by the optimiser", badge="SIMULATED")
    prefix, move = f"proposal.{slug(proposal.proposal_id)}", proposal.move
    until = proposal.expires_at
    label = f"{move.text()}"[:150]
    to.add(f"{prefix}.gain", label, proposal.gain_usd, "USD", until=until)
    to.add(f"{prefix}.worst", f"worst case: {label}", proposal.worst_usd, "USD", until=until)
    to.add(f"{prefix}.window", f"window: {label}", move.window_min, "min")
    if move.kind is MoveKind.UNITS:
        to.add(f"{prefix}.units", f"size: {label}", move.units, "units")
    else:
        to.add(f"{prefix}.power", f"size: {label}", move.battery_mw, "MW")
    return tuple(to.facts.values())
