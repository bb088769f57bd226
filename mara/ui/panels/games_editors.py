"""Editable tables of a game: what stands in the document, and the document that edits make."""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import streamlit as st

from mara.errors import DataFileError
from mara.services.games import GameKind, as_text, kind_of, parsed
from mara.services.games_energy import flexible
from mara.services.games_finite import game_from, record_of, table_of
from mara.ui import format as fmt

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Record = dict[str, Any]
    Edit = Callable[[Record, str], Record]

__all__ = ["edited"]

_MOST_PX: Final = 330


def edited(document: str, key: str) -> str:
    """Show the editor of a document, and give the document as it is edited.

    Raises
    ------
    DataFileError
        A cell is empty, or has no number where one must stand.
    """
    record = parsed(document)
    return as_text(_EDITORS[kind_of(document)](record, key))


def _rows(
    label: str, rows: list[Record], key: str, *, fixed: tuple[str, ...] = (), grow: bool = True
) -> list[Record]:
    """Edit records; columns in `fixed` are shown only."""
    frame = pd.DataFrame(rows)
    st.caption(fmt.plain(label))
    shown = st.data_editor(
        frame,
        key=key,
        hide_index=True,
        disabled=list(fixed),
        num_rows="dynamic" if grow else "fixed",
        height=_MOST_PX if len(frame) > 8 else "auto",
        width="stretch",
    )
    return [_checked(label, n, row) for n, row in enumerate(shown.to_dict("records"), 1)]


def _checked(label: str, number: int, row: dict[Any, Any]) -> Record:
    """Refuse what is empty; capacities may be."""
    kept: Record = {}
    for name, value in row.items():
        empty = value is None or (isinstance(value, float) and math.isnan(value))
        if empty and not str(name).startswith("Capacity"):
            raise DataFileError(
                f"{label}: row {number} has no {name}; fill it in or delete the row"
            )
        kept[str(name)] = None if empty else value
    return kept


def _numbers(record: Record, labels: dict[str, str], key: str) -> Record:
    """Edit single figures side by side."""
    columns = st.columns(max(len(labels), 2))
    return {
        field: column.number_input(
            label, value=float(record[field]), key=f"{key}_{field}", format="%.6g"
        )
        for (field, label), column in zip(labels.items(), columns, strict=False)
    }


def _matrix(label: str, table: Any, names: tuple[Any, Any], key: str) -> list[list[float]]:  # noqa: ANN401
    """Edit a table of payoffs, a row for each strategy of the first."""
    rows, columns = (tuple(map(str, part)) for part in names)
    frame = pd.DataFrame(np.asarray(table, dtype=np.float64), columns=pd.Index(columns))
    frame.insert(0, "↓ row · column →", list(rows))
    st.caption(fmt.plain(label))
    shown = st.data_editor(
        frame,
        key=key,
        hide_index=True,
        disabled=["↓ row · column →"],
        height=_MOST_PX if len(frame) > 8 else "auto",
        width="stretch",
    )
    values = shown.drop(columns="↓ row · column →").to_numpy(dtype=np.float64)
    if np.isnan(values).any():
        raise DataFileError(f"{label}: a cell is empty; give every payoff")
    return [list(map(float, row)) for row in values]


def _coalition(record: Record, key: str) -> Record:
    rows = [{"Coalition": name, "Figure": float(v)} for name, v in record["values"].items()]
    shown = _rows("Figure of every coalition", rows, key, fixed=("Coalition",), grow=False)
    return record | {"values": {row["Coalition"]: row["Figure"] for row in shown}}


def _energy(record: Record, key: str) -> Record:
    charge = _numbers(record, {"peak_usd_per_mw": "Peak charge (USD/MW)"}, key)
    rows = [_site_row(site) for site in record["sites"]]
    shown = _rows("Sites behind the connection", rows, key, fixed=("Site",), grow=False)
    sites = [_site_of(site, row) for site, row in zip(record["sites"], shown, strict=True)]
    return record | charge | {"sites": sites}


def _site_row(site: Record) -> Record:
    power, value = flexible(site)
    battery = site["battery"] or {"power_mw": 0.0}
    return {
        "Site": site["name"],
        "Connection (MW)": float(site["import_limit_mw"]),
        "Miners (MW)": round(power, 3),
        "Break-even (USD/MWh)": round(value, 2),
        "Servers (MW)": float(site["compute_mw"]),
        "Battery (MW)": float(battery["power_mw"]),
    }


def _site_of(site: Record, row: Record) -> Record:
    """Stretch what stands behind each figure to the figure as edited."""
    before = _site_row(site)
    power = _ratio(row, before, "Miners (MW)")
    value = _ratio(row, before, "Break-even (USD/MWh)")
    servers = _ratio(row, before, "Servers (MW)")
    return site | {
        "import_limit_mw": row["Connection (MW)"],
        "blocks": [[mw * power, usd * value] for mw, usd in site["blocks"]],
        "compute_mw": site["compute_mw"] * servers,
        "battery": _battery(site["battery"], row["Battery (MW)"]),
    }


