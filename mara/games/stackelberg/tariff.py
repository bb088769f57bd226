"""A utility sets prices by hour; flexible sites answer with what they take, hour by hour."""

from __future__ import annotations

from dataclasses import dataclass

from mara.domain.checks import all_finite, finite, named, non_negative, positive
from mara.errors import InvalidValue

__all__ = ["FlexibleSite", "TariffMarket", "TariffOutcome"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlexibleSite:
    """A follower: takes `need_mwh` over the horizon, at most `most_mwh` in each interval.

    Taking in interval t costs it `shift_usd_per_mwh[t]` beside the price (the trouble of running
    then); what it does not take it makes itself at `own_usd_per_mwh`.
    """

    name: str
    need_mwh: float
    most_mwh: float
    shift_usd_per_mwh: tuple[float, ...]
    own_usd_per_mwh: float

    def __post_init__(self) -> None:
        named("FlexibleSite", "name", self.name)
        owner = f"FlexibleSite {self.name}"
        non_negative(owner, "need_mwh", self.need_mwh)
        positive(owner, "most_mwh", self.most_mwh)
        all_finite(owner, "shift_usd_per_mwh", self.shift_usd_per_mwh)
        finite(owner, "own_usd_per_mwh", self.own_usd_per_mwh)


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffMarket:
    """A leader who buys at `wholesale_usd_per_mwh` by interval and sells between two prices."""

    wholesale_usd_per_mwh: tuple[float, ...]
    low_usd_per_mwh: float
    high_usd_per_mwh: float
    sites: tuple[FlexibleSite, ...]

    def __post_init__(self) -> None:
        if not self.wholesale_usd_per_mwh or not self.sites:
            raise InvalidValue("TariffMarket: give one interval and one site or more")
        all_finite("TariffMarket", "wholesale_usd_per_mwh", self.wholesale_usd_per_mwh)
        finite("TariffMarket", "low_usd_per_mwh", self.low_usd_per_mwh)
        finite("TariffMarket", "high_usd_per_mwh", self.high_usd_per_mwh)
        if self.low_usd_per_mwh > self.high_usd_per_mwh:
            raise InvalidValue(
                f"TariffMarket: low_usd_per_mwh={self.low_usd_per_mwh} lies above "
                f"high_usd_per_mwh={self.high_usd_per_mwh}; swap them"
            )
        for site in self.sites:
            if len(site.shift_usd_per_mwh) != len(self.wholesale_usd_per_mwh):
                raise InvalidValue(
                    f"TariffMarket: {site.name} has {len(site.shift_usd_per_mwh)} shift costs for "
                    f"{len(self.wholesale_usd_per_mwh)} intervals; give one for each"
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffOutcome:
    """Prices by interval, MWh taken by site and interval, and who earns or pays what.

    `regret_usd` is the most that a site could save by another answer to the prices, by its own
    programme; ties between its answers are broken for the leader.
    """

    tariff_usd_per_mwh: tuple[float, ...]
    taken_mwh: tuple[tuple[float, ...], ...]
    profit_usd: float
    site_costs_usd: tuple[float, ...]
    method: str
    regret_usd: float
    converged: bool
