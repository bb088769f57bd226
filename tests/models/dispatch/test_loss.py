"""What the fast form loses on real days, decided tick by tick and settled by the site's law."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.dispatch import DAYS, closed_loop_loss, coarse_loss, west_texas

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
@pytest.mark.no_cover
def test_fast_form_loses_less_than_a_thousandth_of_the_optimum(bench_data: Path) -> None:
    """Against a bound of the mixed-integer optimum, on each of twenty days of 2023."""
    losses = closed_loop_loss(west_texas(bench_data))
    assert len(losses) == len(DAYS) == 20
    assert all(-1e-6 <= loss.share < 1e-3 for loss in losses)


@pytest.mark.slow
def test_coarse_grid_loses_less_than_a_hundredth(bench_data: Path) -> None:
    assert coarse_loss(west_texas(bench_data), days=(150,)) < 0.01
