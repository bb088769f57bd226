"""What shall go wrong on demand, how often and where."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import numpy as np

from mara.domain.checks import non_negative, positive, within
from mara.errors import InvalidValue

__all__ = ["Fault", "FaultKind", "FaultPlan", "Faults"]


class FaultKind(StrEnum):
    """Kinds of misbehaviour; those of the request come before it is carried out."""

    DELAY = "delay"
    RATE_LIMIT = "rate_limit"
    RATE_LIMIT_DATE = "rate_limit_date"
    UNAUTHORIZED = "unauthorized"
    ERROR = "error"
    DROP_KEY = "drop_key"
    CLAMP = "clamp"
    ERROR_AFTER = "error_after"
    GARBAGE = "garbage"
    HTML = "html"
    EMPTY = "empty"
    PARTIAL = "partial"
    BAD_RECORD = "bad_record"
    DOUBLE = "double"
    SHUFFLE = "shuffle"
    SKEW = "skew"
    CUT = "cut"
    DRIP = "drip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One kind of fault.

    `probability` a request; `seconds`: length of a delay, of a pause asked for (None for 429
    without a word), between drips, or of the skew; `times`: how often at most; `method` and
    `path` narrow it to some requests.
    """

    kind: FaultKind
    probability: float = 1.0
    seconds: float | None = None
    times: int | None = None
    method: str | None = None
    path: str | None = None

    def __post_init__(self) -> None:
        within(f"Fault {self.kind}", "probability", self.probability, 0.0, 1.0)
        if self.times is not None:
            positive(f"Fault {self.kind}", "times", self.times)
        if self.seconds is not None and self.kind is not FaultKind.SKEW:
            non_negative(f"Fault {self.kind}", "seconds", self.seconds)

    def concerns(self, method: str, path: str) -> bool:
        """Whether a request can meet it."""
        return self.method in {None, method} and self.path in {None, path}


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultPlan:
    """Faults, each drawn for itself at every request."""

    faults: tuple[Fault, ...] = ()

    @classmethod
    def parse(cls, text: str) -> FaultPlan:
        """Read a plan as the command line gives it: kind=probability[:seconds], with commas.

        >>> [f.kind.value for f in FaultPlan.parse("error=0.1,delay=0.2:1.5").faults]
        ['error', 'delay']
        """
        return cls(faults=tuple(_fault(part) for part in text.split(",") if part.strip()))


_FORM: Final = "write kind=probability or kind=probability:seconds"


def _fault(text: str) -> Fault:
    name, _, rest = text.strip().partition("=")
    chance, _, seconds = rest.partition(":")
    if name not in set(FaultKind):
        raise InvalidValue(f"--faults {text!r}: kind is unknown; use {', '.join(FaultKind)}")
    try:
        return Fault(
            kind=FaultKind(name),
            probability=float(chance or 1.0),
            seconds=float(seconds) if seconds else None,
        )
    except ValueError:
        raise InvalidValue(f"--faults {text!r}: no such probability or time; {_FORM}") from None


@dataclass(slots=True, kw_only=True)
class Faults:
    """The plan in force, its draws, and how often each fault has come."""

    rng: np.random.Generator
    plan: FaultPlan = FaultPlan()
    counts: dict[Fault, int] = field(default_factory=dict)

    def use(self, plan: FaultPlan) -> None:
        """Put another plan in force."""
        self.plan = plan
        self.counts = {}

    def drawn(self, method: str, path: str) -> dict[FaultKind, Fault]:
        """Draw the faults of one request."""
        return {f.kind: f for f in self.plan.faults if self._comes(f, method, path)}

    def _comes(self, fault: Fault, method: str, path: str) -> bool:
        if not fault.concerns(method, path) or self.rng.random() >= fault.probability:
            return False
        count = self.counts.get(fault, 0)
        if fault.times is not None and count >= fault.times:
            return False
        self.counts[fault] = count + 1
        return True
