"""Real-time price of energy, USD/MWh.

Law, with ``X`` and ``V`` latent processes of unit variance and ``W`` the slow weather anomaly:

- net-load driver ``D = g W + sqrt(1 - g^2) X``, ``g`` positive in summer, negative in winter,
- its score ``y = mu + low min(D, 0) + high max(D, 0)``, where ``mu``, ``ln low`` and ``ln high``
  are shapes over year and day,
- base price ``supply(y)``, a monotone supply curve: surplus wind below, peakers above,
- scarcity ``S = rho D + sqrt(1 - rho^2) V`` and its excess ``e = S + eta``, ``eta`` a shape,
- price ``= min(cap, max(floor, supply(y) + adder(e)))`` with a monotone curve ``adder``, 0 where
  reserves suffice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.interpolate import PchipInterpolator

from mara.domain.checks import within
from mara.errors import InvalidValue
from mara.models.market.latent import Latent
from mara.models.market.seasonal import SeasonalShape

if TYPE_CHECKING:
    from mara.models.market.local_time import FloatArray, LocalTime

__all__ = ["EnergyParameters", "EnergyPrice", "MonotoneCurve"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MonotoneCurve:
    """A never-falling curve through knots, flat outside them.

    Source: shape-preserving cubic of F. N. Fritsch and J. Butland, SIAM Journal on Scientific and
    Statistical Computing 5 (1984).
    """

    scores: tuple[float, ...]
    usd_per_mwh: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.scores) != len(self.usd_per_mwh) or len(self.scores) < 2:
            raise InvalidValue("MonotoneCurve: give two knots or more, a price for each score.")
        if min(np.diff(self.scores)) <= 0.0 or min(np.diff(self.usd_per_mwh)) < 0.0:
            raise InvalidValue("MonotoneCurve: a knot falls; give rising scores and prices.")

    def interpolator(self) -> PchipInterpolator:
        """Make the curve between its first and its last knot."""
        return PchipInterpolator(self.scores, self.usd_per_mwh)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyParameters:
    """Parameters of the energy price; symbols as in the law above.

    Attributes
    ----------
    driver, scarcity
        Factors of ``X`` and of ``V``.
    centre, log_low, log_high, scarcity_shape
        ``mu``, ``ln low``, ``ln high`` and ``eta``.
    sunday_centre
        Added to ``mu`` on Sundays.
    weather_coupling
        Largest ``|g|``, reached at midsummer (positive) and midwinter (negative).
    scarcity_coupling
        ``rho``.
    supply, adder
        The two curves, USD/MWh.
    floor_usd_per_mwh, cap_usd_per_mwh
        Bounds of the price.
    """

    driver: Latent
    scarcity: Latent
    centre: SeasonalShape
    log_low: SeasonalShape
    log_high: SeasonalShape
    scarcity_shape: SeasonalShape
    sunday_centre: float
    weather_coupling: float
    scarcity_coupling: float
    supply: MonotoneCurve
    adder: MonotoneCurve
    floor_usd_per_mwh: float
    cap_usd_per_mwh: float

    def __post_init__(self) -> None:
        if self.floor_usd_per_mwh >= self.cap_usd_per_mwh:
            raise InvalidValue(
                f"EnergyParameters: floor_usd_per_mwh {self.floor_usd_per_mwh} is not below "
                f"cap_usd_per_mwh {self.cap_usd_per_mwh}."
            )
        for name in ("weather_coupling", "scarcity_coupling"):
            within("EnergyParameters", name, getattr(self, name), -1.0, 1.0)


class EnergyPrice:
    """The energy price as a function of its latent processes."""

    def __init__(self, parameters: EnergyParameters) -> None:
        self._p = parameters
        self._supply = parameters.supply.interpolator()
        self._adder = parameters.adder.interpolator()

    def usd_per_mwh(
        self, *, own: FloatArray, scarcity: FloatArray, weather: FloatArray, time: LocalTime
    ) -> FloatArray:
        """Return prices from ``X`` (`own`), ``V`` (`scarcity`) and ``W`` (`weather`)."""
        driver = self._driver(own, weather, time)
        base = _on_curve(self._supply, self._score(driver, time))
        adder = _on_curve(self._adder, self._excess(driver, scarcity, time))
        return np.clip(base + adder, self._p.floor_usd_per_mwh, self._p.cap_usd_per_mwh)

    def _driver(self, own: FloatArray, weather: FloatArray, time: LocalTime) -> FloatArray:
        coupling: FloatArray = -self._p.weather_coupling * time.annual[1]
        return coupling * weather + np.sqrt(1.0 - coupling**2) * own

    def _score(self, driver: FloatArray, time: LocalTime) -> FloatArray:
        centre = self._p.centre.at(time) + self._p.sunday_centre * time.is_sunday
        width = np.exp(np.where(driver < 0.0, self._p.log_low.at(time), self._p.log_high.at(time)))
        return centre + width * driver

    def _excess(self, driver: FloatArray, scarcity: FloatArray, time: LocalTime) -> FloatArray:
        coupling = self._p.scarcity_coupling
        shared = coupling * driver + np.sqrt(1.0 - coupling**2) * scarcity
        excess: FloatArray = shared + self._p.scarcity_shape.at(time)
        return excess


def _on_curve(curve: PchipInterpolator, score: FloatArray) -> FloatArray:
    values: FloatArray = curve(np.clip(score, curve.x[0], curve.x[-1]))
    return values
