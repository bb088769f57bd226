"""A figure's past on a regular grid, what is known of the days to come, and a prediction."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import NDArray

from mara.domain import FIGURES, Forecast, Origin, Quantile
from mara.errors import InvalidValue

__all__ = [
    "LEVELS",
    "LONGEST",
    "Floats",
    "Ints",
    "Known",
    "Past",
    "Predicted",
    "floor_of",
    "steps_ahead",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEVELS: Final = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Levels of the quantiles that every forecast has, where there is enough past to tell them."""

LONGEST: Final = 4_032
"""Most steps of a forecast: two weeks of five minutes."""

_SIGNED: Final = frozenset({"energy_usd_per_mwh", "temperature_c"})
_SECONDS_PER_DAY: Final = 86_400


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Past:
    """`values[i]` is the figure `target` in the interval that begins at `start_s + i step_s`.

    `values` has shape (n,), NaN where it is missing; it may be infinite nowhere. `exog` has shape
    (n, k): series whose values for a whole calendar day of `zone` are known before that day
    begins. `step_s` divides a day; times are seconds since 1970 UTC.
    """

    target: str
    values: Floats
    start_s: int
    step_s: int = 3_600
    zone: str = "UTC"
    exog: Floats = field(default_factory=lambda: np.empty((0, 0)))
    exog_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.step_s < 1 or _SECONDS_PER_DAY % self.step_s:
            raise InvalidValue(f"Past: step_s={self.step_s} must divide a day of 86400 s")
        _zone(self.zone)
        if not self.exog_names:
            object.__setattr__(self, "exog", np.empty((self.values.size, 0)))
        if self.values.ndim != 1 or self.exog.shape != (self.values.size, len(self.exog_names)):
            raise InvalidValue(
                f"Past {self.target}: exog has shape {self.exog.shape}, not that of "
                f"{self.values.shape} values and the columns {self.exog_names}"
            )
        if np.isinf(self.values).any() or np.isinf(self.exog).any():
            raise InvalidValue(f"Past {self.target}: a value is infinite; leave it out (NaN)")

    @classmethod
    def of(cls, epoch_s: Ints, values: Floats, **rest: Any) -> Past:  # noqa: ANN401
        """Lay values at times that rise on their grid; a time that is missing is a NaN.

        `rest` is as in the class, `exog` with a row for each time.

        Raises
        ------
        InvalidValue
            The times do not rise strictly, or one is off the grid of `step_s` (irregular steps).
        """
        if not epoch_s.size:
            raise InvalidValue(f"Past {rest.get('target')}: there is no row")
        step_s = int(rest.get("step_s", 3_600))
        since = epoch_s - int(epoch_s[0])
        broken = (np.diff(since, prepend=-1) <= 0) | (since % step_s != 0)
        if broken.any():
            raise InvalidValue(
                f"Past {rest.get('target')}: row {int(np.argmax(broken))} breaks the grid of "
                f"{step_s} s; sort the rows, drop repeated ones, and give irregular series as "
                "means over equal steps"
            )
        rows = since // step_s
        exog = np.asarray(rest.pop("exog", np.empty((epoch_s.size, 0))))
        laid = np.full((int(rows[-1]) + 1, 1 + exog.shape[1]), np.nan)
        laid[rows] = np.column_stack([values, exog])
        return cls(values=laid[:, 0], exog=laid[:, 1:], start_s=int(epoch_s[0]), **rest)

    def __len__(self) -> int:
        return int(self.values.size)

    @property
    def per_day(self) -> int:
        """Intervals a day of 24 hours."""
        return _SECONDS_PER_DAY // self.step_s

    @property
    def end_s(self) -> int:
        """Time at which the newest interval ends and the first forecast one begins."""
        return self.start_s + self.step_s * len(self)

    @property
    def epoch_s(self) -> Ints:
        """Starts of the intervals, shape (n,)."""
        return self.start_s + self.step_s * np.arange(len(self), dtype=np.int64)

    def first(self, rows: int) -> Past:
        """Forget all but the oldest `rows` intervals."""
        return replace(self, values=self.values[:rows], exog=self.exog[:rows])

    def last(self, rows: int) -> Past:
        """Keep the newest `rows` intervals."""
        keep = min(rows, len(self))
        return replace(
            self,
            values=self.values[len(self) - keep :],
            exog=self.exog[len(self) - keep :],
            start_s=self.end_s - keep * self.step_s,
        )

    def known_after(self, rows: int, horizon: int) -> Known:
        """Read what was known of the `horizon` intervals after the oldest `rows`: an evaluation."""
        return Known(names=self.exog_names, values=self.exog[rows : rows + horizon])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Known:
    """Exogenous series of the intervals that follow the past, shape (m, k)."""

    names: tuple[str, ...]
    values: Floats

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.shape[1] != len(self.names):
            raise InvalidValue(
                f"Known: values has shape {self.values.shape}, not a column for each of {self.names}"
            )
        if np.isinf(self.values).any():
            raise InvalidValue("Known: a value is infinite; leave it out (NaN)")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Predicted:
    """Mean, shape (h,), and quantiles, shape (h, len(levels)), of the `h` steps from `start_s`.

    `quantiles` do not fall with their level; `levels` is empty where the past is too short to
    tell them. `model` names the law, with the reason in brackets where it stands in for another.
    """

    target: str
    model: str
    start_s: int
    step_s: int
    mean: Floats
    quantiles: Floats
    levels: tuple[float, ...] = LEVELS

    def __post_init__(self) -> None:
        if self.quantiles.shape != (self.mean.size, len(self.levels)):
            raise InvalidValue(
                f"Predicted {self.target}: quantiles has shape {self.quantiles.shape}, not "
                f"{(self.mean.size, len(self.levels))}"
            )
        if not (np.isfinite(self.mean).all() and np.isfinite(self.quantiles).all()):
            raise InvalidValue(f"Predicted {self.target}: {self.model} gave no finite forecast")

    @property
    def epoch_s(self) -> Ints:
        """Starts of the steps, seconds since 1970 UTC, shape (h,)."""
        return self.start_s + self.step_s * np.arange(self.mean.size, dtype=np.int64)

    def quantile(self, level: float) -> Floats:
        """Read the quantile of one of `levels`, shape (h,)."""
        return np.asarray(self.quantiles[:, self.levels.index(level)])

    def floored(self) -> Predicted:
        """Raise mean and quantiles to the least value that the figure can take."""
        floor = floor_of(self.target)
        return replace(
            self, mean=np.maximum(self.mean, floor), quantiles=np.maximum(self.quantiles, floor)
        )

    def forecast(self, origin: Origin) -> Forecast:
        """Make the domain's forecast of it: `target` must be a tick's figure."""
        starts = tuple(datetime.fromtimestamp(int(at), UTC) for at in self.epoch_s)
        return Forecast(
            target=self.target,
            issued_at=datetime.fromtimestamp(self.start_s - self.step_s, UTC),
            starts=starts,
            mean=tuple(self.mean.tolist()),
            quantiles=tuple(
                Quantile(level=level, values=tuple(column.tolist()))
                for level, column in zip(self.levels, self.quantiles.T, strict=True)
            ),
            model=self.model,
            origin=origin,
        )


def floor_of(target: str) -> float:
    """Least value that a figure can take: zero but for energy prices and temperatures.

    A target that is no figure of a tick has none.

    >>> floor_of("demand_mtok_per_h"), floor_of("energy_usd_per_mwh")
    (0.0, -inf)
    """
    return 0.0 if target in FIGURES and target not in _SIGNED else -np.inf


def steps_ahead(target: str, horizon: int) -> int:
    """Check a horizon in steps: 1 to `LONGEST`."""
    if not 1 <= horizon <= LONGEST:
        raise InvalidValue(f"forecast of {target}: horizon={horizon} must be 1 to {LONGEST} steps")
    return horizon


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise InvalidValue(f"Past: zone={name!r} is no time zone; use e.g. UTC") from error
