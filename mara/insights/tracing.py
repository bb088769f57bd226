"""Whether a figure is what a fact says: rounding, sign, bounds, times."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from mara.insights.derivations import Cited, of_fact
from mara.insights.facts import FactSheet
from mara.insights.mentions import Mention, mentions

if TYPE_CHECKING:
    from datetime import datetime

    from mara.insights.facts import Fact

__all__ = ["Context", "traced"]

_ROUNDING: Final = 1.0 + 1e-9
_ABOUT_SHARE: Final = 0.05
_BOUND_SHARE: Final = 0.1
_SURE_DIGITS: Final = 4
_ABOUT: Final = re.compile(
    r"(?:about|around|roughly|nearly|almost|approximately|approx\.?|some|circa|close\s+to|~|\u2248)\s*$",
    re.IGNORECASE,
)
_ABOVE: Final = re.compile(
    r"(?:over|above|more\s+than|at\s+least|exceed(?:s|ing)?|just\s+(?:over|above)|upwards\s+of)\s*$",
    re.IGNORECASE,
)
_BELOW: Final = re.compile(
    r"(?:under|below|less\s+than|at\s+most|just\s+(?:under|below)|fewer\s+than)\s*$", re.IGNORECASE
)
_LESS: Final = re.compile(
    r"below|lower|less|down|f[ae]ll|drop|declin|decreas|los[est]|short|under|behind|cheap|cut|"
    r"discharg|cost|expens|paid|pay|spen[dt]|negative|worse|trail|reduc|minus|penalt|wear",
    re.IGNORECASE,
)
_FELL_BY: Final = re.compile(
    r"(?:f[ae]ll(?:s|en|ing)?|drop(?:s|ped)?|declin(?:e|es|ed)|decreas(?:e|es|ed)|down|lost|loss)"
    r"\s+(?:of\s+|by\s+)?(?:about\s+)?$",
    re.IGNORECASE,
)
_DIRECTION: Final = re.compile(
    r"\s*(?:(?P<up>above|higher|more|over|up|greater|dearer)"
    r"|(?P<down>below|lower|less|under|down|cheaper|fewer))\b",
    re.IGNORECASE,
)
_NEAR: Final = 48
_CLOCK: Final = re.compile(
    r"(\d{1,2})(?::(\d{2}))?(?::\d{2})?\s?(?:([ap])\.?m\.?)?(\s?(?:UTC|Z))?", re.IGNORECASE
)
_MONTHS: Final = [
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What figures without citation may be: constants, sure figures, and times of facts.

    `labels` are the figures within the labels of what the sentence cites.
    """

    sheet: FactSheet
    zone: ZoneInfo
    constants: tuple[Cited, ...]
    all_facts: tuple[Cited, ...]
    here: tuple[Cited, ...] = ()
    labels: tuple[Mention, ...] = field(default=())

    @classmethod
    def of(cls, sheet: FactSheet) -> Context:
        """Prepare a sheet."""
        entries = tuple(of_fact(fact) for fact in sheet.facts)
        return cls(
            sheet=sheet,
            zone=ZoneInfo(sheet.zone),
            constants=tuple(c for c in entries if c.facts[0].constant),
            all_facts=entries,
        )

    def beside(self, here: tuple[Cited, ...]) -> Context:
        """Make the context of a sentence that cites `here`."""
        if not here:
            return self
        facts = [fact for entry in here for fact in entry.facts]
        labels = tuple(m for fact in facts for m in mentions(fact.label))
        return replace(self, here=here, labels=labels)


def traced(
    text: str, mention: Mention, own: tuple[Cited, ...], context: Context, *, cited: bool
) -> Cited | None:
    """Find what stands behind a figure; None where nothing does."""
    if mention.kind in {"time", "date"}:
        return _timed(mention, context)
    found = next((c for c in own if _is(text, mention, c)), None)
    if found is not None or (cited and not _labelled(mention, context)):
        return found
    if _labelled(mention, context):
        return context.here[0]
    return _uncited(text, mention, context)


def _labelled(mention: Mention, context: Context) -> bool:
    return any(
        mention.raw == other.raw and mention.unit == other.unit and other.kind == mention.kind
        for other in context.labels
    )


