"""Options that several commands share, and how they become settings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from mara.errors import SettingsError
from mara.settings import Settings, load_settings

__all__ = [
    "Columns",
    "Data",
    "Demand",
    "Feed",
    "HashPrice",
    "Json",
    "LedgerUrl",
    "Port",
    "SiteName",
    "Speed",
    "TokenPrice",
    "TrainDays",
    "Zone",
    "columns_of",
    "settings_from",
]

Speed = Annotated[
    str | None,
    typer.Option(help="Market seconds a real second, or 'max'. The simulated market's is 60."),
]
Feed = Annotated[
    str | None, typer.Option(help="Where ticks come from: simulated, replay or mara_api.")
]
Data = Annotated[Path | None, typer.Option(help="Price file to replay: CSV, .csv.gz or Parquet.")]
SiteName = Annotated[str | None, typer.Option("--site", help="Preset: demo, mara-2025 or battery.")]
Columns = Annotated[
    list[str] | None,
    typer.Option(help="Maps a column, such as energy_price=HB_WEST. Can be repeated."),
]
Zone = Annotated[str | None, typer.Option("--tz", help="Zone of times without an offset.")]
HashPrice = Annotated[
    str | None, typer.Option("--hash", help="USD/PH/day where the file has none: number or file.")
]
TokenPrice = Annotated[
    str | None, typer.Option("--token", help="USD/Mtok where the file has none: number or file.")
]
Demand = Annotated[str | None, typer.Option(help="Mtok/h where the file has none: number or file.")]
TrainDays = Annotated[
    float | None, typer.Option("--train", help="Days of the file that are history only.")
]
LedgerUrl = Annotated[str | None, typer.Option("--ledger", help="SQLAlchemy URL of the ledger.")]
Port = Annotated[int, typer.Option(min=1, max=65_535, help="Port on this machine.")]
_REPLAY_OPTIONS: Final = {
    "data": "--data",
    "tz": "--tz",
    "columns": "--columns",
    "hash_price": "--hash",
    "token_price": "--token",
    "demand": "--demand",
    "train_days": "--train",
}
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def settings_from(
    *,
    speed: str | None = None,
    feed: str | None = None,
    site: str | None = None,
    strategy: str | None = None,
    ledger: str | None = None,
    replay: dict[str, Any] | None = None,
) -> Settings:
    """Load the settings and put the options given above them.

    Raises
    ------
    SettingsError
        An option is wrong, or of a file while another feed is chosen; the text names it.
    """
    overrides: dict[str, Any] = {}
    given = {k: v for k, v in (replay or {}).items() if v is not None}
    chosen: dict[str, Any] = {}
    if given:
        chosen["replay"] = given
    if feed is not None or given.get("data") is not None:
        chosen["kind"] = feed or "replay"
    if speed is not None:
        chosen["speed"] = _speed(speed)
    if chosen:
        overrides["feed"] = chosen
    if site is not None:
        overrides["site"] = site
    if strategy is not None:
        overrides["agents"] = {"strategy": strategy}
    if ledger is not None:
        overrides["ledger"] = {"url": ledger}
    settings = load_settings(None, **overrides)
    _refuse_unread(given, settings.feed.kind)
    return settings


def _refuse_unread(given: dict[str, Any], kind: str) -> None:
    """Refuse options of a file where no file is read."""
    if given and kind != "replay":
        options = ", ".join(_REPLAY_OPTIONS[name] for name in given)
        raise SettingsError(
            f"{options}: only a replayed file takes this, and the feed is {kind}; "
            "leave it out, or replay a file with --data and without another --feed"
        )


def _speed(text: str) -> float | str:
    if text == "max":
        return text
    try:
        return float(text)
    except ValueError:
        raise SettingsError(f"--speed {text!r}: give a number or 'max'") from None


def columns_of(pairs: list[str] | None) -> dict[str, str] | None:
    """Read `energy_price=HB_WEST` pairs."""
    if not pairs:
        return None
    split = [pair.partition("=") for pair in pairs]
    for name, sign, column in split:
        if not (name and sign and column):
            raise SettingsError(f"--columns {name}{sign}{column}: write it as energy_price=COLUMN")
    return {name: column for name, _, column in split}