def _ratio(row: Record, before: Record, column: str) -> float:
    return float(row[column] / before[column]) if before[column] else 1.0


def _battery(battery: Record | None, power_mw: float) -> Record | None:
    if power_mw <= 0.0:
        return None
    hours = battery["energy_mwh"] / battery["power_mw"] if battery else 2.0
    wear = battery["wear_usd_per_mwh"] if battery else 0.0
    return {"energy_mwh": hours * power_mw, "power_mw": power_mw, "wear_usd_per_mwh": wear}


def _leadership(record: Record, key: str) -> Record:
    labels = {"a": "Price at nothing sold (USD/MWh)", "b": "Fall per MWh (USD/MWh)"}
    demand = _numbers(record["demand"], labels, key)
    rows = [
        {"Role": role[:-1], "Cost (USD/MWh)": float(firm["cost"])}
        for role in ("leaders", "followers")
        for firm in record[role]
    ]
    shown = _rows("Firms: role is leader or follower", rows, key)
    wrong = next((row["Role"] for row in shown if row["Role"] not in {"leader", "follower"}), None)
    if wrong is not None:
        raise DataFileError(f"Firms: role is {wrong!r}; use 'leader' or 'follower'")
    firms = {
        f"{role}s": [{"cost": row["Cost (USD/MWh)"]} for row in shown if row["Role"] == role]
        for role in ("leader", "follower")
    }
    return {"demand": demand, **firms}


def _tariff(record: Record, key: str) -> Record:
    labels = {"low_usd_per_mwh": "Least (USD/MWh)", "high_usd_per_mwh": "Most (USD/MWh)"}
    bounds = _numbers(record, labels, key)
    hours = [
        {"Hour": k, "Wholesale (USD/MWh)": float(price)}
        for k, price in enumerate(record["wholesale_usd_per_mwh"], 1)
    ]
    prices = _rows("Wholesale prices", hours, f"{key}_hours", fixed=("Hour",), grow=False)
    names = {
        "Site": "name",
        "Need (MWh)": "need_mwh",
        "Most an hour (MWh)": "most_mwh",
        "Own cost (USD/MWh)": "own_usd_per_mwh",
    }
    sites = _renamed("Flexible sites", record["tariff_sites"], names, key)
    wholesale = [row["Wholesale (USD/MWh)"] for row in prices]
    return bounds | {"wholesale_usd_per_mwh": wholesale, "tariff_sites": sites}


def _renamed(label: str, rows: list[Record], names: dict[str, str], key: str) -> list[Record]:
    """Edit records under names for people."""
    shown = [{name: row.get(field) for name, field in names.items()} for row in rows]
    return [{names[name]: value for name, value in row.items()} for row in _rows(label, shown, key)]


def _commitment(record: Record, key: str) -> Record:
    rows, columns = _shape_of(record)
    names = ([f"row {k + 1}" for k in range(rows)], [f"column {k + 1}" for k in range(columns)])
    return {
        part: _matrix(f"Payoffs of the {part}", record[part], names, f"{key}_{part}")
        for part in ("leader", "follower")
    }


def _shape_of(record: Record) -> tuple[int, int]:
    """Give the shape that both tables of payoffs must have."""
    leader, follower = (
        table_of("your game", part, record.get(part)) for part in ("leader", "follower")
    )
    if leader.ndim != 2 or leader.shape != follower.shape:
        raise DataFileError(
            "your game: leader and follower must be tables of one shape, a row for each action of "
            "the leader"
        )
    rows, columns = leader.shape
    return rows, columns


def _finite(record: Record, key: str) -> Record:
    game = game_from(record)
    whole = record_of(game)
    if len(game.shape) == 2:
        tables = [
            _matrix(
                f"Payoffs of {player}",
                table,
                (game.strategies[0], game.strategies[1]),
                f"{key}_{n}",
            )
            for n, (player, table) in enumerate(zip(game.players, game.payoffs, strict=True))
        ]
        return whole | {"payoffs": tables}
    return whole | {"payoffs": _profiles(whole, np.asarray(game.payoffs), key)}


def _profiles(record: Record, payoffs: np.ndarray[Any, Any], key: str) -> list[Any]:
    """Edit a game of other than two players, a row for each profile."""
    rows = []
    for profile in np.ndindex(*payoffs.shape[1:]):
        named = zip(record["players"], record["strategies"], profile, strict=True)
        row: Record = {f"{player} plays": names[at] for player, names, at in named}
        row |= {
            f"Payoff of {p}": float(payoffs[(k, *profile)]) for k, p in enumerate(record["players"])
        }
        rows.append(row)
    fixed = tuple(f"{player} plays" for player in record["players"])
    shown = _rows("Payoffs by profile", rows, key, fixed=fixed, grow=False)
    columns = [[row[f"Payoff of {p}"] for row in shown] for p in record["players"]]
    found: list[Any] = np.array(columns).reshape(payoffs.shape).tolist()
    return found


