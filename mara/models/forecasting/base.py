"""The protocol of all forecasters.

::

    past = Past(target="energy_usd_per_mwh", values=..., start_s=..., step_s=3600,
                zone="America/Chicago", exog=..., exog_names=("exog_load",))
    fitted = FORECASTERS["lear"]().fit(past)             # hours to milliseconds, in a worker
    today = fitted.updated(newer_past)                   # the same law, no fit
    made = today.predict(24, Known(names=..., values=...))
    save(fitted, path); fitted = load(path)              # no pickle

`Past`, `Known` and `Predicted` are in `mara.models.forecasting.past`, `save` and `load` in
`mara.models.forecasting.store`, `FORECASTERS` in `mara.models.forecasting.registry`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from mara.models.forecasting.past import LEVELS, Known, Past, Predicted

if TYPE_CHECKING:
    from typing import Self

__all__ = ["LEVELS", "Fitted", "Forecaster", "Known", "Past", "Predicted"]


class Fitted(Protocol):
    """A frozen model of one figure, with the past from whose end it predicts."""

    @property
    def model(self) -> str:
        """Name of the law, with the reason in brackets where it stands in for another."""
        ...

    def predict(self, horizon: int, known_future: Known | None = None) -> Predicted:
        """Forecast the `horizon` intervals that follow the past, none below the figure's floor.

        Exogenous rows beyond those of `known_future` are taken from a day before.

        Raises
        ------
        InvalidValue
            The horizon is not 1 to `LONGEST`, or an exogenous column that was fitted is missing.
        """
        ...

    def updated(self, past: Past) -> Self:
        """Put the fitted law at the end of another past, without a fit.

        Raises
        ------
        InvalidValue
            The past has another step or other exogenous columns, or is too short.
        """
        ...


class Forecaster(Protocol):
    """Learns a figure's law from its past."""

    @property
    def name(self) -> str:
        """How the forecaster is called in tables and on the command line."""
        ...

    def fit(self, past: Past) -> Fitted:
        """Fit on all of `past`, equal pasts giving equal models.

        Raises
        ------
        InvalidValue
            The past is too short, or holds too few values.
        """
        ...
