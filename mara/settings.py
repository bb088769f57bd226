"""Settings: defaults, then `mara.toml`, then the environment (`MARA_...`).

A nested key is written `[trading] max_order_mwh = 5` in the file and `MARA_TRADING__MAX_ORDER_MWH`
in the environment. An unknown key is an error that names it. Secrets are `SecretStr`.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, get_origin

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from pydantic_settings import SettingsError as SourceError

from mara.errors import SettingsError

__all__ = [
    "AgentSettings",
    "DashboardSettings",
    "FeedSettings",
    "InsightSettings",
    "LedgerSettings",
    "MaraApiSettings",
    "ReplaySettings",
    "SafeSettings",
    "Settings",
    "SimulatedSettings",
    "TradingSettings",
    "load_settings",
]

_PREFIX = "MARA_"
_NOT_SETTINGS = frozenset({"MARA_BENCH_DATA", "MARA_CONFIG"})

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SimulatedSettings(_Section):
    """The seeded market. `start` is the market time of the very first tick."""

    seed: int = Field(7, ge=0)
    start: datetime = datetime(2026, 6, 1, 5, tzinfo=UTC)
    history_days: int = Field(30, ge=1, le=365)

    @field_validator("start")
    @classmethod
    def _in_utc(cls, value: datetime) -> datetime:
        if value.tzinfo is None:
            raise ValueError("needs an offset, such as 2026-06-01T05:00:00Z")
        return value.astimezone(UTC)


class ReplaySettings(_Section):
    """A price file; `columns` maps our names to the file's, assumed figures fill what it lacks."""

    data: Path | None = None
    tz: str | None = None
    columns: dict[str, str] = Field(default_factory=dict)
    hash_price: str | None = None
    token_price: str | None = None
    demand: str | None = None
    train_days: float = Field(0.0, ge=0)


class MaraApiSettings(_Section):
    """The MARA event API. A local exchange is the default host."""

    base_url: str = "http://127.0.0.1:8900"
    api_key: SecretStr | None = None
    site_name: str = "mara"
    timeout_s: Positive = 8.0
    attempts: int = Field(4, ge=1, le=10)


class FeedSettings(_Section):
    """Where ticks come from, and when one is too old to act upon."""

    kind: Literal["simulated", "replay", "mara_api"] = "simulated"
    max_age_ticks: int = Field(2, ge=1, le=100)
    deadline_s: Positive = 9.0
    speed: Positive | Literal["max"] | None = None
    simulated: SimulatedSettings = SimulatedSettings()
    replay: ReplaySettings = ReplaySettings()
    mara_api: MaraApiSettings = MaraApiSettings()


class TradingSettings(_Section):
    """Limits of the gate; a refused order names the rule it broke."""

    mode: Literal["advisory", "paper", "live"] | None = None
    max_order_mwh: Positive = 5.0
    max_position_mwh: Positive = 20.0
    max_loss_usd_per_day: Positive = 25_000.0
    price_band_usd_per_mwh: Positive = 250.0
    spread_usd_per_mwh: NonNegative = 0.5
    max_orders_per_minute: int = Field(600, ge=1)
    operator_password: SecretStr | None = None


class SafeSettings(_Section):
    """The safe controller: levels are multiples of a class's strike price, resuming not the higher."""

    curtail_ratio: Positive = 1.0
    resume_ratio: Positive = 0.9
    curtail_after: int = Field(2, ge=1)
    resume_after: int = Field(4, ge=1)
    spike_usd_per_mwh: Positive = 500.0

    @model_validator(mode="after")
    def _in_order(self) -> SafeSettings:
        """Refuse a class that resumes above the price at which it stops: it never comes to rest."""
        if self.resume_ratio > self.curtail_ratio:
            raise ValueError(
                f"safe.resume_ratio={self.resume_ratio:g} must not exceed "
                f"safe.curtail_ratio={self.curtail_ratio:g}"
            )
        return self


class AgentSettings(_Section):
    """Which strategies propose, how best-response shares scarce power, and supervision.

    `also` names one that proposes beside those of `strategy`: a slow one runs only when asked.
    """

    strategy: Literal[
        "all",
        "optimiser",
        "strike-rule",
        "hold",
        "best-response",
        "storage-sdp",
        "storage-sdp-price",
        "storage-mpc",
        "two-stage",
    ] = "all"
    also: Literal["none", "two-stage"] = "none"
    allocation: Literal["ladder", "vcg"] = "ladder"
    heartbeat_s: Positive = 1.0
    restart_limit: int = Field(5, ge=1)
    restart_window_s: Positive = 600.0


