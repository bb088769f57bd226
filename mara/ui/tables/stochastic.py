"""Tables of the stochastic tab, units in their headers; charts export the same figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mara.ui.format import words

if TYPE_CHECKING:
    from mara.models.risk.stress import StressResult
    from mara.services.stochastic_scenarios import ScenarioReport
    from mara.services.stochastic_storage import WorthMap
    from mara.services.stochastic_work import Calibrated, RiskReport, Simulated

__all__ = [
    "acf_frame",
    "contributions_frame",
    "draw_frame",
    "ends_frame",
    "estimates_frame",
    "fan_frame",
    "frontier_frame",
    "map_frame",
    "margins_frame",
    "parts_frame",
    "paths_frame",
    "qq_frame",
    "records_frame",
    "risk_frame",
    "spread_frame",
    "stress_frame",
    "tests_frame",
    "worth_frame",
]


def estimates_frame(found: Calibrated) -> pd.DataFrame:
    """List the parameters with standard errors and 95 % intervals."""
    rows = [
        (words(e.name), e.value, e.standard_error, e.low, e.high)
        for e in found.calibration.estimates
    ]
    columns = ["Parameter (per hour)", "Value", "Standard error", "95 % from", "95 % to"]
    return pd.DataFrame(rows, columns=columns)


def qq_frame(found: Calibrated) -> pd.DataFrame:
    """Pair the quantiles of residuals with those of the standard normal."""
    return pd.DataFrame(
        {
            "Standard normal quantile": found.goodness.theory,
            "Residual quantile": found.goodness.sample,
        }
    )


def acf_frame(found: Calibrated) -> pd.DataFrame:
    """List the residuals' autocorrelation by lag."""
    values = found.goodness.autocorrelation
    return pd.DataFrame({"Lag (intervals)": np.arange(1, len(values) + 1), "Correlation": values})


def spread_frame(found: Calibrated, unit: str) -> pd.DataFrame:
    """Set the series' density beside the law's."""
    middle = (found.edges[:-1] + found.edges[1:]) / 2.0
    return pd.DataFrame(
        {
            f"Level ({unit})": middle,
            f"Series (1/({unit}))": found.seen,
            f"Law (1/({unit}))": found.drawn,
        }
    )


def fan_frame(found: Simulated, unit: str) -> pd.DataFrame:
    """List the quantiles of the paths by hour."""
    names = [f"{share} % ({unit})" for share in (5, 25, 50, 75, 95)]
    hours = pd.DataFrame({"Hours ahead (h)": found.hours})
    return hours.join(pd.DataFrame(found.fan.T, columns=names))


def paths_frame(found: Simulated, unit: str) -> pd.DataFrame:
    """List the paths shown, one column each."""
    names = [f"Path {k + 1} ({unit})" for k in range(len(found.paths))]
    hours = pd.DataFrame({"Hours ahead (h)": found.hours})
    return hours.join(pd.DataFrame(found.paths.T, columns=names))


def ends_frame(found: Simulated, unit: str) -> pd.DataFrame:
    """List the histogram of the paths' ends."""
    middle = (found.edges[:-1] + found.edges[1:]) / 2.0
    return pd.DataFrame({f"Level ({unit})": middle, f"Density (1/({unit}))": found.ends})


def records_frame(report: RiskReport, currency: str) -> pd.DataFrame:
    """List the past days with what their plans expected and what they earned."""
    rows = [(r.begins, r.expected_usd, r.earned_usd, r.deviation_usd) for r in report.records]
    columns = [
        "Day begins (UTC)",
        f"Expected ({currency})",
        f"Earned ({currency})",
        f"Earned less expected ({currency})",
    ]
    return pd.DataFrame(rows, columns=columns)


def risk_frame(report: RiskReport, currency: str) -> pd.DataFrame:
    """List every method's figures at every level."""
    rows = [
        (
            str(f.method),
            100.0 * f.level,
            f.expected_usd,
            f.quantile_usd,
            f.var_usd,
            f.cvar_usd,
            f.n,
        )
        for f in sorted(report.figures, key=lambda f: (f.level, str(f.method)))
    ]
    columns = [
        "Method",
        "Level (%)",
        f"Expected margin ({currency})",
        f"Margin undercut ({currency})",
        f"VaR ({currency})",
        f"CVaR ({currency})",
        "Days or scenarios",
    ]
    return pd.DataFrame(rows, columns=columns)


def tests_frame(report: RiskReport) -> pd.DataFrame:
    """List the backtests of both halves of the past."""
    rows = [
        (
            str(test.method),
            100.0 * test.level,
            name,
            half.days,
            half.exceptions,
            round(half.expected, 2),
            half.kupiec_p,
            half.independence_p,
            half.conditional_p,
            "passes" if half.passes else "fails",
        )
        for test in report.tests
        for name, half in (("first", test.first), ("second", test.second))
    ]
    columns = [
        "Method",
        "Level (%)",
        "Half",
        "Days",
        "Exceptions",
        "Expected exceptions",
        "Kupiec p",
        "Independence p",
        "Conditional p",
        "At 5 %",
    ]
    return pd.DataFrame(rows, columns=columns)


