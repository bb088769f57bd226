"""Headlines that a person pasted, one a line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from mara.domain import Origin
from mara.errors import InvalidValue
from mara.feeds.news.headline import MOST_TITLE, Headline
from mara.feeds.news.plain import plain

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["MOST_PASTED", "MOST_PASTED_CHARACTERS", "PASTED", "pasted_headlines"]

PASTED: Final = "pasted"
MOST_PASTED: Final = 100
MOST_PASTED_CHARACTERS: Final = 50_000
_BULLET: Final = re.compile(r"^\s*(?:[-*\u2022\u2013]|\d{1,3}[.)])\s+")


def pasted_headlines(text: str, *, at: datetime) -> tuple[Headline, ...]:
    """Read one headline a line, bullets and numbering removed; empty lines and doubles are skipped.

    `at` is when they were pasted: that is all that is known of their age.

    Raises
    ------
    InvalidValue
        There are more than 100 headlines or 50,000 characters.
    """
    if len(text) > MOST_PASTED_CHARACTERS:
        raise InvalidValue(
            f"pasted headlines: {len(text)} characters are too many; paste at most "
            f"{MOST_PASTED_CHARACTERS}"
        )
    lines = (plain(_BULLET.sub("", line), most=MOST_TITLE) for line in text.splitlines())
    titles = list(dict.fromkeys(line for line in lines if line))
    if len(titles) > MOST_PASTED:
        raise InvalidValue(
            f"pasted headlines: {len(titles)} lines are too many; paste at most {MOST_PASTED}"
        )
    return tuple(
        Headline(title=title, source=PASTED, origin=Origin.ASSUMED, published=at)
        for title in titles
    )
