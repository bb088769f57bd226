"""Tables of the joint law, of switching, and of the battery valued twice; units in their headers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mara.ui.format import words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mara.services.stochastic_battery import BatteryReport
    from mara.services.stochastic_joint import JointReport
    from mara.services.stochastic_switching import ClassBand, SwitchingReport

__all__ = [
    "band_frame",
    "ends_frame",
    "laws_frame",
    "matrix_frame",
    "pairs_frame",
    "paths_frame",
    "valued_frame",
]


def matrix_frame(report: JointReport, names: Mapping[str, str]) -> pd.DataFrame:
    """Write the correlation matrix with the prices' names on both sides."""
    heads = [names[part.figure] for part in report.parts]
    matrix = pd.DataFrame(np.round(report.copula.correlation, 6), columns=heads)
    return pd.DataFrame({"Correlation of shocks": heads}).join(matrix)


def pairs_frame(report: JointReport, names: Mapping[str, str]) -> pd.DataFrame:
    """List the pairs with their correlation, its 95 % interval and what it rests on."""
    heads = [names[part.figure] for part in report.parts]
    pairs = [(i, j) for i in range(len(heads)) for j in range(i + 1, len(heads))]
    rows = [
        (
            f"{heads[i]} and {heads[j].lower()}",
            report.copula.correlation[i][j],
            *report.interval(i, j),
            report.steps,
        )
        for i, j in pairs
    ]
    return pd.DataFrame(
        rows, columns=["Pair", "Correlation", "95 % from", "95 % to", "Sample size (intervals)"]
    )


def laws_frame(
    report: JointReport, names: Mapping[str, str], laws: Mapping[str, str], units: Mapping[str, str]
) -> pd.DataFrame:
    """List each price's law with its parameters and how well its shocks fit."""
    rows = [
        (
            names[part.figure],
            laws[part.law],
            f"{part.now:,.4g} {units[part.figure]}",
            ", ".join(f"{words(e.name).lower()} {e.value:.4g}" for e in part.calibration.estimates),
            f"{part.ks_p:.3f}",
        )
        for part in report.parts
    ]
    columns = ["Price", "Law", "Newest", "Parameters (per hour)", "KS p-value"]
    return pd.DataFrame(rows, columns=columns)


def ends_frame(
    report: JointReport, names: Mapping[str, str], units: Mapping[str, str]
) -> pd.DataFrame:
    """List where each price stands at the end of the horizon."""
    rows = [
        (
            names[part.figure],
            units[part.figure],
            float(part.paths.hours[-1]),
            *(f"{x:,.4g}" for x in (part.now, *part.paths.fan[:, -1].tolist())),
        )
        for part in report.parts
    ]
    quantiles = [f"{share} %" for share in (5, 25, 50, 75, 95)]
    return pd.DataFrame(rows, columns=["Price", "Unit", "Hours ahead (h)", "Newest", *quantiles])


def paths_frame(
    report: JointReport, names: Mapping[str, str], units: Mapping[str, str]
) -> pd.DataFrame:
    """List some of the joint paths: the same number is the same future of all three prices."""
    frame = pd.DataFrame({"Hours ahead (h)": report.parts[0].paths.hours})
    columns = [
        pd.DataFrame(
            part.paths.paths.T,
            columns=[
                f"{names[part.figure]}, path {k + 1} ({units[part.figure]})"
                for k in range(len(part.paths.paths))
            ],
        )
        for part in report.parts
    ]
    return pd.concat([frame, *columns], axis=1)


def band_frame(report: SwitchingReport, currency: str) -> pd.DataFrame:
    """List the classes with the prices to curtail and to resume at, beside the strike price."""
    rows = [_band_row(found, report.steps_a_day) for found in report.classes]
    columns = [
        "Machine class",
        "Units",
        f"Break-even ({currency}/MWh)",
        f"A start costs ({currency})",
        f"Curtail above ({currency}/MWh)",
        f"Resume below ({currency}/MWh)",
        "Starts a day, one price",
        "Starts a day, two",
        f"Two earn more ({currency}/day)",
    ]
    return pd.DataFrame(rows, columns=columns)


def _band_row(found: ClassBand, steps_a_day: float) -> tuple[object, ...]:
    name, band = words(found.name), found.band
    if band is None:
        return (name, found.units, None, found.start_usd, *[None] * 5)
    return (
        name,
        found.units,
        found.strike_usd_per_mwh,
        found.start_usd,
        band.curtail_above,
        band.resume_below,
        band.strike.starts * steps_a_day,
        band.best.starts * steps_a_day,
        found.gain_usd(steps_a_day),
    )


def valued_frame(report: BatteryReport, currency: str) -> pd.DataFrame:
    """Set the two values beside each other, with what both rest on."""
    found = report.simulated
    rows = [
        ("Dynamic programming", report.dynamic_usd, None, None),
        ("Longstaff-Schwartz, new paths", found.value, found.standard_error, report.paths),
        ("Longstaff-Schwartz, paths it was fitted to", found.in_sample, None, report.paths),
    ]
    columns = ["Method", f"Value ({currency})", f"Standard error ({currency})", "Paths"]
    frame = pd.DataFrame(rows, columns=columns).astype({"Paths": "Int64"})
    return frame.assign(
        **{
            f"Price at the start ({currency}/MWh)": report.price_usd_per_mwh,
            "Horizon (h)": report.steps * report.hours_a_step,
            "Step (min)": 60.0 * report.hours_a_step,
            "Level of the store (MWh)": report.level_mwh,
        }
    )
