"""The day models that the ensembles weigh, the same in every market."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mara.models.forecasting.frames import FRAMES
from mara.models.forecasting.gaussian_process import GaussianProcess
from mara.models.forecasting.lear import FramedLear, Lear
from mara.models.forecasting.network import Network

if TYPE_CHECKING:
    from mara.models.forecasting.day_model import DayModel

__all__ = ["members"]


def members() -> tuple[DayModel, ...]:
    """Make a Gaussian process in each frame, both kinds of LEAR, and the networks."""
    processes = tuple(GaussianProcess(frame=name) for name in FRAMES)
    return (*processes, Lear(), FramedLear(), Network())