def contributions_frame(report: RiskReport, currency: str) -> pd.DataFrame:
    """List what each part of the site adds to CVaR; the last row is the total."""
    rows = [
        (words(part.part), part.expected_usd, part.worst_usd, part.cvar_usd)
        for part in report.contributions
    ]
    total = tuple(sum(row[k] for row in rows) for k in (1, 2, 3))  # type: ignore[misc]
    columns = [
        "Part of the site",
        f"Expected ({currency})",
        f"Mean in the tail ({currency})",
        f"Adds to CVaR ({currency})",
    ]
    return pd.DataFrame([*rows, ("Total", *total)], columns=columns)


def margins_frame(report: RiskReport, currency: str) -> pd.DataFrame:
    """List the margin of every scenario."""
    return pd.DataFrame(
        {f"Margin ({currency})": report.margins_usd, "Probability": report.probabilities}
    )


def stress_frame(results: tuple[StressResult, ...], currency: str) -> pd.DataFrame:
    """List the stresses with what they cost before and after planning anew."""
    rows = [
        (
            r.stress.name,
            r.normal_usd,
            r.unanswered_usd,
            r.replanned_usd,
            r.loss_usd,
            None if r.unanswered_usd is None else r.replanned_usd - r.unanswered_usd,
            r.normal_import_mwh,
            r.stressed_import_mwh,
            r.stress.about,
        )
        for r in results
    ]
    columns = [
        "Stress",
        f"Normal day ({currency})",
        f"Old plan kept ({currency})",
        f"Planned anew ({currency})",
        f"Loss ({currency})",
        f"Saved by planning anew ({currency})",
        "Normal import (MWh)",
        "Import planned anew (MWh)",
        "What happens",
    ]
    return pd.DataFrame(rows, columns=columns)


def parts_frame(results: tuple[StressResult, ...], currency: str) -> pd.DataFrame:
    """List the cash of each part of the site by stress."""
    rows = [
        (r.stress.name, words(p.part), p.normal_usd, p.stressed_usd)
        for r in results
        for p in r.parts
    ]
    columns = ["Stress", "Part", f"Normal day ({currency})", f"Planned anew ({currency})"]
    return pd.DataFrame(rows, columns=columns)


def draw_frame(report: ScenarioReport, unit: str) -> pd.DataFrame:
    """List the scenarios kept: probability, mean, least and greatest price."""
    few = report.draw.few
    energy = few.energy_usd_per_mwh
    frame = pd.DataFrame(
        {
            "Scenario": np.arange(1, few.count + 1),
            "Probability (%)": 100.0 * few.probabilities,
            f"Mean energy ({unit})": energy.mean(axis=1),
            f"Least ({unit})": energy.min(axis=1),
            f"Greatest ({unit})": energy.max(axis=1),
        }
    )
    if few.hash_usd_per_ph_day is not None:
        frame["Hash price (USD/PH/day)"] = few.hash_usd_per_ph_day.mean(axis=1)
    return frame


def frontier_frame(report: ScenarioReport, currency: str) -> pd.DataFrame:
    """List what the dispatch does at each weight of the tail."""
    rows = [
        (
            100.0 * p.weight,
            p.expected_usd,
            p.tail_usd,
            p.charge_mw,
            p.discharge_mw,
            p.stored_usd_per_mwh,
        )
        for p in report.frontier
    ]
    columns = [
        "Weight of the tail (%)",
        f"Expected margin ({currency})",
        f"Mean in the tail ({currency})",
        "Charge first (MW)",
        "Discharge first (MW)",
        f"Stored is worth ({currency}/MWh)",
    ]
    return pd.DataFrame(rows, columns=columns)


def map_frame(found: WorthMap, currency: str) -> pd.DataFrame:
    """List the worth of one more MWh by state of charge, a column a price of now."""
    names = [f"At {price:,.2f} {currency}/MWh now" for price in found.price_usd_per_mwh]
    charges = pd.DataFrame({"Stored (MWh)": found.stored_mwh})
    worth = pd.DataFrame(found.usd_per_mwh.T, columns=[f"{n} ({currency}/MWh)" for n in names])
    return charges.join(worth)


def worth_frame(soc_mwh: np.ndarray, usd_per_mwh: np.ndarray, currency: str) -> pd.DataFrame:
    """List the worth of one more MWh by state of charge."""
    return pd.DataFrame({"Stored (MWh)": soc_mwh, f"Worth ({currency}/MWh)": usd_per_mwh})
