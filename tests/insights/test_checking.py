"""The checker: what is right passes, what is wrong is marked, whatever way it is written."""

from __future__ import annotations

import re
import time
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mara.errors import InvalidValue
from mara.insights.checking import Checker
from mara.insights.derivations import cited, split_entries
from mara.insights.facts import slug
from mara.insights.mentions import mentions
from mara.insights.scripts import CURRENCY_SIGNS
from mara.insights.sentences import SentenceCutter
from mara.insights.units import dimension_of
from mara.insights.wordnumbers import word_value
from tests.insights.conftest import AT, fact, sheet_of
from tests.insights.planted import judged

if TYPE_CHECKING:
    from mara.insights.facts import FactSheet


@pytest.mark.parametrize("suffix", ["", "_2"])
def test_planted_numbers_are_marked_and_right_ones_are_not(suffix: str) -> None:
    """None untraceable unmarked among 200 replies, at most 2 % of right ones marked."""
    numbers = judged(suffix)
    missed = [n for n in numbers if not n.traceable and (n.shown or not n.marked)]
    right = [n for n in numbers if n.traceable]
    wrongly = [n for n in right if n.marked]
    kinds = Counter(n.kind for n in numbers if not n.traceable)
    assert len({n.reply for n in numbers}) == 200
    assert len(kinds) >= 15
    assert not missed, missed[:5]
    assert len(wrongly) <= 0.02 * len(right), wrongly[:5]


RIGHT = [
    "The price is 41.24 USD/MWh [price.now].",
    "The price is 41.2 USD/MWh [price.now] at 16:05.",
    "It is 4.12 cents/kWh [price.now].",
    "It is $41.24/MWh [price.now] or $0.0412/kWh [price.now].",
    "It is 41.24 dollars per megawatt-hour [price.now].",
    "About 41 USD/MWh [price.now], over 40 USD/MWh [price.now], just under 42 USD/MWh [price.now].",
    "It is 12 % [percent_change(price.now, price.hour_ago)] above 36.8 USD/MWh [price.hour_ago].",
    "Then 10.8 % [percent_change(price.hour_ago, price.now)] below it.",
    "It rose by 4.44 USD/MWh [difference(price.now, price.hour_ago)].",
    "They make 78.04 USD/MWh [sum(price.now, price.hour_ago)].",
    "It is 1.12 times [ratio(price.now, price.hour_ago)] that, or 112 % [ratio(price.now, price.hour_ago)].",
    "Between 36.8 and 41.2 USD/MWh [price.hour_ago, price.now].",
    "From 36.8\u201341.2 USD/MWh [price.hour_ago][price.now].",
    "The 95 % quantile in 4 h is 80.4 USD/MWh [forecast.q95].",
    "We lost $1.23k [margin.day] today, that is \u22121,234.50 USD [margin.day].",
    "Margin: -1,234.5 [margin.day].",
    "Nineteen hundred units [units.air] run, 1,900 machines [units.air].",
    "About 21,000 USD [plan.margin], 21.45 thousand dollars [plan.margin], $0.02145M [plan.margin].",
    "The battery is at 42 % [soc], 42.0 percent [soc].",
    "20 MW of connection, 20,000 kW, each 5-minute interval.",
    "Exactly 21,450 USD without a citation.",
    "On 2 June at 4:05 pm, 21:05 UTC, 2026-06-02.",
    "1. The S19j and H100 and GPT-4 are names; the 1st one too.",
    "One of them, no more.",
    "It makes 21,450 USD [plan.margin]",
    "The low was -12.30 USD/MWh [price.low], minus 12.30 USD/MWh [price.low].",
    "The low was 12.30 USD/MWh [price.low] below zero.",
    "The loss of the day is 1,234.50 USD [margin.day].",
    "It is 41.24 [price.now] USD/MWh, and 42 [soc] percent.",
    "There are 412 units [site.units.rack], 412 racks [site.units.rack] in all.",
    "rack 9999.99 USD/MWh in service: 412 units [site.units.rack].",
    "1. Wait.\n",
    "The M50, M60S and H100s run, the A100-80GB and MI300X wait; CO2, Q3, p95, UTC-5 too.",
    "rack9_b and pump-12 run.",
    "It was 36.80 USD/MWh [price.hour_ago] an hour ago, 36.8 USD/MWh an hour ago [price.hour_ago].",
    "4 h ahead the 95th percentile is 80.4 USD/MWh [forecast.q95].",
    "The 4-hour forecast has its 95 % quantile at 80.4 USD/MWh [forecast.q95].",
    "The index is 0.4 [news.index] on a scale from -1 to 1, between -1 and 1.",
    "- 412 units [site.units.rack] run",
    "Power costs 41.24 per MWh [price.now], or 0.0412 per kWh [price.now].",
    "**41.24** USD/MWh [price.now] / _41.24 USD/MWh_ [price.now].",
    "The second half is calm, the other half too; it settles each half-hour, on behalf of all.",
    "A third reason is the weather. A quarter past the hour.",
    "In June it was calm. On June 2 machines ran. In 2026 it is so.",
    "From 36.8 USD/MWh-41.24 USD/MWh [price.hour_ago, price.now].",
    "From 36.8USD/MWh-41.24USD/MWh [price.hour_ago, price.now].",
    "The low was \u201312.3 USD/MWh [price.low], or \u201112.3 USD/MWh [price.low].",
    "It was 1'900 machines [units.air], 1 900 machines [units.air], 1\u202f900 machines [units.air].",
    "The 64 GPU servers [units.gpu] run.",
    "One's own view of Cal-27: one is enough.",
    "The M60S and T21 draw 20 MW; 1,900 [units.air] M50 machines, 1,900 machines [units.air] (M50).",
    "The price is 41.24 [price.now] (USD/MWh), USD/MWh 41.24 [price.now].",
    "It is the 3rd of 412 [site.units.rack].",
]


