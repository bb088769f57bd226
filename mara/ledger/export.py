"""The ledger as tables: CSV or Parquet, units in the headers."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from mara.domain.checks import named
from mara.errors import DataFileError, InvalidValue, LedgerFull
from mara.ledger.booking import CASH, TRADING
from mara.ledger.flows import hourly_flows

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    import pandas as pd

    from mara.domain import Decision, Tick
    from mara.ledger.ledger import Ledger
    from mara.ledger.values import BookedPosting

__all__ = ["Exported", "export", "frame_of"]


class Exported(StrEnum):
    """What can be exported."""

    POSTINGS = "postings"
    TICKS = "ticks"
    DECISIONS = "decisions"
    FLOWS = "flows"


_POSTINGS = ("entry_number", "entry_id", "at_utc", "kind", "memo", "account", "amount", "currency")
_TICKS = (
    "interval_start_utc",
    "interval_min",
    "energy_price_{currency}_per_mwh",
    "hash_price_{currency}_per_ph_day",
    "token_price_{currency}_per_mtok",
    "demand_mtok_per_h",
    "grid_load_mw",
    "temperature_c",
    "origin",
    "source",
    "assumed",
    "revision",
)
_DECISIONS = (
    "interval_start_utc",
    "decision_id",
    "chosen",
    "resolved_by",
    "reason",
    "state",
    "mode",
    "safe",
    "charge_mw",
    "discharge_mw",
    "units_on",
)
_FLOWS = (
    "hour_start_utc",
    "covered_h",
    "estimated_h",
    "import_mwh",
    "export_mwh",
    "charge_mwh",
    "discharge_mwh",
    "grid_to_battery_mwh",
    "grid_to_machines_mwh",
    "battery_to_grid_mwh",
    "battery_to_machines_mwh",
    "machines_mwh",
    "trading_{currency}",
    "margin_{currency}",
)


def frame_of(
    ledger: Ledger, what: Exported, start: datetime, end: datetime, *, currency: str = "USD"
) -> pd.DataFrame:
    """Read one table for the intervals that begin in [`start`, `end`), oldest first.

    Flows are in MWh at the site's bus; the battery charges from import first and discharges to
    export first (`mara.ledger.flows`). Their margin is what the books hold of the hour's intervals:
    over all of them it sums to the cash; the gain of trades in it stands beside it.
    """
    named("export", "currency", currency)
    readers: dict[Exported, Callable[[], tuple[tuple[str, ...], list[tuple[Any, ...]]]]] = {
        Exported.POSTINGS: lambda: (
            _POSTINGS,
            [_posting(p) for p in ledger.postings_between(start, end)],
        ),
        Exported.TICKS: lambda: (_TICKS, [_tick(t) for t in ledger.ticks(start, end)]),
        Exported.DECISIONS: lambda: (
            _DECISIONS,
            [_decision(d) for d in ledger.decisions_between(start, end)],
        ),
        Exported.FLOWS: lambda: (_FLOWS, _flows(ledger, start, end)),
    }
    names, rows = readers[what]()
    columns = [name.format(currency=currency.lower()) for name in names]
    import pandas as pd  # noqa: PLC0415 - half a second that a run without a table saves

    return pd.DataFrame.from_records(rows, columns=columns)


def export(frame: pd.DataFrame, path: Path, *, overwrite: bool = False) -> Path:
    """Write `frame` to `path`: CSV (`.csv`, `.csv.gz`) or Parquet (`.parquet`).

    Money is decimal text in CSV and decimal in Parquet, exact in both.

    Raises
    ------
    InvalidValue
        The suffix is none of these.
    DataFileError
        The file is there, and `overwrite` was not asked for.
    LedgerFull
        It cannot be written.
    """
    if path.exists() and not overwrite:
        raise DataFileError(f"export: {path} exists; give another path or ask to overwrite it")
    write = _writer(frame, path)
    draft = path.with_name(f".{path.name}.new")
    try:
        write(draft)
        draft.replace(path)
    except OSError as error:
        with suppress(OSError):
            draft.unlink()
        raise LedgerFull(f"export: {path} cannot be written: {error}") from error
    return path


def _writer(frame: pd.DataFrame, path: Path) -> Callable[[Path], object]:
    if path.name.endswith(".parquet"):
        return lambda draft: frame.to_parquet(draft, index=False)
    if path.name.endswith(".csv.gz"):
        return lambda draft: frame.to_csv(draft, index=False, compression="gzip")
    if path.name.endswith(".csv"):
        return lambda draft: frame.to_csv(draft, index=False, compression=None)
    raise InvalidValue(f"export: path={path} must end in .csv, .csv.gz or .parquet")


def _posting(p: BookedPosting) -> tuple[Any, ...]:
    return (p.seq, p.entry_id, p.at, p.kind, p.memo, p.account, p.amount, p.currency)


def _tick(tick: Tick) -> tuple[Any, ...]:
    return (
        tick.at,
        tick.minutes,
        tick.energy_usd_per_mwh,
        tick.hash_usd_per_ph_day,
        tick.token_usd_per_mtok,
        tick.demand_mtok_per_h,
        tick.grid_load_mw,
        tick.temperature_c,
        tick.origin.value,
        tick.source,
        " ".join(sorted(tick.assumed)),
        tick.revision,
    )


def _decision(decision: Decision) -> tuple[Any, ...]:
    return (
        decision.tick_at,
        decision.decision_id,
        decision.chosen,
        decision.resolved_by,
        decision.reason,
        decision.state.value,
        decision.mode.value,
        decision.safe,
        decision.setpoint.charge_mw,
        decision.setpoint.discharge_mw,
        " ".join(f"{u.name}={u.units}" for u in decision.setpoint.units),
    )


def _flows(ledger: Ledger, start: datetime, end: datetime) -> list[tuple[Any, ...]]:
    credits_of_trading = ledger.booked_by_interval(TRADING, start, end)
    hours = hourly_flows(
        ledger.settlements(start, end),
        margins=ledger.booked_by_interval(CASH, start, end),
        trading={at: -amount for at, amount in credits_of_trading.items()},
    )
    return [tuple(asdict(flows).values()) for flows in hours]
