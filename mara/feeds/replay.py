"""A price file as a feed."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from mara.domain import Origin
from mara.domain.checks import non_negative
from mara.errors import DataFileError, FeedEnded
from mara.feeds.base import Batch

if TYPE_CHECKING:
    from mara.feeds.pricetable import PriceTable

__all__ = ["ReplayFeed"]


class ReplayFeed:
    """Ticks of a price file, of origin REPLAY; figures that a person gave are ASSUMED.

    Parameters
    ----------
    table
        The file, read and checked.
    site_id
        The site whose ticks they are.
    train_days
        Days of the file that are history: the first interval to decide begins after them.

    Raises
    ------
    DataFileError
        The file is not longer than `train_days`.
    """

    def __init__(self, table: PriceTable, *, site_id: str, train_days: float = 0.0) -> None:
        non_negative("ReplayFeed", "train_days", train_days)
        steps = math.ceil(train_days * 24 * 60 / table.minutes)
        self._start = table.first + steps * timedelta(minutes=table.minutes)
        if self._start > table.last:
            raise DataFileError(
                f"{table.name}: ends {table.last.isoformat()}, before {train_days:g} days of "
                "history have passed; give a longer file or fewer days with --train"
            )
        self._table = table
        self._site_id = site_id

    @property
    def name(self) -> str:
        """How the source is called on the screen."""
        return f"replay {self._table.name}"

    @property
    def origin(self) -> Origin:
        """What its figures are, unless a tick says otherwise."""
        return Origin.REPLAY

    @property
    def minutes(self) -> float:
        """Length of an interval."""
        return self._table.minutes

    @property
    def start(self) -> datetime | None:
        """Start of the first interval to decide."""
        return self._start

    @property
    def end(self) -> datetime:
        """Start of the last interval the file holds."""
        return self._table.last

    async def read(self, *, after: datetime | None, until: datetime) -> Batch:
        """Ticks after `after` and not after `until`; rows in quarantine come with the first read.

        Raises
        ------
        FeedEnded
            The file holds nothing after `after`.
        """
        table = self._table
        if after is not None and after >= table.last:
            raise FeedEnded(f"{self.name}: the file ends {table.last.isoformat()}")
        return Batch(
            ticks=tuple(table.ticks(table.between(after, until), site_id=self._site_id)),
            quarantined=table.quarantined if after is None else (),
            gaps=table.gaps_between(after, until),
            known=table.known_at(until),
        )

    async def close(self) -> None:
        """Nothing is held open."""
