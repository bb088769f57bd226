"""Energy, hash and token price together: each by its law, their innovations by one copula."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from mara.domain import History
from mara.errors import InvalidValue, SolverFailed
from mara.models.risk.goodness import goodness_of
from mara.models.stochastic import (
    Calibration,
    CoxIngersollRoss,
    GeometricBrownian,
    Noise,
    OrnsteinUhlenbeck,
    calibrate_seasonal,
)
from mara.models.stochastic.joint import Asset, Copula, JointLaw, calibrate_copula
from mara.models.storage.scored import ScoredPrice
from mara.services.stochastic_sources import series_of
from mara.services.stochastic_work import Simulated, grid_of, simulated

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mara.models.stochastic import PriceSeries

__all__ = [
    "ENERGY_LAWS",
    "JOINT_FIGURES",
    "OTHER_LAWS",
    "JointAsk",
    "JointReport",
    "PartLaw",
    "check_size",
    "joint_report",
    "joint_series",
]

Floats = NDArray[np.float64]

JOINT_FIGURES: Final = ("energy_usd_per_mwh", "hash_usd_per_ph_day", "token_usd_per_mtok")
"""The prices that are drawn together, in this order."""

_WORDS: Final = dict(zip(JOINT_FIGURES, ("energy", "hash", "token"), strict=True))
_MOST_CELLS: Final = 1_000_000
_WIDE: Final = 1.959964
"""Deviations of the standard normal law on each side that hold 95 %."""


def _ou_on_season(series: PriceSeries) -> Calibration[Any]:
    return calibrate_seasonal(OrnsteinUhlenbeck, series)


ENERGY_LAWS: Final[Mapping[str, Callable[[PriceSeries], Calibration[Any]]]] = MappingProxyType(
    {"scored": ScoredPrice.calibrate, "ou": _ou_on_season}
)
"""What the energy price may follow, each on its season."""

OTHER_LAWS: Final[Mapping[str, Callable[[PriceSeries], Calibration[Any]]]] = MappingProxyType(
    {
        "gbm": GeometricBrownian.calibrate,
        "cir": CoxIngersollRoss.calibrate,
        "ou": OrnsteinUhlenbeck.calibrate,
    }
)
"""What hash and token price may follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JointAsk:
    """Calibrate the three prices in intervals of `minutes`, and draw `paths` over `hours`."""

    digest: str
    minutes: float
    energy_law: str
    other_law: str
    paths: int
    hours: float
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PartLaw:
    """One price of the three: its calibrated law, its price now, how well it fits, its paths."""

    figure: str
    law: str
    calibration: Calibration[Any]
    now: float
    ks_p: float
    paths: Simulated


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class JointReport:
    """The joint law and what it draws; the copula rests on `steps` innovations of each price."""

    steps: int
    hours_a_step: float
    copula: Copula
    parts: tuple[PartLaw, ...]

    def interval(self, row: int, column: int) -> tuple[float, float]:
        """Find the 95 % interval of a correlation, by Fisher's transform."""
        found = self.copula.correlation[row][column]
        reach = _WIDE / np.sqrt(max(self.steps - 3, 1))
        centre = np.arctanh(np.clip(found, -1.0 + 1e-12, 1.0 - 1e-12))
        return float(np.tanh(centre - reach)), float(np.tanh(centre + reach))


def joint_series(history: History, *, minutes: float, zone: str) -> tuple[PriceSeries, ...]:
    """Cut the newest stretch on which all three prices are known, averaged to `minutes`.

    Raises
    ------
    InvalidValue
        One of them is never known, or the stretch is too short or constant; the text says which.
    """
    known = [np.isfinite(history.series(figure)) for figure in JOINT_FIGURES]
    missing = [_WORDS[f] for f, seen in zip(JOINT_FIGURES, known, strict=True) if not seen.any()]
    rows = np.logical_and.reduce(known)
    if missing or not rows.any():
        raise InvalidValue(
            f"three prices together: this source has no {' and no '.join(missing)} price"
            if missing
            else "three prices together: this source never knows all three at the same time"
        )
    whole = History(
        minutes=history.minutes,
        max_rows=history.max_rows,
        epoch_s=history.epoch_s[rows],
        values=history.values[rows],
    )
    cut = partial(series_of, minutes=minutes, zone=zone)
    return tuple(_of(figure, cut, whole, figure) for figure in JOINT_FIGURES)


def joint_report(
    ask: JointAsk, series: tuple[PriceSeries, ...], rng: np.random.Generator
) -> JointReport:
    """Calibrate each law and the copula of their innovations, and simulate; runs in a worker.

    Raises
    ------
    InvalidValue, SolverFailed
        A law does not fit its price; the text says which.
    """
    names = (ask.energy_law, ask.other_law, ask.other_law)
    fits = (ENERGY_LAWS[names[0]], OTHER_LAWS[names[1]], OTHER_LAWS[names[2]])
    found = [
        _of(figure, fit, one) for figure, fit, one in zip(JOINT_FIGURES, fits, series, strict=True)
    ]
    laws = [calibration.law for calibration in found]
    starts = [float(one.values[-1]) for one in series]
    joint = JointLaw(
        assets=tuple(
            Asset(name=figure, law=law, start=start)
            for figure, law, start in zip(JOINT_FIGURES, laws, starts, strict=True)
        ),
        copula=calibrate_copula(laws, series),
    )
    grids = [grid_of(one, paths=ask.paths, hours=ask.hours, noise=Noise.PLAIN) for one in series]
    drawn = joint.simulate(rng, grids[0])
    parts = tuple(
        PartLaw(
            figure=figure,
            law=names[k],
            calibration=found[k],
            now=starts[k],
            ks_p=goodness_of(np.asarray(laws[k].residuals(series[k]))).ks_p,
            paths=simulated(laws[k], grids[k], [drawn[figure].astype(np.float32)]),
        )
        for k, figure in enumerate(JOINT_FIGURES)
    )
    return JointReport(
        steps=len(series[0]) - 1, hours_a_step=series[0].dt, copula=joint.copula, parts=parts
    )


def check_size(ask: JointAsk, series: PriceSeries) -> None:
    """Refuse what would take long.

    Raises
    ------
    InvalidValue
        Paths times steps are too many.
    """
    steps = round(ask.hours / series.dt)
    if ask.paths < 2 or ask.paths * steps > _MOST_CELLS:
        raise InvalidValue(
            f"three prices together: {ask.paths:,} paths of {steps:,} steps must be at least 2 "
            f"paths and at most {_MOST_CELLS:,} values; ask for fewer, or for longer steps"
        )


def _of(figure: str, work: Callable[..., Any], *arguments: object) -> Any:  # noqa: ANN401
    """Do work on one price; what goes wrong names it."""
    try:
        return work(*arguments)
    except (InvalidValue, SolverFailed) as error:
        raise type(error)(f"{_WORDS[figure]} price: {error}") from error