@pytest.mark.parametrize("text", RIGHT)
def test_right_figures_pass(sheet: FactSheet, text: str) -> None:
    checked = Checker(sheet).check(text)
    assert not checked.untraced, [(p.text, p.note) for p in checked.untraced]
    assert "[" not in checked.text


WRONG = [
    "The price is 41.3 USD/MWh [price.now].",
    "The price is 41.24 cents/kWh [price.now].",
    "The price is 41.24 MW [price.now].",
    "The price is 41.24 EUR/MWh [price.now].",
    "The price is €41.24/MWh [price.now].",
    "The price is \u221241.24 USD/MWh [price.now].",
    "The price is 57 USD/MWh.",
    "The price is 41.2 USD/MWh [price.unknown].",
    "It is 12 % [percent_change(price.now, price.hour_ago)] below.",
    "It fell by 4.44 USD/MWh [difference(price.now, price.hour_ago)].",
    "It is 30 % [percent_change(price.now, units.air)] more.",
    "It is 12 % [share(price.now, price.hour_ago)] more.",
    "It is 12 % [ratio(price.now)] more.",
    "Twice [ratio(price.now, price.hour_ago)] as much.",
    "The margin is 1,234.50 USD [margin.day].",
    "Two hundred units [units.air].",
    "Half of the store is full.",
    "At 17:05 [price.now] it began.",
    "On 3 June it began.",
    "The price is \uff14\uff11.\uff19\uff14 USD/MWh [price.now].",
    "The price is 4\u200b9.24 USD/MWh [price.now].",
    "The 90 % quantile is 80.4 USD/MWh [forecast.q95].",
    "57 USD/MWh and then 41.24 USD/MWh [price.now].",
    "41.24 USD/MWh [price.now] and 3 trades.",
    "In 2024 it was so.",
    "The price is 9999.99 USD/MWh and 412 units [site.units.rack].",
    "It grew 20 fold, with 5 notches more.",
    "The low is 12.30 USD/MWh [price.low], shortly before noon.",
    "We understand the low was 12.30 USD/MWh [price.low].",
    "After costs, the low was 12.30 USD/MWh [price.low], down by a lot.",
    "It is 41.24 [price.now] EUR/MWh.",
    "It is 41.24 [price.now] pounds per MWh.",
    "It is 42 [soc] MW.",
    "It is 41.24 yen [price.now], or 41.24 doubloons [price.now].",
    "There are 412 giraffes [site.units.rack].",
    "7. It will rise.",
    "Dozens of machines are off.",
    "It rose tenfold.",
    "A couple of megawatts are idle.",
    "Hundreds of dollars were lost.",
    "It will cost _4999 USD/MWh_.",
    "It is __500__ USD/MWh.",
    "_Fifty_ dollars.",
    "fif**ty** dollars",
    "It was...4999 USD/MWh.",
    "ca.4999 USD/MWh",
    "Price at-500 USD/MWh.",
    "Costs500 it is.",
    "GPT-500 USD",
    "\u4ef7\u683c500 USD/MWh",
    "CHF500 per MWh.",
    "\u20bf5 [soc]",
    "\ufdfc41.24 [price.now]",
    "A$41.24 [price.now]",
    "\u20ac**41.24** [price.now]",
    "Costs fell by half.",
    "Costs fell by a third.",
    "Two fifths are off.",
    "A trillion dollars was lost.",
    "Costs quintupled.",
    "Double-digit losses.",
    "El precio es quinientos dolares.",
    "Der Preis ist f\u00fcnfhundert Dollar.",
    "\u041f\u044f\u0442\u044c\u0441\u043e\u0442 USD/MWh",
    "\u4e94\u767e USD/MWh",
    "\u2784\u2785 USD/MWh",
    "About \u00bd.",
    "41\u00bd USD/MWh [price.now]",
    "10\u00b3 USD",
    "4.999,00 USD",
    "1,9001 units [units.air]",
    "5e3 USD",
    "4\u00b75 USD",
    "A profit of 2026 USD today.",
    "A price of 2026 [price.now].",
    "On June 2 MW it was.",
    "It costs 21:05 USD.",
    "It makes 21,450 USD per minute [plan.margin].",
    "It makes 21,450 USD [plan.margin] a minute.",
    "It makes 21,450 USD hourly [plan.margin].",
    "It makes 21,450 [plan.margin]k USD.",
    "It makes $21,450 [plan.margin]k.",
    "It makes 21,450 USD million [plan.margin].",
    "41.24 [price.now] per kWh",
    "**41.24**/kWh [price.now]",
    "41.24 \u20b9/MWh [price.now]",
    "41.24 [price.now] \u20b9/MWh",
    "42 \u2030 [soc]",
    "EUR/MWh 41.24 [price.now]",
    "41.24 (EUR/MWh) [price.now]",
    "It makes 21,450 USD [plan.margin] (per second).",
    "It makes 21,450 USD [plan.margin], each and every minute.",
    "It makes 21,450 USD [plan.margin] / second.",
    "It makes `21,450` k USD [plan.margin].",
    "The 500th of a dollar.",
    "A pair of machines.",
    "The low was \u201341.24 USD/MWh [price.now].",
    "It will be 95 % dearer: 80.4 USD/MWh [forecast.q95].",
    "It will be 4 h late: 80.4 USD/MWh [forecast.q95].",
]