class LedgerSettings(_Section):
    """Where the books are; `url` is any SQLAlchemy URL."""

    url: str = "sqlite:///var/mara.db"
    busy_timeout_s: Positive = 5.0
    lease_s: Positive = 4.0
    keep_records_days: Positive = 7.0


class DashboardSettings(_Section):
    """How often live parts refresh."""

    refresh_s: Positive = 1.0


class InsightSettings(_Section):
    """Claude: key, models with their prices in USD per million tokens, budgets, and news.

    Without a key the texts are composed here, and say OFFLINE. `news` names RSS or Atom feeds.
    """

    api_key: SecretStr | None = None
    base_url: str = "https://api.anthropic.com"
    model: str = "claude-sonnet-5-5"
    input_usd: NonNegative = 2.0
    output_usd: NonNegative = 10.0
    small_model: str = "claude-haiku-5-5"
    small_input_usd: NonNegative = 1.0
    small_output_usd: NonNegative = 5.0
    day_usd: NonNegative = 5.0
    session_usd: NonNegative = 1.0
    max_tokens: int = Field(1_500, ge=64, le=16_000)
    deadline_s: Positive = 60.0
    commentary_ticks: int = Field(12, ge=1)
    news: dict[str, str] = Field(default_factory=dict)


class Settings(BaseSettings):
    """Everything that can be set, frozen once loaded."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        validate_default=False,
    )

    site: Literal["demo", "mara-2025", "battery"] = "demo"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    feed: FeedSettings = FeedSettings()
    trading: TradingSettings = TradingSettings()
    safe: SafeSettings = SafeSettings()
    agents: AgentSettings = AgentSettings()
    ledger: LedgerSettings = LedgerSettings()
    dashboard: DashboardSettings = DashboardSettings()
    insights: InsightSettings = InsightSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read arguments alone: `load_settings` brings file and environment in their order."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)


def load_settings(path: Path | None = None, **overrides: Any) -> Settings:  # noqa: ANN401
    """Read `mara.toml` and the environment; `overrides` (whole sections or keys) win over both.

    Raises
    ------
    SettingsError
        A key is unknown or a value is wrong; the text names the key.
    """
    _refuse_unknown_environment()
    values = _file_values(path)
    _merge(values, _environment_values())
    _merge(values, overrides)
    try:
        return Settings(**values)
    except ValidationError as error:
        raise SettingsError(_first_problem(error)) from None


def _environment_values() -> dict[str, Any]:
    try:
        return EnvSettingsSource(Settings)()
    except SourceError as error:
        raise SettingsError(
            f"environment: {error}; a section or table is written as JSON"
        ) from None


def _merge(into: dict[str, Any], patch: Mapping[str, Any]) -> None:
    for key, value in patch.items():
        if (
            isinstance(value, Mapping)
            and isinstance(into.get(key), dict)
            and key not in {"columns", "news"}
        ):
            _merge(into[key], value)
        else:
            into[key] = value


def _file_values(path: Path | None) -> dict[str, Any]:
    target = path or Path(os.environ.get("MARA_CONFIG", "mara.toml"))  # noqa: TID251
    if not target.exists():
        if path is not None:
            raise SettingsError(f"settings file {target} does not exist; create it or leave it out")
        return {}
    try:
        return tomllib.loads(target.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise SettingsError(f"settings file {target} is not valid TOML: {error}") from None


def _refuse_unknown_environment() -> None:
    for name in os.environ:  # noqa: TID251
        if not name.startswith(_PREFIX) or name in _NOT_SETTINGS:
            continue
        if not _is_key(name.removeprefix(_PREFIX).lower().split("__")):
            raise SettingsError(
                f"environment variable {name} names no setting; see the table of settings in README"
            )


def _is_key(parts: list[str]) -> bool:
    model: Any = Settings
    for part in parts:
        fields = getattr(model, "model_fields", {})
        if part not in fields:
            return False
        model = fields[part].annotation
    return True


def _names(where: tuple[int | str, ...]) -> Iterator[str]:
    """Names of a key within its sections; the branch of a union that failed is no name."""
    kind: Any = Settings
    for part in where:
        fields = getattr(kind, "model_fields", None)
        if fields is None and get_origin(kind) is not dict:
            return
        yield str(part)
        kind = fields[part].annotation if fields and part in fields else None


def _first_problem(error: ValidationError) -> str:
    problem = error.errors(include_input=False, include_url=False)[0]
    key = ".".join(_names(problem["loc"]))
    if problem["type"] == "extra_forbidden":
        return f"settings: key {key!r} is unknown; remove it or correct its spelling"
    return f"settings: key {key!r}: {problem['msg']}"
