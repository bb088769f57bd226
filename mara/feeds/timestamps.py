"""Times of a file's rows, as seconds since 1970 UTC."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mara.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["epochs", "zone_of"]

_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - local times are subtracted from it
_CLEAR_ORDER: Final = 0.9
"""Share of steps in one direction from which a file counts as sorted in it."""


def zone_of(name: str) -> ZoneInfo:
    """Find the time zone called `name`.

    Raises
    ------
    InvalidValue
        No such zone is known.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidValue(
            f"time zone {name!r} is unknown; use a name such as 'America/Chicago' or 'UTC'"
        ) from None


def epochs(cells: Sequence[object], zone: ZoneInfo | None) -> list[int | str]:
    """Start of each row's interval in seconds since 1970 UTC, or why it cannot be told.

    Cells with an offset need no zone. Local times of `zone` that a clock shows twice are told
    apart where the file shows them twice, in the order of the file; where it shows them once, or
    is in no order, the row is refused, as are local times that the clock skips.
    """
    stamps = [_parsed(cell) for cell in cells]
    local = _LocalTime(zone) if zone else None
    folds = _folds(stamps, local) if local else {}
    return [_epoch(stamp, local, folds.get(row)) for row, stamp in enumerate(stamps)]


class _LocalTime:
    """Local times of one zone; days on which its clocks do not change are cheap."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self._steady: dict[date, timedelta | None] = {}

    def steady_offset(self, day: date) -> timedelta | None:
        """Give the offset in force all through a day; None where clocks change on it."""
        if day not in self._steady:
            next_day = day + timedelta(days=1) if day < date.max else day
            ends = [_midnight(day, self.zone), _midnight(next_day, self.zone)]
            offsets = {end.replace(fold=fold).utcoffset() for end in ends for fold in (0, 1)}
            self._steady[day] = offsets.pop() if len(offsets) == 1 else None
        return self._steady[day]

    def twice(self, stamp: datetime) -> bool:
        """Whether the clocks show `stamp` twice."""
        if self.steady_offset(stamp.date()) is not None:
            return False
        first, second = (stamp.replace(tzinfo=self.zone, fold=f).utcoffset() for f in (0, 1))
        return first is not None and second is not None and first > second

    def seconds(self, stamp: datetime, fold: int) -> int | None:
        """Seconds since 1970 UTC; None where the clocks skip `stamp`."""
        steady = self.steady_offset(stamp.date())
        if steady is not None:
            return (stamp - _EPOCH - steady) // timedelta(seconds=1)
        local = stamp.replace(tzinfo=self.zone, fold=fold)
        back = local.astimezone(UTC).astimezone(self.zone)
        return int(local.timestamp()) if back.replace(tzinfo=None) == stamp else None


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _parsed(cell: object) -> datetime | str:
    """Read one cell; a sentence where it is no time."""
    if isinstance(cell, datetime):
        return cell
    if isinstance(cell, date):
        return datetime.combine(cell, time())
    if cell is None:
        return "is empty"
    try:
        return datetime.fromisoformat(str(cell))
    except ValueError:
        return f"{str(cell)[:40]!r} is not a time of ISO 8601, such as 2023-01-01T06:00:00Z"


def _epoch(stamp: datetime | str, local: _LocalTime | None, fold: int | str | None) -> int | str:
    if isinstance(stamp, str):
        return stamp
    if isinstance(fold, str):
        return fold
    if stamp.microsecond:
        return f"{stamp.isoformat()} is not at a whole second"
    return int(stamp.timestamp()) if stamp.tzinfo else _local_epoch(stamp, local, fold or 0)


def _local_epoch(stamp: datetime, local: _LocalTime | None, fold: int) -> int | str:
    if local is None:
        return f"{stamp.isoformat()} has no offset; add one, or say --tz, such as --tz UTC"
    seconds = local.seconds(stamp, fold)
    if seconds is None:
        return f"{stamp.isoformat()} does not exist in {local.zone.key}: clocks skip it"
    return seconds


def _folds(stamps: Sequence[datetime | str], local: _LocalTime) -> dict[int, int | str]:
    """For rows whose local time comes twice: 0 for the first time, 1 for the second, or why not."""
    rows: dict[datetime, list[int]] = defaultdict(list)
    for row, stamp in enumerate(stamps):
        if isinstance(stamp, datetime) and stamp.tzinfo is None and local.twice(stamp):
            rows[stamp].append(row)
    order = _order(stamps) if rows else 0
    told: dict[int, int | str] = {}
    for stamp, at in rows.items():
        told.update(_told(stamp, at, order, local.zone.key))
    return told


def _told(stamp: datetime, rows: list[int], order: int, zone: str) -> dict[int, int | str]:
    if len(rows) == 2 and order:
        return dict(zip(rows, (0, 1) if order > 0 else (1, 0), strict=True))
    why = (
        f"{stamp.isoformat()} comes twice in {zone} and the file does not tell which; "
        "give times with an offset"
    )
    return dict.fromkeys(rows, why)


def _order(stamps: Sequence[datetime | str]) -> int:
    """Tell the order of the file: 1 rising, -1 falling, 0 neither."""
    times = [s.replace(tzinfo=None) for s in stamps if isinstance(s, datetime)]
    rising = sum(a < b for a, b in pairwise(times))
    falling = sum(a > b for a, b in pairwise(times))
    clear = _CLEAR_ORDER * (rising + falling)
    return 1 if rising >= clear else -1 if falling >= clear else 0
