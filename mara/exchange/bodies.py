"""Bodies that the exchange takes; every unknown key is refused."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from mara.exchange.faults import Fault, FaultKind

__all__ = ["Counts", "FaultBody", "NewLimit", "NewSite"]

_MOST_UNITS = 1_000_000


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class NewSite(_Strict):
    """Body of POST /sites."""

    name: str = Field(min_length=1, max_length=100)


class Counts(_Strict):
    """Body of PUT /machines; a class that is not named is off."""

    air_miners: int = Field(0, ge=0, le=_MOST_UNITS)
    asic_compute: int = Field(0, ge=0, le=_MOST_UNITS)
    gpu_compute: int = Field(0, ge=0, le=_MOST_UNITS)
    hydro_miners: int = Field(0, ge=0, le=_MOST_UNITS)
    immersion_miners: int = Field(0, ge=0, le=_MOST_UNITS)


class NewLimit(_Strict):
    """Body of PUT /_power: the power limit of the key's site, in watts."""

    power: int = Field(gt=0)


class FaultBody(BaseModel):
    """One fault of PUT /_faults."""

    model_config = ConfigDict(extra="forbid")

    kind: FaultKind
    probability: float = Field(1.0, ge=0.0, le=1.0)
    seconds: float | None = None
    times: int | None = Field(None, gt=0)
    method: str | None = None
    path: str | None = None

    def fault(self) -> Fault:
        """Give the fault it describes."""
        return Fault(**self.model_dump())
