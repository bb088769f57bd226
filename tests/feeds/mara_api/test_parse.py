"""Replies of the MARA API field by field (F3, F4, F5, F7)."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from mara.errors import RejectedRecord
from mara.feeds.mara_api.parse import (
    excerpt,
    parse_account,
    parse_inventory,
    parse_prices,
    parse_status,
)
from mara.feeds.mara_api.values import COUNT_KEYS, LARGEST_QUOTE
from tests.exchange.serving import START, STEP

GOOD = {
    "energy_price": 0.647889223893815,
    "hash_price": 8.448180236220946,
    "timestamp": "2025-06-21T13:00:00",
    "token_price": 2.91225594861526,
}
OTHER = GOOD | {"timestamp": "2025-06-21T12:55:00"}
STATUS = dict.fromkeys(COUNT_KEYS, 3) | {
    "total_power_used": 5,
    "total_power_cost": 1.5,
    "total_revenue": 2,
    "something_new": {},
}


def body(*rows: object) -> bytes:
    return json.dumps(rows).encode()


def record(i: int) -> dict[str, object]:
    return GOOD | {"timestamp": (START + i * STEP).isoformat()[:19], "energy_price": i / 8}


def test_a_record_is_read_to_the_digit() -> None:
    (quote,) = parse_prices(body(GOOD)).quotes
    assert quote.at.isoformat() == "2025-06-21T13:00:00+00:00"
    assert (quote.energy_price, quote.token_price) == (GOOD["energy_price"], GOOD["token_price"])


@pytest.mark.parametrize("key", ["energy_price", "hash_price", "token_price"])
@pytest.mark.parametrize("value", [None, "3.2", True, [], {}, 1e308, -1e308, LARGEST_QUOTE * 2])
def test_a_corrupt_figure_costs_its_record_and_no_other(key: str, value: object) -> None:
    prices = parse_prices(body(GOOD | {key: value}, OTHER))
    assert [q.at.minute for q in prices.quotes] == [55]
    (bad,) = prices.quarantined
    assert key in bad.reason
    assert "13:00" in bad.record


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (GOOD | {"surprise": 1}, "key 'surprise' is unknown"),
        ({k: v for k, v in GOOD.items() if k != "token_price"}, "key 'token_price' is missing"),
        (GOOD | {"hash_price": -0.1}, "hash_price=-0.1 must not be negative"),
        (GOOD | {"timestamp": 5}, "timestamp is int, not text"),
        (GOOD | {"timestamp": "13:00"}, "not a time of ISO 8601"),
        (GOOD | {"timestamp": "2025-02-30T13:00:00"}, "no date of the calendar"),
        (GOOD | {"timestamp": "0001-01-01T00:00:00+10:00"}, "no date of the calendar"),
        (GOOD | {"timestamp": "2025-06-21T13:00:01"}, "off the grid of 5 minutes"),
        ("text", "record is str, not an object"),
        (GOOD | {"energy_price": 10**400}, "energy_price overflows"),
    ],
)
def test_a_record_of_another_shape_is_refused(row: object, reason: str) -> None:
    prices = parse_prices(body(row, OTHER))
    assert len(prices.quotes) == 1
    assert reason in prices.quarantined[0].reason


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"<html>502</html>",
        b"null",
        b"{}",
        b'{"prices": []}',
        b"[",
        b'[{"energy_price": NaN}]',
        b'[{"energy_price": Infinity}]',
        b'[{"energy_price": 1e999}]',
        b'[{"energy_price": 1, "energy_price": 2}]',
        b"\xff\xfe[",
        b"[" * 100_000,
        b"[" + b"9" * 5_000 + b"]",
    ],
)
def test_a_reply_of_another_shape_is_refused(reply: bytes) -> None:
    with pytest.raises(RejectedRecord) as caught:
        parse_prices(reply)
    assert len(str(caught.value)) < 300


def test_records_nested_about_the_limit_are_refused() -> None:
    seen = set()
    for depth in range(700, 1_000):
        try:
            prices = parse_prices(b"[" * depth + b"]" * depth)
            assert prices.quotes == ()
            seen.add(prices.quarantined[0].record[:10])
        except RejectedRecord as error:
            seen.add(str(error))
    assert "reply is not JSON: it is nested too deeply" in seen
    assert "[[[[[[[[[[" in seen


@settings(max_examples=200, deadline=None)
@given(st.permutations(range(12)))
def test_order_does_not_matter(order: list[int]) -> None:
    rows = [record(i) for i in range(12)] + [record(3) | {"token_price": None}]
    assert parse_prices(body(*(rows[i] for i in order), rows[12])) == parse_prices(body(*rows))


def test_doubles_count_once_and_contradictions_not_at_all() -> None:
    prices = parse_prices(body(GOOD, GOOD, OTHER, OTHER | {"energy_price": 9}))
    assert [q.at.minute for q in prices.quotes] == [0]
    assert "different prices" in prices.quarantined[0].reason


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from([*GOOD, "x"]), inner, max_size=5)
    ),
    max_leaves=12,
)


def spoiled(row: dict[str, object], key: str, value: object) -> dict[str, object]:
    return row | {key: value}


RECORDS = st.builds(spoiled, st.just(GOOD), st.sampled_from([*GOOD, "x"]), JSON)


@settings(max_examples=400, deadline=None)
@given(st.lists(RECORDS, max_size=5).map(json.dumps).map(str.encode) | st.binary(max_size=200))
def test_no_reply_breaks_the_parser(reply: bytes) -> None:
    try:
        prices = parse_prices(reply)
    except RejectedRecord:
        return
    for quote in prices.quotes:
        assert abs(quote.energy_price) <= LARGEST_QUOTE
        assert not (quote.at - START) % timedelta(minutes=5)


def test_an_excerpt_shows_no_key() -> None:
    key = SecretStr("canary-0123456789")
    text = '{"api_key": "canary-987654321", "note": "canary-0123456789"}' + "x" * 5000
    shown = excerpt(text, key)
    assert "canary" not in shown
    assert len(shown) == 1024


def test_a_status_may_hold_more_than_we_use() -> None:
    status = parse_status(json.dumps(STATUS).encode())
    assert status.allocation.counts() == dict.fromkeys(COUNT_KEYS, 3)
    assert (status.total_power_cost, status.total_revenue) == (1.5, 2)


@pytest.mark.parametrize(
    "change",
    [
        {"air_miners": "3"},
        {"air_miners": 3.0},
        {"air_miners": True},
        {"air_miners": -1},
        {"air_miners": 10**30},
        {"total_revenue": None},
        {"total_power_used": -5},
    ],
)
def test_a_corrupt_status_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(RejectedRecord):
        parse_status(json.dumps(STATUS | change).encode())
    with pytest.raises(RejectedRecord, match="not an object"):
        parse_status(b"[]")


def test_accounts_and_inventories_are_checked() -> None:
    account = parse_account(b'{"name": "n", "power": 1000000, "api_key": "k-canary"}')
    assert "canary" not in repr(account)
    with pytest.raises(RejectedRecord, match="impossible value"):
        parse_account(b'{"name": "n", "power": 0}')
    with pytest.raises(RejectedRecord, match="inference is list, not an object"):
        parse_inventory(b'{"inference": [], "miners": {}}')
    one = {"power": 1, "hashrate": 1, "tokens": 1}
    groups = {"inference": {"asic": one, "gpu": one}, "miners": {"air": one, "hydro": one}}
    groups["miners"]["immersion"] = one | {"power": -1}
    with pytest.raises(RejectedRecord, match="immersion_miners: power_w=-1"):
        parse_inventory(json.dumps(groups).encode())
