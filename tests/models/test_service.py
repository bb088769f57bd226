"""Who is served when output is short."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mara.domain import Backlog
from mara.errors import InvalidValue
from mara.models.service import serve
from tests.models.worlds import AT, site, tick

HOURS = 1.0 / 12.0
END = AT + timedelta(minutes=5)


def _late(minutes: float, mtok: float, tier: str = "flexible") -> Backlog:
    return Backlog(tier=tier, due=AT + timedelta(minutes=minutes), mtok=mtok)


def test_firm_work_leads_then_backlog_that_falls_due() -> None:
    backlog = (_late(10.0, 5.0), _late(4.0, 5.0))
    got = serve(site(), backlog, tick(), hours=HOURS, capacity_mtok=28.0)
    assert got.served_mtok == pytest.approx(28.0)
    assert got.income_usd == pytest.approx(0.7 * (25.0 * 1.0 + 3.0 * 0.5))
    assert got.missed_mtok == pytest.approx(2.0)
    assert got.penalty_usd == pytest.approx(2.0 * 1.0)
    assert [(b.due, b.mtok) for b in got.backlog] == [
        (AT + timedelta(minutes=10), pytest.approx(5.0)),
        (END + timedelta(minutes=10), pytest.approx(25.0)),
    ]


def test_firm_work_that_is_not_served_is_missed_at_once() -> None:
    got = serve(site(), (), tick(), hours=HOURS, capacity_mtok=10.0)
    assert got.missed_mtok == pytest.approx(15.0)
    assert got.penalty_usd == pytest.approx(15.0 * 4.0)


def test_output_beyond_demand_is_not_sold() -> None:
    got = serve(site(), (), tick(), hours=HOURS, capacity_mtok=1_000.0)
    assert got.served_mtok == pytest.approx(50.0)
    assert got.backlog == ()


def test_without_tiers_all_is_sold() -> None:
    got = serve(site(tiers=()), (), tick(demand_mtok_per_h=None), hours=HOURS, capacity_mtok=9.0)
    assert (got.served_mtok, got.income_usd) == (9.0, pytest.approx(6.3))


def test_without_a_price_nothing_new_is_accepted() -> None:
    silent = tick(token_usd_per_mtok=None)
    got = serve(site(), (_late(30.0, 5.0),), silent, hours=HOURS, capacity_mtok=2.0)
    assert (got.served_mtok, got.income_usd) == (2.0, 0.0)
    assert [b.mtok for b in got.backlog] == [3.0]


def test_work_of_an_unknown_tier_is_refused() -> None:
    with pytest.raises(InvalidValue, match="tier 'gold'"):
        serve(site(), (_late(5.0, 1.0, "gold"),), tick(), hours=HOURS, capacity_mtok=0.0)


@given(st.floats(0.0, 100.0), st.floats(0.0, 100.0))
def test_more_output_never_earns_less(low: float, more: float) -> None:
    backlog = (_late(4.0, 10.0), _late(20.0, 10.0))
    poor = serve(site(), backlog, tick(), hours=HOURS, capacity_mtok=low)
    rich = serve(site(), backlog, tick(), hours=HOURS, capacity_mtok=low + more)
    assert rich.income_usd - rich.penalty_usd >= poor.income_usd - poor.penalty_usd - 1e-9
