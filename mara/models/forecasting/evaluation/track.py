"""The record of a forecaster: what it said, when, and what came."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from mara.domain.checks import named
from mara.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Track", "common", "joined"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_NEAR: Final = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Track:
    """Forecasts of one figure by one model, a row for each interval and issue.

    `issued_s` and `start_s` are seconds since 1970 UTC: all that was known when the forecast was
    made lies before `issued_s`, and the row is about the interval that begins at `start_s`.
    `actual` is what came, NaN where nothing did. All have shape (n,); `quantiles` (n, len(levels)),
    NaN where the model told none.
    """

    model: str
    levels: tuple[float, ...]
    issued_s: Ints
    start_s: Ints
    actual: Floats
    mean: Floats
    quantiles: Floats

    def __post_init__(self) -> None:
        named("Track", "model", self.model)
        n = self.start_s.size
        for name in ("issued_s", "actual", "mean"):
            if getattr(self, name).shape != (n,):
                raise InvalidValue(
                    f"Track {self.model}: {name} has shape {getattr(self, name).shape}, not ({n},)"
                )
        if self.quantiles.shape != (n, len(self.levels)):
            raise InvalidValue(
                f"Track {self.model}: quantiles have shape {self.quantiles.shape}, "
                f"not {(n, len(self.levels))}"
            )
        if (self.start_s < self.issued_s).any():
            raise InvalidValue(f"Track {self.model}: an interval begins before its forecast")

    def __len__(self) -> int:
        return int(self.start_s.size)

    @property
    def lead_h(self) -> Floats:
        """Hours from the issue to the start of the interval, shape (n,)."""
        return np.asarray((self.start_s - self.issued_s) / 3_600.0)

    def rows(self, chosen: Ints | NDArray[np.bool_]) -> Track:
        """Keep the rows chosen."""
        return replace(
            self,
            issued_s=self.issued_s[chosen],
            start_s=self.start_s[chosen],
            actual=self.actual[chosen],
            mean=self.mean[chosen],
            quantiles=self.quantiles[chosen],
        )

    def known(self) -> Track:
        """Keep the rows whose value came."""
        return self.rows(np.asarray(np.isfinite(self.actual)))

    def told(self) -> Track:
        """Keep the rows with quantiles."""
        whole = np.asarray(np.isfinite(self.quantiles).all(axis=1))
        return self.rows(whole if self.levels else np.zeros_like(whole))

    def within(self, hours: float) -> Track:
        """Keep the rows that lie less than `hours` ahead of their issue."""
        return self.rows(self.lead_h < hours - _NEAR)

    def quantile(self, level: float) -> Floats:
        """Read the column of one level, shape (n,).

        Raises
        ------
        InvalidValue
            It is none of `levels`.
        """
        for i, told in enumerate(self.levels):
            if abs(told - level) < _NEAR:
                return np.asarray(self.quantiles[:, i])
        raise InvalidValue(f"Track {self.model}: level={level} is none of {self.levels}")


def joined(tracks: Sequence[Track]) -> Track:
    """Put pieces of one record behind each other.

    Raises
    ------
    InvalidValue
        There is no piece, or their levels differ.
    """
    if not tracks or len({track.levels for track in tracks}) != 1:
        raise InvalidValue("joined: give at least one piece, and all of the same levels")
    first = tracks[0]
    return replace(
        first,
        issued_s=np.concatenate([t.issued_s for t in tracks]),
        start_s=np.concatenate([t.start_s for t in tracks]),
        actual=np.concatenate([t.actual for t in tracks]),
        mean=np.concatenate([t.mean for t in tracks]),
        quantiles=np.concatenate([t.quantiles for t in tracks]),
    )


def common(ours: Track, theirs: Track) -> tuple[Track, Track]:
    """Keep what both forecast: the same intervals from the same issues, in the same order.

    Raises
    ------
    InvalidValue
        They have nothing in common.
    """
    keys = [np.rec.fromarrays([t.issued_s, t.start_s]) for t in (ours, theirs)]
    _, mine, other = np.intersect1d(keys[0], keys[1], return_indices=True)
    if not mine.size:
        raise InvalidValue(f"{ours.model} and {theirs.model} forecast no interval in common")
    return ours.rows(mine), theirs.rows(other)
