"""Tomorrow's risk for those who ask the strategy agent."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mara.bootstrap.samples import sample_history
from mara.domain.presets import demo_site
from mara.services.reports import _ahead_text
from mara.services.tomorrow import tomorrow_of


def test_tomorrow_in_figures() -> None:
    found = tomorrow_of(demo_site(), sample_history(2, 30))
    assert found is not None
    assert found.days == 23
    assert found.at(0.99).var_usd >= found.at(0.95).var_usd >= found.at(0.9).var_usd
    assert found.at(0.95).expected_usd == found.expected_usd
    assert "one day in twenty" in _ahead_text(found)


def test_a_short_past_has_no_risk() -> None:
    past = sample_history(2, 10)
    assert tomorrow_of(demo_site(), past) is None
    assert tomorrow_of(demo_site(), past.last(5)) is None


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.0, 0.5])
def test_a_smaller_connection_earns_less(share: float) -> None:
    past = sample_history(2, 27)
    small = replace(demo_site(), import_limit_mw=20.0 * share)
    whole, cut = tomorrow_of(demo_site(), past), tomorrow_of(small, past)
    assert whole is not None
    assert cut is not None
    assert cut.expected_usd < whole.expected_usd
