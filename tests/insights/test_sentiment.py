"""Headlines: the offline classifier against labels that it has not seen, and the index."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bench.insights import held_out_scores, macro_f1
from mara.insights.sentiment.index import index_at, index_series, news_facts
from mara.insights.sentiment.lexicon import read_headline
from mara.insights.sentiment.tags import Direction, Headline, Tag, TaggedHeadline
from tests.insights.conftest import AT


def test_the_lexicon_reads_unseen_headlines(capsys: pytest.CaptureFixture[str]) -> None:
    score, majority, count = held_out_scores()
    with capsys.disabled():
        pass
    assert count >= 100
    assert score >= 0.65
    assert score > majority + 0.3


@pytest.mark.parametrize(
    ("text", "direction"),
    [
        ("Strike at gas terminal called off", "favourable"),
        ("Strike at gas terminal set for Monday", "adverse"),
        ("Reactor outage extended by five weeks", "adverse"),
        ("Restart of reactor delayed again", "adverse"),
        ("Record wind output expected in Texas", "favourable"),
        ("Gas prices surge", "adverse"),
        ("Gas prices slump", "favourable"),
        ("Research house lifts power price forecast to 74 from 61", "adverse"),
        ("Board appoints new chief executive", "neutral"),
        ("", "neutral"),
    ],
)
def test_words_have_their_meaning(text: str, direction: str) -> None:
    tag = read_headline(text)
    assert tag.direction == direction
    assert 0.0 <= tag.confidence <= 1.0
    assert tag.quote.lower() in text.lower()


def test_the_market_named_is_the_entity() -> None:
    assert read_headline("Heat wave grips ERCOT").entity == "ERCOT"
    assert read_headline("cold snap ahead").entity == "power market"


def tagged(direction: Direction, hours_ago: float, confidence: float = 1.0) -> TaggedHeadline:
    at = AT - timedelta(hours=hours_ago)
    tag = Tag(entity="x", direction=direction, confidence=confidence, quote="x", by="lexicon")
    return TaggedHeadline(headline=Headline(text=f"{direction} {at}", source="s", at=at), tag=tag)


def test_the_index_weighs_by_age_and_confidence() -> None:
    good, bad = tagged(Direction.FAVOURABLE, 0.0), tagged(Direction.ADVERSE, 24.0)
    assert index_at([], AT) is None
    assert index_at([good], AT) == 1.0
    assert index_at([good, bad], AT) == pytest.approx((1.0 - 0.5) / 1.5)
    assert index_at([good, bad], AT - timedelta(hours=1)) == -1.0
    assert index_at([tagged(Direction.NEUTRAL, 0.0, 0.0)], AT) is None
    times, values = index_series([good, bad], AT)
    assert len(times) == len(values) == 25
    assert values[0] == -1.0
    assert values[-1] > 0


def test_news_facts_count_what_was_read() -> None:
    facts = {f.fact_id: f.value for f in news_facts([tagged(Direction.ADVERSE, 1.0)], AT)}
    assert facts == {
        "news.count": 1.0,
        "news.favourable": 0.0,
        "news.adverse": 1.0,
        "news.neutral": 0.0,
        "news.index": -1.0,
    }


def test_macro_f1_is_the_mean_over_classes() -> None:
    assert macro_f1(["a", "a", "b", "b"], ["a", "b", "b", "b"]) == pytest.approx((2 / 3 + 0.8) / 2)