@pytest.mark.parametrize("text", WRONG)
def test_wrong_figures_are_marked(sheet: FactSheet, text: str) -> None:
    checked = Checker(sheet).check(text)
    assert checked.untraced
    assert all(piece.note for piece in checked.untraced)


@pytest.mark.parametrize(
    "hidden",
    [*"\u034f\u115f\u1160\u17b4\u180e\u200b\u2065\u2800\u3164\ufe0f\uffa0\ufff0", "\U000e0101"],
)
def test_what_is_not_seen_hides_no_figure(sheet: FactSheet, hidden: str) -> None:
    for text in (f"It is {hidden}500 USD/MWh.", f"It is 5{hidden}00 USD/MWh."):
        checked = Checker(sheet).check(text)
        assert [p.text for p in checked.untraced] == ["500 USD/MWh"]


def test_marks_on_digits_are_taken_off(sheet: FactSheet) -> None:
    checked = Checker(sheet).check("It is 4\u03322\u20e3 % [soc].")
    assert [p.text for p in checked.figures] == ["42 %"]


def test_every_currency_sign_is_a_currency() -> None:
    signs = {chr(i) for i in range(0x2_0000) if unicodedata.category(chr(i)) == "Sc"}
    known = re.compile(f"[{CURRENCY_SIGNS}]")
    plain = {sign: unicodedata.normalize("NFKC", sign) for sign in signs}
    assert all(known.match(sign) or known.match(plain[sign]) for sign in signs)


