"""Where a site stands at the start of an interval."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mara.domain.checks import aware, named, non_negative, positive, whole
from mara.errors import InvalidValue

__all__ = ["Backlog", "ClassState", "SiteState", "Start"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """`units` of a class were started together `at` a time."""

    at: datetime
    units: int

    def __post_init__(self) -> None:
        aware("Start", "at", self.at)
        whole("Start", "units", self.units)
        positive("Start", "units", self.units)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassState:
    """`units_on` of a class draw power; `starts` are those recent enough to matter still.

    A start matters while its units warm up or must not stop yet.
    """

    name: str
    units_on: int
    starts: tuple[Start, ...] = ()

    def __post_init__(self) -> None:
        named("ClassState", "name", self.name)
        whole(f"ClassState {self.name}", "units_on", self.units_on)
        if sum(s.units for s in self.starts) > self.units_on:
            raise InvalidValue(f"ClassState {self.name}: more units started than units_on")


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """Inference work of a tier that is accepted and must be served before `due`."""

    tier: str
    due: datetime
    mtok: float

    def __post_init__(self) -> None:
        named("Backlog", "tier", self.tier)
        aware("Backlog", "due", self.due)
        non_negative(f"Backlog {self.tier}", "mtok", self.mtok)


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteState:
    """State at time `at`, before the interval's decision."""

    at: datetime
    classes: tuple[ClassState, ...]
    soc_mwh: float | None = None
    backlog: tuple[Backlog, ...] = ()
    import_mw: float = 0.0
    export_mw: float = 0.0

    def __post_init__(self) -> None:
        aware("SiteState", "at", self.at)
        for field in ("import_mw", "export_mw"):
            non_negative("SiteState", field, getattr(self, field))
        if self.soc_mwh is not None:
            non_negative("SiteState", "soc_mwh", self.soc_mwh)

    def of(self, name: str) -> ClassState:
        """State of the machine class called `name`; all off where none is recorded."""
        for state in self.classes:
            if state.name == name:
                return state
        return ClassState(name=name, units_on=0)
