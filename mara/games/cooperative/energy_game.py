"""The linear programme of a coalition of energy sites, and the game that it makes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array, csr_array

from mara.errors import InvalidValue
from mara.games.cooperative.game import CoalitionalGame, tabulated
from mara.games.cooperative.subsets import incidence
from mara.games.programme import Floats, Rows, minimise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mara.domain import Battery
    from mara.games.cooperative.energy import EnergyPrices, EnergySite

__all__ = ["MOST_SITES", "coalition_worths", "energy_game"]

MOST_SITES = 12
"""Every coalition is a programme: 12 sites make 4,095."""

_ALL = -1
"""Owner of the columns that every coalition has."""


def energy_game(sites: Sequence[EnergySite], prices: EnergyPrices) -> CoalitionalGame:
    """Solve the joint dispatch of every coalition; v(S) in USD over the horizon.

    v(S) = max of the value of work served and blocks run, less import cost, plus export revenue,
    less battery wear and peak charge, subject to `_Programme`.

    Raises
    ------
    InvalidValue
        Too many sites, or a site's work has another horizon than the prices.
    SolverFailed
        HiGHS gave no optimum.
    """
    _check(sites, prices)
    programme = _Programme(sites, prices)
    return tabulated(tuple(site.name for site in sites), programme.worth)


def coalition_worths(
    sites: Sequence[EnergySite], prices: EnergyPrices, masks: Sequence[int]
) -> tuple[float, ...]:
    """Solve the coalitions with numbers `masks` alone: a part of the game, for work in pieces.

    Raises
    ------
    InvalidValue, SolverFailed
        As `energy_game`.
    """
    _check(sites, prices)
    programme = _Programme(sites, prices)
    return tuple(programme.worth(mask) for mask in masks)


def _check(sites: Sequence[EnergySite], prices: EnergyPrices) -> None:
    if len(sites) > MOST_SITES:
        raise InvalidValue(
            f"energy_game: {len(sites)} sites make {2 ** len(sites) - 1} programmes; give "
            f"{MOST_SITES} or fewer"
        )
    for site in sites:
        if len(site.work_mw) != prices.horizon:
            raise InvalidValue(
                f"energy_game: {site.name} has work for {len(site.work_mw)} intervals, the prices "
                f"have {prices.horizon}; give one figure for each"
            )


@dataclass(slots=True)
class _Columns:
    """Columns collected site by site: cost, bounds, and the site without which they are shut."""

    cost: list[Floats]
    upper: list[Floats]
    owner: list[int]
    lower: list[Floats]

    def add(
        self, cost: Floats, upper: Floats, owner: int, lower: Floats | None = None
    ) -> np.ndarray:
        """Add one column for each interval; give their places."""
        start = sum(map(len, self.cost))
        self.cost.append(cost)
        self.upper.append(upper)
        self.lower.append(np.zeros(len(cost)) if lower is None else lower)
        self.owner.extend([owner] * len(cost))
        return np.arange(start, start + len(cost))


class _Programme:
    """The grand coalition's programme; for fewer members their bounds and sides are shut.

    With u work served, k blocks run, c and y charge and discharge, e stored energy, g and x import
    and export, p the peak, h the hours of an interval:

    - balance: sum of u + k + c - y over members = g[t] - x[t]
    - machines: sum of u[t] <= sum of compute_mw
    - peak: g[t] <= p
    - storage: e[t] = e[t-1] + charge_efficiency h c[t] - h y[t] / discharge_efficiency
    """

    def __init__(self, sites: Sequence[EnergySite], prices: EnergyPrices) -> None:
        self._sites, self._prices = sites, prices
        self._entries: list[tuple[np.ndarray, np.ndarray, Floats]] = []
        self._stored: list[Floats] = []
        self._columns = _Columns(cost=[], upper=[], owner=[], lower=[])
        horizon = prices.horizon
        self._steps = np.arange(horizon)
        self._served: list[np.ndarray] = []
        for i, site in enumerate(sites):
            self._add_site(i, site)
        self._add_joint()
        self._cost = np.concatenate(self._columns.cost)
        self._owner = np.array(self._columns.owner)
        self._equal, self._at_most = self._equalities(), self._limits()

    def _full(self, figure: float) -> Floats:
        return np.full(self._prices.horizon, figure)

    def _balance(self, columns: np.ndarray, sign: float) -> None:
        """Let columns draw from the bus (1) or feed it (-1)."""
        self._entries.append((self._steps, columns, self._full(sign)))

    def _add_site(self, i: int, site: EnergySite) -> None:
        hours = self._prices.hours
        work = np.array(site.work_mw)
        served = self._columns.add(self._full(-site.work_usd_per_mwh * hours), work, i)
        self._served.append(served)
        self._balance(served, 1.0)
        for block in site.blocks:
            value, power = -block.usd_per_mwh * hours, block.power_mw
            self._balance(self._columns.add(self._full(value), self._full(power), i), 1.0)
        if site.battery is not None:
            self._add_battery(i, site.battery)

    def _add_battery(self, i: int, battery: Battery) -> None:
        hours, power = self._prices.hours, self._full(battery.power_mw)
        charge = self._columns.add(self._full(0.0), power, i)
        discharge = self._columns.add(self._full(battery.wear_usd_per_mwh * hours), power, i)
        low, high = self._full(battery.floor_mwh), self._full(battery.ceiling_mwh)
        energy = self._columns.add(self._full(0.0), high, _ALL, low)
        self._balance(charge, 1.0)
        self._balance(discharge, -1.0)
        rows = self._steps + self._prices.horizon * (1 + len(self._stored))
        self._entries.append((rows, energy, self._full(1.0)))
        self._entries.append((rows[1:], energy[:-1], self._full(-1.0)[1:]))
        self._entries.append((rows, charge, self._full(-battery.charge_efficiency * hours)))
        self._entries.append((rows, discharge, self._full(hours / battery.discharge_efficiency)))
        self._stored.append(np.where(self._steps == 0, battery.floor_mwh, 0.0))

    def _add_joint(self) -> None:
        hours, prices, free = self._prices.hours, self._prices, self._full(np.inf)
        self._import = self._columns.add(np.array(prices.import_usd_per_mwh) * hours, free, _ALL)
        self._export = self._columns.add(np.array(prices.export_usd_per_mwh) * -hours, free, _ALL)
        self._balance(self._import, -1.0)
        self._balance(self._export, 1.0)
        peak = self._columns.add(np.array([prices.peak_usd_per_mw]), np.array([np.inf]), _ALL)
        self._peak = int(peak[0])

    def _equalities(self) -> Rows:
        sides = np.concatenate([self._full(0.0), *self._stored])
        return Rows(matrix=self._matrix(self._entries, len(sides)), sides=sides)

    def _limits(self) -> csr_array:
        """Machines over peak rows; the machines' sides come with the members."""
        horizon, one = self._prices.horizon, self._full(1.0)
        entries = [(self._steps, served, one) for served in self._served]
        entries.append((self._steps + horizon, self._import, one))
        entries.append((self._steps + horizon, np.full(horizon, self._peak), -one))
        return self._matrix(entries, 2 * horizon)

    def _matrix(self, entries: list[tuple[np.ndarray, np.ndarray, Floats]], rows: int) -> csr_array:
        at, columns, factors = (np.concatenate(part) for part in zip(*entries, strict=True))
        return csr_array(coo_array((factors, (at, columns)), shape=(rows, len(self._cost))))

    def worth(self, mask: int) -> float:
        """Give v(S) of the coalition with number `mask`."""
        member = incidence(np.array([mask]), len(self._sites))[0]
        found = minimise(
            "energy game",
            self._cost,
            bounds=self._bounds(member),
            at_most=Rows(matrix=self._at_most, sides=self._sides(member)),
            equal=self._equal,
        )
        return -found.cost

    def _bounds(self, member: Floats) -> Floats:
        lower, upper = np.concatenate(self._columns.lower), np.concatenate(self._columns.upper)
        shut = (self._owner >= 0) & (np.append(member, 1.0)[self._owner] == 0.0)
        upper[shut] = 0.0
        upper[self._import] = sum(m * s.import_limit_mw for m, s in self._with(member))
        upper[self._export] = sum(m * s.export_limit_mw for m, s in self._with(member))
        return np.column_stack((lower, upper))

    def _sides(self, member: Floats) -> Floats:
        compute = sum(m * s.compute_mw for m, s in self._with(member))
        return np.concatenate((self._full(compute), self._full(0.0)))

    def _with(self, member: Floats) -> list[tuple[float, EnergySite]]:
        return list(zip(member.tolist(), self._sites, strict=True))
