"""What the market says at one moment, and where each figure comes from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from mara.domain.checks import aware, finite, named, non_negative, positive
from mara.errors import InvalidValue
from mara.units import MINUTES_PER_HOUR

__all__ = ["FIGURES", "Exogenous", "Origin", "Tick"]

FIGURES = (
    "energy_usd_per_mwh",
    "hash_usd_per_ph_day",
    "token_usd_per_mtok",
    "demand_mtok_per_h",
    "grid_load_mw",
    "temperature_c",
)
"""Names of the figures a tick can carry."""

_NON_NEGATIVE = ("hash_usd_per_ph_day", "token_usd_per_mtok", "demand_mtok_per_h", "grid_load_mw")


class Origin(StrEnum):
    """What a figure was computed from; every panel shows it as a badge."""

    LIVE = "LIVE"
    SIMULATED = "SIMULATED"
    REPLAY = "REPLAY"
    ASSUMED = "ASSUMED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exogenous:
    """One further series of a price file, such as a day-ahead price."""

    name: str
    value: float

    def __post_init__(self) -> None:
        named("Exogenous", "name", self.name)
        finite("Exogenous", self.name, self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """Prices and conditions of the interval that begins `at` and lasts `minutes`.

    A figure that the source lacks is None; a figure in `assumed` was given by a person, not by
    the source. `revision` counts corrections of the same interval.
    """

    site_id: str
    at: datetime
    minutes: float
    energy_usd_per_mwh: float
    hash_usd_per_ph_day: float | None = None
    token_usd_per_mtok: float | None = None
    demand_mtok_per_h: float | None = None
    grid_load_mw: float | None = None
    temperature_c: float | None = None
    exogenous: tuple[Exogenous, ...] = ()
    origin: Origin
    source: str
    assumed: frozenset[str] = frozenset()
    revision: int = 0

    def __post_init__(self) -> None:
        named("Tick", "site_id", self.site_id)
        aware("Tick", "at", self.at)
        positive("Tick", "minutes", self.minutes)
        finite("Tick", "energy_usd_per_mwh", self.energy_usd_per_mwh)
        self._check_optional_figures()
        if unknown := self.assumed.difference(FIGURES):
            raise InvalidValue(f"Tick: assumed={sorted(unknown)} names no figure; use {FIGURES}")

    def _check_optional_figures(self) -> None:
        for name in _NON_NEGATIVE:
            if (value := getattr(self, name)) is not None:
                non_negative("Tick", name, value)
        if self.temperature_c is not None:
            finite("Tick", "temperature_c", self.temperature_c)

    @property
    def hours(self) -> float:
        """Real elapsed hours of the interval."""
        return self.minutes / MINUTES_PER_HOUR

    @property
    def end(self) -> datetime:
        """When the interval ends."""
        return self.at + timedelta(minutes=self.minutes)

    def figure(self, name: str) -> float | None:
        """Read the figure called `name`, one of `FIGURES`; None where the source lacks it."""
        if name not in FIGURES:
            raise InvalidValue(f"Tick.figure: name={name!r} is unknown; use one of {FIGURES}")
        value: float | None = getattr(self, name)
        return value

    def origin_of(self, name: str) -> Origin:
        """Origin of the figure called `name`."""
        return Origin.ASSUMED if name in self.assumed else self.origin
