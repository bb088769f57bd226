"""An observed series, checked once: what a law is calibrated to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import numpy as np

from mara.domain.checks import aware, positive
from mara.errors import InvalidValue
from mara.models.stochastic.grid import Floats
from mara.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["LEAST_VALUES", "PriceSeries"]

_UTC: Final = ZoneInfo("UTC")

LEAST_VALUES: Final = 30
"""Fewest values that a law is calibrated to."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PriceSeries:
    """Values at equal steps.

    Attributes
    ----------
    values
        The series, shape (n,), at least `LEAST_VALUES`, finite and not constant.
    dt
        Length of a step in the unit of time that the rates shall have; hours for price files.
    begins
        UTC time of the first value; only seasonal levels need it, and their unit is the hour.
    zone
        Time zone of the seasons.

    Raises
    ------
    InvalidValue
        The series is too short, constant, or holds what is no number.
    """

    values: Floats
    dt: float
    begins: datetime | None = None
    zone: ZoneInfo = _UTC

    def __post_init__(self) -> None:
        values = np.asarray(self.values, dtype=np.float64)
        object.__setattr__(self, "values", values)
        positive("PriceSeries", "dt", self.dt)
        if self.begins is not None:
            aware("PriceSeries", "begins", self.begins)
        _check_values(values)

    @classmethod
    def at_times(
        cls, values: Floats, epoch_s: NDArray[np.int64], *, zone: ZoneInfo | None = None
    ) -> PriceSeries:
        """Make a series in hours from values and their times, seconds since 1970 UTC.

        Raises
        ------
        InvalidValue
            The times do not rise by equal steps, beside what the series itself refuses.
        """
        if len(values) != len(epoch_s):
            raise InvalidValue(
                f"PriceSeries: {len(values)} values and {len(epoch_s)} times; give one time a value"
            )
        steps = np.diff(epoch_s)
        if steps.size == 0 or steps.min() <= 0 or steps.max() != steps.min():
            raise InvalidValue(f"PriceSeries: {_uneven(steps)}")
        return cls(
            values=values,
            dt=float(steps[0]) / SECONDS_PER_HOUR,
            begins=datetime.fromtimestamp(int(epoch_s[0]), UTC),
            zone=zone or _UTC,
        )

    def __len__(self) -> int:
        return int(self.values.size)

    def with_values(self, values: Floats) -> PriceSeries:
        """Put other values at the same times."""
        return replace(self, values=values)

    def need_positive(self, law: str) -> Floats:
        """Give the values where all are above zero.

        Raises
        ------
        InvalidValue
            One is not.
        """
        if self.values.min() <= 0.0:
            at = int(np.argmax(self.values <= 0.0))
            more = " or score_ou" if self.begins else ""
            raise InvalidValue(
                f"{law}: values[{at}]={self.values[at]:g} is not above zero, and this law is of "
                f"positive prices; use ou, jumps_normal, jumps_exponential, regimes{more}"
            )
        return self.values


def _check_values(values: Floats) -> None:
    if values.ndim != 1 or values.size < LEAST_VALUES:
        raise InvalidValue(
            f"PriceSeries: values has shape {values.shape}; give one row of at least "
            f"{LEAST_VALUES} values"
        )
    bad = ~np.isfinite(values)
    if bad.any():
        raise InvalidValue(
            f"PriceSeries: values[{int(np.argmax(bad))}] is NaN or infinite, as are "
            f"{int(bad.sum()) - 1} more; cut the series to a stretch without gaps"
        )
    if np.ptp(values) == 0.0:
        raise InvalidValue(
            f"PriceSeries: all {values.size} values are {values[0]:g}; a constant has no law to "
            "calibrate; give a series that moves"
        )


def _uneven(steps: NDArray[np.int64]) -> str:
    if steps.size == 0:
        return "one value tells no step; give at least two"
    usual = int(np.median(steps))
    at = int(np.argmax(steps != usual))
    return (
        f"times {at} and {at + 1} are {int(steps[at])} s apart where the others are {usual} s; "
        "cut the series to a stretch of equal steps"
    )