_SELLER: Final = {
    "Name": "name",
    "First cost (USD/MWh)": "cost",
    "Rise (USD/MWh per MWh)": "slope",
    "Capacity (MWh)": "capacity",
}
_BIDDER: Final = {name: field for name, field in _SELLER.items() if field != "capacity"}


def _cournot(record: Record, key: str) -> Record:
    labels = {"a": "Price at nothing sold (USD/MWh)", "b": "Fall per MWh (USD/MWh)"}
    return _numbers(record, labels, key) | {
        "sellers": _renamed("Sellers", record["sellers"], _SELLER, key)
    }


def _supply(record: Record, key: str) -> Record:
    labels = {"demand": "Demand at price 0 (MWh)", "response": "Fall per USD/MWh (MWh)"}
    rows = _renamed("Sellers", record["supply_sellers"], _BIDDER, key)
    return _numbers(record, labels, key) | {"supply_sellers": rows}


def _pool(record: Record, key: str) -> Record:
    wanted = _numbers(record, {"wanted": "Curtailment wanted (MWh)"}, key)
    return wanted | {"curtailers": _renamed("Sites", record["curtailers"], _SELLER, key)}


def _feeder(record: Record, key: str) -> Record:
    hours = [
        {
            "Hour": k + 1,
            "Price without load (USD/MWh)": float(record["alpha"][k]),
            "Rise (USD/MWh per MWh)": float(record["beta"][k]),
            "Others draw (MWh)": float(record["base"][k]),
        }
        for k in range(len(record["alpha"]))
    ]
    shown = _rows("Hours", hours, f"{key}_hours", fixed=("Hour",), grow=False)
    names = {"Site": "name", "Energy (MWh)": "energy", "Most an hour (MWh)": "limit"}
    return {
        "alpha": [row["Price without load (USD/MWh)"] for row in shown],
        "beta": [row["Rise (USD/MWh per MWh)"] for row in shown],
        "base": [row["Others draw (MWh)"] for row in shown],
        "draws": _renamed("Sites", record["draws"], names, key),
    }


def _auction(record: Record, key: str) -> Record:
    items = record["items"]
    supply = items if isinstance(items, dict) else dict.fromkeys(items, 1.0)
    goods = [{"Item": name, "Supply": float(q)} for name, q in supply.items()]
    shown = _rows("For sale", goods, f"{key}_items")
    rows = [
        {
            "Bidder": bid["bidder"],
            "Bundle": _written(bid["bundle"]),
            "Value (USD)": float(bid["value"]),
        }
        for bid in record["bids"]
    ]
    bids = _rows("Bids: one of a bidder's is accepted; '4 MW' or 'x, y'", rows, key)
    return {
        "items": {row["Item"]: row["Supply"] for row in shown},
        "bids": [
            {"bidder": b["Bidder"], "bundle": _read(b["Bundle"]), "value": b["Value (USD)"]}
            for b in bids
        ],
    }


def _written(bundle: object) -> str:
    if isinstance(bundle, dict):
        return ", ".join(name if q == 1.0 else f"{q:g} {name}" for name, q in bundle.items())
    return ", ".join(bundle) if isinstance(bundle, list) else str(bundle)


def _read(text: str) -> dict[str, float]:
    """Read a bundle: names between commas, each with its quantity before it or one."""
    bundle: dict[str, float] = {}
    for part in filter(None, (piece.strip() for piece in str(text).split(","))):
        first, _, rest = part.partition(" ")
        try:
            bundle[rest.strip() or first] = float(first) if rest else 1.0
        except ValueError:
            bundle[part] = 1.0
    return bundle


def _exchange(record: Record, key: str) -> Record:
    names = {
        "Name": "name",
        "Role": "role",
        "Quantity (MWh)": "quantity_mwh",
        "Limit (USD/MWh)": "usd_per_mwh",
    }
    label = "Offers: role is buyer or seller"
    return {"offers": _renamed(label, record["offers"], names, key)}


_EDITORS: Final[Mapping[GameKind, Edit]] = MappingProxyType(
    {
        GameKind.COALITION: _coalition,
        GameKind.ENERGY: _energy,
        GameKind.LEADERSHIP: _leadership,
        GameKind.TARIFF: _tariff,
        GameKind.COMMITMENT: _commitment,
        GameKind.FINITE: _finite,
        GameKind.COURNOT: _cournot,
        GameKind.SUPPLY: _supply,
        GameKind.POOL: _pool,
        GameKind.FEEDER: _feeder,
        GameKind.AUCTION: _auction,
        GameKind.EXCHANGE: _exchange,
    }
)
