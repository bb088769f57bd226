"""Parameters found again in simulated series: 95 % intervals hold the truth about 95 % of the time.

The large experiments are soak tests; docs/stochastic.md quotes what they printed.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from mara.models.stochastic import PriceSeries
from tests.models.stochastic.cases import BY_NAME, HIDDEN, MARKOV, Case

each_case = pytest.mark.parametrize("case", MARKOV, ids=lambda case: case.name)


def coverage(case: Case, n_series: int, n_steps: int = 2_000) -> dict[str, float]:
    """Share of series whose interval holds the truth, by parameter."""
    paths = case.law.simulate(np.random.default_rng(5), case.grid(n_series, n_steps))
    held: Counter[str] = Counter()
    for path in paths:
        found = type(case.law).calibrate(PriceSeries(values=path, dt=case.dt))
        held.update(e.name for e in found.estimates if e.covers(case.parameters[e.name]))
    return {name: held[name] / n_series for name in case.parameters}


def relative_errors(case: Case, n_series: int, n_steps: int) -> dict[str, float]:
    """Root mean square error over the true parameter, by parameter."""
    paths = case.law.simulate(np.random.default_rng(5), case.grid(n_series, n_steps))
    laws = [type(case.law).calibrate(PriceSeries(values=p, dt=case.dt)).law for p in paths]
    return {
        name: float(np.sqrt(np.mean([(getattr(law, name) / truth - 1.0) ** 2 for law in laws])))
        for name, truth in case.parameters.items()
    }


HESTON_BOUNDS = {
    "drift": 2.5,
    "variance": 0.2,
    "rate": 0.6,
    "volatility": 0.4,
    "correlation": 0.5,
}


@pytest.mark.soak
@pytest.mark.parametrize("case", HIDDEN, ids=lambda case: case.name)
def test_errors_of_hidden_laws_in_50_series(case: Case) -> None:
    errors = relative_errors(case, 50, 3_000)
    print(case.name, {name: round(error, 3) for name, error in errors.items()})  # noqa: T201
    for name, error in errors.items():
        assert error < (HESTON_BOUNDS[name] if case.name == "heston" else 0.5), errors


@pytest.mark.stat
@pytest.mark.parametrize("name", ["ou", "gbm", "cir"])
def test_intervals_cover_in_80_series(name: str) -> None:
    """Eighty series tell 95 % to within five points."""
    shares = coverage(BY_NAME[name], 80, 1_000)
    assert all(share >= 0.85 for share in shares.values()), shares
    assert sum(shares.values()) < len(shares)


@pytest.mark.soak
@each_case
def test_intervals_cover_in_300_series(case: Case) -> None:
    shares = coverage(case, 300)
    print(case.name, {name: round(share, 3) for name, share in shares.items()})  # noqa: T201
    assert all(0.90 <= share <= 0.99 for share in shares.values()), shares
