"""What people ask of the running system: typed commands with client-made ids."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from pydantic import SecretStr

from mara.domain import Commitment, Mode, OverrideTarget, Side, Trade, TradingState
from mara.domain.checks import named

__all__ = [
    "AddOverride",
    "Command",
    "DropOverride",
    "Outcome",
    "PlaceOrder",
    "SetCommitments",
    "SetMode",
    "SetOutage",
    "SetState",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Command:
    command_id: str
    author: str
    version: int | None = None

    def __post_init__(self) -> None:
        named("Command", "command_id", self.command_id)
        named("Command", "author", self.author)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceOrder(_Command):
    """Buy or sell energy for delivery in the current interval, or not at all."""

    side: Side
    quantity_mwh: Decimal
    limit_usd_per_mwh: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class SetState(_Command):
    """Change the trading state, with a reason."""

    state: TradingState
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetMode(_Command):
    """Change the mode; `live` wants the site's name typed and the operator's password."""

    mode: Mode
    confirmation: str = ""
    password: SecretStr = field(default_factory=lambda: SecretStr(""))


@dataclass(frozen=True, slots=True, kw_only=True)
class AddOverride(_Command):
    """Take a class, the battery or the state into a person's hands until it expires."""

    target: OverrideTarget
    reason: str
    lasts: timedelta
    machine_class: str | None = None
    value: float | None = None
    state: TradingState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DropOverride(_Command):
    """End an override before it expires."""

    override_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetOutage(_Command):
    """Say how many units of a class are out of service; zero puts all back."""

    machine_class: str
    units: int
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetCommitments(_Command):
    """Replace the promises to the grid."""

    commitments: tuple[Commitment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a command; `done=False` says that it had taken effect before."""

    command_id: str
    done: bool
    text: str
    trade: Trade | None = None


Command = PlaceOrder | SetState | SetMode | AddOverride | DropOverride | SetOutage | SetCommitments
