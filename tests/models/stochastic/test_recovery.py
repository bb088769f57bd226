"""Parameters found again in simulated series: 95 % intervals hold the truth about 95 % of the time.

The large experiments are soak tests; docs/stochastic.md quotes what they printed.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from mara.models.stochastic import PriceSeries
from tests.models.stochastic.cases import MARKOV, Case

each_case = pytest.mark.parametrize("case", MARKOV, ids=lambda case: case.name)


def coverage(case: Case, n_series: int, n_steps: int = 2_000) -> dict[str, float]:
    """Share of series whose interval holds the truth, by parameter."""
    paths = case.law.simulate(np.random.default_rng(5), case.grid(n_series, n_steps))
    held: Counter[str] = Counter()
    for path in paths:
        found = type(case.law).calibrate(PriceSeries(values=path, dt=case.dt))
        held.update(e.name for e in found.estimates if e.covers(case.parameters[e.name]))
    return {name: held[name] / n_series for name in case.parameters}


@pytest.mark.soak
@each_case
def test_intervals_cover_in_300_series(case: Case) -> None:
    shares = coverage(case, 300)
    print(case.name, {name: round(share, 3) for name, share in shares.items()})  # noqa: T201
    assert all(0.90 <= share <= 0.99 for share in shares.values()), shares
