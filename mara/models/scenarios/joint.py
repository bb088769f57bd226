"""Joint scenarios: what the market's figures may be, interval by interval, with probabilities."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from mara.domain.checks import positive
from mara.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["FIGURES_OF", "JointScenarios"]

Floats = NDArray[np.float64]

FIGURES_OF: Final = (
    "energy_usd_per_mwh",
    "hash_usd_per_ph_day",
    "token_usd_per_mtok",
    "demand_mtok_per_h",
)
"""The figures of a scenario; each is drawn together with the others."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class JointScenarios:
    """S futures over T intervals of `minutes`, the s-th with `probabilities[s]`.

    Every figure has shape (S, T), or (S, 1) where it stays the same all along. A figure that the
    market does not quote is None. Probabilities are positive or zero and sum to one.
    """

    minutes: float
    energy_usd_per_mwh: Floats
    hash_usd_per_ph_day: Floats | None = None
    token_usd_per_mtok: Floats | None = None
    demand_mtok_per_h: Floats | None = None
    probabilities: Floats

    def __post_init__(self) -> None:
        positive("JointScenarios", "minutes", self.minutes)
        if self.energy_usd_per_mwh.ndim != 2 or not self.energy_usd_per_mwh.size:
            raise InvalidValue(
                f"JointScenarios: energy_usd_per_mwh has shape {self.energy_usd_per_mwh.shape}; "
                "give one row a scenario and one column an interval"
            )
        for name, values in self.figures():
            self._check(name, values)
        self._check_probabilities()
        for field in fields(self):
            if isinstance(value := getattr(self, field.name), np.ndarray):
                value.setflags(write=False)

    def _check(self, name: str, values: Floats) -> None:
        if values.shape not in {(self.count, self.intervals), (self.count, 1)}:
            raise InvalidValue(
                f"JointScenarios: {name} has shape {values.shape}; give "
                f"({self.count}, {self.intervals}) or ({self.count}, 1)"
            )
        if not np.isfinite(values).all():
            bad = int(np.flatnonzero(~np.isfinite(values).all(axis=1))[0])
            raise InvalidValue(
                f"JointScenarios: {name} is not finite in scenario {bad}; leave that scenario out"
            )

    def _check_probabilities(self) -> None:
        p = self.probabilities
        if p.shape != (self.count,) or not np.isfinite(p).all() or p.min() < 0.0:
            raise InvalidValue(
                f"JointScenarios: probabilities must be {self.count} figures of zero or above"
            )
        if abs(float(p.sum()) - 1.0) > 1e-9:
            raise InvalidValue(f"JointScenarios: probabilities sum to {p.sum():.12g}, not to 1")

    @classmethod
    def equally_likely(cls, *, minutes: float, **figures: Floats | None) -> JointScenarios:
        """Make scenarios of one probability each; `figures` are those of `FIGURES_OF`."""
        energy = figures.get("energy_usd_per_mwh")
        if energy is None or not len(energy):
            raise InvalidValue("JointScenarios: energy_usd_per_mwh is missing; give one scenario")
        weight = np.full(len(energy), 1.0 / len(energy))
        return cls(minutes=minutes, probabilities=weight, **figures)  # type: ignore[arg-type]

    @property
    def count(self) -> int:
        """Number of scenarios S."""
        return int(self.energy_usd_per_mwh.shape[0])

    @property
    def intervals(self) -> int:
        """Number of intervals T."""
        return int(self.energy_usd_per_mwh.shape[1])

    @property
    def hours(self) -> float:
        """Length of one interval, h."""
        return self.minutes / 60.0

    def figures(self) -> Iterator[tuple[str, Floats]]:
        """Yield the figures that are known, by name."""
        for name in FIGURES_OF:
            if (values := getattr(self, name)) is not None:
                yield name, values

    def chosen(self, rows: NDArray[np.intp], probabilities: Floats) -> JointScenarios:
        """Keep the scenarios at `rows`, with new probabilities."""
        kept = {name: values[rows] for name, values in self.figures()}
        return JointScenarios(minutes=self.minutes, probabilities=probabilities, **kept)

    def averaged(self, minutes: float) -> JointScenarios:
        """Average to longer intervals of `minutes`.

        Raises
        ------
        InvalidValue
            `minutes` do not hold whole intervals, or the span no whole `minutes`.
        """
        width = round(minutes / self.minutes)
        if width < 1 or width * self.minutes != minutes or self.intervals % width:
            raise InvalidValue(
                f"JointScenarios: minutes={minutes:g} does not divide {self.intervals} intervals "
                f"of {self.minutes:g} min into whole ones"
            )
        shape = (self.count, self.intervals // width, width)
        means = {
            name: v.reshape(shape).mean(axis=2) if v.shape[1] > 1 else v
            for name, v in self.figures()
        }
        return replace(self, minutes=minutes, **means)

    def features(self) -> Floats:
        """Lay each scenario out as one row of standardised figures, shape (S, features).

        Law: x = (value - mean) / standard deviation of the figure over all scenarios, divided by
        the square root of its number of columns, so that every figure weighs the same.
        """
        blocks = [_standardised(values) for _, values in self.figures()]
        return np.hstack(blocks)


def _standardised(values: Floats) -> Floats:
    if np.ptp(values) == 0.0:
        return np.zeros_like(values)
    centred: Floats = values - values.mean()
    scale = float(values.std() * np.sqrt(values.shape[1]))
    return centred / scale
