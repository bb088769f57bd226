"""The energy game of a document: its sites and prices, solved whole or in pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from mara.domain import Battery
from mara.errors import DataFileError
from mara.games.cooperative.energy import EnergyPrices, EnergySite, FlexibleBlock
from mara.games.cooperative.energy_game import MOST_SITES, coalition_worths
from mara.games.cooperative.game import CoalitionalGame
from mara.games.fields import Fields
from mara.services.games import parsed

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["energy_of", "game_of_worths", "pieces_of", "worths_of"]

_OWNER: Final = "your game"
_A_PIECE: Final = 32
_FEW: Final = 64


def energy_of(document: str) -> tuple[tuple[EnergySite, ...], EnergyPrices]:
    """Read sites and prices.

    Raises
    ------
    DataFileError, InvalidValue
        A field is missing, unknown, of a wrong type or impossible.
    """
    fields = Fields(_OWNER, parsed(document))
    names = ("hours", "import_usd_per_mwh", "export_usd_per_mwh", "peak_usd_per_mw", "sites")
    fields.only(*names)
    prices = EnergyPrices(
        hours=fields.number("hours"),
        import_usd_per_mwh=figures(fields, "import_usd_per_mwh"),
        export_usd_per_mwh=figures(fields, "export_usd_per_mwh"),
        peak_usd_per_mw=fields.number("peak_usd_per_mw"),
    )
    sites = tuple(
        _site(Fields(f"{_OWNER}: site {number}", one))
        for number, one in enumerate(fields.array("sites"), start=1)
    )
    if not 1 <= len(sites) <= MOST_SITES:
        raise DataFileError(f"{_OWNER}: {len(sites)} sites; give 1 to {MOST_SITES}")
    return sites, prices


def figures(fields: Fields, key: str) -> tuple[float, ...]:
    """Read a list of numbers.

    Raises
    ------
    DataFileError
        An entry is no number.
    """
    found = fields.array(key)
    wrong = next((v for v in found if isinstance(v, bool) or not isinstance(v, int | float)), None)
    if wrong is not None:
        raise DataFileError(f"{fields.owner}: {key} holds {wrong!r}; give numbers only")
    return tuple(float(v) for v in found if isinstance(v, int | float))


def _site(fields: Fields) -> EnergySite:
    fields.only(
        "name",
        "import_limit_mw",
        "export_limit_mw",
        "blocks",
        "compute_mw",
        "work_mw",
        "work_usd_per_mwh",
        "battery",
    )
    return EnergySite(
        name=fields.text("name"),
        import_limit_mw=fields.number("import_limit_mw"),
        export_limit_mw=fields.number("export_limit_mw"),
        blocks=tuple(_block(fields.owner, one) for one in fields.array("blocks")),
        compute_mw=fields.number("compute_mw"),
        work_mw=figures(fields, "work_mw"),
        work_usd_per_mwh=fields.number("work_usd_per_mwh"),
        battery=None if fields.get("battery") is None else _battery(fields.inner("battery")),
    )


def _block(owner: str, pair: object) -> FlexibleBlock:
    if not isinstance(pair, list) or len(pair) != 2:
        raise DataFileError(f"{owner}: blocks holds {pair!r}; give [MW, USD/MWh] pairs")
    power, value = figures(Fields(owner, {"block": pair}), "block")
    return FlexibleBlock(power_mw=power, usd_per_mwh=value)


def _battery(fields: Fields) -> Battery:
    fields.only("energy_mwh", "power_mw", "wear_usd_per_mwh")
    return Battery(
        energy_mwh=fields.number("energy_mwh"),
        power_mw=fields.number("power_mw"),
        wear_usd_per_mwh=fields.number("wear_usd_per_mwh"),
    )


def worths_of(document: str, masks: Sequence[int]) -> tuple[float, ...]:
    """Solve some coalitions of a document, by number."""
    sites, prices = energy_of(document)
    return coalition_worths(sites, prices, masks)


def pieces_of(document: str) -> tuple[tuple[int, ...], ...]:
    """Cut the coalitions into pieces for workers; one piece where there are few."""
    sites, _ = energy_of(document)
    masks = list(range(1, 2 ** len(sites)))
    if len(masks) < _FEW:
        return (tuple(masks),)
    return tuple(tuple(masks[k : k + _A_PIECE]) for k in range(0, len(masks), _A_PIECE))


def game_of_worths(document: str, worths: Sequence[float]) -> CoalitionalGame:
    """Make the game of what the pieces gave, in their order."""
    sites, _ = energy_of(document)
    players = tuple(site.name for site in sites)
    return CoalitionalGame(players=players, values=np.array([0.0, *worths]))


def flexible(record: dict[str, Any]) -> tuple[float, float]:
    """Power of a site's flexible machines, MW, and their mean worth, USD/MWh."""
    power = sum(mw for mw, _ in record["blocks"])
    value = sum(mw * usd for mw, usd in record["blocks"])
    return power, value / power if power else 0.0
