"""Goodness of fit: against scipy's own test, and what it must find."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from mara.errors import InvalidValue
from mara.models.risk.goodness import goodness_of


def test_the_distance_is_scipys() -> None:
    z = np.random.default_rng(0).standard_t(5, 700)
    found, known = goodness_of(z), stats.kstest(z, "norm", method="asymp")
    assert found.ks == pytest.approx(known.statistic, abs=1e-12)
    assert found.ks_p == pytest.approx(known.pvalue, rel=1e-6)


def test_normals_pass_and_others_do_not() -> None:
    rng = np.random.default_rng(1)
    right = goodness_of(rng.standard_normal(4_000))
    assert right.ks_p > 0.05
    assert np.mean(np.abs(right.autocorrelation) < right.band) > 0.88
    assert np.abs(right.theory - right.sample)[5:-5].max() < 0.2
    assert goodness_of(rng.standard_t(2, 4_000)).ks_p < 1e-6
    walk = rng.standard_normal(4_000)
    walk[1:] += 0.6 * walk[:-1]
    assert goodness_of(walk / walk.std()).autocorrelation[0] == pytest.approx(0.44, abs=0.05)


def test_few_bad_or_equal_residuals() -> None:
    for bad in (np.zeros(9), np.full(20, np.nan), np.zeros((5, 5))):
        with pytest.raises(InvalidValue, match="ten finite"):
            goodness_of(bad)
    assert not goodness_of(np.ones(20)).autocorrelation.any()
