"""The protocol of models that forecast a whole calendar day from the days before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from typing import Self

    from mara.models.forecasting.days import Days
    from mara.models.forecasting.past import Floats

__all__ = ["Banded", "DayLaw", "DayModel", "Learner"]


class DayLaw(Protocol):
    """A fitted law of days."""

    def predict(self, days: Days) -> Floats:
        """Prices of the day that follows `days`, shape (24,)."""
        ...

    def conditioned(self, days: Days) -> Self:
        """Learn the days that came, with the same parameters."""
        ...


class DayModel(Protocol):
    """Learns a law of days."""

    def fit(self, days: Days) -> DayLaw:
        """Fit on all days."""
        ...

    def rolling(self, days: Days, first: int) -> Floats:
        """Forecasts of days `first` to the last, each from the days before it.

        Shape (days, 24) or (days, parts, 24), where the forecast is the mean of the parts.
        """
        ...


@runtime_checkable
class Banded(Protocol):
    """A law of days that tells its own quantiles."""

    def bands(self, days: Days) -> Floats:
        """Quantiles at `LEVELS` of the day that follows `days`, shape (24, 5)."""
        ...


@runtime_checkable
class Learner(Protocol):
    """A model whose fit rests on its own honest forecasts of the newest days."""

    def learnt(self, days: Days, held: int) -> tuple[DayLaw, Floats]:
        """Fit on all days, and forecast the newest `held`, each from the days before it."""
        ...