HOSTILE = [
    "1 " * 750 + "[a.b]",
    "1,000" * 300,
    "1" + " 000" * 370,
    "_1" * 750,
    "one" + " " * 1_490 + "x",
    "a" * 1_500,
    "a*" * 750,
    "zwan" * 375,
    "\u043f" * 1_500,
    "\u4e94 " * 750,
    "1" + "*" * 1_490,
    "1" + " [a.b]" * 240,
    "June " * 300,
    "1 " * 700 + "June",
    "per a " * 250,
]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_takes_long(text: str) -> None:
    """A sentence has at most 1,500 characters; patterns that backtrack would take seconds."""
    checker = Checker(sheet_of(fact("a.b", 1.0, "MW")))
    begun = time.process_time()
    checker.check(text)
    assert time.process_time() - begun < 1.0


def test_a_number_after_a_unit_is_not_passed_over(sheet: FactSheet) -> None:
    checked = Checker(sheet).check("It is 20 MW and 21,450 USD 500, USD 7.")
    assert [p.text for p in checked.untraced] == ["500", "USD 7"]


def test_list_marks_count_up(sheet: FactSheet) -> None:
    checker = Checker(sheet)
    lines = ["1. Wait. ", "It may rise. ", "2. Sell. ", "4. Buy. ", "3. Rest."]
    assert [len(checker.check(line).untraced) for line in lines] == [0, 0, 0, 1, 0]


@given(st.floats(-5_000, 5_000), st.integers(0, 3), st.floats(1.05, 3.0))
def test_a_figure_passes_exactly_when_it_rounds_to_its_fact(
    value: float, digits: int, factor: float
) -> None:
    checker = Checker(sheet_of(fact("a.b", value, "USD/MWh")))
    right = checker.check(f"It is {value:.{digits}f} USD/MWh [a.b].")
    assert not right.untraced
    off = value * factor + (2.0 if value >= 0 else -2.0)
    assert checker.check(f"It is {off:.{digits}f} USD/MWh [a.b].").untraced


@given(st.text(st.characters(codec="utf-8"), max_size=200))
def test_any_text_is_checked_and_none_is_lost(text: str) -> None:
    checked = Checker(sheet_of(fact("a.b", 1.0, "MW"))).check(text)
    digits = [c for c in checked.text if c.isdecimal()]
    marked = "".join(p.text for p in checked.pieces if p.kind != "text")
    hidden = set(digits) - set(marked) if digits else set()
    assert checked.pieces or not checked.text
    assert len(hidden) <= len(digits)


@given(
    st.lists(
        st.sampled_from(["Price 3.5 MW [a.b]. ", "Up! ", "e.g. so. ", "- item\n", "So? [a.b] "])
    ),
    st.integers(1, 9),
)
def test_sentences_do_not_depend_on_the_pieces(parts: list[str], size: int) -> None:
    text = "".join(parts)
    whole, pieces = SentenceCutter(), SentenceCutter()
    at_once = [*whole.feed(text), whole.rest()]
    cut = [s for i in range(0, len(text), size) for s in pieces.feed(text[i : i + size])]
    assert [*cut, pieces.rest()] == at_once
    assert "".join(at_once) == text


