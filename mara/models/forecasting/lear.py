"""LEAR: autoregressions with exogenous inputs, estimated by LASSO over many windows.

Law: the forecast is the mean over calibration windows of the newest 56 days to four years. The
penalty of each window is the one of `PENALTIES` that erred least on every eighth day of the half
year before; windows of which the past fills less than four fifths are left out.

Source: Lago, Marcjasz, De Schutter and Weron, Forecasting day-ahead electricity prices, Applied
Energy 293 (2021), section 4.2; the many windows are those of Marcjasz, Serafin and Weron,
Selection of calibration windows for day-ahead electricity price forecasting, Energies 11 (2018).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from mara.errors import InvalidValue
from mara.models.forecasting.days import LONGEST_LAG, Days
from mara.models.forecasting.frames import FRAMES, Framed, framed, referenced
from mara.models.forecasting.lear_window import (
    FramedWindow,
    Line,
    Moments,
    Window,
    calibrated,
    scaled_moments,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mara.models.forecasting.past import Floats

__all__ = ["WINDOWS", "FittedLear", "FramedLear", "Lear"]

WINDOWS: Final = (56, 84, 364, 728, 1_092, 1_456)
"""Calibration windows in days."""
PENALTIES: Final = (0.04, 0.024, 0.015, 0.008, 0.004, 0.002)
"""Penalties that are tried, in the unit of a scaled feature, falling."""
_TRIED_DAYS: Final = 182
_TRIED_EVERY: Final = 8
_LEAST_DAYS: Final = 28


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FittedLear:
    """The mean of its windows."""

    windows: tuple[Window | FramedWindow, ...]

    def predict(self, days: Days) -> Floats:
        """Prices of the day that follows `days`, shape (24,)."""
        return np.asarray(np.mean([window.predict(days) for window in self.windows], axis=0))

    def conditioned(self, days: Days) -> FittedLear:
        """Return itself: the lines read the days that they are given."""
        del days
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Lear:
    """LEAR on the windows that the past fills, each in its own scaling."""

    windows: tuple[int, ...] = WINDOWS

    def fit(self, days: Days) -> FittedLear:
        """Choose the penalties, then calibrate each window on its newest days."""
        windows = _filled(self.windows, len(days) - LONGEST_LAG)
        return FittedLear(
            windows=tuple(
                calibrated(days, window=window, penalty=self.penalty(days, window))
                for window in windows
            )
        )

    def penalty(self, days: Days, window: int) -> float:
        """Choose the penalty of a window on the half year before the end of `days`."""
        tried = _tried(len(days))
        missed = np.zeros(len(PENALTIES))
        for day in tried:
            seen = days.until(day)
            moments, prices, exog = scaled_moments(seen, window)
            for i, line in enumerate(_path(moments)):
                made = Window(line=line, prices=prices, exog=exog).predict(seen)
                missed[i] += np.abs(made - days.prices[day]).mean()
        return PENALTIES[int(np.argmin(missed))]

    def rolling(self, days: Days, first: int) -> Floats:
        """Forecasts of days `first` to the last, calibrated anew each day, (days, windows, 24)."""
        windows = _filled(self.windows, first - LONGEST_LAG)
        made = np.empty((len(days) - first, len(windows), 24))
        for i, window in enumerate(windows):
            penalty, last = self.penalty(days.until(first), window), None
            for day in range(first, len(days)):
                seen = days.until(day)
                law = calibrated(seen, window=window, penalty=penalty, start=last)
                made[day - first, i], last = law.predict(seen), law.line
        return made


@dataclass(frozen=True, slots=True, kw_only=True)
class FramedLear:
    """LEAR in frames: each of `frames` with each of `windows`."""

    frames: tuple[str, ...] = ("month", "month-fixed")
    windows: tuple[int, ...] = (364, 1_456)

    def fit(self, days: Days) -> FittedLear:
        """Choose the penalties, then fit each frame and window on its newest days."""
        reference = referenced(days)
        made = []
        for frame in self.frames:
            seen = framed(days, FRAMES[frame], reference)
            for window in _filled(self.windows, len(seen.y)):
                penalty = _framed_penalty(seen, days, window)
                line = _moments(seen, len(seen.y), window).line(penalty, None)
                made.append(FramedWindow(line=line, frame=frame, reference=reference))
        return FittedLear(windows=tuple(made))

    def rolling(self, days: Days, first: int) -> Floats:
        """Forecasts of days `first` to the last, calibrated anew each day, (days, lines, 24)."""
        reference, made = referenced(days.until(first)), []
        for frame in self.frames:
            seen = framed(days, FRAMES[frame], reference)
            before = first - FRAMES[frame].first
            for window in _filled(self.windows, before):
                penalty = _framed_penalty(_until(seen, before), days.until(first), window)
                made.append(_rolled(seen, before, window, penalty))
        return np.stack(made, axis=1)


def _rolled(seen: Framed, first: int, window: int, penalty: float) -> Floats:
    z, line = np.empty((len(seen.y) - first, 24)), None
    for row in range(first, len(seen.y)):
        line = _moments(seen, row, window).line(penalty, line)
        z[row - first] = line.at(seen.x[row])
    return seen.back(z, slice(first, len(seen.y)))


def _framed_penalty(seen: Framed, days: Days, window: int) -> float:
    """Choose the penalty of a window in a frame, as `Lear.penalty` does."""
    n = len(seen.y)
    missed = np.zeros(len(PENALTIES))
    for row in _tried(n):
        for i, line in enumerate(_path(_moments(seen, row, window))):
            made = seen.back(line.at(seen.x[row])[None], slice(row, row + 1))[0]
            missed[i] += np.abs(made - days.prices[row - n]).mean()
    return PENALTIES[int(np.argmin(missed))]


def _moments(seen: Framed, row: int, window: int) -> Moments:
    """Moments of the `window` rows before `row`."""
    cut = slice(max(row - window, 0), row)
    kept = seen.kept[cut] > 0
    return Moments.of(seen.x[cut][kept], seen.y[cut][kept])


def _until(seen: Framed, rows: int) -> Framed:
    """Know the first `rows` targets and the features of one more."""
    return Framed(
        x=seen.x[: rows + 1],
        y=seen.y[:rows],
        level=seen.level[: rows + 1],
        scale=seen.scale[: rows + 1],
        kept=seen.kept[:rows],
    )


def _path(moments: Moments) -> Iterator[Line]:
    """Lines of all `PENALTIES`, each from the one before."""
    line = None
    for penalty in PENALTIES:
        line = moments.line(penalty, line)
        yield line


def _tried(n: int) -> range:
    """Days on which penalties are tried: of the newest half year, or of the newest quarter."""
    return range(max(n - _TRIED_DAYS, n - n // 4), n, _TRIED_EVERY)


def _filled(windows: tuple[int, ...], days: int) -> tuple[int, ...]:
    """Windows of which the past fills four fifths; where it fills none, all of it is one.

    Raises
    ------
    InvalidValue
        There are fewer than 28 days.
    """
    if days < _LEAST_DAYS:
        raise InvalidValue(
            f"LEAR: {max(days, 0)} days after the first week are too few; give at least {_LEAST_DAYS}"
        )
    return tuple(w for w in windows if 4 * w <= 5 * days) or (days,)
