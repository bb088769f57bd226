"""What is expected of the market."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from datetime import datetime

from mara.domain.checks import all_finite, aware, named, within
from mara.domain.tick import FIGURES, Origin
from mara.errors import InvalidValue

__all__ = ["Forecast", "Quantile"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantile:
    """The forecast's quantile of one level, a value each step."""

    level: float
    values: tuple[float, ...]

    def __post_init__(self) -> None:
        within("Quantile", "level", self.level, 0.0, 1.0)
        all_finite(f"Quantile {self.level}", "values", self.values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Mean and quantiles of one figure for the intervals that begin at `starts`.

    Every step lies after `issued_at`, and steps are equal; nothing later than `issued_at` was
    used to make it.
    """

    target: str
    issued_at: datetime
    starts: tuple[datetime, ...]
    mean: tuple[float, ...]
    quantiles: tuple[Quantile, ...] = ()
    model: str
    origin: Origin

    def __post_init__(self) -> None:
        if self.target not in FIGURES:
            raise InvalidValue(f"Forecast: target={self.target!r} must be one of {FIGURES}")
        named("Forecast", "model", self.model)
        aware("Forecast", "issued_at", self.issued_at)
        self._check_values()

    def _check_values(self) -> None:
        lengths = {len(self.mean), *(len(q.values) for q in self.quantiles)}
        if lengths != {len(self.starts)}:
            raise InvalidValue(f"Forecast {self.target}: needs {len(self.starts)} values a series")
        all_finite(f"Forecast {self.target}", "mean", self.mean)
        if self.starts and self.starts[0] <= self.issued_at:
            raise InvalidValue(
                f"Forecast {self.target}: starts[0]={self.starts[0]} must come after "
                f"issued_at={self.issued_at}"
            )
        self._check_steps()
        levels = [q.level for q in self.quantiles]
        if levels != sorted(set(levels)) or any(not 0 < level < 1 for level in levels):
            raise InvalidValue(f"Forecast {self.target}: levels {levels} must rise within (0, 1)")

    def _check_steps(self) -> None:
        steps = len(self.starts) - 1
        if steps > 0 and self.starts[-1] != self.starts[0] + steps * (
            self.starts[1] - self.starts[0]
        ):
            raise InvalidValue(f"Forecast {self.target}: starts must be equal steps apart")

    def quantile(self, level: float) -> tuple[float, ...]:
        """Read the values of the quantile `level`."""
        for quantile in self.quantiles:
            if abs(quantile.level - level) < 1e-9:
                return quantile.values
        raise InvalidValue(
            f"Forecast {self.target}: level={level} is not there; it has "
            f"{[q.level for q in self.quantiles]}"
        )

    def after(self, at: datetime) -> Forecast:
        """Drop the steps that begin at or before `at`."""
        past = bisect_right(self.starts, at)
        return replace(
            self,
            starts=self.starts[past:],
            mean=self.mean[past:],
            quantiles=tuple(replace(q, values=q.values[past:]) for q in self.quantiles),
        )

    def first(self, steps: int) -> Forecast:
        """Cut to the first `steps` steps."""
        return replace(
            self,
            starts=self.starts[:steps],
            mean=self.mean[:steps],
            quantiles=tuple(replace(q, values=q.values[:steps]) for q in self.quantiles),
        )
