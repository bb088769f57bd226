"""Percentiles of the newest values equal those of the values sorted afresh."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mara.agents.recent import Recent
from mara.errors import InvalidValue


@given(values=st.lists(st.floats(0.0, 1e6), max_size=40), size=st.integers(1, 12))
def test_percentiles_are_those_of_the_newest_values(values: list[float], size: int) -> None:
    kept = Recent(size)
    for value in values:
        kept.add(value)
    newest = sorted(values[-size:])
    for share in (0.0, 0.5, 0.99, 1.0):
        expected = newest[min(int(share * len(newest)), len(newest) - 1)] if newest else 0.0
        assert kept.percentile(share) == expected


def test_a_window_of_nothing_is_refused() -> None:
    with pytest.raises(InvalidValue, match="size=0"):
        Recent(0)
