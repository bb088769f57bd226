"""What is shown of a title is one line of signs that print."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mara.feeds.news.plain import plain, safe_link

INJECTIONS = Path(__file__).resolve().parents[2] / "insights" / "data" / "injections.jsonl"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Gas <b>falls</b>", "Gas falls"),
        ("a &amp; b &lt; c", "a & b < c"),
        ("prices < 0 and > 5", "prices < 0 and > 5"),
        ("two\n\tlines", "two lines"),
        ("<script>alert(1)</script>calm", "calm"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;calm", "calm"),
        ("&amp;lt;b&amp;gt;calm", "calm"),
        ("<scr<b></b>ipt>calm", "calm"),
        ("<style>x", ""),
        ("a<!-- hidden -->b", "a b"),
        ("a\u200b\u202e\ufeffb", "ab"),
        ("a\u0000\u001b[31mb", "a[31mb"),
        ("S21" + "".join(chr(0xE0000 + ord(c)) for c in "obey"), "S21"),
        ("a" + "\ufe01\U000e0121" * 9 + "b", "ab"),
        ("Caf\u0065\u0301", "Caf\u00e9"),
        ("Z" + "\u0335" * 50, "Z" + "\u0335" * 2),
        ("   ", ""),
    ],
)
def test_examples(text: str, shown: str) -> None:
    assert plain(text, most=100) == shown


def test_what_is_cut_says_so() -> None:
    assert plain("a" * 9, most=5) == "aaaa…"
    assert plain("aaa bbbb", most=5) == "aaa…"
    assert plain("a" * 5, most=5) == "a" * 5


@given(st.text(max_size=400))
def test_nothing_unseen_is_left(text: str) -> None:
    shown = plain(text, most=80)
    assert len(shown) <= 80
    assert "\n" not in shown
    assert not any(unicodedata.category(sign) in {"Cc", "Cf", "Cs", "Co"} for sign in shown)
    assert shown == shown.strip()


def test_injected_markup_does_not_survive() -> None:
    for line in INJECTIONS.read_text(encoding="utf-8").splitlines():
        one = json.loads(line)
        shown = plain(one["text"], most=300)
        tags = [bad for bad in one["never"] if bad.startswith("<") or not bad.isprintable()]
        assert not any(bad in shown for bad in tags), one["id"]


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//news.example/a",
        "/a",
        "ftp://news.example/a",
        "https://user:secret@news.example/",
        "https://",
        "https://news.example/a b",
        'https://news.example/"onload',
        "https://news.example/<b>",
        "https://news.example/" + "a" * 2_000,
        "",
    ],
)
def test_other_links_are_none(link: str) -> None:
    assert safe_link(link) is None


def test_web_links_stand() -> None:
    assert safe_link(" https://news.example/a?b=1#c ") == "https://news.example/a?b=1#c"
    assert safe_link("http://[::1]:80/") == "http://[::1]:80/"