def _uncited(text: str, mention: Mention, context: Context) -> Cited | None:
    constant = next((c for c in context.constants if _is(text, mention, c)), None)
    if constant is not None or mention.digits < _SURE_DIGITS or mention.unit is None:
        return constant
    same = [c for c in context.all_facts if _is(text, mention, c)]
    return same[0] if len({c.value for c in same}) == 1 else None


def _is(text: str, mention: Mention, entry: Cited) -> bool:
    """Whether the figure is the entry's value, within what its writing allows."""
    if mention.unit is None:
        wanted, said, half = entry.shown, mention.raw, mention.half
    elif mention.unit.dimension == entry.dimension:
        wanted, said, half = entry.value, mention.value, mention.half
    else:
        return False
    before = _read(text[: mention.start])[-_NEAR:]
    if not mention.signed:
        turned = _turned(before, _read(text[mention.end :])[:_NEAR], wanted, entry)
        if turned is None:
            return False
        wanted = turned
    return _close(before, said, wanted, half, mention)


def _read(text: str) -> str:
    """Take out the blanks that stand for citations."""
    return text.replace("\x00", "")


def _turned(before: str, after: str, wanted: float, entry: Cited) -> float | None:
    """Take the sign off a value that words say is less; None where words contradict the sign.

    A change says its direction right after its figure ("12 % above"), or by a verb before it.
    """
    if "(" in entry.entry and not entry.entry.startswith(("sum", "ratio")):
        said = _DIRECTION.match(after)
        if said is not None:
            return abs(wanted) if (wanted < 0) == (said["down"] is not None) else None
        if wanted > 0 and _FELL_BY.search(before):
            return None
    less = wanted < 0 and _LESS.search(before + " " + after) is not None
    return -wanted if less else wanted


def _close(before: str, said: float, wanted: float, half: float, mention: Mention) -> bool:
    tolerance = half * _ROUNDING + 1e-12 * abs(wanted)
    if _ABOUT.search(before):
        tolerance = max(tolerance, min(_coarse(mention), _ABOUT_SHARE * abs(wanted)))
    if abs(said - wanted) <= tolerance:
        return True
    near = abs(said - wanted) <= _BOUND_SHARE * abs(wanted)
    above = _ABOVE.search(before) is not None and wanted > said
    below = _BELOW.search(before) is not None and wanted < said
    return near and (above or below)


def _coarse(mention: Mention) -> float:
    """Half of the last digit that is not zero, in the base unit: "about 20,000" is one figure."""
    digits = f"{abs(mention.raw):.0f}"
    zeros = len(digits) - len(digits.rstrip("0"))
    return mention.half * 10.0**zeros


def _timed(mention: Mention, context: Context) -> Cited | None:
    """Find the fact whose time this is: one that the sentence cites, else any of the sheet."""
    pool = context.here or context.all_facts
    for entry in pool:
        if any(_same_time(mention, fact, context.zone) for fact in entry.facts):
            return entry
    return _sheet_time(mention, context)


def _sheet_time(mention: Mention, context: Context) -> Cited | None:
    made = context.sheet.made_at
    matches = _matches(mention, made, context.zone)
    return Cited(entry="", value=0.0, shown=0.0, dimension="time", facts=()) if matches else None


def _same_time(mention: Mention, fact: Fact, zone: ZoneInfo) -> bool:
    times = [fact.at, *([] if fact.until is None else [fact.until])]
    return any(_matches(mention, at, zone) for at in times)


def _matches(mention: Mention, at: datetime, zone: ZoneInfo) -> bool:
    local = at.astimezone(zone)
    if mention.kind == "date":
        return _same_date(mention.text, local) or _same_date(mention.text, at)
    clock = _CLOCK.match(mention.text)
    if clock is None:
        return False
    hour, minute = int(clock[1]), int(clock[2] or 0)
    if clock[3]:
        hour = hour % 12 + (12 if clock[3].lower() == "p" else 0)
    shown = at if clock[4] else local
    return (shown.hour, shown.minute) == (hour, minute)


def _same_date(text: str, at: datetime) -> bool:
    numbers = [int(n) for n in re.findall(r"\d+", text)]
    month = next((i for i, m in enumerate(_MONTHS, start=1) if m in text.lower()), None)
    if month is None:
        return numbers in ([at.year], [at.year, at.month, at.day])
    known = {at.day, at.year}
    return month == at.month and at.day in numbers and set(numbers) <= known
