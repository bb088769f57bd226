"""What cooperation gains, by the size of the coalition, with its spread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mara.domain import Battery
from mara.errors import InvalidValue
from mara.games.cooperative.energy import EnergySite, FlexibleBlock
from mara.games.cooperative.subsets import sizes, sums

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mara.games.cooperative.game import CoalitionalGame

__all__ = ["GainOfSize", "gains_by_size", "random_site"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GainOfSize:
    """Gain over standing alone of the coalitions of `size`, in shares of what they earn alone.

    `low` and `high` are the 10 % and 90 % quantiles over all `coalitions` seen; `usd` is the mean
    gain in the unit of the games.
    """

    size: int
    coalitions: int
    mean: float
    low: float
    high: float
    usd: float


def gains_by_size(games: Sequence[CoalitionalGame]) -> tuple[GainOfSize, ...]:
    """Give (v(S) - sum of v(i)) / sum of v(i) over all coalitions S of two or more, by size.

    Raises
    ------
    InvalidValue
        There is no game of two players, or a coalition earns nothing alone, so that shares have
        no meaning.
    """
    found: dict[int, list[tuple[float, float]]] = {}
    for game in games:
        alone = sums(game.worth[1 << np.arange(game.count)])
        for mask in np.flatnonzero(sizes(game.count) > 1).tolist():
            if alone[mask] <= 0.0:
                raise InvalidValue(
                    f"gains_by_size: {{{game.name(mask)}}} earn {alone[mask]:g} alone, so a gain has "
                    "no share of it; compare the values themselves"
                )
            gain = float(game.worth[mask] - alone[mask])
            found.setdefault(mask.bit_count(), []).append((gain / float(alone[mask]), gain))
    if not found:
        raise InvalidValue("gains_by_size: no game has two players; give one that has")
    return tuple(_of_size(size, found[size]) for size in sorted(found))


def _of_size(size: int, gains: list[tuple[float, float]]) -> GainOfSize:
    shares = np.array([share for share, _ in gains])
    low, high = np.quantile(shares, (0.1, 0.9))
    return GainOfSize(
        size=size,
        coalitions=len(gains),
        mean=float(shares.mean()),
        low=float(low),
        high=float(high),
        usd=float(np.mean([usd for _, usd in gains])),
    )


def random_site(name: str, *, horizon: int, rng: np.random.Generator) -> EnergySite:
    """Draw a site of 5 to 20 MW whose inference demand peaks at an hour of its own.

    All ranges are assumptions, wide around the demo site: two kinds of miners that break even at
    40 to 130 USD/MWh and together draw 60 to 120 % of the connection, servers of 5 to 20 % of it
    worth 200 to 400 USD/MWh, work that swings between 20 and 140 % of what they can do, and in half
    of the sites a two-hour battery of up to 30 % of the connection.
    """
    connection = float(rng.uniform(5.0, 20.0))
    compute = connection * float(rng.uniform(0.05, 0.20))
    phase = 2.0 * np.pi * (np.arange(horizon) / horizon - rng.uniform())
    work = compute * (0.8 + 0.6 * np.cos(phase))
    return EnergySite(
        name=name,
        import_limit_mw=connection,
        export_limit_mw=0.25 * connection,
        blocks=tuple(
            FlexibleBlock(
                power_mw=connection * float(rng.uniform(0.3, 0.6)),
                usd_per_mwh=float(rng.uniform(40.0, 130.0)),
            )
            for _ in range(2)
        ),
        compute_mw=compute,
        work_mw=tuple(work.tolist()),
        work_usd_per_mwh=float(rng.uniform(200.0, 400.0)),
        battery=_random_battery(connection, rng) if rng.random() < 0.5 else None,
    )


def _random_battery(connection: float, rng: np.random.Generator) -> Battery:
    power = connection * float(rng.uniform(0.1, 0.3))
    return Battery(energy_mwh=2.0 * power, power_mw=power, wear_usd_per_mwh=15.0)