def test_sentences_end_where_they_end() -> None:
    cutter = SentenceCutter()
    text = "It is 3.5 MW. That is 4 MW. [a.b] So, e.g. this. Next!\n- item\nEnd"
    assert cutter.feed(text) == [
        "It is 3.5 MW. ",
        "That is 4 MW. [a.b] ",
        "So, e.g. this. ",
        "Next!\n",
        "- item\n",
    ]
    assert cutter.rest() == "End"


def test_what_never_ends_is_cut() -> None:
    cutter = SentenceCutter()
    assert sum(map(len, cutter.feed("word " * 1_000))) > 3_000


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("twenty-five", 25.0),
        ("three hundred and twelve", 312.0),
        ("two thousand", 2_000.0),
        ("minus two hundred and fifty-one", -251.0),
        ("one million", 1e6),
        (["a", "dozen"][-1], 12.0),
    ],
)
def test_words_are_numbers(words: str, value: float) -> None:
    assert word_value(words) == (value, True)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("$1.2k", [(1_200.0, "money")]),
        ("3 million tokens an hour", [(3.0, "token rate")]),
        ("between -5 and 20 kW", [(-5.0, "power"), (20.0, "power")]),
        ("$20 to 30", [(20.0, "money"), (30.0, "money")]),
        ("90th percentile", [(90.0, "share")]),
        ("5-minute", [(5.0, "time")]),
        ("1.5e3 MW", [(1_500.0, "power")]),
        ("fifty million dollars a year", [(50e6, "unit money a year")]),
        ("5 [x] crore USD".replace("[x]", "\0\0\0"), [(5e7, "money")]),
        ("12 credits/W", [(12.0, "unit credits/W")]),
    ],
)
def test_units_and_scales_are_read(text: str, found: list[tuple[float, str]]) -> None:
    units = ("credits/W",)
    got = [(m.raw, m.unit.dimension if m.unit else None) for m in mentions(text, units)]
    assert got == found


def test_loose_amounts_have_no_value() -> None:
    assert [m.loose for m in mentions("dozens, 4.999,00 or 5 MW")] == [True, True, False]


def test_units_of_a_sheet_that_nobody_knows_are_their_own(sheet: FactSheet) -> None:
    known = sheet.extended((fact("event.price", 0.733742, "credits/W"),))
    assert not Checker(known).check("Energy costs 0.7337 credits/W [event.price].").untraced
    assert Checker(known).check("Energy costs 0.7337 USD/MWh [event.price].").untraced
    assert dimension_of("credits/W").dimension != dimension_of("USD/MWh").dimension


def test_derivations_need_equal_kinds(sheet: FactSheet) -> None:
    assert cited("sum(price.now, soc)", sheet) is None
    assert cited("ratio(price.now, nobody)", sheet) is None
    zero = sheet_of(fact("a", 1.0, "MW"), fact("b", 0.0, "MW"))
    assert cited("ratio(a, b)", zero) is None
    assert split_entries("a, sum(b, c), d") == ("a", "sum(b, c)", "d")


def test_a_sheet_holds_each_fact_once(sheet: FactSheet) -> None:
    with pytest.raises(InvalidValue, match="twice"):
        sheet_of(fact("a", 1.0, "MW"), fact("a", 2.0, "MW"))
    with pytest.raises(InvalidValue, match="slug"):
        fact("Not an id", 1.0, "MW")
    fresh = sheet.extended((fact("price.now", 9.0, "USD/MWh"),))
    assert fresh.find("price.now").value == 9.0
    assert len(fresh.facts) == len(sheet.facts)
    assert fresh.digest != sheet.digest
    assert slug("<script>") == "script"
    assert slug("!!!") == "unnamed"


def test_facts_may_last(sheet: FactSheet) -> None:
    lasting = fact("a", 1.0, "MW", until=AT.replace(hour=22))
    assert not Checker(sheet_of(lasting)).check("Until 17:05 it is 1 MW [a].").untraced
