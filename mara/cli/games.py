"""`shapley`, `nucleolus`, `vcg`, `stackelberg`: the user's own game, from a JSON file."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mara.cli.options import Json  # noqa: TC001 - typer reads the annotations
from mara.errors import DataFileError
from mara.games.cooperative import document as coalitional
from mara.games.cooperative.nucleolus import Over
from mara.games.cooperative.nucleolus import nucleolus as nucleolus_of
from mara.games.cooperative.shapley import shapley as shapley_of
from mara.games.mechanisms.document import market_from
from mara.games.mechanisms.vcg import vcg as vcg_of
from mara.games.stackelberg.cournot import stackelberg as stackelberg_of
from mara.games.stackelberg.document import linear_market_from

if TYPE_CHECKING:
    from mara.games.cooperative.game import Allocation
    from mara.games.mechanisms.market import Bid

__all__ = ["nucleolus", "shapley", "stackelberg", "vcg"]

_MOST_BYTES = 64_000_000

File = Annotated[Path, typer.Argument(metavar="FILE.json", help="The game as JSON.")]
Among = Annotated[
    Over, typer.Option(help="imputations: nobody gets less than alone; preimputations: any.")
]


def shapley(file: File, as_json: Json = False) -> None:  # noqa: FBT002
    """Give each player's mean contribution over all orders of arrival."""
    game, notices = coalitional.game_from(_read(file), owner=str(file))
    _tell(_allocated(shapley_of(game), notices), as_json=as_json)


def nucleolus(
    file: File,
    over: Among = Over.IMPUTATIONS,
    as_json: Json = False,  # noqa: FBT002
) -> None:
    """Give the sharing whose sorted complaints are least."""
    game, notices = coalitional.game_from(_read(file), owner=str(file))
    found = nucleolus_of(game, over=over)
    levels = [{"excess": e.excess, "coalitions": list(e.coalitions)} for e in found.levels]
    _tell(_allocated(found.allocation, notices) | {"levels": levels}, as_json=as_json)


def vcg(file: File, as_json: Json = False) -> None:  # noqa: FBT002
    """Allocate items to the bids worth most; each winner pays what the others lose by him."""
    found = vcg_of(market_from(_read(file), owner=str(file)))
    record = {
        "allocation": {win.bid.bidder: _bundle(win.bid) for win in found.wins},
        "payments": found.payments(),
        "welfare": found.welfare,
        "revenue": found.revenue,
        "utilities": {win.bid.bidder: win.utility for win in found.wins},
        "individually_rational": found.individually_rational,
        "method": found.method,
        "residual": found.residual,
        "converged": found.converged,
    }
    _tell(record, as_json=as_json)


def stackelberg(file: File, as_json: Json = False) -> None:  # noqa: FBT002
    """Give quantities, price and profits when leaders choose first."""
    found = stackelberg_of(linear_market_from(_read(file), owner=str(file)))
    record = {
        "quantities": {"leaders": list(found.leaders), "followers": list(found.followers)},
        "price": found.price,
        "profits": {
            "leaders": list(found.leader_profits),
            "followers": list(found.follower_profits),
        },
        "method": found.method,
        "regret": found.regret,
        "converged": found.converged,
    }
    _tell(record, as_json=as_json)


def _allocated(found: Allocation, notices: tuple[str, ...]) -> dict[str, Any]:
    return {
        "values": found.by_player(),
        "method": found.method,
        "residual": found.residual,
        "converged": found.converged,
        "notices": list(notices),
    }


def _bundle(bid: Bid) -> list[str] | dict[str, float]:
    """Give names where there is one of each, else quantities by name."""
    single = all(quantity == 1.0 for _, quantity in bid.quantities)
    return list(bid.items) if single else dict(bid.quantities)


def _tell(record: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(record))
        return
    for key, value in record.items():
        if isinstance(value, dict):
            typer.echo(f"{key}:")
            for name, figure in value.items():
                typer.echo(f"  {name}: {figure}")
        else:
            typer.echo(f"{key}: {value}")


def _read(file: Path) -> object:
    hook = partial(_distinct, str(file))
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise DataFileError(f"{file}: the file is larger than {_MOST_BYTES // 1_000_000} MB")
        found: object = json.loads(file.read_text(encoding="utf-8"), object_pairs_hook=hook)
    except OSError as error:
        raise DataFileError(f"{file}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise DataFileError(f"{file}: byte {error.start} is not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise DataFileError(
            f"{file}: line {error.lineno}, column {error.colno}: {error.msg}; correct the JSON"
        ) from None
    except ValueError:
        raise DataFileError(f"{file}: a whole number has too many digits; shorten it") from None
    except RecursionError:
        raise DataFileError(f"{file}: lists or objects are nested too deep") from None
    return found


def _distinct(owner: str, pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Refuse a field that stands twice: the parser would keep the last and say nothing."""
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for i, name in enumerate(names) if name in names[:i])
        raise DataFileError(f"{owner}: field {twice!r} stands twice in one object; keep one")
    return made
