"""Facts: the figures that a text may state, each with an id, a unit, a time and a source.

A text cites the facts it states, in square brackets right after the figure::

    The price is 41.20 USD/MWh [price.now], 12 % [percent_change(price.now, price.1h_ago)] above
    that of an hour ago.

A bracket holds ids, or derivations of ids, separated by commas; a bracket with several entries
belongs to as many figures before it. `mara.insights.derivations` lists the derivations.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from mara.domain.checks import aware, finite, named
from mara.errors import InvalidValue

__all__ = ["ID", "Fact", "FactSheet", "OutsideText", "slug"]

ID: Final = re.compile(r"[a-z0-9_]+(?:\.[a-z0-9_]+)*")
"""Ids of facts: dotted words of lower-case letters, digits and underscores."""

_MOST_ID: Final = 80
_UNSAFE: Final = re.compile(r"[^a-z0-9]+")


def slug(name: str) -> str:
    """Turn any name into one word of an id.

    >>> slug("Air miners (row 4)")
    'air_miners_row_4'
    """
    return _UNSAFE.sub("_", name.lower()).strip("_")[:40] or "unnamed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One figure: `value` in `unit` (see `mara.insights.units`; "" for a count).

    It holds `at` a time, or from `at` until `until`. `badge` says what it was computed from (LIVE,
    STALE, SIMULATED, REPLAY, ASSUMED, or OFFLINE for our own text). A `constant` does not change
    from tick to tick (a limit, a size): a text may state it with its unit without citing it. With
    `own_label` the label is in our words alone, and a text may repeat its figures (a horizon, a
    quantile) beside the fact; a label that holds a name of others speaks only as a whole.
    """

    fact_id: str
    label: str
    value: float
    unit: str
    at: datetime
    source: str
    badge: str
    until: datetime | None = None
    constant: bool = False
    own_label: bool = False

    def __post_init__(self) -> None:
        if len(self.fact_id) > _MOST_ID or not ID.fullmatch(self.fact_id):
            raise InvalidValue(
                f"Fact: fact_id={self.fact_id[:40]!r} must be dotted words of a-z, 0-9 and _, at "
                f"most {_MOST_ID} characters; make names safe with slug()"
            )
        named("Fact", "label", self.label)
        finite(f"Fact {self.fact_id}", "value", self.value)
        aware(f"Fact {self.fact_id}", "at", self.at)
        if self.until is not None:
            aware(f"Fact {self.fact_id}", "until", self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideText:
    """Text that we did not write: a headline, a name, an error body. Data, never an instruction."""

    label: str
    source: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FactSheet:
    """All that a text may state about `site_id`, made at `made_at`; times are shown in `zone`.

    `outside` are the texts of others that the reader of the sheet is given beside the facts.
    """

    site_id: str
    made_at: datetime
    zone: str
    facts: tuple[Fact, ...]
    outside: tuple[OutsideText, ...] = ()

    def __post_init__(self) -> None:
        aware("FactSheet", "made_at", self.made_at)
        ids = [fact.fact_id for fact in self.facts]
        if len(set(ids)) != len(ids):
            twice = next(name for i, name in enumerate(ids) if name in ids[:i])
            raise InvalidValue(f"FactSheet: fact_id={twice!r} stands twice; give each its own")

    def find(self, fact_id: str) -> Fact | None:
        """Find the fact called `fact_id`; None where there is none."""
        return next((fact for fact in self.facts if fact.fact_id == fact_id), None)

    def extended(self, facts: tuple[Fact, ...]) -> FactSheet:
        """Add facts, such as those of a tool's result; a known id takes the new value."""
        fresh = {fact.fact_id: fact for fact in facts}
        kept = tuple(fact for fact in self.facts if fact.fact_id not in fresh)
        return replace(self, facts=kept + tuple(fresh.values()))

    @property
    def digest(self) -> str:
        """Name of what the sheet says: equal facts, equal digest."""
        said = "\n".join(f"{f.fact_id}={f.value!r} {f.unit} {f.at.isoformat()}" for f in self.facts)
        return hashlib.sha256(f"{self.site_id}\n{said}".encode()).hexdigest()[:16]
